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

/** The profiles lie in Parameter Store, under `<partner>/<environment>/<data-type>`. */
function profiles(scope: IConstruct, actions: string[]): Permission {
  const { partition, region, account } = Stack.of(scope);
  return {
    actions,
    resources: [`arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/partners/*`],
    wildcard: 'One profile per folder of a partner, written when the partner is onboarded.',
  };
}
