import { Duration, Stack } from 'aws-cdk-lib';
import { CfnRule, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { WatchControlsStep } from '../steps/watch-controls.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Step } from '../steps/steps.ts';
import { DeadLetters } from './dead-letters.ts';
import { grant } from './permission.ts';
import type { Platform } from './platform.ts';

export interface WatchedControlsProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The keys in KMS, and where findings are announced and recorded. */
  readonly platform: Platform;
  /** The steps, each of which may touch keys in its own way. */
  readonly steps: Readonly<Record<Step | 'request-certificate', { readonly role: IRole }>>;
  /** The machines whose definitions are watched. */
  readonly stateMachines: readonly IStateMachine[];
}

/**
 * Changes of controls, and foreign hands on keys, as CloudTrail delivers them to EventBridge.
 *
 * Each rule lets through as little as its pattern can say, since every call of the function costs:
 * only our names, and never what a step does in its own way. What a pattern cannot say, which is
 * whether a key in Payment Cryptography carries our tags, the step `watch-controls` looks up.
 *
 * Attempts that the service refused are let through too, since they say who tries. Those that it did
 * not look at, for being too many, are not.
 *
 * CloudTrail delivers management events to EventBridge only where a trail logs them (`trail.ts`).
 * Parameter Store's own events need none, but do not say who. A profile is therefore announced twice:
 * at once that it changed, and within minutes who changed it. One announcement would have to wait for
 * the other event, and be silent where there is no trail; nor have the two a name for the change in
 * common. Profiles change seldom, and are where the trust anchors are.
 */
export class WatchedControls extends Construct {
  /** The step that says what an event means. */
  readonly step: WatchControlsStep;
  /** Events that nothing looked at. */
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: WatchedControlsProps) {
    super(scope, id);
    const { topic } = props.platform.notifications;
    this.step = new WatchControlsStep(this, 'watch-controls', props);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      meaning: 'a change of a control was not looked at',
      topic,
    });
    const { queue } = this.deadLetters;
    new EventInvokeConfig(this, 'Retries', {
      function: this.step.function,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: { bind: () => ({ destination: queue.queueArn }) },
    });
    grant(this.step.role, { actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
    this.watchControls(props);
    this.watchKeys(props);
  }

  private watchControls({ platform, stateMachines, steps }: WatchedControlsProps): void {
    const { stackName } = Stack.of(this);
    const decided = [{ prefix: PROFILES }, { prefix: ENROLMENT_RULES }];
    this.rule('ProfileEvents', 'Parameter Store says that a profile or enrolment rules changed', {
      source: ['aws.ssm'],
      detailType: ['Parameter Store Change'],
      detail: { name: decided, operation: ['Create', 'Update', 'Delete'] },
    });
    this.calls('Profiles', 'ssm', ['PutParameter', 'DeleteParameter', 'DeleteParameters'], {
      requestParameters: { $or: [{ name: decided }, { names: decided }] },
    });
    // Parameter Store's own event does not say who, and of the step's own writes nothing is announced.
    const installed = [{ prefix: CERTIFICATES }];
    this.calls('Certificates', 'ssm', ['PutParameter', 'DeleteParameter', 'DeleteParameters'], {
      requestParameters: { $or: [{ name: installed }, { names: installed }] },
      ...not(steps, 'install-certificate'),
    });
    const keys = ourKeys(platform);
    const arns = keys.map(({ keyArn }) => keyArn);
    this.calls('KmsKeys', 'kms', ['PutKeyPolicy', 'ScheduleKeyDeletion', 'DisableKey'], {
      // A call that was refused may name no resource, and a request names a key by its id or its ARN.
      $or: [
        { resources: { ARN: arns } },
        { requestParameters: { keyId: [...arns, ...keys.map(({ keyId }) => keyId)] } },
      ],
    });
    // The operations' names end in the date of their API. By the stack's name, since all functions
    // together would be too long for a pattern; a request names a function, its ARN, or the end of it.
    const code = ['UpdateFunctionCode', 'UpdateFunctionConfiguration'];
    const operations = code.map((prefix) => ({ prefix }));
    this.calls('Functions', 'lambda', operations, {
      requestParameters: {
        functionName: [{ prefix: `${stackName}-` }, { wildcard: `*:function:${stackName}-*` }],
      },
    });
    this.calls('Machines', 'states', ['UpdateStateMachine'], {
      requestParameters: { stateMachineArn: stateMachines.map((one) => one.stateMachineArn) },
    });
    this.calls('Account', KEYS, [
      'AssociateMpaTeam',
      'DisassociateMpaTeam',
      'EnableDefaultKeyReplicationRegions',
      'DisableDefaultKeyReplicationRegions',
    ]);
  }

  private watchKeys({ steps }: WatchedControlsProps): void {
    const tagged = { requestParameters: { tags: { key: [{ prefix: OUR_TAGS }] } } };
    this.calls('CreateKey', KEYS, ['CreateKey'], {
      ...tagged,
      ...not(steps, 'create-kek', 'make-keys', 'make-offer', 'request-certificate', 'wrap-ecdh'),
    });
    this.calls('ImportKey', KEYS, ['ImportKey'], {
      ...tagged,
      ...not(steps, 'import-ca', 'import-kek', 'import-keys'),
    });
    const exports = this.calls(
      'ExportKey',
      KEYS,
      ['ExportKey'],
      not(
        steps,
        'export-initial-keys',
        'export-initial-keys-tr34',
        'export-keys',
        'wrap-ecdh',
        'wrap-rsa',
        'wrap-tr34',
      ),
    );
    // Whether CloudTrail takes an export for a read is not documented, and reads are left out of a
    // rule unless it asks for them.
    (exports.node.defaultChild as CfnRule).state = 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS';
    const aliases = ['CreateAlias', 'UpdateAlias', 'DeleteAlias'];
    this.calls('Aliases', KEYS, aliases, {
      requestParameters: { aliasName: [{ prefix: OUR_ALIASES }] },
      ...not(
        steps,
        'create-kek',
        'establish-kek',
        'import-ca',
        'import-kek',
        'import-keys',
        'make-keys',
        'make-offer',
        'request-certificate',
        'settle-kek',
        'switch-kek',
        'wrap-ecdh',
      ),
    });
    this.calls('OtherAliases', KEYS, ['CreateAlias', 'UpdateAlias'], {
      requestParameters: {
        aliasName: [{ 'anything-but': { prefix: OUR_ALIASES } }],
        keyArn: [{ exists: true }],
      },
      ...not(steps, 'settle-kek', 'switch-kek'),
    });
    this.calls('DeleteKey', KEYS, ['DeleteKey'], not(steps, 'import-kek', 'import-keys', 'settle-kek'));
    // What no step does.
    this.calls('Keys', KEYS, [
      'RestoreKey',
      'StartKeyUsage',
      'StopKeyUsage',
      'AddKeyReplicationRegions',
      'RemoveKeyReplicationRegions',
      'PutResourcePolicy',
      'DeleteResourcePolicy',
    ]);
    // By their roles these steps can set the tags that say when a run began and what it has replaced, none of
    // which makes a key exportable.
    this.calls('TagResource', KEYS, ['TagResource'], {
      ...tagged,
      ...not(steps, 'establish-kek', 'import-keys', 'switch-kek'),
    });
    this.calls('UntagResource', KEYS, ['UntagResource'], {
      requestParameters: { tagKeys: [{ prefix: OUR_TAGS }] },
    });
  }

  private calls(id: string, service: string, eventName: unknown[], detail: object = {}): Rule {
    return this.rule(id, `watches calls of ${service} (${id})`, {
      source: [`aws.${service}`],
      detailType: ['AWS API Call via CloudTrail'],
      detail: {
        eventName,
        errorCode: [{ exists: false }, { 'anything-but': THROTTLED }],
        ...detail,
      },
    });
  }

  private rule(id: string, what: string, eventPattern: Pattern): Rule {
    return new Rule(this, id, {
      description: `Key Ceremony: ${what}`,
      eventPattern,
      targets: [
        new LambdaFunction(this.step.function, {
          deadLetterQueue: this.deadLetters.queue,
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });
  }
}

interface Pattern {
  source: string[];
  detailType: string[];
  detail: Record<string, unknown>;
}

/** Anybody but these steps. */
function not(
  steps: WatchedControlsProps['steps'],
  ...except: (keyof WatchedControlsProps['steps'])[]
): Record<string, unknown> {
  return {
    userIdentity: {
      sessionContext: {
        sessionIssuer: {
          // A user, and root, have no session.
          arn: [
            { exists: false },
            { 'anything-but': except.map((step) => steps[step].role.roleArn) },
          ],
        },
      },
    },
  };
}

/** All that the stack has in KMS. */
function ourKeys(platform: Platform): IKey[] {
  const { signingKey, storage, runs, waiting, executionKey, notifications } = platform;
  return [
    ...signingKey.keys,
    storage.dataKey,
    runs.key,
    waiting.key,
    waiting.tokenKey,
    executionKey,
    notifications.topicKey,
  ];
}

const KEYS = 'payment-cryptography';
const OUR_ALIASES = 'alias/key-ceremony/';
const OUR_TAGS = 'key-ceremony:';
const CERTIFICATES = '/key-ceremony/certificates/';
const ENROLMENT_RULES = '/key-ceremony/enrolment/';
const PROFILES = '/key-ceremony/partners/';
const THROTTLED = ['Throttling', 'ThrottlingException', 'TooManyRequestsException'];
