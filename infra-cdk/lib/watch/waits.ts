import { Duration } from 'aws-cdk-lib';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

import { ALARM_PERIOD, alarmOn, alarmOnSilence } from '../platform/alarm.ts';
import type { Platform } from '../platform/platform.ts';
import { StepFunction, type StepFunctionDefaults } from '../steps/step-function.ts';
import { everyMinutes } from './clock.ts';

export interface WaitsProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The table of waits, and where reminders are announced. */
  readonly platform: Platform;
}

/** As `EVERY` in `steps/watch/sweep-waits/src/lib.rs` has it. */
const MINUTES = 5;

/**
 * Every five minutes: whether somebody is to be reminded of what a ceremony waits for, and whether its time
 * is over.
 *
 * No wait ends by itself, so that a sweep which fails again and again, or does not run, is what two alarms
 * are for. One that fails once is made up for by the next.
 */
export class Waits extends Construct {
  /** The step that looks. */
  readonly step: StepFunction;

  constructor(scope: Construct, id: string, { defaults, platform }: WaitsProps) {
    super(scope, id);
    const { waiting, notifications } = platform;
    const { eventBus, topic } = notifications;
    this.step = new StepFunction(this, 'sweep-waits', {
      ...defaults,
      step: 'sweep-waits',
      description: 'Reminds of what ceremonies wait for, and ends waits whose time is over',
      environment: { ...waiting.environment, EVENT_BUS_NAME: eventBus.eventBusName },
      permissions: [
        ...waiting.sweeps(),
        { actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
      ],
      // The next one is not to meet it.
      timeout: Duration.minutes(MINUTES - 1),
    });
    const fn = this.step.function;
    new EventInvokeConfig(this, 'Retries', {
      function: fn,
      retryAttempts: 0,
      maxEventAge: Duration.minutes(MINUTES),
    });
    everyMinutes(this, {
      what: 'the look at what ceremonies wait for',
      minutes: MINUTES,
      target: fn.functionArn,
      permission: { actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] },
    });
    alarmOn(this, 'NotSeenTo', {
      description: 'waits of ceremonies could not be seen to for a quarter of an hour',
      metric: fn.metricErrors({ period: ALARM_PERIOD }),
      topic,
      periods: 3,
    });
    alarmOnSilence(this, 'NotRun', {
      description: 'nobody looked for half an hour at what ceremonies wait for',
      metric: fn.metricInvocations({ period: ALARM_PERIOD }),
      topic,
      periods: 6,
    });
  }
}
