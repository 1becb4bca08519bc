import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import { IntakeKeysStep } from '../steps/arrive.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Steps } from '../steps/steps.ts';
import { Alarms } from './shared/alarms.ts';
import { Trigger } from './shared/trigger.ts';
import { readDefinition, Workflow } from './shared/workflow.ts';

export interface WorkingKeyImportProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What all ceremonies have in common. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
  /** What holds a message for each rejection that waits. */
  readonly rejections: IQueue;
}

/** A file with key blocks of the partner's becomes working keys, under the KEK that is established with it. */
export class WorkingKeyImport extends Construct {
  /** The machine that runs the ceremony. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** What starts it. */
  readonly intake: IntakeKeysStep;
  /** Files with keys that nothing looked at. */
  readonly lostDrops: DeadLetters;

  constructor(scope: Construct, id: string, props: WorkingKeyImportProps) {
    super(scope, id);
    const { defaults, platform, steps, rejections } = props;
    const name = 'working-key-import';
    const { topic } = platform.notifications;
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'Then drop the file again under the same name.',
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;

    const arrive = { defaults, platform, rejections, stateMachine };
    this.intake = new IntakeKeysStep(this, 'intake-keys', arrive);
    const trigger = new Trigger(this, 'Trigger', {
      name,
      inbox: platform.storage.inbox,
      keys: [{ wildcard: '*/keys/*' }],
      intake: this.intake,
      topic,
    });
    this.lostDrops = trigger.deadLetters;
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
  }
}
