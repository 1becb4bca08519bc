import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { CSR_OBJECT } from '../steps/enrol.ts';
import { grant, type Permission } from './permission.ts';
import type { SigningKey } from './signing-key.ts';
import { profileArns, useForReading, useForWriting } from '../steps/steps.ts';
import type { Storage } from './storage.ts';

export interface AccessProps {
  /** Partner id to the ARN that acts for it. @default - no partner role */
  readonly partners?: Record<string, string>;
  /** ARNs that may assume the operator role. @default - no operator role */
  readonly operators?: string[];
  /** ARNs that may assume the auditor role. @default - no auditor role */
  readonly auditors?: string[];
  /** The buckets and their key. */
  readonly storage: Storage;
  /** The machine whose executions may be read. */
  readonly stateMachine: StateMachine;
  /** Encrypts the history of executions. */
  readonly executionKey: IKey;
  /** Whose public part an auditor checks signatures with. */
  readonly signingKey: SigningKey;
}

/**
 * The roles of people and partners.
 *
 * A partner reaches its own prefix of two buckets and nothing else. An operator writes profiles, in
 * which the trust anchors are, and therefore cannot write to the inbox: who says whom to trust and
 * who delivers the certificates are different people.
 */
export class Access extends Construct {
  /** One role per partner, by partner id. */
  readonly partnerRoles: Record<string, Role>;
  /** The role that writes profiles, if anybody may assume it. */
  readonly operatorRole: Role | undefined;
  /** The role that only reads, if anybody may assume it. */
  readonly auditorRole: Role | undefined;

  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id);
    const partners = Object.entries(props.partners ?? {});
    this.partnerRoles = Object.fromEntries(
      partners.map(([partner, arn]) => {
        const role = this.role(`Partner-${partner}`, `Key Ceremony: the partner ${partner}`, [arn]);
        for (const permission of partnerPermissions(partner, props.storage))
          grant(role, permission);
        return [partner, role];
      }),
    );

    const reading = readingPermissions(this, props);
    const people = (
      name: string,
      description: string,
      arns: string[] = [],
      permissions: Permission[],
    ) => {
      if (arns.length === 0) return undefined;
      const role = this.role(name, description, arns);
      for (const permission of permissions) grant(role, permission);
      return role;
    };
    this.operatorRole = people(
      'Operator',
      'Key Ceremony: writes partner profiles',
      props.operators,
      [profiles(this, ['ssm:GetParameter', 'ssm:PutParameter']), ...reading],
    );
    this.auditorRole = people(
      'Auditor',
      'Key Ceremony: reads executions, profiles and evidence',
      props.auditors,
      [
        profiles(this, ['ssm:GetParameter']),
        ...reading,
        {
          actions: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Verify'],
          resources: [props.signingKey.key.keyArn],
        },
      ],
    );
    this.outputs();
  }

  private role(id: string, description: string, arns: string[]): Role {
    const principals = arns.map((arn) => new ArnPrincipal(arn));
    return new Role(this, id, { assumedBy: new CompositePrincipal(...principals), description });
  }

  /** One output for all partners, since the name of an output cannot hold every partner id. */
  private outputs(): void {
    const stack = Stack.of(this);
    const roles = Object.entries(this.partnerRoles).map(
      ([partner, { roleArn }]) => `${partner}=${roleArn}`,
    );
    if (roles.length > 0) {
      new CfnOutput(stack, 'PartnerRoleArns', {
        value: Fn.join(',', roles),
        description: 'Role of each partner',
      });
    }
    if (this.operatorRole)
      new CfnOutput(stack, 'OperatorRoleArn', { value: this.operatorRole.roleArn });
    if (this.auditorRole)
      new CfnOutput(stack, 'AuditorRoleArn', { value: this.auditorRole.roleArn });
  }
}

/**
 * Deliver and tidy up, fetch packages.
 *
 * `s3:DeleteObject` lets a partner clear away last year's files, of which a folder holds at most 16.
 * The bucket is versioned and `s3:DeleteObjectVersion` is not granted: a deletion leaves a delete
 * marker, every version stays, and a ceremony that has begun reads its versions all the same.
 */
function partnerPermissions(partner: string, { dataKey, inbox, outbox }: Storage): Permission[] {
  const wildcard = `The partner chooses the names below its own prefix ${partner}/.`;
  return [
    {
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: [inbox.arnForObjects(`${partner}/*`)],
      wildcard,
    },
    { actions: ['s3:GetObject'], resources: [outbox.arnForObjects(`${partner}/*`)], wildcard },
    {
      actions: ['s3:ListBucket'],
      resources: [outbox.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${partner}/*` } },
    },
    useForWriting(dataKey),
  ];
}

function profiles(scope: Construct, actions: string[]): Permission {
  return {
    actions,
    resources: [profileArns(scope)],
    wildcard: 'One profile per partner, named when it is onboarded.',
  };
}

/** Executions with their history, evidence in every version, and the certificate request. */
function readingPermissions(scope: Construct, props: AccessProps): Permission[] {
  const { partition, region, account } = Stack.of(scope);
  const { evidence, outbox, dataKey } = props.storage;
  const { stateMachineArn, stateMachineName } = props.stateMachine;
  const executions = `arn:${partition}:states:${region}:${account}:execution:${stateMachineName}:*`;
  return [
    {
      actions: ['states:DescribeStateMachine', 'states:ListExecutions'],
      resources: [stateMachineArn],
    },
    {
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resources: [executions],
      wildcard: 'Executions of this one machine; each is named when it starts.',
    },
    {
      actions: ['kms:Decrypt'],
      resources: [props.executionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `states.${region}.amazonaws.com` } },
    },
    {
      actions: ['s3:GetObject', 's3:GetObjectRetention', 's3:GetObjectVersion'],
      resources: [evidence.arnForObjects('*')],
      wildcard: 'All evidence, of every ceremony.',
    },
    { actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [evidence.bucketArn] },
    { actions: ['s3:GetObject'], resources: [outbox.arnForObjects(CSR_OBJECT)] },
    useForReading(dataKey),
  ];
}
