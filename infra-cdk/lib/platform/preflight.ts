import { Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';

import { paymentCryptographyArn } from './ceremony-keys.ts';
import type { Permission } from './permission.ts';
import type { Platform } from './platform.ts';

/**
 * Exactly the calls of `ceremony preflight` (`steps/desk`, whose own tests hold this list to them).
 *
 * All of them read, but for an alias without a key that is made and removed. The machines say which
 * version of a function they call.
 */
export function preflight(
  scope: IConstruct,
  platform: Platform,
  stateMachines: readonly StateMachine[],
): Permission[] {
  const { partition, region, account, stackName } = Stack.of(scope);
  const { storage, runs, waiting, signingKey, executionKey, notifications } = platform;
  const aliases = paymentCryptographyArn(scope, 'alias/key-ceremony/preflight/*');
  const keys = paymentCryptographyArn(scope, 'key/*');
  const kmsKeys = [
    ...signingKey.keys,
    storage.dataKey,
    runs.key,
    waiting.key,
    waiting.tokenKey,
    executionKey,
    notifications.topicKey,
  ];
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
      resources: [`arn:${partition}:lambda:${region}:${account}:function:${stackName}-*`],
      // All of them one by one would not fit into a role's policies.
      wildcard: 'The functions of this stack alone, by its name, and their published versions.',
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
      // that IAM sees the tags of keys, on which the permission of `wrap-rsa` rests.
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
      resources: stateMachines.map(({ stateMachineArn }) => stateMachineArn),
    },
  ];
}
