import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { Access } from './platform/access.ts';
import { Alarms } from './ceremonies/shared/alarms.ts';
import { type Config, INFRA_ROOT } from './platform/config.ts';
import { SigningCsr } from './steps/enrol.ts';
import { ExecutionKey } from './platform/execution-key.ts';
import { Notifications } from './platform/notifications.ts';
import { SigningKey } from './platform/signing-key.ts';
import type { StepFunctionDefaults } from './steps/step-function.ts';
import { IntakeStep, Steps } from './steps/steps.ts';
import { Storage } from './platform/storage.ts';
import { Trigger } from './ceremonies/shared/trigger.ts';
import { Workflow } from './ceremonies/shared/workflow.ts';

export interface KeyCeremonyStackProps extends StackProps {
  /** What the operator chose. */
  readonly config: Config;
  /** ASL of the ceremony `kek-export`. @default - statemachine/kek-export.asl.json */
  readonly kekExportDefinition?: string;
}

/**
 * The whole system in one stack.
 *
 * It reads from top to bottom as the ceremony does: what is kept, what signs, who is told, which
 * steps there are, what calls them in which order, and what starts it.
 */
export class KeyCeremonyStack extends Stack {
  constructor(scope: Construct, id: string, props: KeyCeremonyStackProps) {
    super(scope, id, props);
    const { config } = props;

    const storage = new Storage(this, 'Storage', config);
    const signingKey = new SigningKey(this, 'SigningKey', {
      keySpec: config.signingKeySpec,
      administrators: config.keyAdministrators,
    });
    const executionKey = new ExecutionKey(this, 'ExecutionKey').key;
    const notifications = new Notifications(this, 'Notifications');
    const { eventBus, topic } = notifications;

    const { architecture, lambdaDir, logRetention } = config;
    const defaults: StepFunctionDefaults = {
      architecture,
      lambdaDir,
      logRetention,
      logKey: executionKey,
    };
    const steps = new Steps(this, 'Steps', { defaults, storage, signingKey });
    const { stateMachine } = new Workflow(this, 'KekExport', {
      name: 'kek-export',
      definition: props.kekExportDefinition ?? readDefinition('kek-export'),
      steps: steps.byName,
      eventBus,
      executionKey,
      logRetention,
    });
    const intake = new IntakeStep(this, 'intake', { defaults, storage, stateMachine, eventBus });
    const trigger = new Trigger(this, 'Trigger', { inbox: storage.inbox, intake });

    notifications.announceInterrupted(stateMachine);
    new Alarms(this, 'Alarms', {
      stateMachine,
      lostDrops: trigger.deadLetters,
      lostAnnouncements: notifications.deadLetters,
      topic,
    });
    new SigningCsr(this, 'SigningCsr', {
      defaults,
      signingKey,
      storage,
      subject: config.csrSubject,
    });
    const { partners, operators, auditors } = config;
    new Access(this, 'Access', {
      partners,
      operators,
      auditors,
      storage,
      stateMachine,
      executionKey,
      signingKey,
    });

    this.output('InboxBucket', storage.inbox.bucketName, 'Partners drop certificates here');
    this.output(
      'OutboxBucket',
      storage.outbox.bucketName,
      'Partners fetch packages here; csr.pem is the request',
    );
    this.output('EvidenceBucket', storage.evidence.bucketName, 'One record per ceremony');
    this.output(
      'KekExportStateMachineArn',
      stateMachine.stateMachineArn,
      'The ceremony kek-export',
    );
    this.output('SigningKeyArn', signingKey.key.keyArn, 'Signs packages');
    this.output('EventBusName', eventBus.eventBusName, 'Ceremonies announce themselves here');
    this.output('NotificationTopicArn', topic.topicArn, 'Subscribe here');
  }

  /** The names are an interface: other tools read them in upper snake case. */
  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}

/** The ASL as text, not as an asset, so that it stays visible in the template and to tests. */
export function readDefinition(ceremony: string): string {
  return readFileSync(resolve(INFRA_ROOT, '..', 'statemachine', `${ceremony}.asl.json`), 'utf8');
}
