import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import { readInstalledChain } from '../platform/storage-permissions.ts';
import { PaymentCryptography } from './payment-cryptography.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/exchange/`: keys are imported, created, wrapped, offered and switched. */
export function exchangeSteps(define: DefineStep, scope: IConstruct, { storage }: Platform) {
  const payment = new PaymentCryptography(scope);
  // The account has five calls a second. A step waits 50 s for its turn, and may hold the
  // reservations of two CAs for 20 s each.
  const timeout = Duration.seconds(120);
  return {
    'import-ca': define('import-ca', 'Imports root and intermediates into Payment Cryptography', {
      permissions: payment.importCertificates(),
      timeout,
    }),
    'create-kek': define('create-kek', 'Creates the key-encryption key in Payment Cryptography', {
      permissions: payment.createKeks(),
      timeout,
    }),
    'wrap-ecdh': define(
      'wrap-ecdh',
      'Exports the key-encryption key under a key that the validated leaf agrees on with ours',
      { permissions: payment.exportAgreedKeyBlocks(), timeout },
    ),
    'wrap-rsa': define('wrap-rsa', 'Exports the key-encryption key under the validated leaf', {
      permissions: payment.exportCryptograms(),
      timeout,
    }),
    'wrap-tr34': define('wrap-tr34', 'Exports the key-encryption key in a TR-34 block', {
      environment: { EVIDENCE_BUCKET: storage.evidence.bucketName },
      permissions: [...payment.exportTr34Blocks(), readInstalledChain(storage, 'tr34')],
      timeout,
    }),
    'establish-kek': define('establish-kek', 'Makes the KEK that was sent the current one of its folder', {
      permissions: payment.establishKeks(),
      timeout,
    }),
    'find-kek': define('find-kek', 'Finds the KEK of a folder and the keys that are to leave under it', {
      permissions: payment.findWorkingKeys(),
      timeout,
    }),
    'make-keys': define('make-keys', 'Creates working keys in Payment Cryptography', {
      permissions: payment.createWorkingKeys(),
      timeout,
    }),
    'export-keys': define('export-keys', 'Exports working keys under the KEK of a folder', {
      permissions: payment.exportKeyBlocks(),
      timeout,
    }),
    'make-offer': define('make-offer', 'Offers a partner a key of ours under which it wraps its own', {
      permissions: payment.offerKeys(),
      timeout,
    }),
    'import-kek': define('import-kek', 'Imports the KEK that a partner has wrapped for us', {
      permissions: payment.importKeks(),
      timeout,
    }),
    'switch-kek': define('switch-kek', 'Makes the KEK that came the received one of its folder', {
      permissions: payment.switchKeks(),
      timeout,
    }),
    'find-established-kek': define(
      'find-established-kek',
      'Finds the KEK of a folder under which working keys come',
      { permissions: payment.inspectKeys(), timeout },
    ),
    'import-keys': define('import-keys', 'Imports the working keys of a partner under the KEK of its folder', {
      permissions: payment.importWorkingKeys(),
      // All keys of a file, one after the other: no further one is begun after 13 minutes (`WORK_LIMIT` of
      // the step).
      timeout: Duration.minutes(15),
    }),
    'settle-kek': define('settle-kek', 'Brings back the KEK from before, or has it deleted', {
      permissions: payment.settleKeks(),
      timeout,
    }),
  };
}
