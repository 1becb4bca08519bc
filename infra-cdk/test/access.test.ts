import { expect, test } from 'vitest';

import { STEPS } from '../lib/steps/steps.ts';
import { constructNames, policyOf, synthesize } from './support.ts';

const PARTNER = 'arn:aws:iam::111122223333:root';
const OPERATOR = 'arn:aws:iam::444455556666:role/Operator';
const REQUESTER = 'arn:aws:iam::444455556666:role/Requester';
const AUDITOR = 'arn:aws:iam::444455556666:role/Auditor';
const RESPONDER = 'arn:aws:iam::444455556666:role/Responder';
const { stack, template } = synthesize({
  partners: { acme: PARTNER, globex: { arn: PARTNER, externalId: 'key-ceremony/1' } },
  operators: [OPERATOR],
  requesters: [REQUESTER],
  auditors: [AUDITOR],
  responders: [RESPONDER],
});
const policy = (role: string) => policyOf(role, stack, template);

/** Where the machines are. */
const MACHINES = [
  'CertificateEnrolment',
  'KekExport',
  'KekImport',
  'WorkingKeyExport',
  'WorkingKeyExport/InitialKeysMap',
  'WorkingKeyImport',
  'Reconciliation',
];
const throughS3 = 'on Storage/DataKey if StringEquals kms:ViaService = s3.REGION.amazonaws.com';
const profiles = 'on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/partners/*';
const payment = 'arn:PARTITION:payment-cryptography:REGION:ACCOUNTID';

const orders = (partner: string) =>
  ['non-production/cardholder', 'non-production/pin', 'production/cardholder', 'production/pin'].map(
    (folder) => `Storage/Inbox/${partner}/${folder}/orders/*`,
  );

test('a partner reaches its own prefix and nothing else, and places no orders', () => {
  expect(policy('Access/Partner-acme')).toEqual([
    ...['DeleteObject', 'PutObject'].flatMap((action) =>
      orders('acme').map((key) => `Deny s3:${action} on ${key}`),
    ),
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    's3:DeleteObject on Storage/Inbox/acme/*',
    's3:GetObject on Storage/Outbox/acme/*',
    's3:ListBucket on Storage/Outbox if StringLike s3:prefix = acme/*',
    's3:PutObject on Storage/Inbox/acme/*',
  ]);
});

test('a requester places orders, and does nothing else', () => {
  expect(policy('Access/Requester')).toEqual([
    `kms:GenerateDataKey ${throughS3}`,
    ...orders('*').map((key) => `s3:PutObject on ${key}`),
  ]);
});

test('a partner with an external id is only let in with it', () => {
  const trust = (partner: string) => {
    const [id] = [...constructNames(stack)].find(([, name]) => name === `Access/Partner-${partner}`)!;
    return template.toJSON().Resources[id].Properties.AssumeRolePolicyDocument.Statement;
  };
  const assume = { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { AWS: PARTNER } };
  expect(trust('acme')).toEqual([assume]);
  expect(trust('globex')).toEqual([
    { ...assume, Condition: { StringEquals: { 'sts:ExternalId': 'key-ceremony/1' } } },
  ]);
});

/** The rules for certificates of our own keys, one parameter for each key. */
const rules = ['package-signing', 'tr34'].map(
  (key) => `on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/enrolment/${key}`,
);
const readRules = rules.map((rule) => `ssm:GetParameter ${rule}`);

/** Executions of the machines, the evidence, and the certificate request. */
const reading = [
  'kms:Decrypt on ExecutionKey/Key if StringEquals kms:ViaService = states.REGION.amazonaws.com',
  `kms:Decrypt ${throughS3}`,
  's3:GetObject on Storage/Evidence/*',
  's3:GetObject on Storage/Outbox/csr.pem',
  's3:GetObjectRetention on Storage/Evidence/*',
  's3:GetObjectVersion on Storage/Evidence/*',
  's3:ListBucket on Storage/Evidence',
  's3:ListBucketVersions on Storage/Evidence',
  `ssm:GetParameter ${profiles}`,
  ...readRules,
  ...MACHINES.flatMap((machine) => [
    `states:DescribeExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:${machine}/Workflow/StateMachine:*`,
    `states:DescribeStateMachine on ${machine}/Workflow/StateMachine`,
    `states:GetExecutionHistory on arn:PARTITION:states:REGION:ACCOUNTID:execution:${machine}/Workflow/StateMachine:*`,
    `states:ListExecutions on ${machine}/Workflow/StateMachine`,
  ]),
];

/** The calls of `ceremony preflight`. */
const preflight = (() => {
  const on = (resource: string, ...actions: string[]) =>
    actions.map((action) => `${action} on ${resource}`);
  const keys = [
    'ExecutionKey/Key',
    'Notifications/Key',
    'Runs/Key',
    'SigningKey/RSA_2048',
    'Storage/DataKey',
    'Waiting/Key',
    'Waiting/TokenKey',
  ];
  const machines = MACHINES.map((of) => `${of}/Workflow/StateMachine`);
  const parameters = 'arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/partners';
  return [
    ...on(
      'arn:PARTITION:cloudformation:REGION:ACCOUNTID:stack/KeyCeremony/*',
      'cloudformation:DescribeStacks',
      'cloudformation:GetTemplate',
      'cloudformation:ListStackResources',
    ),
    ...on('*', 'cloudtrail:DescribeTrails'),
    ...on(
      'arn:PARTITION:cloudtrail:*:*:trail/*',
      'cloudtrail:GetEventSelectors',
      'cloudtrail:GetTrailStatus',
    ),
    ...keys.flatMap((key) => on(key, 'kms:GetKeyPolicy')),
    ...on(
      'arn:PARTITION:lambda:REGION:ACCOUNTID:function:KeyCeremony-*',
      'lambda:GetFunctionConfiguration',
    ),
    ...on(
      `${payment}:alias/key-ceremony/preflight/*`,
      'payment-cryptography:CreateAlias',
      'payment-cryptography:DeleteAlias',
    ),
    ...on(
      `${payment}:key/*`,
      'payment-cryptography:CreateAlias',
      'payment-cryptography:GetKey',
      'payment-cryptography:ListTagsForResource',
    ),
    ...on(
      '*',
      'payment-cryptography:GetMpaTeamAssociation',
      'payment-cryptography:ListAliases',
      'payment-cryptography:ListKeys',
    ),
    `payment-cryptography:GetResourcePolicy on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek`,
    ...on('Storage/Evidence', 's3:GetBucketObjectLockConfiguration'),
    ...on('Notifications/Topic', 'sns:ListSubscriptionsByTopic'),
    ...on(parameters, 'ssm:GetParametersByPath'),
    ...on(`${parameters}/*`, 'ssm:GetParametersByPath'),
    ...machines.flatMap((machine) => on(machine, 'states:DescribeStateMachine')),
  ];
})();

/** The calls of `ceremony enrol`, beyond reading evidence. */
const enrol = [
  'cloudformation:DescribeStacks on arn:PARTITION:cloudformation:REGION:ACCOUNTID:stack/KeyCeremony/*',
  'lambda:InvokeFunction on request-certificate/Function',
  'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*',
];

test('an operator writes profiles and rules, delivers certificates of ours, tags foreign keys, asks for certificates, reads, and looks before the first ceremony, but reaches no folder of a partner', () => {
  const tags = ['purpose', 'partner', 'environment', 'data-type'].map((t) => `key-ceremony:${t}`);
  expect(policy('Access/Operator')).toEqual(
    [
      ...reading,
      `payment-cryptography:GetKey on ${payment}:key/*`,
      `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
      ...['bdk', 'kek', 'working'].map(
        (purpose) =>
          `payment-cryptography:TagResource on ${payment}:key/* if StringEquals aws:RequestTag/key-ceremony:purpose = ${purpose} and ` +
          `StringEqualsIfExists aws:ResourceTag/key-ceremony:purpose = ${purpose} and ` +
          `ForAllValues:StringEquals aws:TagKeys = ${tags.join('|')} and ` +
          'Null aws:ResourceTag/key-ceremony:ceremony-id = true',
      ),
      `kms:GenerateDataKey ${throughS3}`,
      's3:DeleteObject on Storage/Inbox/enrolment/*',
      's3:PutObject on Storage/Inbox/enrolment/*',
      ...rules.map((rule) => `ssm:PutParameter ${rule}`),
      `ssm:PutParameter ${profiles}`,
      ...preflight,
      ...enrol,
    ].sort(),
  );
});

test('an auditor only reads, and may verify signatures', () => {
  const verifying = ['DescribeKey', 'GetPublicKey', 'Verify'].map(
    (action) => `kms:${action} on SigningKey/RSA_2048`,
  );
  expect(policy('Access/Auditor')).toEqual([...reading, ...verifying].sort());
});

test('a responder reads, and does what remedies ask for', () => {
  const called = STEPS.map((step) => `Steps/${step}`);
  const steps = [
    ...called,
    'CertificateEnrolment/intake-enrolment',
    'KekExport/announce-rejections',
    'KekExport/intake',
    'KekImport/take-answer',
    'Waits/sweep-waits',
    'WorkingKeyExport/intake-request',
    'WorkingKeyImport/intake-keys',
    'Reminders/remind-expiry',
    'request-certificate',
    'SigningCsr/signing-csr',
    'WatchedControls/watch-controls',
  ];
  const each = (actions: string[], resources: string[], suffix = '') =>
    actions.flatMap((action) => resources.map((resource) => `${action} on ${resource}${suffix}`));
  const ours = 'Null aws:ResourceTag/key-ceremony:ceremony-id = false';
  const unnamed = `${ours} and Null payment-cryptography:ResourceAliases = true`;
  const queues = [
    'CertificateEnrolment/Trigger',
    'KekExport/Rejections',
    'KekExport/Trigger',
    'KekImport/Trigger',
    'Notifications',
    'Reconciliation',
    'Reminders',
    'WatchedControls',
    'WorkingKeyExport/Trigger',
    'WorkingKeyImport/Trigger',
  ].map(
    (at) => `${at}/DeadLetters/Queue`,
  );
  expect(policy('Access/Responder')).toEqual(
    [
      ...reading,
      ...each(
        ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'],
        [
          ...steps,
          ...MACHINES.map((machine) => `${machine}/Workflow`),
        ].map((step) => `${step}/Log`),
      ),
      ...each(
        ['lambda:GetFunctionConfiguration'],
        steps.map((step) => `${step}/Function`),
      ),
      ...each(
        [
          'iam:GetRole',
          'iam:GetRolePolicy',
          'iam:ListAttachedRolePolicies',
          'iam:ListRolePolicies',
        ],
        steps.map((step) => `${step}/Role`),
      ),
      ...each(
        ['s3:GetBucketPolicy'],
        ['Inbox', 'Outbox', 'Evidence'].map((bucket) => `Storage/${bucket}`),
      ),
      ...each(
        ['kms:DescribeKey', 'kms:GetKeyPolicy'],
        [
          'ExecutionKey/Key',
          'Runs/Key',
          'SigningKey/RSA_2048',
          'Storage/DataKey',
          'Waiting/Key',
          'Waiting/TokenKey',
        ],
      ),
      ...each(
        [
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:GetQueueUrl',
          'sqs:ReceiveMessage',
        ],
        queues,
      ),
      'cloudtrail:LookupEvents on *',
      'events:DescribeEventBus on Notifications/Bus',
      'health:DescribeEvents on *',
      'lambda:InvokeFunction on CertificateEnrolment/intake-enrolment/Function',
      'lambda:InvokeFunction on KekExport/announce-rejections/Function',
      'lambda:InvokeFunction on KekExport/intake/Function',
      'lambda:InvokeFunction on KekImport/take-answer/Function',
      'lambda:InvokeFunction on Reminders/remind-expiry/Function',
      'lambda:InvokeFunction on WatchedControls/watch-controls/Function',
      'lambda:InvokeFunction on WorkingKeyExport/intake-request/Function',
      'lambda:InvokeFunction on WorkingKeyImport/intake-keys/Function',
      `payment-cryptography:DeleteAlias on ${payment}:alias/key-ceremony/*`,
      `payment-cryptography:DeleteKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = surplus and ${unnamed}`,
      `payment-cryptography:GetAlias on ${payment}:alias/key-ceremony/*`,
      `payment-cryptography:GetAlias on ${payment}:key/*`,
      `payment-cryptography:GetKey on ${payment}:key/*`,
      'payment-cryptography:ListAliases on *',
      'payment-cryptography:ListKeys on *',
      `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
      `payment-cryptography:RestoreKey on ${payment}:key/* if ${ours}`,
      `payment-cryptography:StartKeyUsage on ${payment}:key/* if ${ours}`,
      `payment-cryptography:TagResource on ${payment}:key/* if StringEquals aws:RequestTag/key-ceremony:purpose = surplus and ` +
        `ForAllValues:StringEquals aws:TagKeys = key-ceremony:purpose and ${unnamed}`,
      'states:StopExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:KekImport/Workflow/StateMachine:*',
      's3:DeleteObjectVersion on Storage/Inbox/*',
      's3:ListBucketVersions on Storage/Inbox',
    ].sort(),
  );
});

test('without partners, operators, requesters, auditors and responders there is no role for them', () => {
  const bare = synthesize().template;
  const people = (t: typeof template) =>
    Object.keys(t.findResources('AWS::IAM::Role')).filter((id) => id.startsWith('Access'));
  expect(people(template)).toHaveLength(6);
  expect(people(bare)).toEqual([]);
  expect(Object.keys(bare.findOutputs('*')).filter((name) => name.includes('Role'))).toEqual([]);
});
