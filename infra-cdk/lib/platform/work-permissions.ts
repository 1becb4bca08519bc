import { Stack } from 'aws-cdk-lib';

import type { Permission } from './permission.ts';
import type { Storage } from './storage.ts';

/**
 * What may be done with the inventories of fleets, and with the batches, results and files that become of
 * them in the bucket `parts`, below `initial-keys/`.
 */

/** The inventory beside a request or an order: its newest version, and later that very one. */
export function readInventories(storage: Storage): Permission[] {
  const { dataKey, inbox } = storage;
  return [
    {
      actions: ['s3:GetObject', 's3:GetObjectVersion'],
      resources: ['*/requests/*/*', '*/orders/*/*'].map((key) => inbox.arnForObjects(key)),
      wildcard: 'Whoever asks chooses the names of requests and inventories, in these two folders.',
    },
    {
      actions: ['kms:Decrypt'],
      resources: [dataKey.keyArn],
      conditions: {
        StringEquals: { 'kms:ViaService': `s3.${Stack.of(dataKey).region}.amazonaws.com` },
      },
    },
  ];
}

/** Write the batches of a run and their list, and see which results there are. */
export function writeBatches(storage: Storage): Permission[] {
  return [write(storage, ['batches.jsonl', 'batches/*']), seeResults(storage)];
}

/** Read a batch, write its result once, or what stopped it, and see which other results there are. */
export function writeResults(storage: Storage): Permission[] {
  return [
    read(storage, ['batches/*', 'results/*']),
    write(storage, ['results/*', 'failures/*']),
    seeResults(storage),
  ];
}

/** Read all results, and put together what the partner receives. */
export function gatherResults(storage: Storage): Permission[] {
  return [
    read(storage, ['results/*', 'failures/*']),
    write(storage, ['output/*']),
    // Without it S3 answers 403 for a result that is not there.
    seeResults(storage),
  ];
}

/** Take what has been put together into a package. */
export function readGathered(storage: Storage): Permission[] {
  return [read(storage, ['output/*'])];
}

/** Read the list of batches: what a Distributed Map does with the role of its machine. */
export function readBatchList(storage: Storage): Permission[] {
  return [read(storage, ['batches.jsonl'])];
}

function read({ parts }: Storage, keys: string[]): Permission {
  return {
    actions: ['s3:GetObject'],
    resources: keys.map((key) => parts.arnForObjects(`initial-keys/*/${key}`)),
    wildcard: ANY_RUN,
  };
}

function write({ parts }: Storage, keys: string[]): Permission {
  return {
    actions: ['s3:PutObject'],
    resources: keys.map((key) => parts.arnForObjects(`initial-keys/*/${key}`)),
    wildcard: ANY_RUN,
  };
}

function seeResults({ parts }: Storage): Permission {
  return {
    actions: ['s3:ListBucket'],
    resources: [parts.bucketArn],
    conditions: { StringLike: { 's3:prefix': 'initial-keys/*' } },
  };
}

const ANY_RUN = 'One folder for each run, named by what it is made of when it is asked for.';
