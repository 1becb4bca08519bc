import { Duration } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { Alarms } from '../ceremonies/shared/alarms.ts';
import { readDefinition, Workflow } from '../ceremonies/shared/workflow.ts';
import { alarmOnSilence } from '../platform/alarm.ts';
import { DeadLetters } from '../platform/dead-letters.ts';
import type { Platform } from '../platform/platform.ts';
import type { Steps } from '../steps/steps.ts';
import { daily } from './clock.ts';

export interface ReconciliationProps {
  /** Where it announces what differs. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
}

/**
 * Once a day: the keys in Payment Cryptography against the evidence.
 *
 * If nothing differs it says nothing. That it was silent because it did not run is what the alarm on
 * silence is for.
 */
export class Reconciliation extends Construct {
  /** The machine. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;
  /** Days on which the clock could not start it. */
  readonly lostDays: DeadLetters;

  constructor(scope: Construct, id: string, { platform, steps }: ReconciliationProps) {
    super(scope, id);
    const name = 'reconciliation';
    const { topic } = platform.notifications;
    const { logGroup, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'The next reconciliation starts by itself within a day.',
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;
    this.lostDays = new DeadLetters(this, 'DeadLetters', {
      meaning: 'the daily reconciliation could not be started',
      topic,
    });
    const { stateMachineArn } = stateMachine;
    daily(this, {
      what: 'the reconciliation of keys and evidence',
      hour: 4,
      target: stateMachineArn,
      permission: { actions: ['states:StartExecution'], resources: [stateMachineArn] },
      lostDays: this.lostDays.queue,
    });
    new Alarms(this, 'Alarms', { name, stateMachine, topic });
    const period = Duration.hours(1);
    alarmOnSilence(this, 'NotRun', {
      description: 'there was no reconciliation of keys and evidence for 30 hours',
      metric: stateMachine.metricSucceeded({ period }),
      topic,
      // A day, the window in which it may start, and the hours that it may take.
      periods: 30,
    });
  }
}
