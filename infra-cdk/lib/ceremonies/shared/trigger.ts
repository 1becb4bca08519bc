import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';

import { DeadLetters } from '../../platform/dead-letters.ts';
import { grant } from '../../platform/permission.ts';
import type { StepFunction } from '../../steps/step-function.ts';

/** What lies below `enrolment/` is a certificate for a key of ours. */
export const OF_ENROLMENT = [{ prefix: 'enrolment/' }];

/** Everything else is a partner's, or in the wrong place. */
export const OF_PARTNERS = [{ 'anything-but': { prefix: 'enrolment/' } }];

export interface TriggerProps {
  /** Name of the ceremony, for whoever reads an alarm. */
  readonly name: string;
  /** The bucket whose new objects count. */
  readonly inbox: IBucket;
  /** The step that looks at a new object. */
  readonly intake: StepFunction;
  /** Which of its keys, as a pattern of EventBridge. */
  readonly keys: readonly object[];
  /** Where alarms on lost events are sent. */
  readonly topic: ITopic;
}

/**
 * From a new object in the inbox to a call of the step of one ceremony that looks at it first.
 *
 * An event can be lost in two places, and both end in one queue that alarms watch: EventBridge
 * cannot reach the function, or the function fails and Lambda has used up its retries. To repeat a
 * lost event is harmless, since an intake step starts one execution per set however often it is called.
 *
 * What is called is the function, not one of its published versions. It holds nothing between
 * calls that a new version could contradict, and an event that is still being retried should meet the
 * code that was deployed to repair it.
 */
export class Trigger extends Construct {
  /** The rule on the account's default bus, which is where S3 sends its events. */
  readonly rule: Rule;
  /** Events that did not lead to a call that succeeded. */
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: TriggerProps) {
    super(scope, id);
    const fn = props.intake.function;
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      meaning: `a drop in the inbox was not looked at (${props.name})`,
      topic: props.topic,
    });
    const { queue } = this.deadLetters;
    new EventInvokeConfig(this, 'Retries', {
      function: fn,
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      // Not `SqsDestination`, which also grants the reading of queue attributes.
      onFailure: { bind: () => ({ destination: queue.queueArn }) },
    });
    this.rule = new Rule(this, 'Rule', {
      description: `Key Ceremony: a new object in the inbox calls the step that sees to it for ${props.name}`,
      eventPattern: {
        source: ['aws.s3'],
        detailType: ['Object Created'],
        detail: {
          bucket: { name: [props.inbox.bucketName] },
          object: { key: [...props.keys] },
        },
      },
      targets: [
        new LambdaFunction(fn, {
          deadLetterQueue: queue,
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });

    grant(props.intake.role, { actions: ['sqs:SendMessage'], resources: [queue.queueArn] });
  }
}
