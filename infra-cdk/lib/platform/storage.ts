import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
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
 * The buckets of the ceremonies, the key that encrypts what partners send and receive, and the bucket
 * for their access logs.
 *
 * All of it survives the stack: what a partner sent, what it received and how that came about must
 * not be lost because somebody deleted a stack.
 *
 * Evidence is encrypted with a key of S3's own. It holds no key material, and a key of ours would be a
 * way around the lock on it: whoever deletes that key has destroyed what nobody may delete, and KMS
 * accepts no key policy that nobody can change.
 */
export class Storage extends Construct {
  /** Encrypts the objects of inbox, outbox and fleets. */
  readonly dataKey: Key;
  /** Where partners drop certificates. */
  readonly inbox: Bucket;
  /** Where partners fetch packages. */
  readonly outbox: Bucket;
  /** One record per ceremony, locked. */
  readonly evidence: Bucket;
  /** Batches of a fleet's terminals and what became of them, until they are in a package. */
  readonly fleets: Bucket;
  /** Pages that the steps of the reconciliation hand to each other: gone after a week. */
  readonly parts: Bucket;
  /** Server access logs of the others. */
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    this.dataKey = new Key(this, 'DataKey', {
      description: 'Key Ceremony: objects in the inbox, outbox and fleets buckets',
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
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
      ...COMMON,
      ...this.logged('evidence/'),
      encryption: BucketEncryption.S3_MANAGED,
      objectLockEnabled: true,
      objectLockDefaultRetention: retention(props),
    });
    writeOnce(this.evidence, '*');
    // In folders: `csr.pem` at the top is written anew when the signing key or its subject changes.
    writeOnce(this.outbox, '*/*');
    // It has wrapped keys, as the outbox has. The longest run takes six days; one that was interrupted
    // on the last of them must still find what it has done.
    this.fleets = new Bucket(this, 'Fleets', {
      ...this.encrypted('fleets/'),
      versioned: false,
      lifecycleRules: [{ expiration: Duration.days(14) }, ...COMMON.lifecycleRules!],
    });
    // A batch that has a result is not exported again: nobody gets to change what it says.
    writeOnce(this.fleets, 'initial-keys/*/results/*');
    // Not in the evidence bucket, whose lock would keep what is worth nothing a day later for years;
    // not in the others, which partners read or fill. It has names and states of keys, no key material.
    this.parts = new Bucket(this, 'Parts', {
      ...COMMON,
      ...this.logged('parts/'),
      encryption: BucketEncryption.S3_MANAGED,
      versioned: false,
      lifecycleRules: [{ expiration: Duration.days(7) }, ...COMMON.lifecycleRules!],
    });
  }

  private encrypted(logPrefix: string): BucketProps {
    return {
      ...COMMON,
      encryption: BucketEncryption.KMS,
      encryptionKey: this.dataKey,
      bucketKeyEnabled: true,
      ...this.logged(logPrefix),
    };
  }

  private logged(prefix: string): BucketProps {
    return { serverAccessLogsBucket: this.accessLogs, serverAccessLogsPrefix: prefix };
  }
}

const COMMON: BucketProps = {
  versioned: true,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
  // Kept whatever becomes of the stack; only what a failed first deployment made goes with it.
  removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  // Parts of an upload that nobody finished are invisible and cost money; versions are never expired.
  lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(7) }],
};

/**
 * Refuses every write that could replace an object, whoever makes it.
 *
 * Example 1 of "Enforce conditional writes on Amazon S3 buckets" (S3 User Guide), as a denial, so that
 * no other policy can allow it again. `s3:PutObject` authorises PutObject, CompleteMultipartUpload and
 * CopyObject as well as the parts of a multipart upload. The parts take no condition, for which
 * `s3:ObjectCreationOperation` leaves them out: it is true only for the calls that create the object.
 * A copy is refused altogether, as that page says: without the header here, with it by S3 itself.
 */
function writeOnce(bucket: Bucket, keys: string): void {
  bucket.addToResourcePolicy(
    new PolicyStatement({
      sid: 'WriteOnce',
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [bucket.arnForObjects(keys)],
      conditions: {
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    }),
  );
}

function retention(props: StorageProps): ObjectLockRetention {
  const period = Duration.days(365 * props.evidenceLockYears);
  return props.evidenceLockMode === 'COMPLIANCE'
    ? ObjectLockRetention.compliance(period)
    : ObjectLockRetention.governance(period);
}
