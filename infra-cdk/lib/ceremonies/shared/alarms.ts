import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { ALARM_PERIOD, alarmOn } from '../../platform/alarm.ts';

export interface AlarmsProps {
  /** Name of the ceremony, for whoever reads the alarm. */
  readonly name: string;
  /** The machine whose failures count. */
  readonly stateMachine: StateMachine;
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
  constructor(scope: Construct, id: string, { name, stateMachine, topic }: AlarmsProps) {
    super(scope, id);
    const period = ALARM_PERIOD;
    alarmOn(this, 'FailedCeremonies', {
      description: `a ceremony failed (${name})`,
      metric: stateMachine.metricFailed({ period }),
      topic,
    });
    alarmOn(this, 'TimedOutCeremonies', {
      description: `a ceremony timed out (${name})`,
      metric: stateMachine.metricTimedOut({ period }),
      topic,
    });
  }
}
