import { Stack } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IConstruct } from 'constructs';

import { setKeysRight } from './ceremony-keys.ts';
import type { Permission } from './permission.ts';
import type { Platform } from './platform.ts';
import { deleteDrops } from './storage-permissions.ts';

/** What a responder looks into and sets right. */
export interface Responsibility {
  /** The functions of all steps, with the roles they have and the logs they write. */
  readonly steps: readonly {
    readonly function: IFunction;
    readonly role: IRole;
    readonly logGroup: ILogGroup;
  }[];
  /** Where the machines log. */
  readonly machineLogs: readonly ILogGroup[];
  /** Where lost events and announcements lie. */
  readonly deadLetters: readonly IQueue[];
  /** Take once more what was lost: an event, a message. */
  readonly intakes: readonly IFunction[];
  /** The machines whose executions wait for others, and may have to be stopped. */
  readonly waiting: readonly StateMachine[];
}

/**
 * Exactly what the remedies of failed ceremonies tell people to do, so that none needs an
 * administrator. `test/responder.test.ts` reads the remedies and holds this list to them.
 *
 * What a remedy asks of the partner (a renewed certificate), of an operator (a profile, the tags of a
 * KEK) or of whoever deploys (another version) is not in it.
 */
export function respond(
  scope: IConstruct,
  { storage, runs, waiting, signingKey, executionKey, notifications }: Platform,
  { steps, machineLogs, deadLetters, intakes, waiting: machines }: Responsibility,
): Permission[] {
  const { partition, region, account } = Stack.of(scope);
  const executions = `arn:${partition}:states:${region}:${account}:execution`;
  return [
    {
      actions: ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'],
      resources: [...steps.map(({ logGroup }) => logGroup), ...machineLogs].map(
        ({ logGroupArn }) => logGroupArn,
      ),
    },
    {
      actions: ['lambda:GetFunctionConfiguration'],
      resources: steps.map((step) => step.function.functionArn),
    },
    ...comparePolicies(),
    {
      actions: ['cloudtrail:LookupEvents', 'health:DescribeEvents'],
      resources: ['*'],
      wildcard: 'Neither has resource types; both only read, and the remedies name both.',
    },
    {
      actions: [
        'sqs:DeleteMessage',
        'sqs:GetQueueAttributes',
        'sqs:GetQueueUrl',
        'sqs:ReceiveMessage',
      ],
      resources: deadLetters.map(({ queueArn }) => queueArn),
    },
    // Not sqs:StartMessageMoveTask: its reference accepts only dead-letter queues of other SQS queues,
    // and EventBridge and Lambda fill these. What is in a letter is given to the step again instead:
    // `intake` can start nothing but what lies in the inbox, `announce-rejections` can announce nothing
    // but what lies in the table.
    {
      actions: ['lambda:InvokeFunction'],
      resources: intakes.map(({ functionArn }) => functionArn),
    },
    {
      // One that nobody can answer any more, since what was stored of its wait is not what its step wrote.
      actions: ['states:StopExecution'],
      resources: machines.map(
        ({ stateMachineName }) => `${executions}:${stateMachineName}:*`,
      ),
      wildcard: 'Executions of ceremonies that wait for others; each is named when it starts.',
    },
    ...setKeysRight(scope),
    ...deleteDrops(storage),
  ];

  /** What was deployed, to be compared with what is there. */
  function comparePolicies(): Permission[] {
    return [
      {
        actions: [
          'iam:GetRole',
          'iam:GetRolePolicy',
          'iam:ListAttachedRolePolicies',
          'iam:ListRolePolicies',
        ],
        resources: steps.map(({ role }) => role.roleArn),
      },
      {
        actions: ['s3:GetBucketPolicy'],
        resources: [storage.inbox, storage.outbox, storage.evidence].map((b) => b.bucketArn),
      },
      {
        actions: ['kms:DescribeKey', 'kms:GetKeyPolicy'],
        resources: [
          ...signingKey.keys,
          storage.dataKey,
          executionKey,
          runs.key,
          waiting.key,
          waiting.tokenKey,
        ].map(({ keyArn }) => keyArn),
      },
      {
        actions: ['events:DescribeEventBus'],
        resources: [notifications.eventBus.eventBusArn],
      },
    ];
  }
}
