import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import { readEnrolmentRules, readPublicKeys } from '../platform/enrolment.ts';
import type { Platform } from '../platform/platform.ts';
import { readInstalled } from '../platform/own-keys.ts';
import { readProfiles } from '../platform/profiles.ts';
import {
  readAnswerVersions,
  readEnrolments,
  readKeyFileVersions,
  readRequests,
  readTrustedRoot,
  readOrderVersions,
  readVersions,
  writeAnswers,
} from '../platform/storage-permissions.ts';
import type { DefineStep } from './step-function.ts';

/** The steps of `steps/prove/`: what was sent is read and proven, and no key is touched. */
export function proveSteps(
  define: DefineStep,
  scope: IConstruct,
  platform: Platform,
  revocationHosts: readonly string[],
) {
  const { storage, signingKey } = platform;
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
        permissions: [
          ...readVersions(storage),
          ...readTrustedRoot(storage),
          readProfiles(scope),
          readInstalled(scope),
        ],
      },
    ),
    validate: define(
      'validate',
      'Proves the certificate chain against the roots pinned in the profile',
    ),
    'check-revocation': define(
      'check-revocation',
      'Asks the issuers whether a certificate of the chain is revoked',
      {
        environment: {
          EVIDENCE_BUCKET: storage.evidence.bucketName,
          REVOCATION_HOSTS: JSON.stringify(revocationHosts),
        },
        permissions: writeAnswers(storage),
        // It asks for 80 s at most (`BUDGET` of the step), and writes each answer down.
        timeout: Duration.seconds(120),
        // A CRL of 20 MiB, which a profile may allow, is there as it came, as it is read, as it is
        // written and as it is read back.
        memorySize: 512,
      },
    ),
    'fetch-enrolment': define(
      'fetch-enrolment',
      'Reads the certificate versions named in the execution input, the enrolment rules and the request',
      {
        environment: {
          INBOX_BUCKET: storage.inbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
        },
        permissions: [
          ...readEnrolments(storage),
          ...readRequests(storage),
          ...readTrustedRoot(storage),
          readEnrolmentRules(scope),
          readInstalled(scope),
        ],
      },
    ),
    'prove-enrolment': define(
      'prove-enrolment',
      'Proves a certificate of ours, and that the key still is the one it was issued for',
      {
        permissions: readPublicKeys(scope, platform),
        // The step waits 50 s for its turn at Payment Cryptography.
        timeout: Duration.seconds(90),
      },
    ),
    'fetch-request': define(
      'fetch-request',
      'Reads the versions of an order and its certificates named in the execution input, and the profile',
      {
        environment: {
          INBOX_BUCKET: storage.inbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
          SIGNING_KEY_SPEC: signingKey.keySpec,
        },
        permissions: [
          ...readOrderVersions(storage),
          ...readTrustedRoot(storage),
          readProfiles(scope),
          readInstalled(scope),
        ],
      },
    ),
    'fetch-import': define(
      'fetch-import',
      "Reads the versions of a request for a KEK of the partner's and of its certificates, and the profile",
      {
        environment: {
          INBOX_BUCKET: storage.inbox.bucketName,
          EVIDENCE_BUCKET: storage.evidence.bucketName,
          SIGNING_KEY_SPEC: signingKey.keySpec,
        },
        permissions: [
          ...readOrderVersions(storage),
          ...readTrustedRoot(storage),
          readProfiles(scope),
          readInstalled(scope),
        ],
      },
    ),
    'fetch-blocks': define(
      'fetch-blocks',
      'Reads the version of a file with keys named in the execution input, and holds it to the profile',
      {
        environment: {
          INBOX_BUCKET: storage.inbox.bucketName,
          SIGNING_KEY_SPEC: signingKey.keySpec,
        },
        permissions: [
          ...readKeyFileVersions(storage),
          readProfiles(scope),
          readInstalled(scope),
        ],
      },
    ),
    'check-block': define('check-block', 'Holds a dropped block to the offer that it was made for', {
      environment: { INBOX_BUCKET: storage.inbox.bucketName },
      permissions: readAnswerVersions(storage),
    }),
    'check-confirmation': define(
      'check-confirmation',
      "Holds the partner's word to the check value of the KEK that came",
      {
        environment: { INBOX_BUCKET: storage.inbox.bucketName },
        permissions: readAnswerVersions(storage),
      },
    ),
  };
}
