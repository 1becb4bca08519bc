import { Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';

import { paymentCryptographyArn } from './ceremony-keys.ts';
import type { Permission } from './permission.ts';
import type { Platform } from './platform.ts';

/** What `ceremony preflight` looks at besides the platform. */
export interface Deployed {
  /** The functions of all steps. */
  readonly functions: readonly IFunction[];
  /** The machines, which say what version of a function they call. */
  readonly stateMachines: readonly StateMachine[];
}

/**
 * Exactly the calls of `ceremony preflight` (`steps/desk`, whose own tests hold this list to them).
 *
 * All of them read, but for an alias without a key that is made and removed.
 */
export function preflight(scope: IConstruct, platform: Platform, deployed: Deployed): Permission[] {
  const { partition, region, account, stackName } = Stack.of(scope);
  const { storage, signingKey, executionKey, notifications } = platform;
  const aliases = paymentCryptographyArn(scope, 'alias/key-ceremony/preflight/*');
  const keys = paymentCryptographyArn(scope, 'key/*');
  const kmsKeys = [signingKey.key, storage.dataKey, executionKey, notifications.topicKey];
  const profiles = `arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/partners`;
  return [
    {
      actions: [
        'cloudformation:DescribeStacks',
        'cloudformation:GetTemplate',
        'cloudformation:ListStackResources',
      ],
      resources: [`arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/*`],
      wildcard: 'This stack alone, by its name: who asks does not know its id yet.',
    },
    {
      actions: ['cloudtrail:DescribeTrails'],
      resources: ['*'],
      wildcard: 'DescribeTrails has no resource types; it returns names and settings of trails.',
    },
    {
      actions: ['cloudtrail:GetEventSelectors', 'cloudtrail:GetTrailStatus'],
      resources: [`arn:${partition}:cloudtrail:*:*:trail/*`],
      wildcard:
        'A trail of another region, or of the organization, may be the one that records here.',
    },
    {
      actions: ['kms:GetKeyPolicy'],
      resources: kmsKeys.map(({ keyArn }: IKey) => keyArn),
    },
    {
      actions: ['lambda:GetFunctionConfiguration'],
      resources: deployed.functions.flatMap(({ functionArn }) => [
        functionArn,
        `${functionArn}:*`,
      ]),
      wildcard: 'Versions of these functions alone; each deployment publishes others.',
    },
    {
      // As for the steps, whose way to reserve an alias is tried: it takes the alias, and any key.
      actions: ['payment-cryptography:CreateAlias'],
      resources: [aliases, keys],
      wildcard: 'A throw-away alias for each run, below a prefix that nothing else uses.',
    },
    {
      actions: ['payment-cryptography:DeleteAlias'],
      resources: [aliases],
      wildcard: 'A throw-away alias for each run, below a prefix that nothing else uses.',
    },
    {
      actions: ['payment-cryptography:GetKey', 'payment-cryptography:ListTagsForResource'],
      resources: [keys],
      wildcard: 'Ids of keys are random; what is read are attributes and tags, never key material.',
    },
    {
      actions: [
        'payment-cryptography:GetMpaTeamAssociation',
        'payment-cryptography:ListAliases',
        'payment-cryptography:ListKeys',
      ],
      resources: ['*'],
      wildcard: 'All three are of the account; none returns key material.',
    },
    {
      // A key's policy is of no interest. That this is allowed for a KEK and denied for a CA shows
      // that IAM sees the tags of keys, on which the permission of `wrap` rests.
      actions: ['payment-cryptography:GetResourcePolicy'],
      resources: [keys],
      conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'kek' } },
      wildcard: 'Ids of keys are random; only of keys that carry the tag of a KEK.',
    },
    {
      actions: ['s3:GetBucketObjectLockConfiguration'],
      resources: [storage.evidence.bucketArn],
    },
    {
      actions: ['sns:ListSubscriptionsByTopic'],
      resources: [notifications.topic.topicArn],
    },
    {
      actions: ['ssm:GetParametersByPath'],
      resources: [profiles, `${profiles}/*`],
      wildcard: 'One profile per folder of a partner, written when the partner is onboarded.',
    },
    {
      actions: ['states:DescribeStateMachine'],
      resources: deployed.stateMachines.map(({ stateMachineArn }) => stateMachineArn),
    },
  ];
}
