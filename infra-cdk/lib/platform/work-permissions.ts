import type { Permission } from './permission.ts';
import { decrypt, encryptAndDecrypt } from './storage-permissions.ts';
import type { Storage } from './storage.ts';

/**
 * What may be done with the inventories of fleets, and with the batches, results and files that become of
 * them in the bucket `fleets`, below `initial-keys/`.
 */

/** The inventory beside a request or an order: its newest version, and later that very one. */
export function readInventories(storage: Storage): Permission[] {
  const { inbox } = storage;
  return [
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: ['*/requests/*/*', '*/orders/*/*'].map((key) => inbox.arnForObjects(key)),
      wildcard: 'Whoever asks chooses the names of requests and inventories, in these two folders.',
    },
    decrypt(storage),
  ];
}

/** Write the batches of a run and their list, and see which results there are. */
export function writeBatches(storage: Storage): Permission[] {
  return [
    write(storage, ['batches.jsonl', 'batches/*']),
    seeResults(storage),
    encryptAndDecrypt(storage),
  ];
}

/** Read a batch, write its result once, or what stopped it, and see which other results there are. */
export function writeResults(storage: Storage): Permission[] {
  return [
    read(storage, ['batches/*', 'results/*']),
    write(storage, ['results/*', 'failures/*']),
    seeResults(storage),
    encryptAndDecrypt(storage),
  ];
}

/** Read all results, and put together what the partner receives. */
export function gatherResults(storage: Storage): Permission[] {
  return [
    read(storage, ['results/*', 'failures/*']),
    write(storage, ['output/*']),
    // Without it S3 answers 403 for a result that is not there.
    seeResults(storage),
    encryptAndDecrypt(storage),
  ];
}

/** Take what has been put together into a package. */
export function readGathered(storage: Storage): Permission[] {
  return [read(storage, ['output/*']), decrypt(storage)];
}

/** Read the list of batches: what a Distributed Map does with the role of its machine. */
export function readBatchList(storage: Storage): Permission[] {
  return [read(storage, ['batches.jsonl']), decrypt(storage)];
}

function read({ fleets }: Storage, keys: string[]): Permission {
  return {
    actions: ['s3:GetObject'],
    resources: keys.map((key) => fleets.arnForObjects(`initial-keys/*/${key}`)),
    wildcard: ANY_RUN,
  };
}

function write({ fleets }: Storage, keys: string[]): Permission {
  return {
    actions: ['s3:PutObject'],
    resources: keys.map((key) => fleets.arnForObjects(`initial-keys/*/${key}`)),
    wildcard: ANY_RUN,
  };
}

function seeResults({ fleets }: Storage): Permission {
  return {
    actions: ['s3:ListBucket'],
    resources: [fleets.bucketArn],
    conditions: { StringLike: { 's3:prefix': 'initial-keys/*' } },
  };
}

const ANY_RUN = 'One folder for each run, named by what it is made of when it is asked for.';
