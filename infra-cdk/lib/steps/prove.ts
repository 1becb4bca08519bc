import type { IConstruct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import { readProfiles } from '../platform/profiles.ts';
import { readTrustedRoot, readVersions } from '../platform/storage-permissions.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/prove/`: what was sent is read and proven, and no key is touched. */
export function proveSteps(define: DefineStep, scope: IConstruct, { storage, signingKey }: Platform) {
  return {
    'fetch-certs': define(
      'fetch-certs',
      'Reads the certificate versions named in the execution input, and the profile',
      {
        environment: {
          INBOX_BUCKET: storage.inbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
          SIGNING_KEY_SPEC: signingKey.keySpec,
        },
        permissions: [...readVersions(storage), ...readTrustedRoot(storage), readProfiles(scope)],
      },
    ),
    validate: define(
      'validate',
      'Proves the certificate chain against the roots pinned in the profile',
    ),
  };
}
