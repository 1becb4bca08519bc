import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel,
  type Architecture,
  Code,
  Function,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
  type Version,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import { stepAsset } from '../platform/config.ts';
import { acknowledge, grant, type Permission } from '../platform/permission.ts';
import { WholeRole } from '../platform/role.ts';

/** What all steps have in common. */
export interface StepFunctionDefaults {
  /** Folder with one folder per step, each holding the step's `bootstrap`. */
  readonly lambdaDir: string;
  /** Processor the binaries were built for. */
  readonly architecture: Architecture;
  /** How long the logs are kept. */
  readonly logRetention: RetentionDays;
  /** Encrypts the logs. */
  readonly logKey: IKey;
  /** Concurrent runs that are set aside for the function, and all that it gets. @default - not limited */
  readonly reservedConcurrency?: number;
}

/** What a step needs beyond what all have. */
export interface StepOptions {
  /** Environment variables. @default - none */
  readonly environment?: Record<string, string>;
  /** What the step may do beyond writing its log and its traces. @default - nothing */
  readonly permissions?: Permission[];
  /** When a call counts as hung. @default 30 seconds */
  readonly timeout?: Duration;
  /** Memory in MB. Lambda shares out processor time by it. @default 256 */
  readonly memorySize?: number;
}

export interface StepFunctionProps extends StepFunctionDefaults, StepOptions {
  /** Name of the step: of its crate, its folder and its construct. */
  readonly step: string;
  /** What the step does, for the console. */
  readonly description: string;
}

/** Adds one step to the construct that holds them all. */
export type DefineStep = (step: string, description: string, options?: StepOptions) => StepFunction;

/**
 * One step: a Lambda function with a role and a log group of its own.
 *
 * No two steps share a role, and none has an AWS-managed policy: what `permissions` lists, plus the
 * step's own log and traces, is all it may do.
 */
export class StepFunction extends Construct {
  /** The function. */
  readonly function: Function;
  /** Its role. */
  readonly role: Role;
  /** Its log group. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: StepFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Log', {
      encryptionKey: props.logKey,
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.role = new WholeRole(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Key Ceremony: the step ${props.step}`,
    });
    this.function = new Function(this, 'Function', {
      description: props.description,
      runtime: Runtime.PROVIDED_AL2023,
      architecture: props.architecture,
      handler: 'bootstrap',
      code: Code.fromAsset(stepAsset(props.lambdaDir, props.step)),
      role: this.role,
      // Most steps themselves need a tenth of it; Lambda shares out processor time by memory.
      memorySize: props.memorySize ?? 256,
      timeout: props.timeout ?? Duration.seconds(30),
      reservedConcurrentExecutions: props.reservedConcurrency,
      tracing: Tracing.ACTIVE,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // TRACE would log the raw event.
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      environment: props.environment,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    });
    acknowledge(
      this.role,
      '*',
      'X-Ray has no resources: PutTraceSegments and PutTelemetryRecords accept only *.',
    );
    grant(this.role, {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [this.logGroup.logGroupArn],
    });
    for (const permission of props.permissions ?? []) grant(this.role, permission);
  }

  /**
   * The code and settings of this deployment, published under a number that never means others.
   *
   * Every change to the function publishes another version, and all are kept, since an execution that
   * began with an older one ends with it.
   */
  get version(): Version {
    return this.function.currentVersion;
  }
}
