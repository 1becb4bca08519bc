import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { DeadLetters } from '../../platform/dead-letters.ts';

export interface AlarmsProps {
  /** The machine whose failures count. */
  readonly stateMachine: StateMachine;
  /** Events from the inbox that did not reach `intake`. */
  readonly lostDrops: DeadLetters;
  /** Announcements that did not reach the topic. */
  readonly lostAnnouncements: DeadLetters;
  /** Where an alarm is sent. */
  readonly topic: ITopic;
}

/**
 * The alarms that mean somebody has to look.
 *
 * A failed ceremony also announces itself. The alarm is for the case that the announcement is what
 * failed.
 */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const period = Duration.minutes(5);
    const waiting = (letters: DeadLetters) =>
      letters.queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' });
    const alarms: [string, string, IMetric][] = [
      ['LostDrops', 'A drop in the inbox was not looked at', waiting(props.lostDrops)],
      [
        'LostAnnouncements',
        'An announcement did not reach the topic',
        waiting(props.lostAnnouncements),
      ],
      ['FailedCeremonies', 'A ceremony failed', props.stateMachine.metricFailed({ period })],
      ['TimedOutCeremonies', 'A ceremony timed out', props.stateMachine.metricTimedOut({ period })],
    ];
    for (const [name, alarmDescription, metric] of alarms) {
      const alarm = new Alarm(this, name, {
        alarmDescription: `Key Ceremony: ${alarmDescription}`,
        metric,
        threshold: 0,
        comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluationPeriods: 1,
        treatMissingData: TreatMissingData.NOT_BREACHING,
      });
      alarm.addAlarmAction(new SnsAction(props.topic));
    }
  }
}
