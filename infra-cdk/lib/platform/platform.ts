import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

import type { Notifications } from './notifications.ts';
import type { Runs } from './runs.ts';
import type { SigningKey } from './signing-key.ts';
import type { Storage } from './storage.ts';
import type { Waiting } from './waiting.ts';

/** What all ceremonies of a stack have in common. The stack makes it, each ceremony uses it. */
export interface Platform {
  /** The buckets and their key. */
  readonly storage: Storage;
  /** Which run of a certificate set it is, and rejections that wait to be announced together. */
  readonly runs: Runs;
  /** Executions that wait for something from outside. */
  readonly waiting: Waiting;
  /** Signs packages. */
  readonly signingKey: SigningKey;
  /** Encrypts execution history and logs. */
  readonly executionKey: IKey;
  /** Who is told, and how. */
  readonly notifications: Notifications;
  /** How long logs are kept. */
  readonly logRetention: RetentionDays;
}
