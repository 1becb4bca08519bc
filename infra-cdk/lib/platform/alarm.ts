import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';

/** Sends an alarm to the topic as soon as something is counted that should never happen. */
export function alarmOnAny(
  scope: Construct,
  id: string,
  props: { description: string; metric: IMetric; topic: ITopic },
): void {
  const alarm = new Alarm(scope, id, {
    alarmDescription: `Key Ceremony: ${props.description}`,
    metric: props.metric,
    threshold: 0,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: 1,
    treatMissingData: TreatMissingData.NOT_BREACHING,
  });
  alarm.addAlarmAction(new SnsAction(props.topic));
}
