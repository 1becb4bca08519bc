import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import {
  readParts,
  readRecords,
  writeInventories,
  writeParts,
} from '../platform/storage-permissions.ts';
import { PaymentCryptography } from './payment-cryptography.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/watch/` that the reconciliation calls. None of them can make or change a key. */
export function reconciliationSteps(
  define: DefineStep,
  scope: IConstruct,
  { storage }: Platform,
) {
  const payment = new PaymentCryptography(scope);
  const PARTS_BUCKET = storage.parts.bucketName;
  const EVIDENCE_BUCKET = storage.evidence.bucketName;
  // A call that is throttled is made again for 50 s; after each there is a pause.
  const timeout = Duration.seconds(75);
  return {
    'read-records': define('read-records', 'Reads a page of the records in the evidence bucket', {
      environment: { EVIDENCE_BUCKET, PARTS_BUCKET },
      permissions: [...readRecords(storage), ...writeParts(storage, 'records')],
      timeout,
    }),
    'list-keys': define('list-keys', 'Lists a page of the keys in Payment Cryptography', {
      environment: { PARTS_BUCKET },
      permissions: [...payment.listKeys(), ...writeParts(storage, 'keys')],
      timeout,
    }),
    'list-aliases': define('list-aliases', 'Lists a page of the aliases in Payment Cryptography', {
      environment: { PARTS_BUCKET },
      permissions: [...payment.listAliases(), ...writeParts(storage, 'aliases')],
      timeout,
    }),
    'inspect-keys': define(
      'inspect-keys',
      'Asks about keys on which Payment Cryptography and the evidence disagree',
      {
        environment: { PARTS_BUCKET },
        permissions: [
          ...payment.inspectKeys(),
          ...readParts(storage, ['records', 'keys', 'aliases']),
          ...writeParts(storage, 'asked'),
        ],
        // Up to forty calls, with a pause after each.
        timeout: Duration.minutes(5),
      },
    ),
    reconcile: define('reconcile', 'Compares keys and evidence, and writes the inventory', {
      environment: { EVIDENCE_BUCKET, PARTS_BUCKET },
      permissions: [
        ...readParts(storage, ['records', 'keys', 'aliases', 'asked']),
        ...writeInventories(storage),
      ],
      timeout,
    }),
  };
}
