import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import { IntakeEnrolmentStep } from '../steps/arrive.ts';
import type { StepFunctionDefaults } from '../steps/step-function.ts';
import type { Steps } from '../steps/steps.ts';
import { Alarms } from './shared/alarms.ts';
import { OF_ENROLMENT, Trigger } from './shared/trigger.ts';
import { readDefinition, Workflow } from './shared/workflow.ts';

export interface CertificateEnrolmentProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What all ceremonies have in common. */
  readonly platform: Platform;
  /** What holds a message for each rejection that waits, whichever ceremony it is of. */
  readonly rejections: IQueue;
  /** The steps to choose from. */
  readonly steps: Steps;
}

/** The certificate that a CA issued for a signing key of ours is proven and installed. */
export class CertificateEnrolment extends Construct {
  /** The machine that runs the ceremony. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** What starts it, and no other machine. */
  readonly intake: IntakeEnrolmentStep;
  /** Drops that nothing looked at. */
  readonly lostDrops: DeadLetters;

  constructor(scope: Construct, id: string, props: CertificateEnrolmentProps) {
    super(scope, id);
    const { defaults, platform, rejections, steps } = props;
    const name = 'certificate-enrolment';
    const { topic } = platform.notifications;
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'Then drop the certificate again under the same file name.',
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;

    this.intake = new IntakeEnrolmentStep(this, 'intake-enrolment', {
      defaults,
      platform,
      rejections,
      stateMachine,
    });
    const { inbox } = platform.storage;
    const { intake } = this;
    const trigger = new Trigger(this, 'Trigger', { name, inbox, intake, keys: OF_ENROLMENT, topic });
    this.lostDrops = trigger.deadLetters;
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
  }
}
