import { Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';

import type { Permission } from './permission.ts';

/** Read which certificate is installed for each of our signing keys. */
export function readInstalled(scope: IConstruct): Permission {
  const { partition, region, account } = Stack.of(scope);
  return {
    actions: ['ssm:GetParameter'],
    resources: [`arn:${partition}:ssm:${region}:${account}:parameter/key-ceremony/certificates/*`],
    wildcard: 'One parameter per name of a signing key; it holds names, and no key.',
  };
}

/**
 * Exactly the calls of `ceremony enrol` (`steps/desk`, whose own tests hold this list to them), beyond
 * reading evidence.
 *
 * Whoever asks for a certificate has none installed by that: what the CA issued is dropped, and proven. A
 * key that is made on the way is made by the step, in its way.
 */
export function orderCertificates(scope: IConstruct, requestCertificate: IFunction): Permission[] {
  const { partition, region, account, stackName } = Stack.of(scope);
  return [
    {
      actions: ['cloudformation:DescribeStacks'],
      resources: [`arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/*`],
      wildcard: 'This stack alone, by its name: who asks does not know its id yet.',
    },
    { actions: ['lambda:InvokeFunction'], resources: [requestCertificate.functionArn] },
    readInstalled(scope),
  ];
}
