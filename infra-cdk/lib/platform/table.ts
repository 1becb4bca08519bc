import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';

import type { Permission } from './permission.ts';

/** A table and the key that encrypts it. */
export interface KeyedTable {
  /** The table. */
  readonly table: Table;
  /** Encrypts it, and nothing else. */
  readonly key: Key;
}

/**
 * A table of items by their `id`, which may go when they have expired, with a key of its own and
 * point-in-time recovery.
 *
 * Table and key outlive the stack: the one is unreadable without the other.
 */
export function keyedTable(scope: Construct, name: string): KeyedTable {
  const key = new Key(scope, 'Key', {
    description: `Key Ceremony: the table ${name}`,
    enableKeyRotation: true,
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  const table = new Table(scope, 'Table', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: key,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expires',
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
  return { table, key };
}

/**
 * These actions on a table, and its key through DynamoDB: the actions that the Developer Guide lists
 * for whoever uses a table with a customer-managed key, but grants, which whoever deploys makes.
 */
export function useTable(
  { table, key }: KeyedTable,
  actions: string[],
  conditions?: Permission['conditions'],
): Permission[] {
  const { region } = Stack.of(table);
  return [
    { actions, resources: [table.tableArn], conditions },
    {
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:Encrypt',
        'kms:GenerateDataKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources: [key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': `dynamodb.${region}.amazonaws.com` } },
    },
  ];
}
