import { Duration } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import { readInstalledChain } from '../platform/storage-permissions.ts';
import {
  gatherResults,
  readInventories,
  writeBatches,
  writeResults,
} from '../platform/work-permissions.ts';
import { PaymentCryptography } from './payment-cryptography.ts';
import type { DefineStep } from './step-function.ts';

/** The steps that make initial keys for fleets of terminals, one folder of `steps/` or another. */
export function fleetSteps(
  define: DefineStep,
  scope: IConstruct,
  { runs, storage }: Platform,
  apcCallsPerSecond: number,
) {
  const payment = new PaymentCryptography(scope);
  const INBOX_BUCKET = storage.inbox.bucketName;
  const FLEETS_BUCKET = storage.fleets.bucketName;
  const EVIDENCE_BUCKET = storage.evidence.bucketName;
  const shared = {
    FLEETS_BUCKET,
    RUNS_TABLE: runs.table.tableName,
    APC_CALLS_PER_SECOND: String(apcCallsPerSecond),
  };
  // All batches of all fleets take their turns there.
  const takeTurns = runs.access(['dynamodb:UpdateItem']);
  return {
    'find-bdk': define('find-bdk', 'Looks at the base derivation key that the profile names', {
      permissions: payment.readKeys(),
      // A call that is throttled is made again for 50 s.
      timeout: Duration.seconds(75),
    }),
    'split-inventory': define('split-inventory', 'Proves the inventory of a fleet and splits it', {
      environment: { INBOX_BUCKET, FLEETS_BUCKET },
      permissions: [...readInventories(storage), ...writeBatches(storage)],
      // A million terminals: ten thousand objects to write, and their numbers in memory.
      timeout: Duration.minutes(10),
      memorySize: 512,
    }),
    'export-initial-keys': define(
      'export-initial-keys',
      'Exports the initial keys of one batch of terminals under the KEK',
      {
        environment: shared,
        permissions: [
          ...payment.exportInitialKeys(),
          // Whether a refusal is the keys' own, and no terminal's.
          ...payment.readKeys(),
          ...takeTurns,
          ...writeResults(storage),
        ],
        // Four batches of a hundred calls at the slowest pace, which is one call a second; or those of nine
        // fleets at the usual one.
        timeout: Duration.minutes(15),
      },
    ),
    'export-initial-keys-tr34': define(
      'export-initial-keys-tr34',
      'Exports the initial keys of one batch of terminals in TR-34 blocks under the validated leaf',
      {
        environment: { ...shared, EVIDENCE_BUCKET },
        permissions: [
          ...payment.exportInitialKeysInTr34Blocks(),
          ...payment.readKeys(),
          ...takeTurns,
          readInstalledChain(storage, 'tr34'),
          ...writeResults(storage),
        ],
        // As above, and a second time if the service's own signing key came of age in the middle.
        timeout: Duration.minutes(15),
      },
    ),
    'gather-initial-keys': define(
      'gather-initial-keys',
      'Reconciles the initial keys of a fleet with its inventory, and puts them together',
      {
        environment: { INBOX_BUCKET, FLEETS_BUCKET },
        permissions: [...readInventories(storage), ...gatherResults(storage)],
        timeout: Duration.minutes(15),
        memorySize: 512,
      },
    ),
  };
}
