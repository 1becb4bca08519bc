import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import {
  CustomerManagedEncryptionConfiguration,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { acknowledge, grant } from '../../platform/permission.ts';
import type { StepFunction } from '../../steps/step-function.ts';
import { substitutionName } from '../../steps/steps.ts';

export interface WorkflowProps {
  /** Name of the state machine: of its ASL file and of the ceremony. */
  readonly name: string;
  /** The ASL, with `${…}` where an ARN or a name of this deployment belongs. */
  readonly definition: string;
  /** The steps that the machine calls, by name. */
  readonly steps: Record<string, StepFunction>;
  /** Where the machine announces how a ceremony ended. */
  readonly eventBus: IEventBus;
  /** Encrypts definition, history and logs. */
  readonly executionKey: IKey;
  /** How long the logs are kept. */
  readonly logRetention: RetentionDays;
}

/** One ceremony: its state machine, with its own role, encrypted history, logs and traces. */
export class Workflow extends Construct {
  /** The state machine. */
  readonly stateMachine: StateMachine;
  /** Its role. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Log', {
      encryptionKey: props.executionKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: statesOfThisAccount(this),
      description: `Key Ceremony: the state machine ${props.name}`,
    });
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      // Named, because the key's encryption context, which the role's policy repeats, holds the ARN.
      stateMachineName: props.name,
      // Standard: an execution happens once, and its name is what keeps a set from starting two.
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(props.definition),
      definitionSubstitutions: this.substitutions(props),
      role: this.role,
      encryptionConfiguration: new CustomerManagedEncryptionConfiguration(
        props.executionKey,
        Duration.minutes(5),
      ),
      logs: { destination: logGroup, level: LogLevel.ALL, includeExecutionData: false },
      tracingEnabled: true,
    });
    acknowledge(
      this.role,
      '*',
      'X-Ray and the delivery of vended logs have no resources; Step Functions documents * for both.',
    );

    grant(this.role, {
      actions: ['lambda:InvokeFunction'],
      resources: Object.values(props.steps).map((step) => step.function.functionArn),
    });
    grant(this.role, { actions: ['events:PutEvents'], resources: [props.eventBus.eventBusArn] });
  }

  private substitutions(props: WorkflowProps): Record<string, string> {
    const functions = Object.entries(props.steps).map(([step, { function: fn }]) => [
      substitutionName(step),
      fn.functionArn,
    ]);
    const substitutions = {
      ...Object.fromEntries(functions),
      EventBusName: props.eventBus.eventBusName,
    };
    // CloudFormation passes on what it does not know, and the machine would fail in its first state.
    const used = [...props.definition.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name!);
    const unknown = used.find((name) => !(name in substitutions));
    if (unknown !== undefined) {
      const known = Object.keys(substitutions).join(', ');
      throw new Error(
        `The definition of ${props.name} refers to \${${unknown}}, which is none of ${known}.`,
      );
    }
    return substitutions;
  }
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
