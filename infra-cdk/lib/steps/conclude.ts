import { Duration } from 'aws-cdk-lib';

import type { Platform } from '../platform/platform.ts';
import {
  publishParts,
  readInstalledChain,
  writeFailures,
  writePackages,
  writeRecords,
} from '../platform/storage-permissions.ts';
import { readGathered } from '../platform/work-permissions.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/conclude/`: the package is signed, made and published, and either ending recorded. */
export function concludeSteps(define: DefineStep, { signingKey, storage }: Platform) {
  const sign = define('sign', 'Signs prefix and cryptogram with the KMS signing key', {
    environment: { SIGNING_KEY_ARNS: signingKey.arns },
  });
  signingKey.allowSigning(sign.role, 'Packages');
  const signPackage = define('sign-package', 'Signs the list of the package with the KMS signing key', {
    environment: {
      EVIDENCE_BUCKET: storage.evidence.bucketName,
      SIGNING_KEY_ARNS: signingKey.arns,
    },
    permissions: [readInstalledChain(storage, 'package-signing')],
  });
  signingKey.allowSigning(signPackage.role, 'PackageLists');
  return {
    sign,
    'package-kek': define('package-kek', 'Makes the files of the package'),
    'package-keys': define('package-keys', 'Makes the files of a package of working keys'),
    'package-results': define('package-results', 'Makes the files that say what became of received keys'),
    'package-offer': define('package-offer', 'Makes the files of an offer'),
    'package-receipt': define('package-receipt', 'Makes the files of a receipt'),
    'sign-package': signPackage,
    'publish-part': define(
      'publish-part',
      'Writes a part of a package to the outbox and the evidence bucket, before the ceremony ends',
      {
        environment: {
          OUTBOX_BUCKET: storage.outbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
        },
        permissions: publishParts(storage),
        timeout: Duration.minutes(1),
      },
    ),
    publish: define(
      'publish',
      'Writes the package to the outbox and the record to the evidence bucket',
      {
        environment: {
          OUTBOX_BUCKET: storage.outbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
        },
        permissions: [
          ...writePackages(storage),
          ...writeRecords(storage),
          ...readGathered(storage),
        ],
        // The initial keys of a million terminals are some 400 MB, which are read twice.
        timeout: Duration.minutes(10),
        memorySize: 512,
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
