import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Permission } from './permission.ts';

/** Read what the operator decided about a folder: whom to trust there, and which keys to make. */
export function readProfiles(scope: IConstruct): Permission {
  return profiles(scope, ['ssm:GetParameter']);
}

/** Decide it. The trust anchors are in the profiles, so that only an operator may. */
export function writeProfiles(scope: IConstruct): Permission {
  return profiles(scope, ['ssm:GetParameter', 'ssm:PutParameter']);
}

/** Read which certificate is installed for a signing key of ours, whichever it is. */
export function readInstalledCertificates(scope: IConstruct): Permission {
  return {
    actions: ['ssm:GetParameter'],
    resources: [parameters(scope, 'certificates')],
    wildcard: 'One parameter per signing key of ours, written when a certificate is enrolled.',
  };
}

/** The profiles lie in Parameter Store, under `<partner>/<environment>/<data-type>`. */
function profiles(scope: IConstruct, actions: string[]): Permission {
  return {
    actions,
    resources: [parameters(scope, 'partners')],
    wildcard: 'One profile per folder of a partner, written when the partner is onboarded.',
  };
}

function parameters(scope: IConstruct, below: 'certificates' | 'partners'): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/${below}/*`;
}
