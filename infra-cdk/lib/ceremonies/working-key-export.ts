import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import { IntakeRequestStep } from '../steps/arrive.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Steps } from '../steps/steps.ts';
import { Alarms } from './shared/alarms.ts';
import { InitialKeysMap } from './shared/initial-keys-map.ts';
import { Trigger } from './shared/trigger.ts';
import { readDefinition, Workflow } from './shared/workflow.ts';

export interface WorkingKeyExportProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What all ceremonies have in common. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
  /** What holds a message for each rejection that waits. */
  readonly rejections: IQueue;
  /** The machine of requests and orders for a KEK of the partner's, which lie at the same place. */
  readonly kekImport: StateMachine;
}

/** A request or an order becomes key blocks under the KEK that is established with the partner. */
export class WorkingKeyExport extends Construct {
  /** The machine that runs the ceremony. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** Exports the batches of a fleet. */
  readonly initialKeysMap: InitialKeysMap;
  /** What starts it. */
  readonly intake: IntakeRequestStep;
  /** Orders that nothing looked at. */
  readonly lostDrops: DeadLetters;

  constructor(scope: Construct, id: string, props: WorkingKeyExportProps) {
    super(scope, id);
    const { defaults, platform, steps, rejections, kekImport } = props;
    const name = 'working-key-export';
    const { topic } = platform.notifications;
    this.initialKeysMap = new InitialKeysMap(this, 'InitialKeysMap', { platform, steps });
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'Then drop the request or order again under the same file name.',
      definition: readDefinition(name),
      steps: steps.byName,
      maps: { 'initial-keys-map': this.initialKeysMap.stateMachine },
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;

    const arrive = { defaults, platform, rejections, stateMachine, kekImport };
    this.intake = new IntakeRequestStep(this, 'intake-request', arrive);
    const trigger = new Trigger(this, 'Trigger', {
      name,
      inbox: platform.storage.inbox,
      keys: [{ wildcard: '*/requests/*.json' }, { wildcard: '*/orders/*.json' }],
      intake: this.intake,
      topic,
    });
    this.lostDrops = trigger.deadLetters;
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
  }
}
