import { Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { Alarms } from '../ceremonies/shared/alarms.ts';
import { readDefinition, Workflow } from '../ceremonies/shared/workflow.ts';
import { alarmOnSilence } from '../platform/alarm.ts';
import { DeadLetters } from '../platform/dead-letters.ts';
import { grant } from '../platform/permission.ts';
import type { Platform } from '../platform/platform.ts';
import type { Steps } from '../steps/steps.ts';

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
    this.schedule();
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

  /** Some time in the hour after four in the morning, UTC. */
  private schedule(): void {
    const { account, partition, region } = Stack.of(this);
    const { queue } = this.lostDays;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          // "Confused deputy prevention in EventBridge Scheduler": the schedule's group is the source.
          StringEquals: {
            'aws:SourceAccount': account,
            'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/default`,
          },
        },
      }),
      description: 'Key Ceremony: the clock that starts the reconciliation',
    });
    const { stateMachineArn } = this.stateMachine;
    grant(role, { actions: ['states:StartExecution'], resources: [stateMachineArn] });
    grant(role, { actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
    const schedule = new CfnSchedule(this, 'Schedule', {
      description: 'Key Ceremony: the daily reconciliation of keys and evidence',
      flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 60 },
      scheduleExpression: 'cron(0 4 * * ? *)',
      scheduleExpressionTimezone: 'UTC',
      target: {
        arn: stateMachineArn,
        roleArn: role.roleArn,
        input: '{}',
        deadLetterConfig: { arn: queue.queueArn },
        // Later than that the next one is nearer.
        retryPolicy: { maximumEventAgeInSeconds: 6 * 60 * 60, maximumRetryAttempts: 20 },
      },
    });
    // A role is of no use before its policy.
    schedule.node.addDependency(role);
  }
}
