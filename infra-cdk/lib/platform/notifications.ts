import { Annotations, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventBus, EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { DeadLetters } from './dead-letters.ts';

export interface NotificationsProps {
  /** Addresses to subscribe to the topic; each must confirm. @default - nobody, with a warning */
  readonly emails?: string[];
}

/** What the cause of every recorded failure holds, and of no other (`statemachine/*.asl.json`). */
export const SAYS_WHAT_TO_DO = ' What to do: ';

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
  /** Encrypts the topic. */
  readonly topicKey: Key;
  /** Announcements that could not be delivered to the topic. */
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, props: NotificationsProps = {}) {
    super(scope, id);
    this.eventBus = new EventBus(this, 'Bus', {
      eventBusName: 'key-ceremony',
      description: 'Key Ceremony: what became of each ceremony',
    });
    this.topicKey = this.makeTopicKey();
    this.topic = new Topic(this, 'Topic', {
      displayName: 'Key Ceremony',
      masterKey: this.topicKey,
      enforceSSL: true,
    });
    this.deadLetters = new DeadLetters(this, 'DeadLetters', {
      meaning: 'an announcement did not reach the topic',
      topic: this.topic,
    });
    this.forward(
      new Rule(this, 'Ceremonies', {
        description: 'Key Ceremony: repeats every announcement on the topic',
        eventBus: this.eventBus,
        // By the source alone, so that nobody has to name a new kind of announcement here.
        eventPattern: { source: ['key-ceremony'] },
      }),
    );
    this.allowAlarms();
    this.subscribe(props.emails ?? []);
  }

  /**
   * Announces executions of one machine that could not run their own failure path, so that Step
   * Functions' own event is the only announcement there is: aborted by hand, timed out as a whole, or
   * failed by an error that no state can catch (a runtime error, too much data, a history too long).
   *
   * A failure that was recorded is announced by the machine, and must not be twice. What tells them
   * apart is the cause: a state `Failed` always says what to do, in the words of `SAYS_WHAT_TO_DO`.
   * The error's name does not, since a recorded failure may be called `States.Timeout` too. An event
   * without a cause matches as well: the key that encrypts the execution's history may keep the cause
   * out of the event. Rather told twice than not at all, and the message says which to follow.
   */
  announceUnrecorded(
    scope: Construct,
    ceremony: string,
    stateMachine: IStateMachine,
    again: string,
  ): void {
    const ended = (id: string, description: string, detail: Record<string, unknown[]>) =>
      new Rule(scope, id, {
        description: `Key Ceremony: ${description}`,
        eventPattern: {
          source: ['aws.states'],
          // "Automating Step Functions event delivery with EventBridge" (Step Functions Developer
          // Guide): the detail has the fields of DescribeExecution, among them `error` and `cause`.
          detailType: ['Step Functions Execution Status Change'],
          detail: { stateMachineArn: [stateMachine.stateMachineArn], ...detail },
        },
      });
    const rules = [
      ended('Interrupted', 'an execution was aborted or timed out', {
        status: ['ABORTED', 'TIMED_OUT'],
      }),
      ended('Unrecorded', 'an execution failed without a record of its own', {
        status: ['FAILED'],
        cause: [{ exists: false }, null, { 'anything-but': { wildcard: `*${SAYS_WHAT_TO_DO}*` } }],
      }),
    ];
    for (const rule of rules) this.forward(rule, inWords(scope, ceremony, again));
  }

  /** A topic without subscribers tells nobody, and nobody would notice. */
  private subscribe(emails: string[]): void {
    for (const email of emails) this.topic.addSubscription(new EmailSubscription(email));
    if (emails.length > 0) return;
    Annotations.of(this).addWarningV2(
      'key-ceremony:nobody-is-told',
      'No e-mail address is subscribed to the notifications: name those who must be told of failed ' +
        'ceremonies and alarms in the context value "notificationEmails", or subscribe to the topic.',
    );
  }

  private forward(rule: Rule, message?: RuleTargetInput): void {
    const { queue: deadLetterQueue } = this.deadLetters;
    rule.addTarget(new SnsTopic(this.topic, { deadLetterQueue, message }));
  }

  private makeTopicKey(): Key {
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

/** The event in words for people, with the execution's page in the console. */
function inWords(scope: Construct, ceremony: string, again: string): RuleTargetInput {
  const { region } = Stack.of(scope);
  const execution = EventField.fromPath('$.detail.executionArn');
  // Named fields only: the event also has room for the input and output of the execution.
  return RuleTargetInput.fromObject({
    what: `An execution of ${ceremony} ended as ${EventField.fromPath('$.detail.status')}.`,
    remedy:
      'If an announcement Ceremony Failed names the same execution, follow that one. Otherwise there ' +
      'is no record: open the link, see which state it was in and why it ended, and look at the ' +
      `aliases of the folder for keys that it made. ${again}`,
    link: `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/${execution}`,
    execution,
    ceremonyId: EventField.fromPath('$.detail.name'),
    status: EventField.fromPath('$.detail.status'),
    time: EventField.time,
  });
}
