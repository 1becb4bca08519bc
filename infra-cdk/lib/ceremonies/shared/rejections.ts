import { Duration } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { DeadLetters } from '../../platform/dead-letters.ts';

export interface RejectionsProps {
  /** Where alarms on rejections that were not announced are sent. */
  readonly topic: ITopic;
}

/**
 * The minute for which rejections of one place are gathered.
 *
 * A message means: this window of this place is over. It is delivered a minute after it was left, for
 * which the queue's own delay sees, so that nothing has to wait or to compare clocks.
 */
export class Rejections extends Construct {
  /** What `intake` leaves messages in. */
  readonly queue: Queue;
  /** Messages of which nothing could be announced. */
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { topic }: RejectionsProps) {
    super(scope, id);
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      meaning: 'rejected files were not announced',
      topic,
    });
    this.queue = new Queue(this, 'Queue', {
      deliveryDelay: Duration.minutes(1),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // Six times the function's timeout, as Lambda asks for; also longer than the minute after which
      // one announcer takes another for dead.
      visibilityTimeout: Duration.minutes(3),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: 5 },
    });
  }
}
