import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

import { CertificateEnrolment } from './ceremonies/certificate-enrolment.ts';
import { KekExport } from './ceremonies/kek-export.ts';
import { KekImport } from './ceremonies/kek-import.ts';
import { WorkingKeyExport } from './ceremonies/working-key-export.ts';
import { WorkingKeyImport } from './ceremonies/working-key-import.ts';
import { Access } from './platform/access.ts';
import type { Config } from './platform/config.ts';
import { ExecutionKey } from './platform/execution-key.ts';
import { Notifications } from './platform/notifications.ts';
import type { Platform } from './platform/platform.ts';
import { Runs } from './platform/runs.ts';
import { SigningKey } from './platform/signing-key.ts';
import { Storage } from './platform/storage.ts';
import { Trail } from './platform/trail.ts';
import { Waiting } from './platform/waiting.ts';
import { WatchedControls } from './platform/watched-controls.ts';
import { RequestCertificateStep, SigningCsr } from './steps/enrol.ts';
import { StepAlarms } from './steps/step-alarms.ts';
import type { StepFunctionDefaults } from './steps/step-function.ts';
import { Steps } from './steps/steps.ts';
import { Reconciliation } from './watch/reconciliation.ts';
import { Reminders } from './watch/reminders.ts';
import { Waits } from './watch/waits.ts';

export interface KeyCeremonyStackProps extends StackProps {
  /** What the operator chose. */
  readonly config: Config;
}

/**
 * All ceremonies, in one stack.
 *
 * It reads from top to bottom as a ceremony does: what is kept, what signs, who is told, which steps
 * there are, and what calls them in which order.
 */
export class KeyCeremonyStack extends Stack {
  constructor(scope: Construct, id: string, props: KeyCeremonyStackProps) {
    // A template may have a megabyte, of which a third would be the blanks before its lines.
    super(scope, id, { suppressTemplateIndentation: true, ...props });
    const { config } = props;
    const { architecture, lambdaDir, logRetention, reservedConcurrency, revocationHosts } = config;

    const storage = new Storage(this, 'Storage', config);
    const signingKey = new SigningKey(this, 'SigningKey', {
      keySpec: config.signingKeySpec,
      administrators: config.keyAdministrators,
      count: config.signingKeys,
    });
    const runs = new Runs(this, 'Runs');
    const waiting = new Waiting(this, 'Waiting');
    const executionKey = new ExecutionKey(this, 'ExecutionKey').key;
    const notifications = new Notifications(this, 'Notifications', {
      emails: config.notificationEmails,
    });
    const platform: Platform = {
      storage,
      runs,
      waiting,
      signingKey,
      executionKey,
      notifications,
      logRetention,
    };

    const defaults: StepFunctionDefaults = {
      architecture,
      lambdaDir,
      logRetention,
      logKey: executionKey,
      reservedConcurrency,
    };
    const { apcCallsPerSecond } = config;
    const steps = new Steps(this, 'Steps', {
      apcCallsPerSecond,
      defaults,
      platform,
      revocationHosts,
    });
    const kekExport = new KekExport(this, 'KekExport', { defaults, platform, steps });
    const { rejections } = kekExport;
    const certificateEnrolment = new CertificateEnrolment(this, 'CertificateEnrolment', {
      defaults,
      platform,
      rejections,
      steps,
    });
    const kekImport = new KekImport(this, 'KekImport', { defaults, platform, steps, rejections });
    const workingKeyExport = new WorkingKeyExport(this, 'WorkingKeyExport', {
      defaults,
      platform,
      steps,
      rejections,
      kekImport: kekImport.stateMachine,
    });
    const workingKeyImport = new WorkingKeyImport(this, 'WorkingKeyImport', {
      defaults,
      platform,
      steps,
      rejections,
    });
    const ceremonies = [
      certificateEnrolment,
      kekExport,
      kekImport,
      workingKeyExport,
      workingKeyImport,
    ];
    const reconciliation = new Reconciliation(this, 'Reconciliation', { platform, steps });
    const reminders = new Reminders(this, 'Reminders', { defaults, platform });
    const waits = new Waits(this, 'Waits', { defaults, platform });
    const requestCertificate = new RequestCertificateStep(this, 'request-certificate', {
      defaults,
      platform,
    });
    const { initialKeysMap } = workingKeyExport;
    const machines = [...ceremonies, initialKeysMap, reconciliation];
    const stateMachines = machines.map(({ stateMachine }) => stateMachine);
    const controls = new WatchedControls(this, 'WatchedControls', {
      defaults,
      platform,
      steps: { ...steps.byName, 'request-certificate': requestCertificate },
      stateMachines,
    });
    if (config.trail) new Trail(this, 'Trail', { accessLogs: storage.accessLogs });
    const { csrSubject: subject } = config;
    const signingCsr = new SigningCsr(this, 'SigningCsr', { defaults, platform, subject });
    new StepAlarms(this, 'StepAlarms', { topic: notifications.topic });
    const { announceRejections, intake } = kekExport;

    const { partners, operators, requesters, auditors, responders } = config;
    new Access(this, 'Access', {
      partners,
      operators,
      requesters,
      auditors,
      responders,
      responsibility: {
        steps: [
          ...Object.values(steps.byName),
          intake,
          workingKeyExport.intake,
          workingKeyImport.intake,
          certificateEnrolment.intake,
          announceRejections,
          kekImport.takeAnswer,
          controls.step,
          reminders.step,
          waits.step,
          requestCertificate,
          signingCsr.step,
        ],
        machineLogs: machines.map(({ logGroup }) => logGroup),
        deadLetters: [
          certificateEnrolment.lostDrops,
          kekExport.lostDrops,
          kekExport.lostRejections,
          kekImport.lostDrops,
          workingKeyExport.lostDrops,
          workingKeyImport.lostDrops,
          notifications.deadLetters,
          controls.deadLetters,
          reconciliation.lostDays,
          reminders.lostDays,
        ].map(({ queue }) => queue),
        intakes: [
          intake,
          certificateEnrolment.intake,
          workingKeyExport.intake,
          workingKeyImport.intake,
          announceRejections,
          kekImport.takeAnswer,
          controls.step,
          reminders.step,
        ].map((step) => step.function),
        waiting: [kekImport.stateMachine],
      },
      platform,
      stateMachines,
      requestCertificate: requestCertificate.function,
    });

    const { eventBus, topic } = notifications;
    this.output('InboxBucket', storage.inbox.bucketName, 'Partners drop certificates here');
    this.output(
      'OutboxBucket',
      storage.outbox.bucketName,
      'Partners fetch packages here; csr.pem is the request',
    );
    this.output('EvidenceBucket', storage.evidence.bucketName, 'One record per ceremony');
    this.output(
      'CertificateEnrolmentStateMachineArn',
      certificateEnrolment.stateMachine.stateMachineArn,
      'The ceremony certificate-enrolment',
    );
    this.output(
      'KekExportStateMachineArn',
      kekExport.stateMachine.stateMachineArn,
      'The ceremony kek-export',
    );
    this.output(
      'KekImportStateMachineArn',
      kekImport.stateMachine.stateMachineArn,
      'The ceremony kek-import',
    );
    this.output(
      'WorkingKeyExportStateMachineArn',
      workingKeyExport.stateMachine.stateMachineArn,
      'The ceremony working-key-export',
    );
    this.output(
      'WorkingKeyImportStateMachineArn',
      workingKeyImport.stateMachine.stateMachineArn,
      'The ceremony working-key-import',
    );
    this.output(
      'ReconciliationStateMachineArn',
      reconciliation.stateMachine.stateMachineArn,
      'The daily reconciliation',
    );
    this.output(
      'SigningKeyArn',
      signingKey.key.keyArn,
      'Signs packages as long as no certificate is installed',
    );
    this.output(
      'RequestCertificateFunctionName',
      requestCertificate.function.functionName,
      'Called by ceremony enrol',
    );
    this.output('EventBusName', eventBus.eventBusName, 'Ceremonies announce themselves here');
    this.output('NotificationTopicArn', topic.topicArn, 'Subscribe here');
  }

  /** The names are an interface: other tools read them in upper snake case. */
  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description });
  }
}
