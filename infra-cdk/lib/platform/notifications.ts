import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { alarmOnAny } from './alarm.ts';
import { DeadLetters } from './dead-letters.ts';

/**
 * How people and other systems learn what became of a ceremony: the bus `key-ceremony`, and a topic
 * that repeats every event on it.
 *
 * Systems put rules on the bus; people subscribe to the topic.
 */
export class Notifications extends Construct {
  /** The bus, under the name that partners' integrations rely on. */
  readonly eventBus: EventBus;
  /** The topic to subscribe to. */
  readonly topic: Topic;
  /** Announcements that could not be delivered to the topic. */
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.eventBus = new EventBus(this, 'Bus', {
      eventBusName: 'key-ceremony',
      description: 'Key Ceremony: what became of each ceremony',
    });
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Key Ceremony',
      masterKey: this.topicKey(),
      enforceSSL: true,
    });
    this.deadLetters = new DeadLetters(this, 'DeadLetters');
    this.forward(
      new Rule(this, 'Ceremonies', {
        description: 'Key Ceremony: repeats every announcement on the topic',
        eventBus: this.eventBus,
        // By the source alone, so that nobody has to name a new kind of announcement here.
        eventPattern: { source: ['key-ceremony'] },
      }),
    );
    this.allowAlarms();
    alarmOnAny(this, 'LostAnnouncements', {
      description: 'an announcement did not reach the topic',
      metric: this.deadLetters.waiting(),
      topic: this.topic,
    });
  }

  /**
   * Announces executions of one machine that ended from outside. Aborted by hand or timed out, a machine cannot run
   * its own failure path, so that Step Functions' own event is the only announcement there is.
   */
  announceInterrupted(scope: Construct, stateMachine: IStateMachine): void {
    const rule = new Rule(scope, 'Interrupted', {
      description: 'Key Ceremony: an execution was aborted or timed out',
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: [stateMachine.stateMachineArn],
          status: ['ABORTED', 'TIMED_OUT'],
        },
      },
    });
    // Named fields only: the event also has room for the input and output of the execution.
    const detail = {
      execution: EventField.fromPath('$.detail.executionArn'),
      ceremonyId: EventField.fromPath('$.detail.name'),
      status: EventField.fromPath('$.detail.status'),
      time: EventField.time,
    };
    this.forward(rule, RuleTargetInput.fromObject(detail));
  }

  private forward(rule: Rule, message?: RuleTargetInput): void {
    const { queue: deadLetterQueue } = this.deadLetters;
    rule.addTarget(new SnsTopic(this.topic, { deadLetterQueue, message }));
  }

  private topicKey(): Key {
    const key = new Key(this, 'Key', {
      description: 'Key Ceremony: the notification topic',
      enableKeyRotation: true,
      // Nothing at rest depends on it: a topic keeps messages only until they are delivered.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const actions = ['kms:Decrypt', 'kms:GenerateDataKey*'];
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EventBridge',
        // No source condition: EventBridge does not pass one on to KMS, and with one every
        // announcement would be dropped. The topic's own policy says who may publish.
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions,
        resources: ['*'],
      }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions,
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    return key;
  }

  /** A topic with a policy of its own loses the default one, which let the account's alarms publish. */
  private allowAlarms(): void {
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'Alarms',
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }
}
