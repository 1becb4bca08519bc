import { Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import { ALARM_PERIOD, alarmOn } from '../platform/alarm.ts';

export interface StepAlarmsProps {
  /** Where an alarm is sent. */
  readonly topic: ITopic;
}

/** What the steps count. */
interface Counted {
  /** Name of the metric and of the alarm. */
  readonly name: string;
  /** What it means, for whoever reads the alarm. */
  readonly description: string;
  /** How many periods in a row it must be counted. @default 1 */
  readonly periods?: number;
}

/**
 * Alarms on what the steps count, since no service counts it for them.
 *
 * Each writes a line into its log for one that it counts, from which CloudWatch makes the metric by itself
 * (`steps/shared/step/src/metrics.rs`, whose names these are). A filter for each log would count the same, and
 * take more room than a stack has. All functions of the system count, and the metrics have no dimensions: the
 * line says which step it was.
 */
export class StepAlarms extends Construct {
  constructor(scope: Construct, id: string, { topic }: StepAlarmsProps) {
    super(scope, id);
    for (const { name, ...what } of COUNTED) {
      const metric = new Metric({
        namespace: 'KeyCeremony',
        metricName: name,
        period: ALARM_PERIOD,
        statistic: Stats.SUM,
      });
      alarmOn(this, name, { ...what, metric, topic });
    }
  }
}

const COUNTED: Counted[] = [
  {
    name: 'AccessDenied',
    description: 'a step was denied a call: its log says which, and its role or a policy has changed',
  },
  {
    name: 'PaymentCryptographyThrottled',
    description: 'Payment Cryptography has refused calls as too many for a quarter of an hour',
    // For so long the machines try again. A queue that shrinks is no news, one that does not is.
    periods: 3,
  },
  {
    name: 'SurplusKey',
    description: 'a step made a key too many: its log names it, to be tagged and deleted',
  },
];
