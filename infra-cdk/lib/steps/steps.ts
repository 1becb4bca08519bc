import { Duration, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IConstruct } from 'constructs';

import { PaymentCryptography } from './payment-cryptography.ts';
import type { Permission } from '../platform/permission.ts';
import type { SigningKey } from '../platform/signing-key.ts';
import { StepFunction, type StepFunctionDefaults } from './step-function.ts';
import type { Storage } from '../platform/storage.ts';

/** The steps that the state machine calls, in the order of the ceremony. */
export const STEPS = [
  'fetch-certs',
  'validate',
  'import-ca',
  'create-kek',
  'wrap',
  'sign',
  'publish',
  'record-failure',
] as const;
export type Step = (typeof STEPS)[number];

export interface StepsProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The buckets and their key. */
  readonly storage: Storage;
  /** Signs packages. */
  readonly signingKey: SigningKey;
}

/**
 * Every step that the state machine calls, and exactly what it may do.
 *
 * Read it as the list of claims an auditor checks: a step that is not given an action here does not
 * have it, and a test holds each role's policy to its whole text.
 */
export class Steps extends Construct {
  /** The functions, by step. */
  readonly byName: Record<Step, StepFunction>;

  constructor(scope: Construct, id: string, props: StepsProps) {
    super(scope, id);
    const { defaults, signingKey, storage } = props;
    const { dataKey, evidence, inbox, outbox } = storage;
    const payment = new PaymentCryptography(this);
    const step = (name: Step, description: string, options: StepOptions = {}) =>
      new StepFunction(this, name, { ...defaults, step: name, description, ...options });

    this.byName = {
      'fetch-certs': step(
        'fetch-certs',
        'Reads the certificate versions named in the execution input, and the profile',
        {
          environment: { INBOX_BUCKET: inbox.bucketName, EVIDENCE_BUCKET: evidence.bucketName },
          permissions: [
            readVersions(inbox),
            readTrustedRoot(evidence),
            useForReading(dataKey),
            readProfiles(this),
          ],
        },
      ),
      validate: step(
        'validate',
        'Proves the certificate chain against the roots pinned in the profile',
      ),
      'import-ca': step('import-ca', 'Imports root and intermediates into Payment Cryptography', {
        permissions: payment.importCertificates(),
        // Reserving an alias, importing and pointing the alias are calls with account-wide rate limits.
        timeout: Duration.seconds(60),
      }),
      'create-kek': step('create-kek', 'Creates the key-encryption key in Payment Cryptography', {
        permissions: payment.createKeks(),
        timeout: Duration.seconds(60),
      }),
      wrap: step('wrap', 'Exports the key-encryption key under the validated leaf', {
        permissions: payment.exportCryptograms(),
      }),
      sign: step('sign', 'Signs key-block header and cryptogram with the KMS signing key', {
        environment: { SIGNING_KEY_ARN: signingKey.key.keyArn },
      }),
      publish: step(
        'publish',
        'Writes the package to the outbox and the record to the evidence bucket',
        {
          environment: { OUTBOX_BUCKET: outbox.bucketName, EVIDENCE_BUCKET: evidence.bucketName },
          permissions: [
            writePackages(outbox),
            ...writeRecords(evidence),
            useForWriting(dataKey),
          ],
        },
      ),
      'record-failure': step(
        'record-failure',
        'Writes the record of a failed ceremony to the evidence bucket',
        {
          environment: { EVIDENCE_BUCKET: evidence.bucketName },
          permissions: [writeFailures(evidence), useForWriting(dataKey)],
        },
      ),
    };
    signingKey.allowSigning(this.byName.sign.role, 'Packages');
  }
}

export interface IntakeStepProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The buckets and their key. */
  readonly storage: Storage;
  /** The machine that a complete certificate set starts. */
  readonly stateMachine: IStateMachine;
  /** Where incomplete and rejected sets are announced. */
  readonly eventBus: IEventBus;
}

/** The step before the state machine: it decides whether a drop folder starts a ceremony. */
export class IntakeStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeStepProps) {
    const { dataKey, evidence, inbox } = props.storage;
    super(scope, id, {
      ...props.defaults,
      step: 'intake',
      description: 'Starts one ceremony per complete set of certificates in the inbox',
      environment: {
        INBOX_BUCKET: inbox.bucketName,
        EVIDENCE_BUCKET: evidence.bucketName,
        STATE_MACHINE_ARN: props.stateMachine.stateMachineArn,
        EVENT_BUS_NAME: props.eventBus.eventBusName,
      },
      permissions: [
        { actions: ['s3:ListBucket'], resources: [inbox.bucketArn] },
        {
          actions: ['s3:GetObject'],
          resources: [inbox.arnForObjects('*')],
          wildcard:
            'Partners choose the names of their files; the bucket holds nothing but their drops.',
        },
        readTrustedRoot(evidence),
        useForReading(dataKey),
        { actions: ['states:StartExecution'], resources: [props.stateMachine.stateMachineArn] },
        { actions: ['events:PutEvents'], resources: [props.eventBus.eventBusArn] },
        readProfiles(scope),
      ],
    });
  }
}

/** `${CreateKekFunctionArn}` for the step `create-kek`: the name by which the ASL refers to it. */
export function substitutionName(step: string): string {
  const words = step.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}FunctionArn`;
}

/** The prefix of partner profiles in Parameter Store. */
export function profileArns(scope: IConstruct): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/partners/*`;
}

/** Encrypt and decrypt objects, through S3 only: the key is of no use to a step that has no bucket. */
export function useForWriting(key: IKey): Permission {
  return throughS3(key, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

type StepOptions = {
  environment?: Record<string, string>;
  permissions?: Permission[];
  timeout?: Duration;
};

/** Decrypt objects, through S3 only. */
export function useForReading(key: IKey): Permission {
  return throughS3(key, ['kms:Decrypt']);
}

function throughS3(key: IKey, actions: string[]): Permission {
  const service = `s3.${Stack.of(key).region}.amazonaws.com`;
  return {
    actions,
    resources: [key.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': service } },
  };
}

function readProfiles(scope: IConstruct): Permission {
  return {
    actions: ['ssm:GetParameter'],
    resources: [profileArns(scope)],
    wildcard: 'One profile per partner, onboarded after the deployment.',
  };
}

/** Exact versions only: a name may have got a newer object since the ceremony began. */
function readVersions(bucket: IBucket): Permission {
  return {
    actions: ['s3:GetObjectVersion'],
    resources: [bucket.arnForObjects('*')],
    wildcard: 'Partners choose the names of their files; the bucket holds nothing but their drops.',
  };
}

/**
 * A root that an earlier ceremony recorded, for a partner that no longer sends its root.
 *
 * Without `s3:ListBucket` S3 answers 403 for a root that is not there, which the code takes as
 * absent: its name follows from the profile, and nobody need see which others there are.
 */
function readTrustedRoot(evidence: IBucket): Permission {
  return {
    actions: ['s3:GetObject'],
    resources: [evidence.arnForObjects('trusted-roots/*')],
    wildcard: 'One object per root certificate, named by its digest.',
  };
}

/** Write the package, below the four folders of every partner; never `csr.pem` at the top. */
function writePackages(outbox: IBucket): Permission {
  const folders = ENVIRONMENTS.flatMap((environment) =>
    DATA_TYPES.map((dataType) => `*/${environment}/${dataType}/*/*`),
  );
  return writeOnce(
    outbox,
    folders,
    'Partners are onboarded, and ceremonies named, after the deployment; the folders between are fixed.',
  );
}

/** The record of a ceremony that succeeded, and the root that it proved. */
function writeRecords(evidence: IBucket): Permission[] {
  const files = ['record.json', 'certificates.pem', 'manifest.json', 'published.json'];
  return [
    writeOnce(
      evidence,
      files.map((file) => `*/${file}`),
      'One folder per ceremony, named when the ceremony starts; the files in it are these four.',
    ),
    writeOnce(
      evidence,
      ['trusted-roots/*.pem'],
      'One object per root certificate, named by its digest.',
    ),
  ];
}

/** The record of a ceremony that failed, and none of one that succeeded. */
function writeFailures(evidence: IBucket): Permission {
  return writeOnce(
    evidence,
    ['*/failure-*.json'],
    'One folder per ceremony, named when the ceremony starts, and in it one file per failure.',
  );
}

/** Write, and read back what is there when a conditional write finds an object already. */
function writeOnce(bucket: IBucket, keys: string[], wildcard: string): Permission {
  return {
    actions: ['s3:GetObject', 's3:PutObject'],
    resources: keys.map((key) => bucket.arnForObjects(key)),
    wildcard,
  };
}

/** As `Environment` and `DataType` in `steps/shared/ceremony/src/identifiers.rs` spell them. */
const ENVIRONMENTS = ['non-production', 'production'];
const DATA_TYPES = ['cardholder', 'pin'];
