import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnTrail } from 'aws-cdk-lib/aws-cloudtrail';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface TrailProps {
  /** Where accesses to the trail's bucket are logged. */
  readonly accessLogs: IBucket;
}

/**
 * A trail for an account that has none: CloudTrail delivers management events to EventBridge only
 * where a trail logs them. Accounts of an organization usually have one, and a second one costs money.
 *
 * It logs this region and no other. What is watched is in this region, rules hear only their own, and a
 * trail for all regions is a decision for the whole account that does not belong to one stack. Reads
 * are logged too, since it is not documented as what CloudTrail takes an export of a key.
 */
export class Trail extends Construct {
  constructor(scope: Construct, id: string, { accessLogs }: TrailProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      versioned: true,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: 'trail/',
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const { partition, region, account } = Stack.of(this);
    const trailName = 'key-ceremony';
    // "Amazon S3 bucket policy for CloudTrail" (CloudTrail User Guide), for this one trail.
    const source = {
      'aws:SourceArn': `arn:${partition}:cloudtrail:${region}:${account}:trail/${trailName}`,
    };
    const allow = (sid: string, action: string, resource: string, conditions = {}) =>
      bucket.addToResourcePolicy(
        new PolicyStatement({
          sid,
          principals: [new ServicePrincipal('cloudtrail.amazonaws.com')],
          actions: [action],
          resources: [resource],
          conditions: { StringEquals: { ...source, ...conditions } },
        }),
      );
    allow('TrailChecks', 's3:GetBucketAcl', bucket.bucketArn);
    allow('TrailWrites', 's3:PutObject', bucket.arnForObjects(`AWSLogs/${account}/*`), {
      's3:x-amz-acl': 'bucket-owner-full-control',
    });
    const trail = new CfnTrail(this, 'Trail', {
      trailName,
      s3BucketName: bucket.bucketName,
      isLogging: true,
      enableLogFileValidation: true,
      isMultiRegionTrail: false,
      includeGlobalServiceEvents: false,
      eventSelectors: [{ includeManagementEvents: true, readWriteType: 'All' }],
    });
    trail.node.addDependency(bucket);
  }
}
