import { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { alarmOnAny } from '../../platform/alarm.ts';
import type { DeadLetters } from '../../platform/dead-letters.ts';

export interface AlarmsProps {
  /** Name of the ceremony, for whoever reads the alarm. */
  readonly name: string;
  /** The machine whose failures count. */
  readonly stateMachine: StateMachine;
  /** Events from the inbox that did not reach `intake`. */
  readonly lostDrops: DeadLetters;
  /** Where an alarm is sent. */
  readonly topic: ITopic;
}

/**
 * The alarms of one ceremony that mean somebody has to look.
 *
 * A failed ceremony also announces itself. The alarm is for the case that the announcement is what
 * failed.
 */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { lostDrops, name, stateMachine, topic } = props;
    const period = Duration.minutes(5);
    alarmOnAny(this, 'LostDrops', {
      description: `a drop in the inbox was not looked at (${name})`,
      metric: lostDrops.waiting(),
      topic,
    });
    alarmOnAny(this, 'FailedCeremonies', {
      description: `a ceremony failed (${name})`,
      metric: stateMachine.metricFailed({ period }),
      topic,
    });
    alarmOnAny(this, 'TimedOutCeremonies', {
      description: `a ceremony timed out (${name})`,
      metric: stateMachine.metricTimedOut({ period }),
      topic,
    });
  }
}
