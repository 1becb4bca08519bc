import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { INFRA_ROOT } from '../../platform/config.ts';
import { acknowledge, grant, type Permission } from '../../platform/permission.ts';
import type { Platform } from '../../platform/platform.ts';
import type { StepFunction } from '../../steps/step-function.ts';
import { substitutionName } from '../../steps/steps.ts';

export interface WorkflowProps {
  /** Name of the state machine: of its ASL file and of the ceremony. */
  readonly name: string;
  /** How to run it again after an execution without a record. @default - that of a dropped leaf */
  readonly again?: string;
  /** The ASL, with `${…}` where an ARN or a name of this deployment belongs. */
  readonly definition: string;
  /** The maps to choose from, by name. @default - none */
  readonly maps?: Readonly<Record<string, StateMachine>>;
  /** The steps to choose from, by name. */
  readonly steps: Readonly<Record<string, StepFunction>>;
  /** Where the machine announces how a ceremony ended, and what encrypts its traces. */
  readonly platform: Platform;
}

/**
 * One ceremony: its state machine, with its own role, encrypted history, logs and traces.
 *
 * What the definition names, the machine may use, and nothing else: each `${…}` brings its permission
 * with it. Functions are named in a published version, so that the text of the definition, and with
 * it its digest, fixes the code of every step, and so that an execution ends with the code that it
 * began with.
 */
export class Workflow extends Construct {
  /** The state machine. */
  readonly stateMachine: StateMachine;
  /** Its role. */
  readonly role: Role;
  /** Where it logs which state began and ended when, without execution data. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const { executionKey, logRetention, notifications } = props.platform;
    this.logGroup = new LogGroup(this, 'Log', {
      encryptionKey: executionKey,
      retention: logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: statesOfThisAccount(this),
      description: `Key Ceremony: the state machine ${props.name}`,
    });
    const named = namedResources(props);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      // Named, because the key's encryption context, which the role's policy repeats, holds the ARN.
      stateMachineName: props.name,
      // Standard: an execution happens once, and its name is what keeps a set from starting two.
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(props.definition),
      definitionSubstitutions: Object.fromEntries(named.map(([name, { value }]) => [name, value])),
      role: this.role,
      encryptionConfiguration: new CustomerManagedEncryptionConfiguration(
        executionKey,
        Duration.minutes(5),
      ),
      logs: { destination: this.logGroup, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    acknowledge(
      this.role,
      '*',
      'X-Ray and the delivery of vended logs have no resources; Step Functions documents * for both.',
    );
    for (const [, { permissions }] of named) {
      for (const permission of permissions) grant(this.role, permission);
    }
    const again = props.again ?? 'Then drop the leaf again under the same file name.';
    notifications.announceUnrecorded(this, props.name, this.stateMachine, again);
  }
}

/** The ASL as text, not as an asset, so that it stays visible in the template and to tests. */
export function readDefinition(ceremony: string): string {
  return readFileSync(resolve(INFRA_ROOT, '..', 'statemachine', `${ceremony}.asl.json`), 'utf8');
}

/** What stands behind one `${…}` of a definition. */
interface NamedResource {
  /** What takes its place in this deployment. */
  readonly value: string;
  /** What the machine's role needs to use it. */
  readonly permissions: Permission[];
}

/** Every resource that the definition names, each once. */
function namedResources(props: WorkflowProps): [string, NamedResource][] {
  const { definition, name, platform, steps } = props;
  const { eventBus } = platform.notifications;
  // Made on demand, so that a step is published only if a definition names it.
  const known: Record<string, () => NamedResource> = {
    EventBusName: () => ({
      value: eventBus.eventBusName,
      permissions: [{ actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] }],
    }),
  };
  for (const [step, fn] of Object.entries(steps)) {
    known[substitutionName(step)] = () => ({
      value: fn.version.functionArn,
      permissions: [
        {
          actions: ['lambda:InvokeFunction'],
          resources: [`${fn.function.functionArn}:*`],
          wildcard: `Every version of ${step}: an execution that began before a deployment still calls its own.`,
        },
      ],
    });
  }
  for (const [map, { stateMachineArn }] of Object.entries(props.maps ?? {})) {
    const name = substitutionName(map).replace(/FunctionArn$/, 'StateMachineArn');
    known[name] = () => ({ value: stateMachineArn, permissions: waitFor(map, eventBus.stack, stateMachineArn) });
  }
  const names = new Set([...definition.matchAll(/\$\{([^}]*)\}/g)].map(([, inside]) => inside!));
  return [...names].map((used) => {
    // CloudFormation passes on what it does not know, and the machine would fail in its first state.
    const resource = Object.hasOwn(known, used) ? known[used]!() : undefined;
    if (resource === undefined) {
      throw new Error(
        `The definition of ${name} refers to \${${used}}, which is none of ${Object.keys(known).join(', ')}.`,
      );
    }
    return [used, resource];
  });
}

/**
 * Start another machine and wait for it.
 *
 * "IAM policies for calling Step Functions" (Step Functions Developer Guide), for `.sync`: how it ends is
 * heard by a rule of EventBridge that the service makes and owns.
 */
function waitFor(map: string, stack: Stack, arn: string): Permission[] {
  const { partition, region, account } = stack;
  const own = `${region}:${account}`;
  return [
    { actions: ['states:StartExecution'], resources: [arn] },
    {
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [`arn:${partition}:states:${own}:execution:${map}:*`],
      wildcard: 'Executions are named when they are started.',
    },
    {
      actions: ['events:DescribeRule', 'events:PutRule', 'events:PutTargets'],
      resources: [
        `arn:${partition}:events:${own}:rule/StepFunctionsGetEventsForStepFunctionsExecutionRule`,
      ],
    },
  ];
}

/** Only state machines of this account may use the role, not those of a confused deputy. */
function statesOfThisAccount(scope: Construct): ServicePrincipal {
  const { partition, region, account } = Stack.of(scope);
  return new ServicePrincipal('states.amazonaws.com', {
    conditions: {
      ArnLike: { 'aws:SourceArn': `arn:${partition}:states:${region}:${account}:stateMachine:*` },
      StringEquals: { 'aws:SourceAccount': account },
    },
  });
}
