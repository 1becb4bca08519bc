import { App, LegacyStackSynthesizer, Stack } from 'aws-cdk-lib';
import { KeySpec } from 'aws-cdk-lib/aws-kms';
import { describe, expect, test } from 'vitest';

import { ADMINISTRATION_ACTIONS, SigningKey } from '../lib/platform/signing-key.ts';
import {
  constructNames,
  list,
  policyOf,
  type Statement,
  statementLines,
  synthesize,
} from './support.ts';

const ADMINISTRATOR = 'arn:aws:iam::444455556666:role/Administrator';
const { stack, template } = synthesize();
const policy = (role: string) => policyOf(role, stack, template);

/** What every step may do, whatever it is for. */
const own = (step: string) => [
  `logs:CreateLogStream on ${step}/Log`,
  `logs:PutLogEvents on ${step}/Log`,
  'xray:PutTelemetryRecords on *',
  'xray:PutTraceSegments on *',
];
const throughS3 = 'on Storage/DataKey if StringEquals kms:ViaService = s3.REGION.amazonaws.com';
const profiles = 'on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/partners/*';
const installed =
  'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*';
const payment = 'arn:PARTITION:payment-cryptography:REGION:ACCOUNTID';

/** The parameters about signing keys of our own, one for each key. */
const ownKeys = (below: string) =>
  ['package-signing', 'tr34'].map(
    (key) => `on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/${below}/${key}`,
  );
const readRules = ownKeys('enrolment').map((rules) => `ssm:GetParameter ${rules}`);
const readRequests = [
  's3:GetObject on Storage/Evidence/enrolment-requests/*',
  's3:ListBucket on Storage/Evidence if StringLike s3:prefix = enrolment-requests/*',
];

/** What DynamoDB needs of the key of a table, of whoever uses the table. */
const tableKey = (table: string) => [
  'Decrypt',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
].map(
  (action) =>
    `kms:${action} on ${table}/Key if StringEquals kms:ViaService = dynamodb.REGION.amazonaws.com`,
);
const runsKey = tableKey('Runs');

/** Reading and changing waits of these kinds, and these alone. */
const waits = (...kinds: string[]) => [
  ...['GetItem', 'PutItem'].map(
    (action) =>
      `dynamodb:${action} on Waiting/Table if ForAllValues:StringLike dynamodb:LeadingKeys = ` +
      kinds.map((kind) => `wait#*#${kind}`).join('|'),
  ),
  ...tableKey('Waiting'),
];
const tokens = (action: string, ...kinds: string[]) =>
  `kms:${action} on Waiting/TokenKey if StringEquals kms:EncryptionContext:key-ceremony:awaited = ${kinds.join('|')}`;

/** Writing what is not there, and reading what is. */
const writeOnce = (objects: string) => [`s3:GetObject on ${objects}`, `s3:PutObject on ${objects}`];

/** Finding a key by alias, reserving the alias, and finding what a crash left behind. */
const aliasedKeys = (purpose: string, below = purpose) => [
  `payment-cryptography:CreateAlias on ${payment}:alias/key-ceremony/${below}/*`,
  `payment-cryptography:CreateAlias on ${payment}:key/*`,
  `payment-cryptography:DeleteAlias on ${payment}:alias/key-ceremony/${below}/*`,
  `payment-cryptography:GetAlias on ${payment}:alias/key-ceremony/${below}/*`,
  `payment-cryptography:GetAlias on ${payment}:key/*`,
  `payment-cryptography:GetKey on ${payment}:key/*`,
  'payment-cryptography:ListAliases on *',
  'payment-cryptography:ListKeys on *',
  `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
  `payment-cryptography:TagResource on ${payment}:key/* if StringEquals aws:RequestTag/key-ceremony:purpose = ${purpose} and ` +
    `StringEqualsIfExists aws:ResourceTag/key-ceremony:purpose = ${purpose}`,
  `payment-cryptography:UpdateAlias on ${payment}:alias/key-ceremony/${below}/*`,
  `payment-cryptography:UpdateAlias on ${payment}:key/*`,
];

/** What a fleet's inventory may be read from: beside a request or an order. */
const inventories = ['orders', 'requests'].flatMap((section) =>
  ['GetObject', 'GetObjectVersion'].map(
    (action) => `s3:${action} on Storage/Inbox/*/${section}/*/*`,
  ),
);

/** Where requests and orders lie, and what is beside them. */
const ORDERS = ['requests', 'orders'].flatMap((section) =>
  ['non-production', 'production'].flatMap((environment) =>
    ['cardholder', 'pin'].map((dataType) => `*/${environment}/${dataType}/${section}/*`),
  ),
);

/** Where the partner's answers to our offers lie. */
const BLOCKS = ['non-production', 'production'].flatMap((environment) =>
  ['cardholder', 'pin'].map((dataType) => `*/${environment}/${dataType}/blocks/*`),
);

/** Where files with keys lie. */
const KEYS = BLOCKS.map((blocks) => blocks.replace('/blocks/', '/keys/'));

/** Whatever steps write for partners. */
const packages = ['non-production', 'production'].flatMap((environment) =>
  ['cardholder', 'pin'].flatMap((dataType) =>
    writeOnce(`Storage/Outbox/*/${environment}/${dataType}/*/*`),
  ),
);

const agreement = [
  'payment-cryptography:CreateKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = agreement and ' +
    'StringEquals payment-cryptography:KeyClass = ASYMMETRIC_KEY_PAIR and ' +
    'StringEquals payment-cryptography:KeyUsage = TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT',
  `payment-cryptography:GetPublicKeyCertificate on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = agreement`,
  ...aliasedKeys('agreement'),
];
const deleteKeks = `payment-cryptography:DeleteKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek`;
const inspectKeys = ['GetKey', 'ListTagsForResource'].map(
  (action) => `payment-cryptography:${action} on ${payment}:key/*`,
);

/** Setting these tags on a KEK, and no others. */
const tagKeks = (...tags: string[]) =>
  `payment-cryptography:TagResource on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek and ` +
  `ForAllValues:StringEquals aws:TagKeys = ${tags.map((tag) => `key-ceremony:${tag}`).join('|')} and ` +
  'Null aws:TagKeys = false';

/** Pointing aliases at a KEK that came, and none by which ceremonies find other keys. */
const receivedAliases = (...writes: string[]) => [
  `payment-cryptography:GetAlias on ${payment}:alias/*`,
  `payment-cryptography:GetAlias on ${payment}:key/*`,
  ...writes.flatMap((action) => [
    `payment-cryptography:${action} on ${payment}:alias/*`,
    `payment-cryptography:${action} on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek`,
    ...[
      'agreement/*',
      'ca/*',
      'keys/*',
      'preflight/*',
      'signing/*',
      'kek/*/*/*/current',
      'kek/*/*/*/received/*',
    ].map((other) => `Deny payment-cryptography:${action} on ${payment}:alias/key-ceremony/${other}`),
  ]),
];

/** What a working key may be for: never K0 or K1. */
const WORKING_USAGES = [
  'TR31_B0_BASE_DERIVATION_KEY',
  'TR31_C0_CARD_VERIFICATION_KEY',
  'TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY',
  'TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS',
  'TR31_E1_EMV_MKEY_CONFIDENTIALITY',
  'TR31_E2_EMV_MKEY_INTEGRITY',
  'TR31_E4_EMV_MKEY_DYNAMIC_NUMBERS',
  'TR31_E5_EMV_MKEY_CARD_PERSONALIZATION',
  'TR31_E6_EMV_MKEY_OTHER',
  'TR31_M0_ISO_16609_MAC_KEY',
  'TR31_M1_ISO_9797_1_MAC_KEY',
  'TR31_M3_ISO_9797_3_MAC_KEY',
  'TR31_M6_ISO_9797_5_CMAC_KEY',
  'TR31_P0_PIN_ENCRYPTION_KEY',
  'TR31_V1_IBM3624_PIN_VERIFICATION_KEY',
  'TR31_V2_VISA_PIN_VERIFICATION_KEY',
];

/** The security claim of the system: these lines, and no other, are what each step may do. */
const STEP_POLICIES: Record<string, string[]> = {
  'CertificateEnrolment/intake-enrolment': [
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:PutItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    `kms:Decrypt ${throughS3}`,
    ...runsKey,
    ...readRequests,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    's3:GetObject on Storage/Inbox/enrolment/*',
    's3:GetObjectVersion on Storage/Inbox/enrolment/*',
    's3:ListBucket on Storage/Inbox if StringLike s3:prefix = enrolment/*',
    'sqs:SendMessage on CertificateEnrolment/Trigger/DeadLetters/Queue',
    'sqs:SendMessage on KekExport/Rejections/Queue',
    ...readRules,
    'states:DescribeExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:CertificateEnrolment/Workflow/StateMachine:*',
    'states:StartExecution on CertificateEnrolment/Workflow/StateMachine',
  ],
  'KekExport/announce-rejections': [
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    ...runsKey,
    'sqs:DeleteMessage on KekExport/Rejections/Queue',
    'sqs:GetQueueAttributes on KekExport/Rejections/Queue',
    'sqs:ReceiveMessage on KekExport/Rejections/Queue',
  ],
  'KekExport/intake': [
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:PutItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    `kms:Decrypt ${throughS3}`,
    ...runsKey,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    's3:GetObject on Storage/Inbox/*',
    's3:GetObjectVersion on Storage/Inbox/*',
    's3:ListBucket on Storage/Evidence if StringLike s3:prefix = */record.json',
    's3:ListBucket on Storage/Inbox',
    'sqs:SendMessage on KekExport/Rejections/Queue',
    'sqs:SendMessage on KekExport/Trigger/DeadLetters/Queue',
    `ssm:GetParameter ${profiles}`,
    'states:DescribeExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:KekExport/Workflow/StateMachine:*',
    'states:StartExecution on KekExport/Workflow/StateMachine',
  ],
  'WorkingKeyExport/intake-request': [
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:PutItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    `kms:Decrypt ${throughS3}`,
    ...runsKey,
    ...ORDERS.map((orders) => `s3:GetObject on Storage/Inbox/${orders}`),
    ...ORDERS.map((orders) => `s3:GetObjectVersion on Storage/Inbox/${orders}`),
    `s3:ListBucket on Storage/Inbox if StringLike s3:prefix = ${ORDERS.join('|')}`,
    'sqs:SendMessage on KekExport/Rejections/Queue',
    'sqs:SendMessage on WorkingKeyExport/Trigger/DeadLetters/Queue',
    `ssm:GetParameter ${profiles}`,
    ...waits('rollback'),
    tokens('Decrypt', 'rollback'),
    'states:SendTaskFailure on *',
    'states:SendTaskSuccess on *',
    ...['KekImport', 'WorkingKeyExport'].flatMap((ceremony) => [
      `states:DescribeExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:${ceremony}/Workflow/StateMachine:*`,
      `states:StartExecution on ${ceremony}/Workflow/StateMachine`,
    ]),
  ],
  'WorkingKeyImport/intake-keys': [
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:PutItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    `kms:Decrypt ${throughS3}`,
    ...runsKey,
    's3:GetObject on Storage/Inbox/*/keys/*',
    's3:GetObjectVersion on Storage/Inbox/*/keys/*',
    's3:ListBucket on Storage/Inbox',
    'sqs:SendMessage on KekExport/Rejections/Queue',
    'sqs:SendMessage on WorkingKeyImport/Trigger/DeadLetters/Queue',
    `ssm:GetParameter ${profiles}`,
    'states:DescribeExecution on arn:PARTITION:states:REGION:ACCOUNTID:execution:WorkingKeyImport/Workflow/StateMachine:*',
    'states:StartExecution on WorkingKeyImport/Workflow/StateMachine',
  ],
  'Steps/fetch-blocks': [
    `kms:Decrypt ${throughS3}`,
    ...KEYS.map((keys) => `s3:GetObjectVersion on Storage/Inbox/${keys}`),
    'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*',
    `ssm:GetParameter ${profiles}`,
  ],
  'Steps/find-established-kek': [
    `payment-cryptography:GetKey on ${payment}:key/*`,
    `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
  ],
  'Steps/import-keys': [
    'payment-cryptography:ImportKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = working and ' +
      'StringEquals payment-cryptography:ImportKeyMaterial = Tr31KeyBlock',
    ...aliasedKeys('working', 'keys/*/*/*/received'),
    `payment-cryptography:TagResource on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = working and ` +
      'ForAllValues:StringEquals aws:TagKeys = key-ceremony:run-began-at and Null aws:TagKeys = false',
    `payment-cryptography:DeleteKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = working`,
  ],
  'Steps/package-results': [],
  'KekImport/take-answer': [
    ...waits('block', 'confirmation'),
    tokens('Decrypt', 'block', 'confirmation'),
    'dynamodb:GetItem on Runs/Table',
    'dynamodb:PutItem on Runs/Table',
    'dynamodb:UpdateItem on Runs/Table',
    'events:PutEvents on Notifications/Bus',
    `kms:Decrypt ${throughS3}`,
    ...runsKey,
    's3:GetObject on Storage/Evidence/offers/*',
    's3:GetObject on Storage/Inbox/*/blocks/*',
    's3:GetObjectVersion on Storage/Inbox/*/blocks/*',
    's3:ListBucket on Storage/Evidence',
    's3:ListBucket on Storage/Inbox',
    'sqs:SendMessage on KekExport/Rejections/Queue',
    'sqs:SendMessage on KekImport/Trigger/DeadLetters/Queue',
    'states:SendTaskFailure on *',
    'states:SendTaskSuccess on *',
  ],
  'Waits/sweep-waits': [
    ...['GetItem', 'PutItem', 'Scan'].map((action) => `dynamodb:${action} on Waiting/Table`),
    ...tableKey('Waiting'),
    'events:PutEvents on Notifications/Bus',
    'kms:Decrypt on Waiting/TokenKey',
    'states:SendTaskFailure on *',
  ],
  'Steps/await-answer': [
    ...waits('block', 'confirmation', 'rollback'),
    tokens('Encrypt', 'block', 'confirmation', 'rollback'),
  ],
  'Steps/fetch-import': [
    `kms:Decrypt ${throughS3}`,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    ...ORDERS.map((orders) => `s3:GetObjectVersion on Storage/Inbox/${orders}`),
    'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*',
    `ssm:GetParameter ${profiles}`,
  ],
  ...Object.fromEntries(
    ['check-block', 'check-confirmation'].map((step) => [
      `Steps/${step}`,
      [
        `kms:Decrypt ${throughS3}`,
        ...BLOCKS.map((blocks) => `s3:GetObjectVersion on Storage/Inbox/${blocks}`),
        's3:ListBucket on Storage/Inbox',
      ],
    ]),
  ),
  'Steps/make-offer': ['payment-cryptography:GetParametersForImport on *', ...agreement],
  'Steps/package-offer': [],
  'Steps/package-receipt': [],
  'Steps/publish-part': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...writeOnce('Storage/Evidence/*/offer-*/*'),
    ...writeOnce('Storage/Evidence/*/receipt/*'),
    ...writeOnce('Storage/Evidence/*/settled/*'),
    ...writeOnce('Storage/Evidence/offers/*'),
    ...packages,
  ],
  'Steps/import-kek': [
    'payment-cryptography:ImportKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = kek and ' +
      'StringEquals payment-cryptography:ImportKeyMaterial = DiffieHellmanTr31KeyBlock|KeyCryptogram|Tr34KeyBlock',
    ...aliasedKeys('kek', 'kek/*/*/*/received'),
    deleteKeks,
  ],
  'Steps/switch-kek': [
    ...receivedAliases('CreateAlias', 'UpdateAlias'),
    ...inspectKeys,
    tagKeks('run-began-at', 'replaces', 'replaces-also'),
  ],
  'Steps/settle-kek': [
    ...receivedAliases('UpdateAlias'),
    ...inspectKeys,
    'payment-cryptography:ListAliases on *',
    deleteKeks,
  ],
  'Steps/fetch-request': [
    `kms:Decrypt ${throughS3}`,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    ...ORDERS.map((orders) => `s3:GetObjectVersion on Storage/Inbox/${orders}`),
    'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*',
    `ssm:GetParameter ${profiles}`,
  ],
  'Steps/establish-kek': [
    ...['CreateAlias', 'GetAlias', 'UpdateAlias'].flatMap((action) => [
      `payment-cryptography:${action} on ${payment}:alias/key-ceremony/kek/*/*/*/current`,
      `payment-cryptography:${action} on ${payment}:key/*`,
    ]),
    `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
    tagKeks('run-began-at'),
  ],
  'Steps/find-kek': [
    `payment-cryptography:GetAlias on ${payment}:alias/key-ceremony/keys/*`,
    `payment-cryptography:GetAlias on ${payment}:key/*`,
    `payment-cryptography:GetKey on ${payment}:key/*`,
    `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
  ],
  'Steps/make-keys': [
    'payment-cryptography:CreateKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = working and ' +
      'StringEquals payment-cryptography:KeyClass = SYMMETRIC_KEY and ' +
      `StringEquals payment-cryptography:KeyUsage = ${WORKING_USAGES.join('|')}`,
    ...aliasedKeys('working', 'keys'),
  ],
  'Steps/find-bdk': [`payment-cryptography:GetKey on ${payment}:key/*`],
  'Steps/split-inventory': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...inventories,
    `s3:ListBucket on Storage/Fleets if StringLike s3:prefix = initial-keys/*`,
    's3:PutObject on Storage/Fleets/initial-keys/*/batches.jsonl',
    's3:PutObject on Storage/Fleets/initial-keys/*/batches/*',
  ],
  'Steps/export-initial-keys': [
    'dynamodb:UpdateItem on Runs/Table',
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...runsKey,
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = bdk and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = Tr31KeyBlock',
    `payment-cryptography:GetKey on ${payment}:key/*`,
    's3:GetObject on Storage/Fleets/initial-keys/*/batches/*',
    's3:GetObject on Storage/Fleets/initial-keys/*/results/*',
    's3:ListBucket on Storage/Fleets if StringLike s3:prefix = initial-keys/*',
    's3:PutObject on Storage/Fleets/initial-keys/*/failures/*',
    's3:PutObject on Storage/Fleets/initial-keys/*/results/*',
  ],
  'Steps/export-initial-keys-tr34': [
    'dynamodb:UpdateItem on Runs/Table',
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...runsKey,
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = bdk|signing and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = Tr34KeyBlock',
    `payment-cryptography:GetKey on ${payment}:key/*`,
    'payment-cryptography:GetParametersForExport on *',
    's3:GetObject on Storage/Fleets/initial-keys/*/batches/*',
    's3:GetObject on Storage/Fleets/initial-keys/*/results/*',
    's3:GetObjectVersion on Storage/Evidence/enrolment-tr34-*/certificates.pem',
    's3:ListBucket on Storage/Fleets if StringLike s3:prefix = initial-keys/*',
    's3:PutObject on Storage/Fleets/initial-keys/*/failures/*',
    's3:PutObject on Storage/Fleets/initial-keys/*/results/*',
  ],
  'Steps/gather-initial-keys': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...inventories,
    's3:GetObject on Storage/Fleets/initial-keys/*/failures/*',
    's3:GetObject on Storage/Fleets/initial-keys/*/results/*',
    's3:ListBucket on Storage/Fleets if StringLike s3:prefix = initial-keys/*',
    's3:PutObject on Storage/Fleets/initial-keys/*/output/*',
  ],
  'Steps/export-keys': [
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = working and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = Tr31KeyBlock',
  ],
  'Steps/package-keys': [],
  'Steps/fetch-certs': [
    `kms:Decrypt ${throughS3}`,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    's3:GetObjectVersion on Storage/Inbox/*',
    'ssm:GetParameter on arn:PARTITION:ssm:REGION:ACCOUNTID:parameter/key-ceremony/certificates/*',
    `ssm:GetParameter ${profiles}`,
  ],
  'Steps/validate': [],
  'Steps/check-revocation': writeOnce('Storage/Evidence/*/revocation/*'),
  'Steps/import-ca': [
    'payment-cryptography:ImportKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = ca and ' +
      'StringEquals payment-cryptography:ImportKeyMaterial = RootCertificatePublicKey|TrustedCertificatePublicKey',
    'mpa:StartSession on arn:PARTITION:mpa:us-east-1:*:approval-team/* if StringEquals mpa:ProtectedResourceAccount = ACCOUNTID',
    'mpa:StartSession on arn:PARTITION:mpa:us-east-1:*:session/* if StringEquals mpa:ProtectedResourceAccount = ACCOUNTID',
    ...aliasedKeys('ca'),
  ],
  'Steps/create-kek': [
    'payment-cryptography:CreateKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = kek and ' +
      'StringEquals payment-cryptography:KeyClass = SYMMETRIC_KEY and ' +
      'StringEquals payment-cryptography:KeyUsage = TR31_K0_KEY_ENCRYPTION_KEY',
    ...aliasedKeys('kek'),
    ...['CreateAlias', 'DeleteAlias', 'UpdateAlias'].flatMap((action) =>
      ['received', 'received/*'].map(
        (name) =>
          `Deny payment-cryptography:${action} on ${payment}:alias/key-ceremony/kek/*/*/*/${name}`,
      ),
    ),
  ],
  'Steps/wrap-ecdh': [
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = DiffieHellmanTr31KeyBlock',
    ...agreement,
  ],
  'Steps/wrap-rsa': [
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = KeyCryptogram',
  ],
  'Steps/wrap-tr34': [
    `payment-cryptography:ExportKey on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = kek|signing and ` +
      'StringEquals payment-cryptography:ExportKeyMaterial = Tr34KeyBlock',
    'payment-cryptography:GetParametersForExport on *',
    's3:GetObjectVersion on Storage/Evidence/enrolment-tr34-*/certificates.pem',
  ],
  'Steps/sign': ['kms:GetPublicKey on SigningKey/RSA_2048', 'kms:Sign on SigningKey/RSA_2048'],
  'Steps/package-kek': [],
  'Steps/sign-package': [
    'kms:GetPublicKey on SigningKey/RSA_2048',
    'kms:Sign on SigningKey/RSA_2048',
    's3:GetObjectVersion on Storage/Evidence/enrolment-package-signing-*/certificates.pem',
  ],
  'Steps/publish': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    ...writeOnce('Storage/Evidence/*/certificates.pem'),
    ...writeOnce('Storage/Evidence/*/manifest.json'),
    ...writeOnce('Storage/Evidence/*/published.json'),
    ...writeOnce('Storage/Evidence/*/record.json'),
    ...writeOnce('Storage/Evidence/trusted-roots/*.pem'),
    ...packages,
    's3:GetObject on Storage/Fleets/initial-keys/*/output/*',
  ],
  'Steps/fetch-enrolment': [
    `kms:Decrypt ${throughS3}`,
    ...readRequests,
    's3:GetObject on Storage/Evidence/trusted-roots/*',
    's3:GetObjectVersion on Storage/Inbox/enrolment/*',
    ...readRules,
    installed,
  ],
  'Steps/prove-enrolment': [
    'kms:GetPublicKey on SigningKey/RSA_2048',
    `payment-cryptography:GetPublicKeyCertificate on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = signing`,
  ],
  'Steps/install-certificate': [
    's3:GetObject on Storage/Evidence/enrolment-*/certificates.pem',
    ...writeOnce('Storage/Evidence/enrolment-*/installed.json'),
    ...ownKeys('certificates').flatMap((parameter) => [
      `ssm:GetParameter ${parameter}`,
      `ssm:PutParameter ${parameter}`,
    ]),
  ],
  'Steps/record-failure': writeOnce('Storage/Evidence/*/failure-*.json'),
  'Steps/read-records': [
    's3:GetObject on Storage/Evidence/*/failure-*.json',
    's3:GetObject on Storage/Evidence/*/offer-*/manifest.json',
    's3:GetObject on Storage/Evidence/*/receipt/manifest.json',
    's3:GetObject on Storage/Evidence/*/record.json',
    's3:GetObject on Storage/Evidence/*/settled/settled.json',
    's3:GetObject on Storage/Evidence/enrolment-requests/*/*.json',
    's3:ListBucket on Storage/Evidence',
    's3:PutObject on Storage/Parts/*/records/*.json',
  ],
  'Steps/list-keys': [
    'payment-cryptography:ListKeys on *',
    's3:PutObject on Storage/Parts/*/keys/*.json',
  ],
  'Steps/list-aliases': [
    'payment-cryptography:ListAliases on *',
    's3:PutObject on Storage/Parts/*/aliases/*.json',
  ],
  'Steps/inspect-keys': [
    `payment-cryptography:GetKey on ${payment}:key/*`,
    `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
    's3:GetObject on Storage/Parts/*/aliases/*.json',
    's3:GetObject on Storage/Parts/*/keys/*.json',
    's3:GetObject on Storage/Parts/*/records/*.json',
    's3:PutObject on Storage/Parts/*/asked/*.json',
  ],
  'Steps/reconcile': [
    's3:GetObject on Storage/Parts/*/aliases/*.json',
    's3:GetObject on Storage/Parts/*/asked/*.json',
    's3:GetObject on Storage/Parts/*/keys/*.json',
    's3:GetObject on Storage/Parts/*/records/*.json',
    's3:ListBucket on Storage/Evidence if StringEquals s3:prefix = reconciliation/',
    ...writeOnce('Storage/Evidence/reconciliation/*.json'),
  ],
  'SigningCsr/signing-csr': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    'kms:GetPublicKey on SigningKey/RSA_2048',
    'kms:Sign on SigningKey/RSA_2048',
    ...writeOnce('Storage/Evidence/enrolment-requests/package-signing/*.json'),
    ...writeOnce('Storage/Outbox/csr.pem'),
  ],
  'request-certificate': [
    `kms:Decrypt ${throughS3}`,
    `kms:GenerateDataKey ${throughS3}`,
    'kms:GetPublicKey on SigningKey/RSA_2048',
    'kms:Sign on SigningKey/RSA_2048',
    'payment-cryptography:CreateKey on * if StringEquals aws:RequestTag/key-ceremony:purpose = signing and ' +
      'StringEquals payment-cryptography:KeyClass = ASYMMETRIC_KEY_PAIR and ' +
      'StringEquals payment-cryptography:KeyUsage = TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE',
    ...['GetCertificateSigningRequest', 'GetPublicKeyCertificate'].map(
      (action) =>
        `payment-cryptography:${action} on ${payment}:key/* if StringEquals aws:ResourceTag/key-ceremony:purpose = signing`,
    ),
    ...aliasedKeys('signing'),
    's3:ListBucket on Storage/Evidence if StringLike s3:prefix = enrolment-requests/*',
    ...writeOnce('Storage/Evidence/enrolment-requests/*/*.json'),
    ...writeOnce('Storage/Outbox/enrolment/*/*.csr.pem'),
    installed,
  ],
  'Reminders/remind-expiry': [
    'events:PutEvents on Notifications/Bus',
    ...writeOnce('Storage/Evidence/reminders/*/*/*.json'),
    'sqs:SendMessage on Reminders/DeadLetters/Queue',
    installed,
  ],
  'WatchedControls/watch-controls': [
    'events:PutEvents on Notifications/Bus',
    `payment-cryptography:GetAlias on ${payment}:alias/*`,
    `payment-cryptography:GetAlias on ${payment}:key/*`,
    `payment-cryptography:ListTagsForResource on ${payment}:key/*`,
    ...writeOnce('Storage/Evidence/controls/*/*.json'),
    'sqs:SendMessage on WatchedControls/DeadLetters/Queue',
  ],
};

describe('each step may do exactly what is listed', () => {
  test.each(Object.entries(STEP_POLICIES))('%s', (step, claims) => {
    expect(policy(`${step}/Role`)).toEqual([...claims, ...own(step)].sort());
  });

  test('no function is missing from the list', () => {
    const roles = Object.values(template.findResources('AWS::Lambda::Function')).map(
      ({ Properties }) => Properties.Role['Fn::GetAtt'][0],
    );
    const names = constructNames(stack);
    expect(roles.map((role) => names.get(role)).sort()).toEqual(
      Object.keys(STEP_POLICIES)
        .map((step) => `${step}/Role`)
        .sort(),
    );
  });
});

const states = 'arn:PARTITION:states:REGION:ACCOUNTID';
const waitingRule =
  'arn:PARTITION:events:REGION:ACCOUNTID:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule';
const mapContext =
  'on ExecutionKey/Key if StringEquals kms:EncryptionContext:aws:states:stateMachineArn = ' +
  `${states}:stateMachine:initial-keys-map/EachBatch`;

/** Each with the steps that it calls, and what else it may do. */
const MACHINES: [string, string, string[], string[]?][] = [
  [
    'CertificateEnrolment',
    'certificate-enrolment',
    [
      'check-revocation',
      'fetch-enrolment',
      'install-certificate',
      'prove-enrolment',
      'publish',
      'record-failure',
    ],
  ],
  [
    'KekExport',
    'kek-export',
    [
      'check-revocation',
      'create-kek',
      'establish-kek',
      'fetch-certs',
      'import-ca',
      'package-kek',
      'publish',
      'record-failure',
      'sign',
      'sign-package',
      'validate',
      'wrap-ecdh',
      'wrap-rsa',
      'wrap-tr34',
    ],
  ],
  [
    'KekImport',
    'kek-import',
    [
      'await-answer',
      'check-block',
      'check-confirmation',
      'check-revocation',
      'fetch-import',
      'import-ca',
      'import-kek',
      'make-offer',
      'package-offer',
      'package-receipt',
      'publish',
      'publish-part',
      'record-failure',
      'settle-kek',
      'sign-package',
      'switch-kek',
      'validate',
    ],
  ],
  [
    'WorkingKeyExport',
    'working-key-export',
    [
      'check-revocation',
      'export-keys',
      'fetch-request',
      'find-bdk',
      'find-kek',
      'gather-initial-keys',
      'import-ca',
      'make-keys',
      'package-keys',
      'publish',
      'record-failure',
      'sign-package',
      'split-inventory',
      'validate',
    ],
    [
      `events:DescribeRule on ${waitingRule}`,
      `events:PutRule on ${waitingRule}`,
      `events:PutTargets on ${waitingRule}`,
      `states:DescribeExecution on ${states}:execution:initial-keys-map:*`,
      'states:StartExecution on WorkingKeyExport/InitialKeysMap/Workflow/StateMachine',
      `states:StopExecution on ${states}:execution:initial-keys-map:*`,
    ],
  ],
  [
    'WorkingKeyExport/InitialKeysMap',
    'initial-keys-map',
    ['export-initial-keys', 'export-initial-keys-tr34'],
    [
      `kms:Decrypt ${mapContext}`,
      `kms:Decrypt ${throughS3}`,
      `kms:GenerateDataKey ${mapContext}`,
      's3:GetObject on Storage/Fleets/initial-keys/*/batches.jsonl',
      `states:DescribeExecution on ${states}:execution:initial-keys-map/EachBatch:*`,
      `states:DescribeExecution on ${states}:execution:initial-keys-map:*`,
      `states:StartExecution on ${states}:stateMachine:initial-keys-map`,
      `states:StopExecution on ${states}:execution:initial-keys-map/EachBatch:*`,
      `states:StopExecution on ${states}:execution:initial-keys-map:*`,
    ],
  ],
  [
    'WorkingKeyImport',
    'working-key-import',
    [
      'fetch-blocks',
      'find-established-kek',
      'import-keys',
      'package-results',
      'publish',
      'record-failure',
      'sign-package',
    ],
  ],
  [
    'Reconciliation',
    'reconciliation',
    ['inspect-keys', 'list-aliases', 'list-keys', 'read-records', 'reconcile', 'record-failure'],
  ],
];

test.each(
  MACHINES,
)('%s may call the versions of its steps, announce, and write its own logs and history', (construct, name, called, more = []) => {
  const machine = `arn:PARTITION:states:REGION:ACCOUNTID:stateMachine:${name}`;
  const history = `on ExecutionKey/Key if StringEquals kms:EncryptionContext:aws:states:stateMachineArn = ${machine}`;
  expect(policy(`${construct}/Workflow/Role`)).toEqual(
    [
      'events:PutEvents on Notifications/Bus',
      `kms:Decrypt ${history}`,
      `kms:GenerateDataKey ${history}`,
      'kms:GenerateDataKey on ExecutionKey/Key if StringEquals kms:EncryptionContext:SourceArn = arn:PARTITION:logs:REGION:ACCOUNTID:*',
      ...called.map((step) => `lambda:InvokeFunction on Steps/${step}/Function:*`),
      ...more,
      'logs:CreateLogDelivery on *',
      'logs:DeleteLogDelivery on *',
      'logs:DescribeLogGroups on *',
      'logs:DescribeResourcePolicies on *',
      'logs:GetLogDelivery on *',
      'logs:ListLogDeliveries on *',
      'logs:PutResourcePolicy on *',
      'logs:UpdateLogDelivery on *',
      'xray:GetSamplingRules on *',
      'xray:GetSamplingTargets on *',
      'xray:PutTelemetryRecords on *',
      'xray:PutTraceSegments on *',
    ].sort(),
  );
});

test('a clock may start the reconciliation, others the reminders and the sweep, and nothing else', () => {
  expect(policy('Waits/Role')).toEqual(['lambda:InvokeFunction on Waits/sweep-waits/Function']);
  expect(policy('Reconciliation/Role')).toEqual([
    'sqs:SendMessage on Reconciliation/DeadLetters/Queue',
    'states:StartExecution on Reconciliation/Workflow/StateMachine',
  ]);
  expect(policy('Reminders/Role')).toEqual([
    'lambda:InvokeFunction on Reminders/remind-expiry/Function',
    'sqs:SendMessage on Reminders/DeadLetters/Queue',
  ]);
  template.hasResourceProperties('AWS::IAM::Role', {
    AssumeRolePolicyDocument: {
      Statement: [
        {
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    },
  });
});

describe('a further signing key', () => {
  const rolled = synthesize({ signingKeys: '2' });
  const signers = ['Steps/sign', 'Steps/sign-package', 'request-certificate'];

  test.each(signers)('may be used by %s as the first one may', (step) => {
    const lines = policyOf(`${step}/Role`, rolled.stack, rolled.template);
    expect(lines.filter((line) => line.startsWith('kms:Sign'))).toEqual([
      'kms:Sign on SigningKey/RSA_2048',
      'kms:Sign on SigningKey/RSA_2048-2',
    ]);
  });

  test('has the same policy, but for the request of the deployment, which is for the first', () => {
    const names = constructNames(rolled.stack);
    const keys = Object.entries(
      rolled.template.findResources('AWS::KMS::Key', { Properties: { KeyUsage: 'SIGN_VERIFY' } }),
    );
    const sids = (name: string) => {
      const [, key] = keys.find(([id]) => names.get(id) === `SigningKey/${name}`)!;
      return key.Properties.KeyPolicy.Statement.map(({ Sid }: Statement) => Sid);
    };
    const others = ['Administration', 'PublicPart', 'SignPackages', 'SignPackageLists', 'SignRequests'];
    expect(sids('RSA_2048')).toEqual([...others, 'SignCertificateRequest']);
    expect(sids('RSA_2048-2')).toEqual(others);
  });
});

describe('the signing key separates administration from use', () => {
  const statements = (t: typeof template) => {
    const [key] = Object.values(
      t.findResources('AWS::KMS::Key', { Properties: { KeyUsage: 'SIGN_VERIFY' } }),
    );
    return key!.Properties.KeyPolicy.Statement as Statement[];
  };
  const allowing = (t: typeof template, action: string) =>
    statements(t).filter((s) => list(s.Action).includes(action));

  test('only the steps sign, sign-package, signing-csr and request-certificate sign', () => {
    const signers = allowing(template, 'kms:Sign').map(({ Principal }) =>
      JSON.stringify(Principal),
    );
    expect(signers).toHaveLength(4);
    expect(signers[0]).toMatch(/^\{"AWS":\{"Fn::GetAtt":\["StepssignRole[0-9A-F]+","Arn"\]\}\}$/);
    expect(signers[1]).toMatch(
      /^\{"AWS":\{"Fn::GetAtt":\["StepssignpackageRole[0-9A-F]+","Arn"\]\}\}$/,
    );
    expect(signers[2]).toMatch(
      /^\{"AWS":\{"Fn::GetAtt":\["requestcertificateRole[0-9A-F]+","Arn"\]\}\}$/,
    );
    expect(signers[3]).toMatch(
      /^\{"AWS":\{"Fn::GetAtt":\["SigningCsrsigningcsrRole[0-9A-F]+","Arn"\]\}\}$/,
    );
  });

  test('no statement holds a wildcard that would include signing, or hands out grants', () => {
    for (const statement of statements(template)) {
      expect(
        list(statement.Action).filter(
          (action) => action.includes('*') || action === 'kms:CreateGrant',
        ),
      ).toEqual([]);
    }
  });

  test('administrators by default are whom IAM makes so, and cannot sign', () => {
    const [administration] = allowing(template, 'kms:PutKeyPolicy');
    expect(administration!.Action).toEqual(ADMINISTRATION_ACTIONS);
    expect(JSON.stringify(administration!.Principal)).toContain(':root');
    expect(ADMINISTRATION_ACTIONS).not.toContain('kms:Sign');
  });

  test('named administrators replace the account, and the deployment keeps its own line', () => {
    const named = synthesize({ keyAdministrators: [ADMINISTRATOR] }).template;
    const administration = allowing(named, 'kms:PutKeyPolicy');
    expect(administration.map(({ Sid }) => Sid)).toEqual(['Administration', 'Maintenance']);
    expect(administration[0]!.Principal).toEqual({ AWS: ADMINISTRATOR });
    expect(allowing(named, 'kms:Sign')).toHaveLength(4);
  });

  test.each([
    [{}, 'hnb659fds'],
    [{ '@aws-cdk/core:bootstrapQualifier': 'payments' }, 'payments'],
  ])('the line of the deployment is for one role, by its whole name: %j', (context, qualifier) => {
    const named = synthesize({ keyAdministrators: [ADMINISTRATOR], ...context }).template;
    const [, maintenance] = allowing(named, 'kms:PutKeyPolicy');
    const role = `arn:PARTITION:iam::ACCOUNTID:role/cdk-${qualifier}-cfn-exec-role-ACCOUNTID-REGION`;
    expect(statementLines([maintenance!], new Map())).toEqual(
      ADMINISTRATION_ACTIONS.map(
        (action) => `${action} on * if ArnEquals aws:PrincipalArn = ${role}`,
      ),
    );
  });

  test('a synthesizer that does not say who deploys is refused', () => {
    const synthesizer = new LegacyStackSynthesizer();
    const other = new Stack(new App(), 'Other', { synthesizer });
    const props = { keySpec: KeySpec.RSA_2048, administrators: [ADMINISTRATOR] };
    expect(() => new SigningKey(other, 'Key', props)).toThrow(
      '"keyAdministrators" needs the default stack synthesizer',
    );
  });
});
