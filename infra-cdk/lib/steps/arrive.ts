import { Stack } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

import { readEnrolmentRules } from '../platform/enrolment.ts';
import type { Permission } from '../platform/permission.ts';
import type { Platform } from '../platform/platform.ts';
import { readProfiles } from '../platform/profiles.ts';
import {
  findDrops,
  findEnrolments,
  readKeyFiles,
  readOrders,
  readRequests,
  readTrustedRoot,
  seeRecords,
  takeAnswers,
} from '../platform/storage-permissions.ts';
import { type DefineStep, StepFunction, type StepFunctionDefaults } from './step-function.ts';

/** What the steps of `steps/arrive/` share. */
export interface ArriveStepProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The buckets, the table, and the bus on which incomplete and rejected sets are announced. */
  readonly platform: Platform;
  /** What holds a message for each rejection that waits. */
  readonly rejections: IQueue;
}

export interface IntakeStepProps extends ArriveStepProps {
  /** The machine that a complete certificate set starts. */
  readonly stateMachine: StateMachine;
}

/** The step of `steps/arrive/`, before the machine: it decides whether a drop starts a ceremony. */
export class IntakeStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeStepProps) {
    const { storage } = props.platform;
    super(scope, id, {
      ...props.defaults,
      step: 'intake',
      description: 'Starts one ceremony per complete set of certificates in the inbox',
      environment: intakeEnvironment(props),
      permissions: [
        ...findDrops(storage),
        ...readTrustedRoot(storage),
        // A nonce is answered no more once a file of its answer may be out, which the record precedes.
        ...seeRecords(storage),
        ...startOnce(scope, props),
        readProfiles(scope),
      ],
    });
  }
}

/** The same for certificates of our own keys: it starts another machine, and reads other folders. */
export class IntakeEnrolmentStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeStepProps) {
    const { storage } = props.platform;
    super(scope, id, {
      ...props.defaults,
      step: 'intake-enrolment',
      description: 'Starts one ceremony per certificate that a CA issued for a key of ours',
      environment: intakeEnvironment(props),
      permissions: [
        ...findEnrolments(storage),
        ...readRequests(storage),
        ...readTrustedRoot(storage),
        ...startOnce(scope, props),
        readEnrolmentRules(scope),
      ],
    });
  }
}

export interface IntakeRequestStepProps extends IntakeStepProps {
  /** The machine that a document starts which asks for a KEK of the partner's. */
  readonly kekImport: StateMachine;
}

/** The step that decides whether a request or an order starts a ceremony, and which. */
export class IntakeRequestStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeRequestStepProps) {
    const { kekImport, platform } = props;
    const { waiting } = platform;
    super(scope, id, {
      ...props.defaults,
      step: 'intake-request',
      description: 'Starts one ceremony per request or order in the inbox',
      environment: {
        ...intakeEnvironment(props),
        ...waiting.environment,
        KEK_IMPORT_STATE_MACHINE_ARN: kekImport.stateMachineArn,
      },
      permissions: [
        ...readOrders(platform.storage),
        ...startOnce(scope, props),
        ...startExecutions(scope, kekImport),
        // An order that brings a KEK back starts nothing: an execution waits for it.
        ...waiting.answers('rollback'),
        readProfiles(scope),
      ],
    });
  }
}

/** The step that decides whether a file with keys starts a ceremony. */
export class IntakeKeysStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeStepProps) {
    super(scope, id, {
      ...props.defaults,
      step: 'intake-keys',
      description: 'Starts one ceremony per file with working keys in the inbox',
      environment: intakeEnvironment(props),
      permissions: [
        ...readKeyFiles(props.platform.storage),
        ...startOnce(scope, props),
        readProfiles(scope),
      ],
    });
  }
}

/** The step that gives what a partner drops below `blocks/` to the execution that waits for it. */
export class TakeAnswerStep extends StepFunction {
  constructor(scope: Construct, id: string, props: ArriveStepProps) {
    const { waiting } = props.platform;
    super(scope, id, {
      ...props.defaults,
      step: 'take-answer',
      description: 'Gives a dropped block or confirmation to the ceremony that waits for it',
      environment: { ...arrivalsEnvironment(props), ...waiting.environment },
      permissions: [
        ...takeAnswers(props.platform.storage),
        ...waiting.answers('block', 'confirmation'),
        ...rejectInWords(props),
      ],
    });
  }
}

/** The step by which an execution waits. */
export function arriveSteps(define: DefineStep, { waiting }: Platform) {
  return {
    'await-answer': define(
      'await-answer',
      'Leaves the task token of an execution that waits where the answer finds it',
      {
        environment: waiting.environment,
        permissions: waiting.opens('block', 'confirmation', 'rollback'),
      },
    ),
  };
}

function intakeEnvironment(props: IntakeStepProps): Record<string, string> {
  return {
    ...arrivalsEnvironment(props),
    STATE_MACHINE_ARN: props.stateMachine.stateMachineArn,
  };
}

function arrivalsEnvironment({ platform, rejections }: ArriveStepProps): Record<string, string> {
  const { storage, runs, notifications } = platform;
  return {
    INBOX_BUCKET: storage.inbox.bucketName,
    EVIDENCE_BUCKET: storage.evidence.bucketName,
    EVENT_BUS_NAME: notifications.eventBus.eventBusName,
    RUNS_TABLE: runs.table.tableName,
    REJECTIONS_QUEUE_URL: rejections.queueUrl,
  };
}

/** Start each set once, or say what stands in the way: what all intake steps do alike. */
function startOnce(scope: Construct, props: IntakeStepProps): Permission[] {
  return [...startExecutions(scope, props.stateMachine), ...rejectInWords(props)];
}

/** Start executions of a machine, and see whether they have ended. */
function startExecutions(scope: Construct, stateMachine: StateMachine): Permission[] {
  const { partition, region, account } = Stack.of(scope);
  return [
    { actions: ['states:StartExecution'], resources: [stateMachine.stateMachineArn] },
    {
      actions: ['states:DescribeExecution'],
      resources: [
        `arn:${partition}:states:${region}:${account}:execution:${stateMachine.stateMachineName}:*`,
      ],
      wildcard: 'Every execution of the machine: whether the last run of a set has ended.',
    },
  ];
}

/** Say what is wrong with a file, one by one or gathered for a minute. */
function rejectInWords({ platform, rejections }: ArriveStepProps): Permission[] {
  const { runs, notifications } = platform;
  return [
    // TransactWriteItems has no action of its own: it is what each of its writes is.
    ...runs.access(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']),
    { actions: ['sqs:SendMessage'], resources: [rejections.queueArn] },
    { actions: ['events:PutEvents'], resources: [notifications.eventBus.eventBusArn] },
  ];
}

/** The step that announces rejections which were gathered for a minute. */
export class AnnounceRejectionsStep extends StepFunction {
  constructor(scope: Construct, id: string, props: ArriveStepProps) {
    const { rejections } = props;
    const { runs, notifications } = props.platform;
    const { eventBus } = notifications;
    super(scope, id, {
      ...props.defaults,
      step: 'announce-rejections',
      description: 'Announces rejected files that were gathered for a minute',
      environment: {
        EVENT_BUS_NAME: eventBus.eventBusName,
        RUNS_TABLE: runs.table.tableName,
      },
      permissions: [
        ...runs.access(['dynamodb:GetItem', 'dynamodb:UpdateItem']),
        {
          actions: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
          resources: [rejections.queueArn],
        },
        { actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
      ],
    });
    const mapping = new EventSourceMapping(this, 'Messages', {
      target: this.function,
      eventSourceArn: rejections.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
    });
    // Lambda refuses the mapping until the role may receive.
    mapping.node.addDependency(this.role);
  }
}
