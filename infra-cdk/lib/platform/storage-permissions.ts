import { Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';

import type { Permission } from './permission.ts';
import type { Storage } from './storage.ts';

/**
 * What may be done with the buckets, one function per need.
 *
 * Each answers everything that the need takes, the bucket's key included where it has one, so that
 * whoever may read an object can also decrypt it and nobody is given the key alone. Evidence has none.
 */

/**
 * Look through a drop folder of the inbox, and at the very version that an event is about: a private key
 * that another version has covered since is announced all the same.
 */
export function findDrops(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    { actions: ['s3:ListBucket'], resources: [inbox.bucketArn] },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [inbox.arnForObjects('*')],
      wildcard: ANY_DROP,
    },
    decrypt(storage),
  ];
}

/**
 * Read requests and orders, the very version that an event is about included, see what lies beside them, and
 * read that: no other drop.
 */
export function readOrders(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [inbox.bucketArn],
      conditions: { StringLike: { 's3:prefix': ordersAnywhere() } },
    },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: ordersAnywhere().map((key) => inbox.arnForObjects(key)),
      wildcard: ANY_ORDER,
    },
    decrypt(storage),
  ];
}

/** Look through the folders of our own keys in the inbox, as `findDrops` does through those of partners. */
export function findEnrolments(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [inbox.bucketArn],
      conditions: { StringLike: { 's3:prefix': ENROLMENTS } },
    },
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [inbox.arnForObjects(ENROLMENTS)],
      wildcard: ANY_ENROLMENT,
    },
    decrypt(storage),
  ];
}

/** Exact versions of certificates for our own keys, and of nothing that a partner dropped. */
export function readEnrolments(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObjectVersion'],
      resources: [storage.inbox.arnForObjects(ENROLMENTS)],
      wildcard: ANY_ENROLMENT,
    },
    decrypt(storage),
  ];
}

/** Deliver a certificate that a CA issued for a key of ours. */
export function deliverEnrolments(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: [storage.inbox.arnForObjects(ENROLMENTS)],
      wildcard: 'CAs choose the names of their files; one folder for each key of ours.',
    },
    encryptAndDecrypt(storage),
  ];
}

/** What certificates were requested for which keys. */
export function readRequests({ evidence }: Storage): Permission[] {
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [evidence.bucketArn],
      conditions: { StringLike: { 's3:prefix': 'enrolment-requests/*' } },
    },
    {
      actions: ['s3:GetObject'],
      resources: [evidence.arnForObjects('enrolment-requests/*')],
      wildcard: 'One object for each request, named by the digest of its public key.',
    },
  ];
}

/** Find the chain that was proven, and write down that it is installed. */
export function writeInstallations({ evidence }: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObject'],
      resources: [evidence.arnForObjects('enrolment-*/certificates.pem')],
      wildcard: ANY_INSTALLATION,
    },
    writeOnce(evidence, ['enrolment-*/installed.json'], ANY_INSTALLATION),
  ];
}

/** The exact version of a request or an order, and of nothing else that was dropped. */
export function readOrderVersions(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObjectVersion'],
      resources: ordersAnywhere().map((key) => storage.inbox.arnForObjects(key)),
      wildcard: ANY_ORDER,
    },
    decrypt(storage),
  ];
}

/**
 * Read what is dropped below `blocks/`, and the very version that an event is about, and which ceremony has
 * made the offer that it answers.
 *
 * That something is not there is an answer, which S3 gives to those alone who may list. Most names that a
 * partner may choose name no offer.
 */
export function takeAnswers(storage: Storage): Permission[] {
  const { evidence, inbox } = storage;
  return [
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [inbox.arnForObjects('*/blocks/*')],
      wildcard: 'Partners choose the names of their files, and of the folders to which one is mistaken.',
    },
    {
      actions: ['s3:GetObject'],
      resources: [evidence.arnForObjects('offers/*')],
      wildcard: 'One object for each offer, named by its request and its digest.',
    },
    { actions: ['s3:ListBucket'], resources: [evidence.bucketArn, inbox.bucketArn] },
    decrypt(storage),
  ];
}

/**
 * Read files with keys, and the very version that an event is about.
 *
 * That one is not there is an answer, which S3 gives to those alone who may list.
 */
export function readKeyFiles(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: [inbox.arnForObjects('*/keys/*')],
      wildcard: 'Partners choose the names of their files, and of the folders to which one is mistaken.',
    },
    { actions: ['s3:ListBucket'], resources: [inbox.bucketArn] },
    decrypt(storage),
  ];
}

/** The exact version of a file with keys, and of nothing else that was dropped. */
export function readKeyFileVersions(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObjectVersion'],
      resources: below('*', 'keys').map((key) => storage.inbox.arnForObjects(key)),
      wildcard: 'Partners are onboarded, and files named, after the deployment; the folders between are fixed.',
    },
    decrypt(storage),
  ];
}

/** The exact version of a block, or of what confirms a key, and whether it was deleted since. */
export function readAnswerVersions(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    {
      actions: ['s3:GetObjectVersion'],
      resources: below('*', 'blocks').map((key) => inbox.arnForObjects(key)),
      wildcard: 'Partners are onboarded, and offers named, after the deployment; the folders between are fixed.',
    },
    { actions: ['s3:ListBucket'], resources: [inbox.bucketArn] },
    decrypt(storage),
  ];
}

/** Exact versions only: a name may have got a newer object since the ceremony began. */
export function readVersions(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObjectVersion'],
      resources: [storage.inbox.arnForObjects('*')],
      wildcard: ANY_DROP,
    },
    decrypt(storage),
  ];
}

/**
 * A root that an earlier ceremony recorded, for a partner that no longer sends its root.
 *
 * Without `s3:ListBucket` S3 answers 403 for a root that is not there, which the code takes as
 * absent: its name follows from the profile, and nobody need see which others there are.
 */
export function readTrustedRoot(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObject'],
      resources: [storage.evidence.arnForObjects('trusted-roots/*')],
      wildcard: ANY_ROOT,
    },
  ];
}

/**
 * The certificates of one signing key of ours, in the very version that a ceremony has installed.
 *
 * `OwnKey` in `steps/shared/ceremony/src/enrolment.rs` has the names.
 */
export function readInstalledChain({ evidence }: Storage, key: 'package-signing' | 'tr34'): Permission {
  return {
    actions: ['s3:GetObjectVersion'],
    resources: [evidence.arnForObjects(`enrolment-${key}-*/certificates.pem`)],
    wildcard: 'One folder per ceremony of that key, named when the ceremony starts.',
  };
}

/** Write the package, below the four folders of every partner; never `csr.pem` at the top. */
export function writePackages(storage: Storage): Permission[] {
  const folders = ENVIRONMENTS.flatMap((environment) =>
    DATA_TYPES.map((dataType) => `*/${environment}/${dataType}/*/*`),
  );
  return [
    writeOnce(
      storage.outbox,
      folders,
      'Partners are onboarded, and ceremonies named, after the deployment; the folders between are fixed.',
    ),
    encryptAndDecrypt(storage),
  ];
}

/** A part of a package, what it is, and to which ceremony an answer belongs. */
export function publishParts(storage: Storage): Permission[] {
  const parts = ['offer-*', 'receipt', 'settled'];
  const { evidence } = storage;
  return [
    ...writePackages(storage),
    writeOnce(
      evidence,
      parts.map((part) => `*/${part}/*`),
      'One folder per ceremony, named when the ceremony starts; the parts of its package are these three.',
    ),
    writeOnce(
      evidence,
      ['offers/*'],
      'One object for each offer, named by its request and its digest.',
    ),
  ];
}

/** The record of a ceremony that succeeded, and the root that it proved. */
export function writeRecords({ evidence }: Storage): Permission[] {
  const files = ['record.json', 'certificates.pem', 'manifest.json', 'published.json'];
  return [
    writeOnce(
      evidence,
      files.map((file) => `*/${file}`),
      'One folder per ceremony, named when the ceremony starts; the files in it are these four.',
    ),
    writeOnce(evidence, ['trusted-roots/*.pem'], ANY_ROOT),
  ];
}

/** What issuers have signed about revocation, as it came, and no record. */
export function writeAnswers({ evidence }: Storage): Permission[] {
  return [
    writeOnce(
      evidence,
      ['*/revocation/*'],
      'One folder per ceremony, named when it starts, and in it one file per answer, named by its digest.',
    ),
  ];
}

/** The record of a ceremony that failed, and none of one that succeeded. */
export function writeFailures({ evidence }: Storage): Permission[] {
  return [
    writeOnce(
      evidence,
      ['*/failure-*.json'],
      'One folder per ceremony, named when the ceremony starts, and in it one file per failure.',
    ),
  ];
}

/** The record of a change of a control: one per event, by its day and id. */
export function writeControls({ evidence }: Storage): Permission[] {
  return [
    writeOnce(
      evidence,
      ['controls/*/*.json'],
      'One file per event, named by its id, in one folder per day.',
    ),
  ];
}

/**
 * See whether a ceremony has a record, and read none.
 *
 * The list answers what `s3:GetObject` could not without it: a record that is not there. A condition on
 * the prefix leaves that denied for whatever else is read, as for a trusted root.
 */
export function seeRecords({ evidence }: Storage): Permission[] {
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [evidence.bucketArn],
      conditions: { StringLike: { 's3:prefix': '*/record.json' } },
    },
  ];
}

/**
 * Every record, of a ceremony that succeeded or failed or of a request, and what one leaves that waits or
 * has waited on; no other evidence.
 */
export function readRecords({ evidence }: Storage): Permission[] {
  return [
    { actions: ['s3:ListBucket'], resources: [evidence.bucketArn] },
    {
      actions: ['s3:GetObject'],
      resources: [
        '*/record.json',
        '*/failure-*.json',
        '*/offer-*/manifest.json',
        '*/receipt/manifest.json',
        '*/settled/settled.json',
        `${REQUESTS}*/*.json`,
      ].map((key) => evidence.arnForObjects(key)),
      wildcard: 'The records of every ceremony, each in a folder that is named when it starts.',
    },
  ];
}

/** Write an inventory, and find the one before it. */
export function writeInventories({ evidence }: Storage): Permission[] {
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [evidence.bucketArn],
      conditions: { StringEquals: { 's3:prefix': 'reconciliation/' } },
    },
    writeOnce(
      evidence,
      ['reconciliation/*.json'],
      'One inventory for each reconciliation, named by its time.',
    ),
  ];
}

/** Hand one kind of page to the steps of the reconciliation that come later. */
export function writeParts({ parts }: Storage, place: PartPlace): Permission[] {
  return [
    {
      actions: ['s3:PutObject'],
      resources: [parts.arnForObjects(`*/${place}/*.json`)],
      wildcard: ANY_PART,
    },
  ];
}

/** Read what the steps of the reconciliation that came before have handed on. */
export function readParts({ parts }: Storage, places: PartPlace[]): Permission[] {
  return [
    {
      actions: ['s3:GetObject'],
      resources: places.map((place) => parts.arnForObjects(`*/${place}/*.json`)),
      wildcard: ANY_PART,
    },
  ];
}

/** As `Place` in `steps/shared/inventory/src/parts.rs` spells them. */
export type PartPlace = 'records' | 'keys' | 'aliases' | 'asked';

/** Leave the certificate request of the signing key, and write down that it was made. */
export function writeCertificateRequest(storage: Storage): Permission[] {
  return [
    writeOnce(storage.outbox, [CSR_OBJECT]),
    writeOnce(
      storage.evidence,
      [`${REQUESTS}package-signing/*.json`],
      'One record for each signing key and subject, named by their digests.',
    ),
    encryptAndDecrypt(storage),
  ];
}

/** Ask for certificates of any signing key of ours, once for each key and subject. */
export function writeCertificateRequests(storage: Storage): Permission[] {
  const wildcard = 'One request for each signing key and subject, named by their digests.';
  return [
    {
      actions: ['s3:ListBucket'],
      resources: [storage.evidence.bucketArn],
      conditions: { StringLike: { 's3:prefix': `${REQUESTS}*` } },
    },
    writeOnce(storage.evidence, [`${REQUESTS}*/*.json`], wildcard),
    writeOnce(storage.outbox, ['enrolment/*/*.csr.pem'], wildcard),
    encryptAndDecrypt(storage),
  ];
}

/** The record that somebody was told of the end of a certificate. */
export function writeReminders({ evidence }: Storage): Permission[] {
  return [
    writeOnce(
      evidence,
      ['reminders/*/*/*.json'],
      'One file for each reminder of a certificate, which is named by its digest.',
    ),
  ];
}

/** Fetch the certificate request of the signing key. */
export function readCertificateRequest(storage: Storage): Permission[] {
  return [
    { actions: ['s3:GetObject'], resources: [storage.outbox.arnForObjects(CSR_OBJECT)] },
    decrypt(storage),
  ];
}

/** All evidence, in every version and with the lock that is on it. */
export function readEvidence({ evidence }: Storage): Permission[] {
  return [
    {
      actions: ['s3:GetObject', 's3:GetObjectRetention', 's3:GetObjectVersion'],
      resources: [evidence.arnForObjects('*')],
      wildcard: 'All evidence, of every ceremony.',
    },
    { actions: ['s3:ListBucket', 's3:ListBucketVersions'], resources: [evidence.bucketArn] },
  ];
}

/**
 * Remove one version of a drop for good: a private key that somebody sent by mistake.
 *
 * To find it takes the list of versions; to read it is not part of it.
 */
export function deleteDrops({ inbox }: Storage): Permission[] {
  return [
    { actions: ['s3:ListBucketVersions'], resources: [inbox.bucketArn] },
    {
      actions: ['s3:DeleteObjectVersion'],
      resources: [inbox.arnForObjects('*')],
      wildcard: ANY_DROP,
    },
  ];
}

/**
 * A partner delivers and tidies up in its own folder of the inbox, and fetches from its own folder of
 * the outbox.
 *
 * `s3:DeleteObject` lets it clear away last year's files, of which a folder holds at most 16. The
 * bucket is versioned and `s3:DeleteObjectVersion` is not granted: a deletion leaves a delete marker,
 * every version stays, and a ceremony that has begun reads its versions all the same.
 */
export function deliverAndFetch(storage: Storage, partner: string): Permission[] {
  const { inbox, outbox } = storage;
  const own = `${partner}/*`;
  const wildcard = `The partner chooses the names below its own prefix ${partner}/.`;
  return [
    {
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: [inbox.arnForObjects(own)],
      wildcard,
    },
    {
      deny: true,
      actions: ['s3:DeleteObject', 's3:PutObject'],
      resources: below(partner, 'orders').map((key) => inbox.arnForObjects(key)),
      wildcard: 'Orders are ours: who asked for keys follows from where the document lies.',
    },
    { actions: ['s3:GetObject'], resources: [outbox.arnForObjects(own)], wildcard },
    {
      actions: ['s3:ListBucket'],
      resources: [outbox.bucketArn],
      conditions: { StringLike: { 's3:prefix': own } },
    },
    encryptAndDecrypt(storage),
  ];
}

/** Order working keys: below `orders/` of every partner's folders, and nowhere else. */
export function placeOrders(storage: Storage): Permission[] {
  return [
    {
      actions: ['s3:PutObject'],
      resources: below('*', 'orders').map((key) => storage.inbox.arnForObjects(key)),
      wildcard: ANY_ORDER,
    },
    throughS3(storage, ['kms:GenerateDataKey']),
  ];
}

/** Every request and order, with what lies beside it. */
function ordersAnywhere(): string[] {
  return (['requests', 'orders'] as const).flatMap((section) => below('*', section));
}

/** What lies in one section of every folder of a partner. */
function below(partner: string, section: 'blocks' | 'keys' | 'orders' | 'requests'): string[] {
  return ENVIRONMENTS.flatMap((environment) =>
    DATA_TYPES.map((dataType) => `${partner}/${environment}/${dataType}/${section}/*`),
  );
}

/** As `REQUESTS` in `steps/shared/ceremony/src/enrolment.rs` spells it. */
const REQUESTS = 'enrolment-requests/';

/** Where the certificate request lies, at the top of the outbox. */
export const CSR_OBJECT = 'csr.pem';

/** As `Environment` and `DataType` in `steps/shared/ceremony/src/identifiers.rs` spell them. */
const ENVIRONMENTS = ['non-production', 'production'];
const DATA_TYPES = ['cardholder', 'pin'];

/** Where certificates for our own keys are dropped. */
const ENROLMENTS = 'enrolment/*';

const ANY_ENROLMENT =
  'CAs choose the names of their files; below this prefix lies nothing that a partner dropped.';
const ANY_INSTALLATION = 'One folder for each ceremony, named when it starts.';
const ANY_ROOT = 'One object per root certificate, named by its digest.';
const ANY_PART = 'One folder for each reconciliation, named when it starts, with numbered pages.';
const ANY_ORDER =
  'Partners are onboarded, and orders named, after the deployment; the folders between are fixed.';
const ANY_DROP =
  'Partners choose the names of their files; the bucket holds nothing but their drops.';

/** Write, and read back what is there when a conditional write finds an object already. */
function writeOnce(bucket: IBucket, keys: string[], wildcard?: string): Permission {
  return {
    actions: ['s3:GetObject', 's3:PutObject'],
    resources: keys.map((key) => bucket.arnForObjects(key)),
    wildcard,
  };
}

export function decrypt(storage: Storage): Permission {
  return throughS3(storage, ['kms:Decrypt']);
}

export function encryptAndDecrypt(storage: Storage): Permission {
  return throughS3(storage, ['kms:Decrypt', 'kms:GenerateDataKey']);
}

/** Through S3 only: to whoever reaches no object the key is of no use. */
function throughS3({ dataKey }: Storage, actions: string[]): Permission {
  const service = `s3.${Stack.of(dataKey).region}.amazonaws.com`;
  return {
    actions,
    resources: [dataKey.keyArn],
    conditions: { StringEquals: { 'kms:ViaService': service } },
  };
}
