import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

import type { Permission } from './permission.ts';
import { keyedTable, useTable } from './table.ts';

/**
 * The table `runs`: which run of a certificate set was begun last, how many ceremonies a folder has
 * begun today, rejections that wait to be announced together, and whose turn it is at Payment Cryptography
 * (`steps/shared/runs`).
 *
 * Its key is its own. The data key opens packages and the execution key opens logs; who looks after
 * this table needs neither. DynamoDB uses the key for whoever may use the table, so that callers need
 * it through DynamoDB only. Without the table a leaf that lies in the inbox would have had no ceremony.
 */
export class Runs extends Construct {
  /** The table. */
  readonly table: Table;
  /** Encrypts it. */
  readonly key: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    ({ table: this.table, key: this.key } = keyedTable(this, 'runs'));
  }

  /** These actions on the table, and its key through DynamoDB. */
  access(actions: string[]): Permission[] {
    return useTable(this, actions);
  }
}
