import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';

import { INFRA_ROOT } from '../lib/platform/config.ts';
import {
  constructNames,
  list,
  type Statement,
  statementLines,
  synthesize,
  text,
} from './support.ts';

type Json = Record<string, any>;

const { stack, template } = synthesize();
const names = constructNames(stack);

/** Every rule that calls `watch-controls`, with constructs for ARNs: its name, and its pattern. */
const rules: Record<string, Json> = Object.fromEntries(
  Object.entries(template.findResources('AWS::Events::Rule'))
    .filter(([id]) => names.get(id)!.startsWith('WatchedControls/'))
    .map(([id, { Properties }]) => [
      names.get(id)!.replace('WatchedControls/', ''),
      withNames(Properties.EventPattern),
    ]),
);

/** CloudFormation's functions replaced by names. */
function withNames(value: any): any {
  if (Array.isArray(value)) return value.map(withNames);
  if (typeof value !== 'object' || value === null) return value;
  const [first] = Object.keys(value);
  if (first === 'Ref' || first?.startsWith('Fn::')) return text(value, names);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, withNames(part)]));
}

/**
 * Whether EventBridge would deliver: "Comparison operators for use in event patterns" (EventBridge User
 * Guide), as far as the rules use them.
 */
function matches(pattern: Json, event: any): boolean {
  return Object.entries(pattern).every(([key, expected]) => {
    if (key === '$or') return expected.some((one: Json) => matches(one, event));
    // Any element of an array will do, be it a text or an object.
    const values = list(event ?? {}).map((part) => part?.[key]);
    if (Array.isArray(expected)) {
      const found = values.flat().filter((value) => value !== undefined && value !== null);
      return expected.some((one) =>
        typeof one === 'object' && 'exists' in one
          ? one.exists === found.length > 0
          : found.some((value) => accepts(one, value)),
      );
    }
    return matches(expected, values.length === 1 ? values[0] : values);
  });
}

function accepts(expected: any, value: string): boolean {
  if (typeof expected === 'string') return expected === value;
  const [[operator, operand]] = Object.entries(expected) as [[string, any]];
  switch (operator) {
    case 'prefix':
      return value.startsWith(operand);
    case 'anything-but':
      return Array.isArray(operand) ? !operand.includes(value) : !accepts(operand, value);
    case 'wildcard':
      return new RegExp(`^${operand.replaceAll('*', '.*')}$`).test(value);
    default:
      throw new Error(`The rules use ${operator}, which nobody has described here.`);
  }
}

const EVENTS = resolve(INFRA_ROOT, '../steps/watch/watch-controls/tests/events');
const recorded = (name: string): Json =>
  JSON.parse(readFileSync(resolve(EVENTS, `${name}.json`), 'utf8'));

/** The rules that let an event through. */
const lettingThrough = (event: Json) =>
  Object.keys(rules).filter((rule) => {
    const { 'detail-type': detailType, ...rest } = rules[rule]!;
    return matches({ ...rest, 'detail-type': detailType }, event);
  });

/** The event as it would be of this stack, whose names the tests do not know before. */
function ofThisStack(name: string): Json {
  const event = recorded(name);
  const { detail } = event;
  for (const resource of detail.resources ?? [])
    if (resource.type === 'AWS::KMS::Key') resource.ARN = 'SigningKey/RSA_2048';
  const request = detail.requestParameters ?? {};
  if (request.keyId?.startsWith('arn:')) request.keyId = 'Storage/DataKey';
  if (request.stateMachineArn) request.stateMachineArn = 'KekExport/Workflow/StateMachine';
  return event;
}

/** Which rule each recorded event is for. */
const RULES: Record<string, string> = {
  'add-key-replication-regions': 'Keys',
  'associate-mpa-team': 'Account',
  'create-alias': 'OtherAliases',
  'create-key': 'CreateKey',
  'delete-alias': 'Aliases',
  'delete-key': 'DeleteKey',
  'delete-parameter': 'Profiles',
  'delete-parameters': 'Profiles',
  'delete-resource-policy': 'Keys',
  'disable-default-key-replication-regions': 'Account',
  'disable-key': 'KmsKeys',
  'disassociate-mpa-team': 'Account',
  'enable-default-key-replication-regions': 'Account',
  'export-key': 'ExportKey',
  'import-key': 'ImportKey',
  'parameter-store-change': 'ProfileEvents',
  'put-installed-certificate': 'Certificates',
  'put-key-policy': 'KmsKeys',
  'put-parameter': 'Profiles',
  'put-resource-policy': 'Keys',
  'remove-key-replication-regions': 'Keys',
  'restore-key': 'Keys',
  'schedule-key-deletion-denied': 'KmsKeys',
  'start-key-usage': 'Keys',
  'stop-key-usage': 'Keys',
  'tag-resource': 'TagResource',
  'untag-resource': 'UntagResource',
  'update-alias': 'Aliases',
  'update-function-code': 'Functions',
  'update-function-configuration': 'Functions',
  'update-state-machine': 'Machines',
};

/** The steps that make keys by their aliases, and those that point aliases. */
const POINT_ALIASES = [
  'create-kek',
  'establish-kek',
  'import-ca',
  'import-kek',
  'import-keys',
  'make-keys',
  'make-offer',
  'request-certificate',
  'settle-kek',
  'switch-kek',
  'wrap-ecdh',
];

describe('what is watched', () => {
  test('is recorded once for each call that the step knows', () => {
    const files = readdirSync(EVENTS).map((file) => file.replace('.json', ''));
    expect(files.sort()).toEqual(Object.keys(RULES));
    expect([...new Set(Object.values(RULES))].sort()).toEqual(Object.keys(rules).sort());
  });

  test.each(Object.entries(RULES))('%s is let through by %s alone', (name, rule) => {
    expect(lettingThrough(ofThisStack(name))).toEqual([rule]);
  });

  test.each(Object.keys(RULES).filter((name) => name !== 'parameter-store-change'))(
    '%s is not, where the service did not look at it',
    (name) => {
      const event = ofThisStack(name);
      event.detail.errorCode = 'ThrottlingException';
      expect(lettingThrough(event)).toEqual([]);
      event.detail.errorCode = 'AccessDeniedException';
      expect(lettingThrough(event)).toEqual([RULES[name]]);
    },
  );

  test.each([
    ['create-key', ['create-kek', 'make-keys', 'make-offer', 'request-certificate', 'wrap-ecdh']],
    ['import-key', ['import-ca', 'import-kek', 'import-keys']],
    ['create-alias', ['settle-kek', 'switch-kek']],
    ['delete-key', ['import-kek', 'import-keys', 'settle-kek']],
    [
      'export-key',
      [
        'export-initial-keys',
        'export-initial-keys-tr34',
        'export-keys',
        'wrap-ecdh',
        'wrap-rsa',
        'wrap-tr34',
      ],
    ],
    ['put-installed-certificate', ['install-certificate']],
    ['tag-resource', ['establish-kek', 'import-keys', 'switch-kek']],
    ['untag-resource', []],
    ['update-alias', POINT_ALIASES],
    ['delete-alias', POINT_ALIASES],
  ])('%s by %s is what a ceremony does; by another step it is not', (name, steps) => {
    const all = [
      'create-kek',
      'establish-kek',
      'export-initial-keys',
      'export-initial-keys-tr34',
      'export-keys',
      'import-ca',
      'import-kek',
      'import-keys',
      'install-certificate',
      'make-keys',
      'make-offer',
      'request-certificate',
      'settle-kek',
      'sign',
      'switch-kek',
      'wrap-ecdh',
      'wrap-rsa',
      'wrap-tr34',
    ];
    for (const step of all) {
      const event = ofThisStack(name);
      const role = step === 'request-certificate' ? `${step}/Role` : `Steps/${step}/Role`;
      event.detail.userIdentity.sessionContext = { sessionIssuer: { arn: role } };
      expect(lettingThrough(event), step).toEqual(steps.includes(step) ? [] : [RULES[name]]);
    }
  });

  test.each([
    ['put-parameter', (request: Json) => (request.name = '/other/parameter')],
    ['delete-parameters', (request: Json) => (request.names = ['/other/parameter'])],
    ['update-function-code', (request: Json) => (request.functionName = 'Other-function')],
    ['update-state-machine', (request: Json) => (request.stateMachineArn = 'arn:other')],
    ['create-key', (request: Json) => (request.tags = [{ key: 'owner', value: 'x' }])],
    ['import-key', (request: Json) => delete request.tags],
    ['delete-alias', (request: Json) => (request.aliasName = 'alias/theirs')],
    ['create-alias', (request: Json) => delete request.keyArn],
    ['tag-resource', (request: Json) => (request.tags = [{ key: 'owner', value: 'x' }])],
    ['untag-resource', (request: Json) => (request.tagKeys = ['owner'])],
  ])('%s of others is not', (name, change) => {
    const event = ofThisStack(name);
    change(event.detail.requestParameters);
    expect(lettingThrough(event)).toEqual([]);
  });

  test('every key of the stack in KMS is watched, by its ARN and by its id', () => {
    const keys = Object.keys(template.findResources('AWS::KMS::Key')).map((id) => names.get(id));
    const [resources, request] = rules.KmsKeys!.detail.$or;
    expect(resources.resources.ARN.sort()).toEqual(keys.sort());
    expect(request.requestParameters.keyId.sort()).toEqual([...keys, ...keys].sort());
  });

  test('no pattern is longer than EventBridge accepts', () => {
    // ARNs take more room than the names of constructs.
    for (const pattern of Object.values(rules))
      expect(JSON.stringify(pattern).length).toBeLessThan(1000);
  });
});

describe('the rules', () => {
  const all = Object.entries(template.findResources('AWS::Events::Rule')).filter(([id]) =>
    names.get(id)!.startsWith('WatchedControls/'),
  );

  test('call the step, and keep what gets lost', () => {
    for (const [, { Properties }] of all) {
      const [target] = Properties.Targets;
      expect(text(target.Arn, names)).toBe('WatchedControls/watch-controls/Function');
      expect(text(target.DeadLetterConfig.Arn, names)).toBe('WatchedControls/DeadLetters/Queue');
      expect(Properties.EventBusName).toBeUndefined();
    }
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^WatchedControlswatchcontrols') },
      DestinationConfig: {
        OnFailure: {
          Destination: {
            'Fn::GetAtt': [Match.stringLikeRegexp('^WatchedControlsDeadLetters'), 'Arn'],
          },
        },
      },
    });
  });

  test('hear reads only where an export might be one', () => {
    const states = all.map(([id, { Properties }]) => [names.get(id), Properties.State]);
    expect(states.filter(([, state]) => state !== 'ENABLED')).toEqual([
      ['WatchedControls/ExportKey', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS'],
    ]);
  });
});

describe('the trail', () => {
  test('is not made unless the context asks', () => {
    template.resourceCountIs('AWS::CloudTrail::Trail', 0);
    synthesize({ trail: true }).template.resourceCountIs('AWS::CloudTrail::Trail', 1);
  });

  test('logs every management event of this region, with digests, into its own bucket', () => {
    const { stack: own, template: asked } = synthesize({ trail: 'true' });
    asked.hasResourceProperties('AWS::CloudTrail::Trail', {
      TrailName: 'key-ceremony',
      IsLogging: true,
      EnableLogFileValidation: true,
      IsMultiRegionTrail: false,
      IncludeGlobalServiceEvents: false,
      EventSelectors: [{ IncludeManagementEvents: true, ReadWriteType: 'All' }],
    });
    const ownNames = constructNames(own);
    const [policy] = Object.entries(asked.findResources('AWS::S3::BucketPolicy')).filter(
      ([id]) => ownNames.get(id) === 'Trail/Bucket/Policy',
    );
    const statements = policy![1].Properties.PolicyDocument.Statement as Statement[];
    const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
    for (const { Principal } of allowed)
      expect(Principal).toEqual({ Service: 'cloudtrail.amazonaws.com' });
    const source =
      'StringEquals aws:SourceArn = arn:PARTITION:cloudtrail:REGION:ACCOUNTID:trail/key-ceremony';
    expect(statementLines(allowed, ownNames)).toEqual([
      `s3:GetBucketAcl on Trail/Bucket if ${source}`,
      `s3:PutObject on Trail/Bucket/AWSLogs/ACCOUNTID/* if ${source} and ` +
        'StringEquals s3:x-amz-acl = bucket-owner-full-control',
    ]);
    const trail = Object.values(asked.findResources('AWS::CloudTrail::Trail'))[0]!;
    expect(trail.DependsOn.map((id: string) => ownNames.get(id))).toContain('Trail/Bucket/Policy');
  });
});
