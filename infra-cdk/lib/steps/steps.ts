import { Construct } from 'constructs';

import type { Platform } from '../platform/platform.ts';
import { arriveSteps } from './arrive.ts';
import { concludeSteps } from './conclude.ts';
import { enrolSteps } from './enrol.ts';
import { exchangeSteps } from './exchange.ts';
import { fleetSteps } from './fleet.ts';
import { proveSteps } from './prove.ts';
import { type DefineStep, StepFunction, type StepFunctionDefaults } from './step-function.ts';
import { reconciliationSteps } from './watch.ts';

/** The steps that state machines call, in the order of a ceremony; then those of others. */
export const STEPS = [
  'fetch-certs',
  'validate',
  'check-revocation',
  'import-ca',
  'create-kek',
  'wrap-ecdh',
  'wrap-rsa',
  'wrap-tr34',
  'sign',
  'package-kek',
  'sign-package',
  'publish',
  'establish-kek',
  'fetch-request',
  'find-kek',
  'make-keys',
  'export-keys',
  'package-keys',
  'find-bdk',
  'split-inventory',
  'export-initial-keys',
  'export-initial-keys-tr34',
  'gather-initial-keys',
  'fetch-import',
  'make-offer',
  'package-offer',
  'publish-part',
  'await-answer',
  'check-block',
  'import-kek',
  'package-receipt',
  'check-confirmation',
  'switch-kek',
  'settle-kek',
  'fetch-blocks',
  'find-established-kek',
  'import-keys',
  'package-results',
  'record-failure',
  'fetch-enrolment',
  'prove-enrolment',
  'install-certificate',
  'read-records',
  'list-keys',
  'list-aliases',
  'inspect-keys',
  'reconcile',
] as const;
export type Step = (typeof STEPS)[number];

export interface StepsProps {
  /** What all steps have in common. */
  readonly defaults: StepFunctionDefaults;
  /** What the steps work on. */
  readonly platform: Platform;
  /** Hosts that may be asked about revocation although their addresses are not public. */
  readonly revocationHosts: readonly string[];
  /** How many calls a second the initial keys of fleets may take of what the account has. */
  readonly apcCallsPerSecond: number;
}

/**
 * Every step that a state machine calls, and exactly what it may do. One file per folder of `steps/`.
 *
 * Read those files as the list of claims an auditor checks: a step that is not given an action there
 * does not have it, and a test holds each role's policy to its whole text. Ceremonies share the
 * steps; which of them a machine may call follows from its definition.
 */
export class Steps extends Construct {
  /** The functions, by step. */
  readonly byName: Readonly<Record<Step, StepFunction>>;

  constructor(scope: Construct, id: string, props: StepsProps) {
    super(scope, id);
    const { apcCallsPerSecond, defaults, platform, revocationHosts } = props;
    const define: DefineStep = (step, description, options) =>
      new StepFunction(this, step, { ...defaults, step, description, ...options });
    this.byName = {
      ...arriveSteps(define, platform),
      ...proveSteps(define, this, platform, revocationHosts),
      ...exchangeSteps(define, this, platform),
      ...concludeSteps(define, platform),
      ...fleetSteps(define, this, platform, apcCallsPerSecond),
      ...enrolSteps(define, this, platform),
      ...reconciliationSteps(define, this, platform),
    };
  }
}

/** `${CreateKekFunctionArn}` for the step `create-kek`: the name by which the ASL refers to it. */
export function substitutionName(step: string): string {
  const words = step.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join('')}FunctionArn`;
}
