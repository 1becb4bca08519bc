import { DefaultStackSynthesizer, Fn, RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  AccountRootPrincipal,
  ArnPrincipal,
  type IPrincipal,
  PolicyDocument,
  PolicyStatement,
  type Role,
} from 'aws-cdk-lib/aws-iam';
import { Key, type KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

import { grantApart } from './permission.ts';

export interface SigningKeyProps {
  /** Type of the key pair. Another type makes another key, and keeps this one outside the stack. */
  readonly keySpec: KeySpec;
  /** ARNs that administer the key. @default - the account, through IAM */
  readonly administrators?: string[];
  /** How many keys there are, one after the other in time. @default 1 */
  readonly count?: number;
}

/**
 * The asymmetric KMS key that signs packages and its own certificate request; and those that are to
 * take its place, one after the other.
 *
 * Which of them signs, the installed certificate says; the first one does as long as there is none. A
 * key whose place another has taken stays: what it signed is verified with it.
 *
 * Its policy is written out instead of CDK's default, because that default lets any IAM policy in
 * the account hand out `kms:Sign`. Here nobody signs but the roles named by `allowSigning`:
 * administrators cannot, and no IAM policy can add a signer, since the key policy delegates neither
 * right. What an administrator could still do is change this policy; that call is in CloudTrail.
 */
export class SigningKey extends Construct {
  /** The first key. */
  readonly key: Key;
  /** All of them, the newest last. */
  readonly keys: readonly Key[];
  /** Type of the key pair: what it can sign with. */
  readonly keySpec: KeySpec;

  constructor(scope: Construct, id: string, props: SigningKeyProps) {
    super(scope, id);
    this.keySpec = props.keySpec;
    // The type is in the name, so that another type is another resource: CloudFormation refuses to
    // change the type of a key, and the steps that know the key by its ARN must be published anew.
    const make = (id: string) =>
      new Key(this, id, {
        description: 'Key Ceremony: signs packages',
        keySpec: props.keySpec,
        keyUsage: KeyUsage.SIGN_VERIFY,
        policy: new PolicyDocument({ statements: this.administration(props.administrators ?? []) }),
        removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      });
    this.key = make(props.keySpec);
    const further = Array.from({ length: (props.count ?? 1) - 1 }, (_, i) => i + 2);
    this.keys = [this.key, ...further.map((number) => make(`${props.keySpec}-${number}`))];
  }

  /** The ARNs of all, as steps read them: the first signs as long as no certificate is installed. */
  get arns(): string {
    return this.keys.map(({ keyArn }) => keyArn).join(',');
  }

  /**
   * Lets one role sign, in the key policy and in its own. The purpose names the statement.
   * @param keys with which; with all of them unless said otherwise
   */
  allowSigning(role: Role, purpose: string, keys: readonly Key[] = this.keys): void {
    for (const key of keys) {
      key.addToResourcePolicy(
        new PolicyStatement({
          sid: `Sign${purpose}`,
          principals: [new ArnPrincipal(role.roleArn)],
          actions: USE_ACTIONS,
          resources: ['*'],
        }),
      );
    }
    // Apart: the policies of the keys name the role, so that it is there before they are.
    grantApart(role, `Sign${purpose}`, [
      { actions: USE_ACTIONS, resources: keys.map(({ keyArn }) => keyArn) },
    ]);
  }

  private administration(administrators: string[]): PolicyStatement[] {
    const named = administrators.length > 0;
    const statements = [
      new PolicyStatement({
        sid: 'Administration',
        principals: named ? administrators.map(principal) : [new AccountRootPrincipal()],
        actions: ADMINISTRATION_ACTIONS,
        resources: ['*'],
      }),
      new PolicyStatement({
        sid: 'PublicPart',
        // The public key is no secret; whoever reads the account may check a signature with it.
        principals: [new AccountRootPrincipal()],
        // Nor is this policy: who audits or responds compares it with the one that was deployed.
        actions: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:GetPublicKey', 'kms:Verify'],
        resources: ['*'],
      }),
    ];
    return named ? [...statements, this.maintenance()] : statements;
  }

  /**
   * With administrators named, the deployment needs its own line: KMS refuses a policy that its
   * author could not change again, and the author is the role that CloudFormation assumes.
   */
  private maintenance(): PolicyStatement {
    return new PolicyStatement({
      sid: 'Maintenance',
      principals: [new AccountRootPrincipal()],
      actions: ADMINISTRATION_ACTIONS,
      resources: ['*'],
      conditions: { ArnEquals: { 'aws:PrincipalArn': deploymentRole(this) } },
    });
  }
}

/**
 * The role with which CloudFormation deploys this stack, by its whole name.
 *
 * A pattern over such names would also fit a role that somebody makes tomorrow. The role is not named
 * as the principal itself, because KMS would then know it by its id, and lose it when the bootstrap
 * stack is made anew.
 */
function deploymentRole(scope: Construct): string {
  const { synthesizer } = Stack.of(scope);
  if (!(synthesizer instanceof DefaultStackSynthesizer)) {
    throw new Error(
      '"keyAdministrators" needs the default stack synthesizer: no other names the role that deploys.',
    );
  }
  return Fn.sub(synthesizer.cloudFormationExecutionRoleArn);
}

/** All that administration takes, and nothing that uses the private key. */
export const ADMINISTRATION_ACTIONS = [
  'kms:CancelKeyDeletion',
  'kms:CreateAlias',
  'kms:DeleteAlias',
  'kms:DescribeKey',
  'kms:DisableKey',
  'kms:EnableKey',
  'kms:GetKeyPolicy',
  'kms:GetKeyRotationStatus',
  'kms:ListGrants',
  'kms:ListKeyPolicies',
  'kms:ListResourceTags',
  'kms:PutKeyPolicy',
  'kms:RevokeGrant',
  'kms:ScheduleKeyDeletion',
  'kms:TagResource',
  'kms:UntagResource',
  'kms:UpdateAlias',
  'kms:UpdateKeyDescription',
];

const USE_ACTIONS = ['kms:GetPublicKey', 'kms:Sign'];

function principal(arn: string): IPrincipal {
  return new ArnPrincipal(arn);
}
