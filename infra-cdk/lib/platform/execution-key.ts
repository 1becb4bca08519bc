import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/**
 * The key that encrypts what an execution leaves behind outside S3: its history in Step Functions
 * and the log groups of the machine and its steps.
 *
 * It is not the data key, so that reading logs never implies the means to read a package.
 */
export class ExecutionKey extends Construct {
  /** The key itself. */
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    this.key = new Key(this, 'Key', {
      description: 'Key Ceremony: execution history and logs',
      enableKeyRotation: true,
      // Logs outlive the stack, and are unreadable without their key.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'LogGroups',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        // The list that CloudWatch Logs documents for its service principal.
        actions: [
          'kms:Decrypt*',
          'kms:Describe*',
          'kms:Encrypt*',
          'kms:GenerateDataKey*',
          'kms:ReEncrypt*',
        ],
        resources: ['*'],
        conditions: {
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*`,
          },
        },
      }),
    );
  }
}
