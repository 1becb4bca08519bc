import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

import type { Permission } from './permission.ts';

/**
 * The table `runs`: which run of a certificate set was begun last, how many ceremonies a folder has
 * begun today, rejections that wait to be announced together, and whose turn it is at Payment Cryptography
 * (`steps/shared/runs`).
 *
 * Its key is its own. The data key opens packages and the execution key opens logs; who looks after
 * this table needs neither. DynamoDB uses the key for whoever may use the table, so that callers need
 * it through DynamoDB only.
 */
export class Runs extends Construct {
  /** The table. */
  readonly table: Table;
  /** Encrypts it. */
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Key Ceremony: the table runs',
      enableKeyRotation: true,
      // The table outlives the stack, and is unreadable without its key.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: 'expires',
      // Without it a leaf that lies in the inbox would have had no ceremony.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  /**
   * These actions on the table, and its key through DynamoDB: the actions that the Developer Guide
   * lists for whoever uses a table with a customer-managed key, but grants, which whoever deploys makes.
   */
  access(actions: string[]): Permission[] {
    const { region } = Stack.of(this);
    return [
      { actions, resources: [this.table.tableArn] },
      {
        actions: [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:Encrypt',
          'kms:GenerateDataKey',
          'kms:GenerateDataKeyWithoutPlaintext',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        resources: [this.key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
      },
    ];
  }
}
