import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import { readProfiles } from '../platform/profiles.ts';
import { findDrops, readTrustedRoot } from '../platform/storage-permissions.ts';
import { StepFunction, type StepFunctionDefaults } from './step-function.ts';

export interface IntakeStepProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The buckets, and the bus on which incomplete and rejected sets are announced. */
  readonly platform: Platform;
  /** The machine that a complete certificate set starts. */
  readonly stateMachine: IStateMachine;
}

/** The step of `steps/arrive/`, before the machine: it decides whether a drop starts a ceremony. */
export class IntakeStep extends StepFunction {
  constructor(scope: Construct, id: string, props: IntakeStepProps) {
    const { storage, notifications } = props.platform;
    const { eventBus } = notifications;
    super(scope, id, {
      ...props.defaults,
      step: 'intake',
      description: 'Starts one ceremony per complete set of certificates in the inbox',
      environment: {
        INBOX_BUCKET: storage.inbox.bucketName,
        EVIDENCE_BUCKET: storage.evidence.bucketName,
        STATE_MACHINE_ARN: props.stateMachine.stateMachineArn,
        EVENT_BUS_NAME: eventBus.eventBusName,
      },
      permissions: [
        ...findDrops(storage),
        ...readTrustedRoot(storage),
        { actions: ['states:StartExecution'], resources: [props.stateMachine.stateMachineArn] },
        { actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
        readProfiles(scope),
      ],
    });
  }
}
