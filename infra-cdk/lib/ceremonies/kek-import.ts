import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import { TakeAnswerStep } from '../steps/arrive.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Steps } from '../steps/steps.ts';
import { Alarms } from './shared/alarms.ts';
import { Trigger } from './shared/trigger.ts';
import { readDefinition, Workflow } from './shared/workflow.ts';

export interface KekImportProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What all ceremonies have in common. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
  /** What holds a message for each rejection that waits. */
  readonly rejections: IQueue;
}

/**
 * A request or an order becomes an offer, and the block that the partner makes for it becomes its KEK in
 * our hands.
 *
 * What starts it is the intake of requests, since requests for working keys lie at the same place. What
 * this one looks at in the inbox are answers: each goes to the execution that waits for it.
 */
export class KekImport extends Construct {
  /** The machine that runs the ceremony. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** What brings it the answers. */
  readonly takeAnswer: TakeAnswerStep;
  /** Answers that nothing looked at. */
  readonly lostDrops: DeadLetters;

  constructor(scope: Construct, id: string, props: KekImportProps) {
    super(scope, id);
    const { defaults, platform, steps, rejections } = props;
    const name = 'kek-import';
    const { topic } = platform.notifications;
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'Then drop the request or order again under the same file name.',
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;

    const arrive = { defaults, platform, rejections };
    this.takeAnswer = new TakeAnswerStep(this, 'take-answer', arrive);
    const trigger = new Trigger(this, 'Trigger', {
      name,
      inbox: platform.storage.inbox,
      keys: [{ wildcard: '*/blocks/*' }],
      intake: this.takeAnswer,
      topic,
    });
    this.lostDrops = trigger.deadLetters;
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
  }
}
