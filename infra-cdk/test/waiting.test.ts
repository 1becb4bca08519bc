import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { App, Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, test } from 'vitest';

import { INFRA_ROOT } from '../lib/platform/config.ts';
import { grant, type Permission } from '../lib/platform/permission.ts';
import { Waiting } from '../lib/platform/waiting.ts';
import { CDK_JSON, policyOf } from './support.ts';

/** A stack with the table, and a role with what one of its users may do. */
function tableFor(permissions: (waiting: Waiting) => Permission[]): {
  stack: Stack;
  template: Template;
} {
  const app = new App({ context: CDK_JSON });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const stack = new Stack(app, 'Test');
  const waiting = new Waiting(stack, 'Waiting');
  const role = new Role(stack, 'Step', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  for (const permission of permissions(waiting)) grant(role, permission);
  return { stack, template: Template.fromStack(stack) };
}

const policy = (permissions: (waiting: Waiting) => Permission[]) => {
  const { stack, template } = tableFor(permissions);
  return policyOf('Step', stack, template);
};

const tableKey = [
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
].map(
  (action) =>
    `kms:${action} on Waiting/Key if StringEquals kms:ViaService = dynamodb.REGION.amazonaws.com`,
);

const changes = (awaited: string) =>
  ['GetItem', 'PutItem'].map(
    (action) =>
      `dynamodb:${action} on Waiting/Table if ForAllValues:StringLike dynamodb:LeadingKeys = wait#*#${awaited}`,
  );

const token = (action: string, awaited: string) =>
  `kms:${action} on Waiting/TokenKey if StringEquals kms:EncryptionContext:key-ceremony:awaited = ${awaited}`;

test('the table and its tokens have keys of their own, can be restored, and outlive the stack', () => {
  const { template } = tableFor(() => []);
  const [table] = Object.values(template.findResources('AWS::DynamoDB::Table'));
  const retained = ['RetainExceptOnCreate', 'Retain'];
  expect([table!.DeletionPolicy, table!.UpdateReplacePolicy]).toEqual(retained);
  expect(table!.Properties).toMatchObject({
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    SSESpecification: {
      SSEType: 'KMS',
      KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^WaitingKey/), 'Arn'] },
    },
    TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
  });
  const keys = Object.values(template.findResources('AWS::KMS::Key'));
  expect(keys).toHaveLength(2);
  for (const { Properties, DeletionPolicy, UpdateReplacePolicy } of keys) {
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(retained);
    expect(Properties.EnableKeyRotation).toBe(true);
  }
});

test('who opens a wait encrypts its token, and cannot read it or use it', () => {
  const opens = policy((waiting) => waiting.opens('block'));
  expect(opens).toEqual([...changes('block'), ...tableKey, token('Encrypt', 'block')].sort());
});

test('who answers gets at tokens of that kind, and no other', () => {
  const answers = policy((waiting) => waiting.answers('approval'));
  const tells = ['states:SendTaskFailure on *', 'states:SendTaskSuccess on *'];
  const expected = [...changes('approval'), ...tableKey, token('Decrypt', 'approval'), ...tells];
  expect(answers).toEqual(expected.sort());
});

test('the sweep ends waits of every kind, and answers none', () => {
  const sweeps = policy((waiting) => waiting.sweeps());
  const items = ['GetItem', 'PutItem', 'Scan'].map(
    (action) => `dynamodb:${action} on Waiting/Table`,
  );
  const tells = ['kms:Decrypt on Waiting/TokenKey', 'states:SendTaskFailure on *'];
  expect(sweeps).toEqual([...items, ...tableKey, ...tells].sort());
});

test('who opens several kinds of waits opens those alone', () => {
  const opens = policy((waiting) => waiting.opens('block', 'rollback'));
  const items = (await_: string) => `wait#*#${await_}`;
  expect(opens).toContain(
    `dynamodb:PutItem on Waiting/Table if ForAllValues:StringLike dynamodb:LeadingKeys = ${items('block')}|${items('rollback')}`,
  );
  expect(opens).toContain(token('Encrypt', 'block|rollback'));
});

test('the kinds and the names in conditions are those that the crates write', () => {
  const source = (file: string, crate = 'waiting') =>
    readFileSync(resolve(INFRA_ROOT, '../steps/shared', crate, 'src', file), 'utf8');
  const awaited = source('announcement/imports.rs', 'ceremony');
  const written = [...awaited.matchAll(/Self::\w+ => "([a-z]+)"/g)];
  const kinds = written.map(([, kind]) => kind);
  expect(kinds).toEqual(['approval', 'block', 'confirmation', 'rollback']);
  expect(source('names.rs')).toContain('"wait#{ceremony_id}#{awaited}"');
  expect(source('token.rs')).toContain('format!("key-ceremony:{name}")');
  expect(source('token.rs')).toContain('of("awaited", ');
});
