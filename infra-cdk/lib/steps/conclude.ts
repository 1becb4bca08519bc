import type { Platform } from '../platform/platform.ts';
import { writeFailures, writePackages, writeRecords } from '../platform/storage-permissions.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/conclude/`: the package is signed, made and published, and either ending recorded. */
export function concludeSteps(define: DefineStep, { signingKey, storage }: Platform) {
  const sign = define('sign', 'Signs prefix and cryptogram with the KMS signing key', {
    environment: { SIGNING_KEY_ARNS: signingKey.arns },
  });
  signingKey.allowSigning(sign.role, 'Packages');
  const signPackage = define('sign-package', 'Signs the list of the package with the KMS signing key', {
    environment: { SIGNING_KEY_ARNS: signingKey.arns },
  });
  signingKey.allowSigning(signPackage.role, 'PackageLists');
  return {
    sign,
    'package-kek': define('package-kek', 'Makes the files of the package'),
    'sign-package': signPackage,
    publish: define(
      'publish',
      'Writes the package to the outbox and the record to the evidence bucket',
      {
        environment: {
          OUTBOX_BUCKET: storage.outbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
        },
        permissions: [...writePackages(storage), ...writeRecords(storage)],
      },
    ),
    'record-failure': define(
      'record-failure',
      'Writes the record of a failed ceremony to the evidence bucket',
      {
        environment: { EVIDENCE_BUCKET: storage.evidence.bucketName },
        permissions: writeFailures(storage),
      },
    ),
  };
}
