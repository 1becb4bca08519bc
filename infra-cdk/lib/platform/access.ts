import { CfnOutput, Fn, Stack } from 'aws-cdk-lib';
import { ArnPrincipal, CompositePrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { tagForeignKeys } from './ceremony-keys.ts';
import type { PartnerPrincipal } from './config.ts';
import { readEnrolmentRules, writeEnrolmentRules } from './enrolment.ts';
import { orderCertificates } from './own-keys.ts';
import { grant, grantApart, type Permission } from './permission.ts';
import type { Platform } from './platform.ts';
import { preflight } from './preflight.ts';
import { readProfiles, writeProfiles } from './profiles.ts';
import { respond, type Responsibility } from './responder.ts';
import { WholeRole } from './role.ts';
import {
  deliverAndFetch,
  deliverEnrolments,
  placeOrders,
  readCertificateRequest,
  readEvidence,
} from './storage-permissions.ts';

export interface AccessProps {
  /** Partner id to who acts for it. @default - no partner role */
  readonly partners?: Record<string, PartnerPrincipal>;
  /** ARNs that may assume the operator role. @default - no operator role */
  readonly operators?: string[];
  /** ARNs that may assume the requester role. @default - no requester role */
  readonly requesters?: string[];
  /** ARNs that may assume the auditor role. @default - no auditor role */
  readonly auditors?: string[];
  /** ARNs that may assume the responder role. @default - no responder role */
  readonly responders?: string[];
  /** What a responder looks into and sets right. */
  readonly responsibility: Responsibility;
  /** The buckets, the keys of history and signatures. */
  readonly platform: Platform;
  /** The machines whose executions may be read. */
  readonly stateMachines: StateMachine[];
  /** The function by which an operator asks for certificates of our signing keys. */
  readonly requestCertificate: IFunction;
}

/**
 * The roles of people and partners.
 *
 * A partner reaches its own prefix of two buckets and nothing else. An operator writes profiles, in
 * which the trust anchors are, and therefore cannot write to a partner's folder of the inbox: who says
 * whom to trust and who delivers the certificates are different people. Certificates of our own keys
 * an operator delivers too: they are held to what was requested and to the key itself, so that there
 * is nothing to win by pinning a root and delivering under it. A requester places orders for working
 * keys, which a profile has to allow, and nothing else. A responder does what the remedies of failed
 * ceremonies ask for, and decides neither.
 */
export class Access extends Construct {
  /** One role per partner, by partner id. */
  readonly partnerRoles: Record<string, Role>;
  /** The role that writes profiles, if anybody may assume it. */
  readonly operatorRole: Role | undefined;
  /** The role that places orders, if anybody may assume it. */
  readonly requesterRole: Role | undefined;
  /** The role that only reads, if anybody may assume it. */
  readonly auditorRole: Role | undefined;
  /** The role that sets failures right, if anybody may assume it. */
  readonly responderRole: Role | undefined;

  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id);
    const partners = Object.entries(props.partners ?? {});
    this.partnerRoles = Object.fromEntries(
      partners.map(([partner, { arn, externalId }]) => {
        const role = new WholeRole(this, `Partner-${partner}`, {
          // With an external id the role can only be assumed by naming it: a partner that acts for many
          // customers from one account is then not talked into acting for us by one of the others.
          assumedBy: new ArnPrincipal(arn),
          externalIds: externalId === undefined ? [] : [externalId],
          description: `Key Ceremony: the partner ${partner}`,
        });
        for (const permission of deliverAndFetch(props.platform.storage, partner))
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
      'Key Ceremony: writes profiles and enrolment rules, and says whose a key is',
      props.operators,
      [
        writeProfiles(this),
        writeEnrolmentRules(this),
        ...deliverEnrolments(props.platform.storage),
        ...tagForeignKeys(this),
        ...reading,
      ],
    );
    if (this.operatorRole) {
      const permissions = preflight(this, props.platform, props.stateMachines);
      grantApart(this.operatorRole, 'Preflight', permissions);
      grantApart(
        this.operatorRole,
        'Enrolment',
        orderCertificates(this, props.requestCertificate),
      );
    }
    this.requesterRole = people(
      'Requester',
      'Key Ceremony: orders working keys for partners',
      props.requesters,
      placeOrders(props.platform.storage),
    );
    this.auditorRole = people(
      'Auditor',
      'Key Ceremony: reads executions, profiles and evidence',
      props.auditors,
      [
        readProfiles(this),
        readEnrolmentRules(this),
        ...reading,
        {
          actions: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Verify'],
          resources: props.platform.signingKey.keys.map(({ keyArn }) => keyArn),
        },
      ],
    );
    this.responderRole = people(
      'Responder',
      'Key Ceremony: does what the remedies of failed ceremonies ask for',
      props.responders,
      [
        ...respond(this, props.platform, props.responsibility),
        readProfiles(this),
        readEnrolmentRules(this),
        ...reading,
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
    if (this.requesterRole)
      new CfnOutput(stack, 'RequesterRoleArn', { value: this.requesterRole.roleArn });
    if (this.auditorRole)
      new CfnOutput(stack, 'AuditorRoleArn', { value: this.auditorRole.roleArn });
    if (this.responderRole)
      new CfnOutput(stack, 'ResponderRoleArn', { value: this.responderRole.roleArn });
  }
}

/** Executions with their history, evidence in every version, and the certificate request. */
function readingPermissions(scope: Construct, props: AccessProps): Permission[] {
  const { partition, region, account } = Stack.of(scope);
  const { executionKey, storage } = props.platform;
  const executions = `arn:${partition}:states:${region}:${account}:execution`;
  return [
    {
      actions: ['states:DescribeStateMachine', 'states:ListExecutions'],
      resources: props.stateMachines.map(({ stateMachineArn }) => stateMachineArn),
    },
    {
      actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
      resources: props.stateMachines.map(
        ({ stateMachineName }) => `${executions}:${stateMachineName}:*`,
      ),
      wildcard: 'Executions of these machines alone; each is named when it starts.',
    },
    {
      actions: ['kms:Decrypt'],
      resources: [executionKey.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `states.${region}.amazonaws.com` } },
    },
    ...readEvidence(storage),
    ...readCertificateRequest(storage),
  ];
}
