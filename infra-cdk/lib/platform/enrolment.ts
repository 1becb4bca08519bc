import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Permission } from './permission.ts';
import type { Platform } from './platform.ts';

/**
 * Signing keys of our own: which there are, and who may do what about certificates for them.
 *
 * What is decided about a key and what is installed for it are parameters named for it, so that no
 * statement here holds a wildcard.
 */

/** As `OwnKey` in `steps/shared/ceremony/src/enrolment.rs` spells them. */
export const OWN_KEYS = ['package-signing', 'tr34'] as const;

/** Read from which CAs certificates for our keys may come. */
export function readEnrolmentRules(scope: IConstruct): Permission {
  return { actions: ['ssm:GetParameter'], resources: parameters(scope, 'enrolment') };
}

/** Decide it. */
export function writeEnrolmentRules(scope: IConstruct): Permission {
  return {
    actions: ['ssm:GetParameter', 'ssm:PutParameter'],
    resources: parameters(scope, 'enrolment'),
  };
}

/** Say which certificate is used from now on, in place of the one that is there. */
export function installCertificates(scope: IConstruct): Permission {
  return {
    actions: ['ssm:GetParameter', 'ssm:PutParameter'],
    resources: parameters(scope, 'certificates'),
  };
}

/** Ask a signing key for its public key, where it lives, and no more of it. */
export function readPublicKeys(scope: IConstruct, { signingKey }: Platform): Permission[] {
  const { partition, region, account } = Stack.of(scope);
  return [
    {
      actions: ['kms:GetPublicKey'],
      resources: signingKey.keys.map(({ keyArn }) => keyArn),
    },
    {
      actions: ['payment-cryptography:GetPublicKeyCertificate'],
      resources: [`arn:${partition}:payment-cryptography:${region}:${account}:key/*`],
      conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'signing' } },
      wildcard: 'Signing keys are made, and replaced, after the deployment; each has that tag.',
    },
  ];
}

function parameters(scope: IConstruct, below: 'certificates' | 'enrolment'): string[] {
  const { partition, region, account } = Stack.of(scope);
  const prefix = `arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/${below}`;
  return OWN_KEYS.map((key) => `${prefix}/${key}`);
}
