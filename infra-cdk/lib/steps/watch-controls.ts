import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { paymentCryptographyArn } from '../platform/ceremony-keys.ts';
import type { Platform } from '../platform/platform.ts';
import { writeControls } from '../platform/storage-permissions.ts';
import { StepFunction, type StepFunctionDefaults } from './step-function.ts';

export interface WatchControlsStepProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** The bus for announcements, and the bucket for records. */
  readonly platform: Platform;
}

/** The step of `steps/watch/` that no machine calls: it says what a change of a control means. */
export class WatchControlsStep extends StepFunction {
  constructor(scope: Construct, id: string, { defaults, platform }: WatchControlsStepProps) {
    const { storage, notifications } = platform;
    const { eventBus } = notifications;
    const keys = paymentCryptographyArn(scope, 'key/*');
    super(scope, id, {
      ...defaults,
      step: 'watch-controls',
      description: 'Announces and records changes of controls and foreign hands on keys',
      environment: {
        EVENT_BUS_NAME: eventBus.eventBusName,
        EVIDENCE_BUCKET: storage.evidence.bucketName,
      },
      // Tags are asked for patiently: Payment Cryptography is throttled for the whole account.
      timeout: Duration.seconds(150),
      permissions: [
        ...writeControls(storage),
        { actions: ['events:PutEvents'], resources: [eventBus.eventBusArn] },
        {
          actions: ['payment-cryptography:GetAlias'],
          resources: [paymentCryptographyArn(scope, 'alias/*'), keys],
          wildcard: 'Somebody may name a key of a ceremony by any alias of the account.',
        },
        {
          actions: ['payment-cryptography:ListTagsForResource'],
          resources: [keys],
          wildcard: 'Ids of keys are random, and only its tags say whose a key is.',
        },
      ],
    });
  }
}
