import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** The period of every metric that an alarm looks at. */
export const ALARM_PERIOD = Duration.minutes(5);

export interface AlarmOnProps {
  /** What has happened, for whoever reads the alarm. */
  readonly description: string;
  /** What is counted. */
  readonly metric: IMetric;
  /** Where the alarm is sent. */
  readonly topic: ITopic;
  /** How much may be counted without an alarm. @default 0 - it should never happen at all */
  readonly above?: number;
  /** How many periods in a row it must be counted. @default 1 */
  readonly periods?: number;
}

/** Sends an alarm to the topic when something that should happen was not counted in any period. */
export function alarmOnSilence(scope: Construct, id: string, props: AlarmOnProps): void {
  const alarm = new Alarm(scope, id, {
    alarmDescription: `Key Ceremony: ${props.description}`,
    metric: props.metric,
    threshold: 1,
    comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: props.periods ?? 1,
    // What never happens is never counted either.
    treatMissingData: TreatMissingData.BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(props.topic));
}

/** Sends an alarm to the topic as soon as something is counted that should not happen. */
export function alarmOn(scope: Construct, id: string, props: AlarmOnProps): void {
  const alarm = new Alarm(scope, id, {
    alarmDescription: `Key Ceremony: ${props.description}`,
    metric: props.metric,
    threshold: props.above ?? 0,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: props.periods ?? 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(props.topic));
}
