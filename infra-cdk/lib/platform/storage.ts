import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CfnBucket,
  ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import type { EvidenceLockMode } from './config.ts';

export interface StorageProps {
  /** Who may lift the lock on evidence before its time. */
  readonly evidenceLockMode: EvidenceLockMode;
  /** How long evidence cannot be deleted or overwritten, in years. */
  readonly evidenceLockYears: number;
}

/**
 * The three buckets of a ceremony, the key that encrypts them, and the bucket for their access logs.
 *
 * All of it survives the stack: what a partner sent, what it received and how that came about must
 * not be lost because somebody deleted a stack.
 */
export class Storage extends Construct {
  /** Encrypts the objects of all three buckets. */
  readonly dataKey: Key;
  /** Where partners drop certificates. */
  readonly inbox: Bucket;
  /** Where partners fetch packages. */
  readonly outbox: Bucket;
  /** One record per ceremony, locked. */
  readonly evidence: Bucket;
  /** Server access logs of the other three. */
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.dataKey = new Key(this, 'DataKey', {
      description: 'Key Ceremony: objects in the inbox, outbox and evidence buckets',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      ...COMMON,
      // S3 delivers access logs only to buckets with its own keys.
      encryption: BucketEncryption.S3_MANAGED,
    });
    Validations.of(this.accessLogs).acknowledge({
      id: 'AwsSolutions-S1',
      reason:
        'This bucket receives the access logs; logging its own deliveries would feed on itself.',
    });

    this.inbox = new Bucket(this, 'Inbox', this.encrypted('inbox/'));
    // The property on the L1, because the L2 switch `eventBridgeEnabled` deploys a function of its own.
    (this.inbox.node.defaultChild as CfnBucket).notificationConfiguration = {
      eventBridgeConfiguration: { eventBridgeEnabled: true },
    };
    this.outbox = new Bucket(this, 'Outbox', this.encrypted('outbox/'));
    this.evidence = new Bucket(this, 'Evidence', {
      ...this.encrypted('evidence/'),
      objectLockEnabled: true,
      objectLockDefaultRetention: retention(props),
    });
  }

  private encrypted(logPrefix: string): BucketProps {
    return {
      ...COMMON,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.dataKey,
      bucketKeyEnabled: true,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: logPrefix,
    };
  }
}

const COMMON: BucketProps = {
  versioned: true,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  removalPolicy: RemovalPolicy.RETAIN,
  // Parts of an upload that nobody finished are invisible and cost money; versions are never expired.
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
};

function retention(props: StorageProps): ObjectLockRetention {
  const period = Duration.days(365 * props.evidenceLockYears);
  return props.evidenceLockMode === 'COMPLIANCE'
    ? ObjectLockRetention.compliance(period)
    : ObjectLockRetention.governance(period);
}
