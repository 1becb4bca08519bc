import { RemovalPolicy } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

import type { Permission } from './permission.ts';
import { keyedTable, useTable } from './table.ts';

/** What an execution waits for, as `steps/shared/waiting` has it. */
export type Awaited = 'approval' | 'block' | 'confirmation' | 'rollback';

/**
 * The table `waiting`: executions that wait for something from outside, with their task tokens
 * (`steps/shared/waiting`).
 *
 * It has two keys. One encrypts the table, for whoever may use the table. The other encrypts each token
 * before it is stored, so that who reads the table has no token, and a role gets at tokens of the kind
 * that it is there for and no other: whoever takes blocks cannot answer for people.
 */
export class Waiting extends Construct {
  /** The table. */
  readonly table: Table;
  /** Encrypts it. */
  readonly key: Key;
  /** Encrypts the tokens in it. */
  readonly tokenKey: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    ({ table: this.table, key: this.key } = keyedTable(this, 'waiting'));
    this.tokenKey = new Key(this, 'TokenKey', {
      description: 'Key Ceremony: task tokens in the table waiting',
      enableKeyRotation: true,
      // Executions that wait outlive the stack too, and are answered by their tokens alone.
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
  }

  /** What the step may do that was given the token of an execution. */
  opens(...awaited: Awaited[]): Permission[] {
    return [...this.changes(awaited), this.uses('kms:Encrypt', awaited)];
  }

  /** What whoever brings what is awaited may do. */
  answers(...awaited: Awaited[]): Permission[] {
    return [
      ...this.changes(awaited),
      this.uses('kms:Decrypt', awaited),
      tells('states:SendTaskFailure', 'states:SendTaskSuccess'),
    ];
  }

  /** What the sweep may do, which reminds of waits of every kind, and ends them. */
  sweeps(): Permission[] {
    const actions = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan'];
    return [
      ...useTable(this, actions),
      { actions: ['kms:Decrypt'], resources: [this.tokenKey.keyArn] },
      tells('states:SendTaskFailure'),
    ];
  }

  /** An item's id says what it waits for. */
  private changes(awaited: Awaited[]): Permission[] {
    const items = awaited.map((one) => `wait#*#${one}`);
    return useTable(this, ['dynamodb:GetItem', 'dynamodb:PutItem'], {
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': items },
    });
  }

  /** What a function needs to know of it. */
  get environment(): Record<string, string> {
    return {
      WAITING_TABLE: this.table.tableName,
      WAITING_KEY_ARN: this.tokenKey.keyArn,
    };
  }

  private uses(action: 'kms:Decrypt' | 'kms:Encrypt', awaited: Awaited[]): Permission {
    return {
      actions: [action],
      resources: [this.tokenKey.keyArn],
      conditions: {
        StringEquals: { 'kms:EncryptionContext:key-ceremony:awaited': awaited },
      },
    };
  }
}

function tells(...actions: string[]): Permission {
  return {
    actions,
    resources: ['*'],
    wildcard: 'These actions know no resource: whoever has the token of a task may answer it.',
  };
}
