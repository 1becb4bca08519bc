import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { App, Stack, Validations } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, test } from 'vitest';

import { INFRA_ROOT } from '../lib/platform/config.ts';
import { grant } from '../lib/platform/permission.ts';
import {
  constructNames,
  FUNCTIONS,
  list,
  type Statement,
  statementLines,
  synthesize,
  text,
} from './support.ts';

const { stack, template } = synthesize();

/** Kept when the stack or the resource goes, unless the deployment that made it failed. */
const RETAINED = ['RetainExceptOnCreate', 'Retain'];
const resources = (type: string) =>
  Object.values(template.findResources(type)).map(({ Properties }) => Properties);

describe('whom certificates name is asked about revocation', () => {
  const asks = (t: Template) =>
    Object.values(t.findResources('AWS::Lambda::Function'))
      .map(({ Properties }) => Properties)
      .find(({ Environment }) => Environment?.Variables.REVOCATION_HOSTS !== undefined)!;

  test('at public addresses alone, unless the context names others', () => {
    expect(asks(template).Environment.Variables.REVOCATION_HOSTS).toBe('[]');
    const hosts = ['localhost', 'ocsp.internal.example'];
    const named = asks(synthesize({ revocationHosts: hosts }).template);
    expect(JSON.parse(named.Environment.Variables.REVOCATION_HOSTS)).toEqual(hosts);
  });

  test('for a time after which there is room to write down the answers, and memory for a large CRL', () => {
    const step = resolve(INFRA_ROOT, '../steps/prove/check-revocation/src/lib.rs');
    const [, budget] = /BUDGET: Duration = Duration::from_secs\((\d+)\)/.exec(
      readFileSync(step, 'utf8'),
    )!;
    const { MemorySize, Timeout } = asks(template);
    expect(Timeout - Number(budget)).toBeGreaterThanOrEqual(40);
    expect(MemorySize).toBe(512);
    const file = resolve(INFRA_ROOT, '../statemachine/kek-export.asl.json');
    const { States } = JSON.parse(readFileSync(file, 'utf8'));
    expect(States.CheckRevocation.TimeoutSeconds).toBeGreaterThan(Timeout);
  });
});

describe('buckets', () => {
  const buckets = Object.entries(template.findResources('AWS::S3::Bucket'));
  const bucket = (name: string) => buckets.find(([id]) => id.startsWith(`Storage${name}`))![1];

  test('all are closed to the public, owned by the account, and outlive the stack', () => {
    expect(buckets).toHaveLength(6);
    for (const [, { Properties, DeletionPolicy, UpdateReplacePolicy }] of buckets) {
      expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(Properties.OwnershipControls.Rules).toEqual([
        { ObjectOwnership: 'BucketOwnerEnforced' },
      ]);
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(RETAINED);
    }
  });

  test.each(['Inbox', 'Outbox', 'Fleets'])(
    '%s is encrypted with the data key and logs its accesses',
    (name) => {
      const { Properties } = bucket(name);
      const [encryption] = Properties.BucketEncryption.ServerSideEncryptionConfiguration;
      expect(encryption.BucketKeyEnabled).toBe(true);
      expect(encryption.ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
      expect(encryption.ServerSideEncryptionByDefault.KMSMasterKeyID['Fn::GetAtt'][0]).toMatch(
        /^StorageDataKey/,
      );
      expect(Properties.LoggingConfiguration.LogFilePrefix).toBe(`${name.toLowerCase()}/`);
    },
  );

  test('evidence is encrypted with a key that nobody can delete, and logs its accesses', () => {
    const { Properties } = bucket('Evidence');
    expect(Properties.BucketEncryption.ServerSideEncryptionConfiguration).toEqual([
      { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
    ]);
    expect(Properties.LoggingConfiguration.LogFilePrefix).toBe('evidence/');
  });

  test('all keep every version, but for what is handed from step to step, which goes after a while', () => {
    const passing = [expect.stringMatching(/^StorageFleets/), expect.stringMatching(/^StorageParts/)];
    const unversioned = buckets.filter(
      ([, { Properties }]) => Properties.VersioningConfiguration?.Status !== 'Enabled',
    );
    expect(unversioned.map(([id]) => id).sort()).toEqual(passing);
    const days = ({ Properties }: (typeof buckets)[number][1]): number | undefined =>
      Properties.LifecycleConfiguration.Rules.find(
        (rule: { ExpirationInDays?: number }) => rule.ExpirationInDays !== undefined,
      )?.ExpirationInDays;
    const expiring = buckets.filter(([, resource]) => days(resource) !== undefined);
    expect(expiring.map(([id]) => id).sort()).toEqual(passing);
    expect(days(bucket('Parts'))).toBe(7);
    // Of a run that was ended on its last day, the first result is still there the next.
    const file = resolve(INFRA_ROOT, '../statemachine/initial-keys-map.asl.json');
    const { TimeoutSeconds } = JSON.parse(readFileSync(file, 'utf8'));
    expect(days(bucket('Fleets'))! * 86_400).toBeGreaterThanOrEqual(2 * TimeoutSeconds);
  });

  test('evidence, packages and results are written once, whoever writes', () => {
    const names = constructNames(stack);
    const denied = resources('AWS::S3::BucketPolicy').flatMap(({ PolicyDocument }) =>
      (PolicyDocument.Statement as Statement[]).filter(({ Sid }) => Sid === 'WriteOnce'),
    );
    expect(denied.map(({ Principal }) => Principal)).toEqual([{ AWS: '*' }, { AWS: '*' }, { AWS: '*' }]);
    const unconditional =
      'if Null s3:if-none-match = true and Bool s3:ObjectCreationOperation = true';
    expect(statementLines(denied, names).sort()).toEqual([
      `Deny s3:PutObject on Storage/Evidence/* ${unconditional}`,
      `Deny s3:PutObject on Storage/Fleets/initial-keys/*/results/* ${unconditional}`,
      `Deny s3:PutObject on Storage/Outbox/*/* ${unconditional}`,
    ]);
  });

  test('each refuses plain HTTP and TLS before 1.2', () => {
    const policies = resources('AWS::S3::BucketPolicy').map(
      ({ PolicyDocument }) => PolicyDocument.Statement as Statement[],
    );
    expect(policies).toHaveLength(6);
    for (const statements of policies) {
      const denied = statements
        .filter((s) => s.Effect === 'Deny' && list(s.Action).includes('s3:*'))
        .map((s) => s.Condition);
      expect(denied).toEqual([
        { Bool: { 'aws:SecureTransport': 'false' } },
        { NumericLessThan: { 's3:TlsVersion': 1.2 } },
      ]);
    }
  });

  test('evidence is locked for seven years, by default in governance mode', () => {
    expect(bucket('Evidence').Properties.ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: 'Enabled',
      Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 7 * 365 } },
    });
  });

  test('evidence can be locked beyond anyone for as long as the context says', () => {
    const { template: strict } = synthesize({
      evidenceLockMode: 'COMPLIANCE',
      evidenceLockYears: '10',
    });
    strict.hasResourceProperties('AWS::S3::Bucket', {
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 3650 } } },
    });
  });

  test('only the inbox sends events', () => {
    const senders = buckets.filter(([, { Properties }]) => Properties.NotificationConfiguration);
    expect(senders.map(([id]) => id)).toEqual([expect.stringMatching(/^StorageInbox/)]);
    expect(senders[0]![1].Properties.NotificationConfiguration).toEqual({
      EventBridgeConfiguration: { EventBridgeEnabled: true },
    });
  });
});

describe('keys', () => {
  test('every key but the topic key outlives the stack, and every symmetric key rotates', () => {
    const keys = Object.entries(template.findResources('AWS::KMS::Key'));
    expect(keys).toHaveLength(7);
    for (const [id, { Properties, DeletionPolicy }] of keys) {
      expect(DeletionPolicy).toBe(id.startsWith('Notifications') ? 'Delete' : RETAINED[0]);
      expect(Properties.EnableKeyRotation).toBe(
        Properties.KeyUsage === 'SIGN_VERIFY' ? undefined : true,
      );
    }
  });

  test('the signing key is RSA-2048 unless the context says otherwise', () => {
    template.hasResourceProperties('AWS::KMS::Key', {
      KeySpec: 'RSA_2048',
      KeyUsage: 'SIGN_VERIFY',
    });
    synthesize({ signingKeySpec: 'ECC_NIST_P384' }).template.hasResourceProperties(
      'AWS::KMS::Key',
      {
        KeySpec: 'ECC_NIST_P384',
        KeyUsage: 'SIGN_VERIFY',
      },
    );
  });

  test('a signing key of another type is another key, which the steps that sign are told', () => {
    const named = (t: Template) =>
      ['StepssignFunction', 'StepssignpackageFunction'].map((step) => {
        const signing = Object.entries(t.findResources('AWS::Lambda::Function')).find(([id]) =>
          id.startsWith(step),
        );
        return signing![1].Properties.Environment.Variables.SIGNING_KEY_ARNS['Fn::GetAtt'][0];
      });
    const other = synthesize({ signingKeySpec: 'RSA_3072' }).template;
    for (const key of named(template)) expect(key).toMatch(/^SigningKeyRSA2048/);
    for (const key of named(other)) expect(key).toMatch(/^SigningKeyRSA3072/);
  });
});

describe('further signing keys', () => {
  const rolled = synthesize({ signingKeys: '3' });
  const names = constructNames(rolled.stack);

  test('are of the same type, come after the first, and are kept as it is', () => {
    const keys = Object.entries(
      rolled.template.findResources('AWS::KMS::Key', { Properties: { KeyUsage: 'SIGN_VERIFY' } }),
    );
    expect(keys.map(([id]) => names.get(id))).toEqual(
      ['RSA_2048', 'RSA_2048-2', 'RSA_2048-3'].map((name) => `SigningKey/${name}`),
    );
    for (const [, { Properties, DeletionPolicy }] of keys) {
      expect(Properties.KeySpec).toBe('RSA_2048');
      expect(DeletionPolicy).toBe(RETAINED[0]);
    }
  });

  test('are known to whoever signs, the newest last', () => {
    for (const step of ['Stepssign', 'Stepssignpackage', 'requestcertificate']) {
      const [, { Properties }] = Object.entries(
        rolled.template.findResources('AWS::Lambda::Function'),
      ).find(([id]) => id.startsWith(`${step}Function`))!;
      const arns = text(Properties.Environment.Variables.SIGNING_KEY_ARNS, names);
      expect(arns).toBe('SigningKey/RSA_2048,SigningKey/RSA_2048-2,SigningKey/RSA_2048-3');
    }
  });
});

describe('functions', () => {
  const functions = resources('AWS::Lambda::Function');

  test("there is one per step, and none in any language but the steps' own", () => {
    expect(functions).toHaveLength(FUNCTIONS.length);
    for (const { Runtime, Handler, Architectures, TracingConfig } of functions) {
      expect([Runtime, Handler, Architectures]).toEqual([
        'provided.al2023',
        'bootstrap',
        ['arm64'],
      ]);
      expect(TracingConfig).toEqual({ Mode: 'Active' });
    }
  });

  test('the context chooses the processor', () => {
    synthesize({ architecture: 'x86_64' }).template.allResourcesProperties(
      'AWS::Lambda::Function',
      { Architectures: ['x86_64'] },
    );
  });

  test('nothing is set aside for them unless the context says so', () => {
    for (const one of functions) expect(one).not.toHaveProperty('ReservedConcurrentExecutions');
    synthesize({ reservedConcurrency: '20' }).template.allResourcesProperties(
      'AWS::Lambda::Function',
      { ReservedConcurrentExecutions: 20 },
    );
  });

  test('each has an encrypted log group of its own, kept for two years', () => {
    const groups = functions.map(({ LoggingConfig }) => LoggingConfig.LogGroup.Ref);
    expect(new Set(groups).size).toBe(FUNCTIONS.length);
    template.allResourcesProperties('AWS::Logs::LogGroup', {
      RetentionInDays: 731,
      KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ExecutionKey'), 'Arn'] },
    });
  });

  test.each([
    [
      'KekExportintake',
      [
        'EVENT_BUS_NAME',
        'EVIDENCE_BUCKET',
        'INBOX_BUCKET',
        'REJECTIONS_QUEUE_URL',
        'RUNS_TABLE',
        'STATE_MACHINE_ARN',
      ],
    ],
    [
      'CertificateEnrolmentintakeenrolment',
      [
        'EVENT_BUS_NAME',
        'EVIDENCE_BUCKET',
        'INBOX_BUCKET',
        'REJECTIONS_QUEUE_URL',
        'RUNS_TABLE',
        'STATE_MACHINE_ARN',
      ],
    ],
    [
      'WorkingKeyExportintakerequest',
      [
        'EVENT_BUS_NAME',
        'EVIDENCE_BUCKET',
        'INBOX_BUCKET',
        'KEK_IMPORT_STATE_MACHINE_ARN',
        'REJECTIONS_QUEUE_URL',
        'RUNS_TABLE',
        'STATE_MACHINE_ARN',
        'WAITING_KEY_ARN',
        'WAITING_TABLE',
      ],
    ],
    [
      'KekImporttakeanswer',
      [
        'EVENT_BUS_NAME',
        'EVIDENCE_BUCKET',
        'INBOX_BUCKET',
        'REJECTIONS_QUEUE_URL',
        'RUNS_TABLE',
        'WAITING_KEY_ARN',
        'WAITING_TABLE',
      ],
    ],
    ['KekExportannouncerejections', ['EVENT_BUS_NAME', 'RUNS_TABLE']],
    ['Stepsawaitanswer', ['WAITING_KEY_ARN', 'WAITING_TABLE']],
    ['Stepsfetchimport', ['EVIDENCE_BUCKET', 'INBOX_BUCKET', 'SIGNING_KEY_SPEC']],
    ['Stepscheckblock', ['INBOX_BUCKET']],
    ['Stepscheckconfirmation', ['INBOX_BUCKET']],
    [
      'WorkingKeyImportintakekeys',
      [
        'EVENT_BUS_NAME',
        'EVIDENCE_BUCKET',
        'INBOX_BUCKET',
        'REJECTIONS_QUEUE_URL',
        'RUNS_TABLE',
        'STATE_MACHINE_ARN',
      ],
    ],
    ['Stepsfetchblocks', ['INBOX_BUCKET', 'SIGNING_KEY_SPEC']],
    ['Stepsfindestablishedkek', []],
    ['Stepsimportkeys', []],
    ['Stepspackageresults', []],
    ['Stepsmakeoffer', []],
    ['Stepsimportkek', []],
    ['Stepsswitchkek', []],
    ['Stepssettlekek', []],
    ['Stepspackageoffer', []],
    ['Stepspackagereceipt', []],
    ['Stepspublishpart', ['EVIDENCE_BUCKET', 'OUTBOX_BUCKET']],
    ['Waitssweepwaits', ['EVENT_BUS_NAME', 'WAITING_KEY_ARN', 'WAITING_TABLE']],
    ['Stepsfetchcerts', ['EVIDENCE_BUCKET', 'INBOX_BUCKET', 'SIGNING_KEY_SPEC']],
    ['Stepsvalidate', []],
    ['Stepsfetchenrolment', ['EVIDENCE_BUCKET', 'INBOX_BUCKET']],
    ['Stepsproveenrolment', []],
    ['Stepsinstallcertificate', ['EVIDENCE_BUCKET']],
    ['Stepsimportca', []],
    ['Stepscreatekek', []],
    ['Stepswrapecdh', []],
    ['Stepswraprsa', []],
    ['StepssignFunction', ['SIGNING_KEY_ARNS']],
    ['Stepspackagekek', []],
    ['Stepssignpackage', ['EVIDENCE_BUCKET', 'SIGNING_KEY_ARNS']],
    ['Stepspublish', ['EVIDENCE_BUCKET', 'OUTBOX_BUCKET']],
    ['Stepsrecordfailure', ['EVIDENCE_BUCKET']],
    ['Stepsreadrecords', ['EVIDENCE_BUCKET', 'PARTS_BUCKET']],
    ['Stepslistkeys', ['PARTS_BUCKET']],
    ['Stepslistaliases', ['PARTS_BUCKET']],
    ['Stepsinspectkeys', ['PARTS_BUCKET']],
    ['Stepsreconcile', ['EVIDENCE_BUCKET', 'PARTS_BUCKET']],
    ['SigningCsr', []],
    ['requestcertificate', ['EVIDENCE_BUCKET', 'OUTBOX_BUCKET', 'SIGNING_KEY_ARNS']],
    ['Remindersremindexpiry', ['EVENT_BUS_NAME', 'EVIDENCE_BUCKET']],
    ['WatchedControlswatchcontrols', ['EVENT_BUS_NAME', 'EVIDENCE_BUCKET']],
  ])('%s knows only the names that it needs', (id, names) => {
    const [, { Properties }] = Object.entries(template.findResources('AWS::Lambda::Function')).find(
      ([key]) => key.startsWith(id),
    )!;
    expect(Object.keys(Properties.Environment?.Variables ?? {}).sort()).toEqual(names);
  });
});

describe('the state machine', () => {
  const machine = resources('AWS::StepFunctions::StateMachine').find(
    ({ StateMachineName }) => StateMachineName === 'kek-export',
  );

  test('is a standard machine with encrypted history, traces, and logs without data', () => {
    expect(machine).toMatchObject({
      StateMachineName: 'kek-export',
      StateMachineType: 'STANDARD',
      EncryptionConfiguration: {
        Type: 'CUSTOMER_MANAGED_KMS_KEY',
        KmsKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^ExecutionKey/), 'Arn'] },
      },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });

  test('only machines of this account may use its role', () => {
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'states.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
  });
});

describe('events', () => {
  test.each([
    ['KekExport', 'intake', [{ 'anything-but': { prefix: 'enrolment/' } }]],
    ['CertificateEnrolment', 'intakeenrolment', [{ prefix: 'enrolment/' }]],
    ['KekImport', 'takeanswer', [{ wildcard: '*/blocks/*' }]],
    ['WorkingKeyImport', 'intakekeys', [{ wildcard: '*/keys/*' }]],
  ])('a new object in the inbox calls the step that sees to it for %s, and what gets lost is kept', (ceremony, intake, key) => {
    const letters = Match.stringLikeRegexp(`^${ceremony}TriggerDeadLetters`);
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.s3'],
        'detail-type': ['Object Created'],
        detail: {
          bucket: { name: [{ Ref: Match.stringLikeRegexp('^StorageInbox') }] },
          object: { key },
        },
      },
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${ceremony}${intake}Function`), 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [letters, 'Arn'] } },
        },
      ],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [letters, 'Arn'] } } },
    });
  });
});

describe('the table runs', () => {
  const [, table] = Object.entries(template.findResources('AWS::DynamoDB::Table')).find(([id]) =>
    id.startsWith('Runs'),
  )!;

  test('is encrypted with a key of its own, can be restored to any second, and outlives the stack', () => {
    expect([table!.DeletionPolicy, table!.UpdateReplacePolicy]).toEqual(RETAINED);
    expect(table!.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: {
        SSEEnabled: true,
        SSEType: 'KMS',
        KMSMasterKeyId: { 'Fn::GetAtt': [expect.stringMatching(/^RunsKey/), 'Arn'] },
      },
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    });
    const keys = Object.entries(template.findResources('AWS::KMS::Key'));
    const [, key] = keys.find(([id]) => id.startsWith('RunsKey'))!;
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(RETAINED);
    expect(key.Properties.EnableKeyRotation).toBe(true);
  });
});

describe('rejections that are gathered', () => {
  test('wait for a minute in an encrypted queue, and are kept when they cannot be announced', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      DelaySeconds: 60,
      SqsManagedSseEnabled: true,
      VisibilityTimeout: 180,
      RedrivePolicy: {
        deadLetterTargetArn: {
          'Fn::GetAtt': [Match.stringLikeRegexp('^KekExportRejectionsDeadLetters'), 'Arn'],
        },
        maxReceiveCount: 5,
      },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^KekExportRejectionsQueue'), 'Arn'] },
      FunctionName: { Ref: Match.stringLikeRegexp('^KekExportannouncerejectionsFunction') },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });
});

test('the reconciliation is started once a day, and a day that it is not ends in a queue', () => {
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'cron(0 4 * * ? *)',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
    Target: {
      Arn: { Ref: Match.stringLikeRegexp('^ReconciliationWorkflowStateMachine') },
      Input: '{}',
      RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReconciliationRole'), 'Arn'] },
      DeadLetterConfig: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReconciliationDeadLetters'), 'Arn'] },
      },
      RetryPolicy: { MaximumEventAgeInSeconds: 21600, MaximumRetryAttempts: 20 },
    },
  });
});

test('certificates of signing keys are looked at once a day, and a day that they are not ends in a queue', () => {
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'cron(0 5 * * ? *)',
    FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
    Target: {
      Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Remindersremindexpiry'), 'Arn'] },
      RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RemindersRole'), 'Arn'] },
      DeadLetterConfig: {
        Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RemindersDeadLetters'), 'Arn'] },
      },
    },
  });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: { Ref: Match.stringLikeRegexp('^Remindersremindexpiry') },
    DestinationConfig: {
      OnFailure: {
        Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^RemindersDeadLetters'), 'Arn'] },
      },
    },
  });
});

test('what ceremonies wait for is looked at every five minutes, and a look that fails is not repeated', () => {
  template.hasResourceProperties('AWS::Scheduler::Schedule', {
    ScheduleExpression: 'rate(5 minutes)',
    FlexibleTimeWindow: { Mode: 'OFF' },
    Target: {
      Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Waitssweepwaits'), 'Arn'] },
      RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^WaitsRole'), 'Arn'] },
      RetryPolicy: { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 5 },
    },
  });
  template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
    FunctionName: { Ref: Match.stringLikeRegexp('^Waitssweepwaits') },
    MaximumRetryAttempts: 0,
  });
  const sweep = resolve(INFRA_ROOT, '../steps/watch/sweep-waits/src/lib.rs');
  expect(readFileSync(sweep, 'utf8')).toContain('EVERY: i64 = 5 * 60;');
});

test('the certificate request is made by the step itself, from key and subject', () => {
  template.hasResourceProperties('Custom::SigningCsr', {
    ServiceToken: {
      'Fn::GetAtt': [Match.stringLikeRegexp('^SigningCsrsigningcsrFunction'), 'Arn'],
    },
    ServiceTimeout: '300',
    KeyArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^SigningKey'), 'Arn'] },
    Subject: 'CN=Key Ceremony Signing Key',
    Bucket: { Ref: Match.stringLikeRegexp('^StorageOutbox') },
    Key: 'csr.pem',
    EvidenceBucket: { Ref: Match.stringLikeRegexp('^StorageEvidence') },
  });
});

test('the outputs carry the names that other tools read', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual([
    'CertificateEnrolmentStateMachineArn',
    'EventBusName',
    'EvidenceBucket',
    'InboxBucket',
    'KekExportStateMachineArn',
    'KekImportStateMachineArn',
    'NotificationTopicArn',
    'OutboxBucket',
    'ReconciliationStateMachineArn',
    'RequestCertificateFunctionName',
    'SigningKeyArn',
    'WorkingKeyExportStateMachineArn',
    'WorkingKeyImportStateMachineArn',
  ]);
});

describe('cdk-nag', () => {
  test('finds nothing in the stack that is not acknowledged', () => {
    expect(new AwsSolutionsChecks(stack).validateScope(stack).violations).toEqual([]);
  });

  test('fails the synthesis of a wildcard that nobody acknowledged', () => {
    const app = new App();
    const other = new Stack(app, 'Other');
    const role = new Role(other, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: ['*'] }));
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    expect(() => Template.fromStack(other)).toThrow(/AwsSolutions-IAM5\[Resource::\*\]/);
  });

  test('a permission with a wildcard and without a reason is refused', () => {
    const role = new Role(new Stack(), 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    expect(() => grant(role, { actions: ['s3:GetObject'], resources: ['*'] })).toThrow(
      'Give a reason for the wildcard',
    );
    expect(() => grant(role, { actions: ['s3:*'], resources: ['*'], wildcard: 'because' })).toThrow(
      'Spell out the actions',
    );
  });

  test('every acknowledgement says why, in a sentence', () => {
    const acknowledged = stack.node
      .findAll()
      .flatMap((construct) =>
        construct.node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .flatMap(({ data }) => Object.entries(data as Record<string, string>)),
      );
    expect(acknowledged.length).toBeGreaterThan(20);
    for (const [id, reason] of acknowledged) {
      expect(id).toMatch(/AwsSolutions-(S1$|SQS3$|IAM5\[Resource::.+\]$)/);
      expect(reason).toMatch(/^[A-Z].{40,}\.$/);
    }
  });
});
