import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import { AnnounceRejectionsStep, type ArriveStepProps, IntakeStep } from '../steps/arrive.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Steps } from '../steps/steps.ts';
import { Alarms } from './shared/alarms.ts';
import { Rejections } from './shared/rejections.ts';
import { OF_PARTNERS, Trigger } from './shared/trigger.ts';
import { readDefinition, Workflow } from './shared/workflow.ts';

export interface KekExportProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What all ceremonies have in common. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
}

/** A partner's certificates become a wrapped, signed KEK. */
export class KekExport extends Construct {
  /** The machine that runs the ceremony. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** What starts it. */
  readonly intake: IntakeStep;
  /** Holds a message for each rejection that waits. Other ceremonies leave theirs in it too. */
  readonly rejections: IQueue;
  /** Announces what intake steps rejected and gathered. */
  readonly announceRejections: AnnounceRejectionsStep;
  /** Drops that nothing looked at. */
  readonly lostDrops: DeadLetters;
  /** Rejections that were not announced. */
  readonly lostRejections: DeadLetters;

  constructor(scope: Construct, id: string, { defaults, platform, steps }: KekExportProps) {
    super(scope, id);
    const name = 'kek-export';
    const { topic } = platform.notifications;
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;

    const { deadLetters, queue } = new Rejections(this, 'Rejections', { topic });
    this.lostRejections = deadLetters;
    this.rejections = queue;
    const arrive: ArriveStepProps = { defaults, platform, rejections: queue };
    this.intake = new IntakeStep(this, 'intake', { ...arrive, stateMachine });
    this.announceRejections = new AnnounceRejectionsStep(this, 'announce-rejections', arrive);
    const { inbox } = platform.storage;
    const { intake } = this;
    const trigger = new Trigger(this, 'Trigger', { name, inbox, intake, keys: OF_PARTNERS, topic });
    this.lostDrops = trigger.deadLetters;
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
  }
}
