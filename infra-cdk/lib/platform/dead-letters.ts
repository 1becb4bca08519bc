import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { ALARM_PERIOD, alarmOn } from './alarm.ts';

export interface DeadLettersProps {
  /** What a letter means, for whoever reads the alarm: "an announcement did not reach the topic". */
  readonly meaning: string;
  /** Where alarms are sent. */
  readonly topic: ITopic;
}

/**
 * A queue for what could not be delivered, kept for the two weeks that SQS allows, with two alarms: a
 * letter has arrived, and a letter has lain for a day.
 *
 * The first alarm is raised once and stays, however many letters follow. The second reminds whoever
 * overlooked it, with most of the two weeks left.
 */
export class DeadLetters extends Construct {
  /** The queue. */
  readonly queue: Queue;

  constructor(scope: Construct, id: string, { meaning, topic }: DeadLettersProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    Validations.of(this.queue).acknowledge({
      id: 'AwsSolutions-SQS3',
      reason:
        'This is the dead-letter queue: EventBridge and Lambda write to it, and alarms watch it.',
    });
    const options = { period: ALARM_PERIOD, statistic: 'Maximum' };
    alarmOn(this, 'Arrived', {
      description: meaning,
      metric: this.queue.metricApproximateNumberOfMessagesVisible(options),
      topic,
    });
    alarmOn(this, 'Overlooked', {
      description: `${meaning}, and nobody has looked at it for a day`,
      metric: this.queue.metricApproximateAgeOfOldestMessage(options),
      above: Duration.days(1).toSeconds(),
      topic,
    });
  }
}
