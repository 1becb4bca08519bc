import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import { grant, type Permission } from '../platform/permission.ts';

export interface DailyProps {
  /** What is done every day, for the console: `the reconciliation`. */
  readonly what: string;
  /** The hour, UTC, after which it begins within another hour. */
  readonly hour: number;
  /** ARN of what is called. */
  readonly target: string;
  /** What calling it takes. */
  readonly permission: Permission;
  /** For days on which it could not be called. */
  readonly lostDays: IQueue;
}

/** Calls something once a day, at some time in an hour. */
export function daily(scope: Construct, props: DailyProps): void {
  const { hour, lostDays, permission, target, what } = props;
  const role = clockRole(scope, what, permission);
  grant(role, { actions: ['sqs:SendMessage'], resources: [lostDays.queueArn] });
  const schedule = new CfnSchedule(scope, 'Schedule', {
    description: `Key Ceremony: every day, ${what}`,
    flexibleTimeWindow: { mode: 'FLEXIBLE', maximumWindowInMinutes: 60 },
    scheduleExpression: `cron(0 ${hour} * * ? *)`,
    scheduleExpressionTimezone: 'UTC',
    target: {
      arn: target,
      roleArn: role.roleArn,
      input: '{}',
      deadLetterConfig: { arn: lostDays.queueArn },
      // Later than that the next one is nearer.
      retryPolicy: { maximumEventAgeInSeconds: 6 * 60 * 60, maximumRetryAttempts: 20 },
    },
  });
  // A role is of no use before its policy.
  schedule.node.addDependency(role);
}

export interface EveryMinutesProps {
  /** What is done, for the console. */
  readonly what: string;
  /** How many minutes lie between two calls. */
  readonly minutes: number;
  /** ARN of what is called. */
  readonly target: string;
  /** What calling it takes. */
  readonly permission: Permission;
}

/** Calls something every few minutes. A call that is lost is made up for by the next, and no letter is kept. */
export function everyMinutes(scope: Construct, props: EveryMinutesProps): void {
  const { minutes, permission, target, what } = props;
  const role = clockRole(scope, what, permission);
  const schedule = new CfnSchedule(scope, 'Schedule', {
    description: `Key Ceremony: every ${minutes} minutes, ${what}`,
    flexibleTimeWindow: { mode: 'OFF' },
    scheduleExpression: `rate(${minutes} minutes)`,
    target: {
      arn: target,
      roleArn: role.roleArn,
      input: '{}',
      retryPolicy: { maximumEventAgeInSeconds: minutes * 60, maximumRetryAttempts: 5 },
    },
  });
  // A role is of no use before its policy.
  schedule.node.addDependency(role);
}

function clockRole(scope: Construct, what: string, permission: Permission): Role {
  const { account, partition, region } = Stack.of(scope);
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: {
        // "Confused deputy prevention in EventBridge Scheduler": the schedule's group is the source.
        StringEquals: {
          'aws:SourceAccount': account,
          'aws:SourceArn': `arn:${partition}:scheduler:${region}:${account}:schedule-group/default`,
        },
      },
    }),
    description: `Key Ceremony: the clock that starts ${what}`,
  });
  grant(role, permission);
  return role;
}
