import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';

import { INFRA_ROOT } from '../lib/platform/config.ts';
import { type Statement, synthesize } from './support.ts';

const { template } = synthesize();
const resources = (type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('events', () => {
  test('every announcement on the bus reaches the topic', () => {
    template.hasResourceProperties('AWS::Events::EventBus', { Name: 'key-ceremony' });
    template.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^NotificationsBus') },
      EventPattern: { source: ['key-ceremony'] },
      Targets: [
        {
          Arn: { Ref: Match.stringLikeRegexp('^NotificationsTopic') },
          DeadLetterConfig: Match.anyValue(),
        },
      ],
    });
  });

  test('an execution that was interrupted is announced without its data', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: { source: ['aws.states'], detail: { status: ['ABORTED', 'TIMED_OUT'] } },
      Targets: [
        {
          InputTransformer: {
            InputPathsMap: {
              'detail-executionArn': '$.detail.executionArn',
              'detail-name': '$.detail.name',
              'detail-status': '$.detail.status',
              time: '$.time',
            },
          },
        },
      ],
    });
  });

  test('an execution that failed without its own record is announced, and no other failure', () => {
    const rule = resources('AWS::Events::Rule').find(
      ({ EventPattern }) =>
        EventPattern.detail?.status?.[0] === 'FAILED' &&
        EventPattern.detail.stateMachineArn[0].Ref.startsWith('KekExport'),
    )!;
    expect(rule.EventPattern.detail).toEqual({
      stateMachineArn: [{ Ref: expect.stringMatching(/^KekExportWorkflowStateMachine/) }],
      status: ['FAILED'],
      cause: [{ exists: false }, null, { 'anything-but': { wildcard: '* What to do: *' } }],
    });
    const [target] = rule.Targets;
    expect(target.DeadLetterConfig.Arn['Fn::GetAtt'][0]).toMatch(/^NotificationsDeadLetters/);
    const template = target.InputTransformer.InputTemplate['Fn::Join'][1];
    const words = template.map((part: unknown) => (typeof part === 'string' ? part : 'eu')).join('');
    expect(JSON.parse(words.replaceAll(/:(<[a-zA-Z-]+>)/g, ':"$1"'))).toEqual({
      what: 'An execution of kek-export ended as <detail-status>.',
      remedy: expect.stringMatching(/^If an announcement Ceremony Failed names the same execution,/),
      link: 'https://eu.console.aws.amazon.com/states/home?region=eu#/v2/executions/details/<detail-executionArn>',
      execution: '<detail-executionArn>',
      ceremonyId: '<detail-name>',
      status: '<detail-status>',
      time: '<time>',
    });
  });

  test('whom the context names is subscribed, and nobody is not overlooked', () => {
    const warning = Match.stringLikeRegexp('No e-mail address is subscribed.*notificationEmails');
    const untold = synthesize({ notificationEmails: [] });
    Annotations.fromStack(untold.stack).hasWarning('/KeyCeremony/Notifications', warning);
    untold.template.resourceCountIs('AWS::SNS::Subscription', 0);

    const told = synthesize({ notificationEmails: ['a@example.com', 'b@example.com'] });
    Annotations.fromStack(told.stack).hasNoWarning('*', warning);
    const subscribed = Object.values(told.template.findResources('AWS::SNS::Subscription'));
    expect(
      subscribed.map(({ Properties }) => [Properties.Protocol, Properties.Endpoint]).sort(),
    ).toEqual([
      ['email', 'a@example.com'],
      ['email', 'b@example.com'],
    ]);
  });

  test('the topic is encrypted, and EventBridge and alarms may use its key', () => {
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          }),
          Match.objectLike({
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
          }),
        ]),
      },
    });
  });

  test('queues and topic refuse plain HTTP', () => {
    const documents = [
      ...resources('AWS::SQS::QueuePolicy'),
      ...resources('AWS::SNS::TopicPolicy'),
    ];
    expect(documents).toHaveLength(12);
    for (const { PolicyDocument } of documents) {
      const denied = PolicyDocument.Statement.filter(
        (statement: Statement) => statement.Effect === 'Deny',
      );
      expect(denied).toMatchObject([{ Condition: { Bool: { 'aws:SecureTransport': 'false' } } }]);
    }
  });
});

const COMPARED: Record<string, string> = { GreaterThanThreshold: '>', LessThanThreshold: '<' };

describe('alarms', () => {
  test('there is one for everything that should not happen, and a limit to what may', () => {
    const alarms = resources('AWS::CloudWatch::Alarm').map((alarm) => [
      alarm.AlarmDescription.replace(/^Key Ceremony: /, ''),
      `${alarm.Namespace} ${alarm.MetricName} ${alarm.Statistic} ${COMPARED[alarm.ComparisonOperator]} ${alarm.Threshold}`,
      `${alarm.EvaluationPeriods} x ${alarm.Period} s`,
    ]);
    const once = '1 x 300 s';
    const letters = (meaning: string) => [
      [meaning, 'AWS/SQS ApproximateNumberOfMessagesVisible Maximum > 0', once],
      [
        `${meaning}, and nobody has looked at it for a day`,
        'AWS/SQS ApproximateAgeOfOldestMessage Maximum > 86400',
        once,
      ],
    ];
    expect(alarms.sort()).toEqual(
      [
        ...letters('a drop in the inbox was not looked at (certificate-enrolment)'),
        ...letters('a drop in the inbox was not looked at (kek-export)'),
        ...letters('a drop in the inbox was not looked at (kek-import)'),
        ...letters('a drop in the inbox was not looked at (working-key-export)'),
        ...letters('a drop in the inbox was not looked at (working-key-import)'),
        ...letters('an announcement did not reach the topic'),
        ...letters('rejected files were not announced'),
        ...letters('a change of a control was not looked at'),
        ...letters('the daily reconciliation could not be started'),
        ['a ceremony failed (certificate-enrolment)', 'AWS/States ExecutionsFailed Sum > 0', once],
        [
          'a ceremony timed out (certificate-enrolment)',
          'AWS/States ExecutionsTimedOut Sum > 0',
          once,
        ],
        ...letters('it was not looked whether certificates of signing keys end'),
        ['a ceremony failed (kek-export)', 'AWS/States ExecutionsFailed Sum > 0', once],
        ['a ceremony timed out (kek-export)', 'AWS/States ExecutionsTimedOut Sum > 0', once],
        ['a ceremony failed (kek-import)', 'AWS/States ExecutionsFailed Sum > 0', once],
        ['a ceremony timed out (kek-import)', 'AWS/States ExecutionsTimedOut Sum > 0', once],
        ['a ceremony failed (working-key-export)', 'AWS/States ExecutionsFailed Sum > 0', once],
        [
          'a ceremony timed out (working-key-export)',
          'AWS/States ExecutionsTimedOut Sum > 0',
          once,
        ],
        ['a ceremony failed (working-key-import)', 'AWS/States ExecutionsFailed Sum > 0', once],
        [
          'a ceremony timed out (working-key-import)',
          'AWS/States ExecutionsTimedOut Sum > 0',
          once,
        ],
        ['a ceremony failed (reconciliation)', 'AWS/States ExecutionsFailed Sum > 0', once],
        ['a ceremony timed out (reconciliation)', 'AWS/States ExecutionsTimedOut Sum > 0', once],
        [
          'there was no reconciliation of keys and evidence for 30 hours',
          'AWS/States ExecutionsSucceeded Sum < 1',
          '30 x 3600 s',
        ],
        [
          'it was not looked for 30 hours whether certificates of signing keys end',
          'AWS/Lambda Invocations Sum < 1',
          '30 x 3600 s',
        ],
        [
          'waits of ceremonies could not be seen to for a quarter of an hour',
          'AWS/Lambda Errors Sum > 0',
          '3 x 300 s',
        ],
        [
          'nobody looked for half an hour at what ceremonies wait for',
          'AWS/Lambda Invocations Sum < 1',
          '6 x 300 s',
        ],
        [
          'a step was denied a call: its log says which, and its role or a policy has changed',
          'KeyCeremony AccessDenied Sum > 0',
          once,
        ],
        [
          'Payment Cryptography has refused calls as too many for a quarter of an hour',
          'KeyCeremony PaymentCryptographyThrottled Sum > 0',
          '3 x 300 s',
        ],
        [
          'a step made a key too many: its log names it, to be tagged and deleted',
          'KeyCeremony SurplusKey Sum > 0',
          once,
        ],
      ].sort(),
    );
  });

  test('what no service counts the steps count themselves, by the names of the alarms', () => {
    const file = resolve(INFRA_ROOT, '../steps/shared/step/src/metrics.rs');
    const source = readFileSync(file, 'utf8');
    const [, namespace] = source.match(/const NAMESPACE: &str = "(\w+)";/)!;
    const [, variants] = source.match(/pub enum Metric \{([^}]*)\}/)!;
    const counted = [...variants!.matchAll(/^ {4}(\w+),$/gm)].map(([, name]) => name!);
    // With dimensions it would be another metric.
    expect(source).toContain('"Dimensions": [[]],');
    const watched = resources('AWS::CloudWatch::Alarm')
      .filter(({ Namespace }) => !Namespace.startsWith('AWS/'))
      .map(({ Dimensions = [], MetricName, Namespace }) => [Namespace, MetricName, ...Dimensions]);
    expect(watched.sort()).toEqual(counted.map((name) => [namespace, name]).sort());
  });

  test('what is done again and again and never was is missed, and nothing else that is not there', () => {
    const missing = resources('AWS::CloudWatch::Alarm').map((alarm) => [
      alarm.MetricName,
      alarm.TreatMissingData,
    ]);
    for (const [metric, treated] of missing) {
      const daily = ['ExecutionsSucceeded', 'Invocations'].includes(metric);
      expect(treated).toBe(daily ? 'breaching' : 'notBreaching');
    }
  });

  test('every alarm is sent to the topic', () => {
    template.allResourcesProperties('AWS::CloudWatch::Alarm', {
      AlarmActions: [{ Ref: Match.stringLikeRegexp('^NotificationsTopic') }],
    });
  });
});
