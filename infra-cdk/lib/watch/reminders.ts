import { Duration } from 'aws-cdk-lib';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';

import { alarmOnSilence } from '../platform/alarm.ts';
import { DeadLetters } from '../platform/dead-letters.ts';
import { readInstalled } from '../platform/own-keys.ts';
import { grant } from '../platform/permission.ts';
import type { Platform } from '../platform/platform.ts';
import { writeReminders } from '../platform/storage-permissions.ts';
import { StepFunction, type StepFunctionDefaults } from '../steps/step-function.ts';
import { daily } from './clock.ts';

export interface RemindersProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** Where they are announced and recorded. */
  readonly platform: Platform;
}

/**
 * Once a day: whether the certificate of a signing key of ours ends soon.
 *
 * Mostly it says nothing. That it was silent because it did not run is what the alarm on silence is for.
 */
export class Reminders extends Construct {
  /** The step that looks. */
  readonly step: StepFunction;
  /** Days on which it did not look. */
  readonly lostDays: DeadLetters;

  constructor(scope: Construct, id: string, { defaults, platform }: RemindersProps) {
    super(scope, id);
    const { storage, notifications } = platform;
    const { eventBus, topic } = notifications;
    this.step = new StepFunction(this, 'remind-expiry', {
      ...defaults,
      step: 'remind-expiry',
      description: 'Says in time that the certificate of a signing key ends',
      environment: {
        EVENT_BUS_NAME: eventBus.eventBusName,
        EVIDENCE_BUCKET: storage.evidence.bucketName,
      },
      permissions: [
        readInstalled(this),
        ...writeReminders(storage),
        { actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
      ],
    });
    const fn = this.step.function;
    this.lostDays = new DeadLetters(this, 'DeadLetters', {
      meaning: 'it was not looked whether certificates of signing keys end',
      topic,
    });
    const { queue } = this.lostDays;
    new EventInvokeConfig(this, 'Retries', {
      function: fn,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: { bind: () => ({ destination: queue.queueArn }) },
    });
    grant(this.step.role, { actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
    daily(this, {
      what: 'the look at the certificates of signing keys',
      hour: 5,
      target: fn.functionArn,
      permission: { actions: ['lambda:InvokeFunction'], resources: [fn.functionArn] },
      lostDays: queue,
    });
    alarmOnSilence(this, 'NotRun', {
      description: 'it was not looked for 30 hours whether certificates of signing keys end',
      metric: fn.metricInvocations({ period: Duration.hours(1) }),
      topic,
      periods: 30,
    });
  }
}
