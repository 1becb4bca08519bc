import { Stack } from 'aws-cdk-lib';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { grant } from '../../platform/permission.ts';
import type { Platform } from '../../platform/platform.ts';
import { readBatchList } from '../../platform/work-permissions.ts';
import type { Steps } from '../../steps/steps.ts';
import { readDefinition, Workflow } from './workflow.ts';

export interface InitialKeysMapProps {
  /** Where it announces progress. */
  readonly platform: Platform;
  /** The steps to choose from. */
  readonly steps: Steps;
}

/**
 * The Distributed Map over the batches of a fleet, as a machine of its own: it is JSONPath, and AWS takes
 * no JSONPath state in a machine that says JSONata.
 */
export class InitialKeysMap extends Construct {
  /** The machine. */
  readonly stateMachine: StateMachine;
  /** Where the machine logs. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, { platform, steps }: InitialKeysMapProps) {
    super(scope, id);
    const name = 'initial-keys-map';
    const { logGroup, role, stateMachine } = new Workflow(this, 'Workflow', {
      name,
      again: 'The ceremony that waits for it, working-key-export, says what to do.',
      definition: readDefinition(name),
      steps: steps.byName,
      platform,
    });
    this.stateMachine = stateMachine;
    this.logGroup = logGroup;
    // Every item is an execution below the map's label. "Using IAM policies in Distributed Map" (Step
    // Functions Developer Guide). By name, since the machine needs its role's policy before it is made.
    const { partition, region, account } = Stack.of(this);
    const own = `arn:${partition}:states:${region}:${account}`;
    grant(role, {
      actions: ['states:StartExecution'],
      resources: [`${own}:stateMachine:${name}`],
    });
    grant(role, {
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [`${own}:execution:${name}:*`, `${own}:execution:${name}/${LABEL}:*`],
      wildcard: 'Each item of a run is an execution, named when it is started.',
    });
    // Its items' histories are encrypted like its own, in a context that names the label too.
    grant(role, {
      actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
      resources: [platform.executionKey.keyArn],
      conditions: {
        StringEquals: {
          'kms:EncryptionContext:aws:states:stateMachineArn': `${own}:stateMachine:${name}/${LABEL}`,
        },
      },
    });
    for (const permission of readBatchList(platform.storage)) grant(role, permission);
  }
}

/** `Label` of the map in the definition. */
const LABEL = 'EachBatch';
