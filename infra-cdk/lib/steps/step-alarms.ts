import { type IMetric, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import { ALARM_PERIOD, alarmOn } from '../platform/alarm.ts';
import type { StepFunction } from './step-function.ts';

export interface StepAlarmsProps {
  /** The steps, by name. */
  readonly steps: Readonly<Record<string, StepFunction>>;
  /** Where an alarm is sent. */
  readonly topic: ITopic;
}

/** What is counted in the logs, and in which. */
interface Counted {
  /** Name of the metric and of the alarm. */
  readonly name: string;
  /** Which lines count. */
  readonly pattern: IFilterPattern;
  /** Logs of these steps. */
  readonly steps: readonly string[];
  /** What it means, for whoever reads the alarm. */
  readonly description: string;
  /** How many periods in a row it must be counted. @default 1 */
  readonly periods?: number;
}

/**
 * Alarms on what the steps log, since no service counts it for them.
 *
 * A step that fails logs the name of its error in the field `error`, whichever service it came from
 * (`serve` in `steps/shared/step`); one that made a key too many logs the key's ARN in the field
 * `surplus` (`claim` in `steps/shared/payment-keys`). Lambda writes each line as one JSON document.
 */
export class StepAlarms extends Construct {
  constructor(scope: Construct, id: string, { steps, topic }: StepAlarmsProps) {
    super(scope, id);
    const paymentKeys = ['import-ca', 'create-kek', 'make-keys', 'request-certificate', 'wrap-ecdh'];
    const all: Counted[] = [
      {
        name: 'AccessDenied',
        pattern: failedWith('AccessDenied'),
        steps: Object.keys(steps),
        description: 'a step was denied a call: its log says which, and its role or a policy has changed',
      },
      {
        name: 'PaymentCryptographyThrottled',
        pattern: failedWith('ServiceThrottled'),
        steps: [
          ...paymentKeys,
          'wrap-rsa',
          'wrap-tr34',
          'establish-kek',
          'find-kek',
          'export-keys',
          'find-bdk',
          'export-initial-keys',
          'export-initial-keys-tr34',
          'prove-enrolment',
        ],
        description: 'Payment Cryptography has refused calls as too many for a quarter of an hour',
        // For so long the machines try again. A queue that shrinks is no news, one that does not is.
        periods: 3,
      },
      {
        name: 'SurplusKey',
        pattern: FilterPattern.exists('$.fields.surplus'),
        steps: paymentKeys,
        description: 'a step made a key too many: its log names it, to be tagged and deleted',
      },
    ];
    for (const counted of all) {
      const { description, name, periods } = counted;
      alarmOn(this, name, { description, metric: this.count(counted, steps), topic, periods });
    }
  }

  /** One metric, to which the filter of each log adds. */
  private count({ name, pattern, steps }: Counted, functions: StepAlarmsProps['steps']): IMetric {
    const metric = { metricNamespace: 'KeyCeremony', metricName: name, metricValue: '1' };
    for (const step of steps) {
      const { logGroup } = functions[step]!;
      new MetricFilter(this, `${name}-${step}`, { logGroup, filterPattern: pattern, ...metric });
    }
    return new Metric({
      namespace: metric.metricNamespace,
      metricName: name,
      period: ALARM_PERIOD,
      statistic: Stats.SUM,
    });
  }
}

function failedWith(error: string): IFilterPattern {
  return FilterPattern.stringValue('$.fields.error', '=', error);
}
