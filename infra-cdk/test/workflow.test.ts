import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { KeySpec } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { expect, test } from 'vitest';

import { Workflow } from '../lib/ceremonies/shared/workflow.ts';
import { ExecutionKey } from '../lib/platform/execution-key.ts';
import { Notifications } from '../lib/platform/notifications.ts';
import { Runs } from '../lib/platform/runs.ts';
import { SigningKey } from '../lib/platform/signing-key.ts';
import { Storage } from '../lib/platform/storage.ts';
import { Waiting } from '../lib/platform/waiting.ts';
import { Steps } from '../lib/steps/steps.ts';
import { CDK_JSON, dummyLambdas, FUNCTIONS, policyOf } from './support.ts';

const CALLS_TWO = JSON.stringify({
  QueryLanguage: 'JSONata',
  StartAt: 'Validate',
  States: {
    Validate: { ...call('${ValidateFunctionArn}'), Next: 'WrapRsa' },
    WrapRsa: { ...call('${WrapRsaFunctionArn}'), Next: 'Again' },
    Again: { ...call('${ValidateFunctionArn}'), End: true },
  },
});

function call(name: string) {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: name },
  };
}

/** A stack with all steps and one machine of the given definition. */
function machineOf(definition: string, code?: string): { stack: Stack; template: Template } {
  const stack = new Stack(new App({ context: CDK_JSON }), 'Test');
  const logRetention = RetentionDays.ONE_DAY;
  const executionKey = new ExecutionKey(stack, 'ExecutionKey').key;
  const platform = {
    storage: new Storage(stack, 'Storage', {
      evidenceLockMode: 'GOVERNANCE',
      evidenceLockYears: 1,
    }),
    runs: new Runs(stack, 'Runs'),
    waiting: new Waiting(stack, 'Waiting'),
    signingKey: new SigningKey(stack, 'SigningKey', { keySpec: KeySpec.RSA_2048 }),
    executionKey,
    notifications: new Notifications(stack, 'Notifications', { emails: ['a@example.com'] }),
    logRetention,
  };
  const defaults = {
    lambdaDir: dummyLambdas(FUNCTIONS, code),
    architecture: Architecture.ARM_64,
    logRetention,
    logKey: executionKey,
  };
  const steps = new Steps(stack, 'Steps', {
    apcCallsPerSecond: 4,
    defaults,
    platform,
    revocationHosts: [],
  }).byName;
  new Workflow(stack, 'Machine', { name: 'machine', definition, steps, platform });
  return { stack, template: Template.fromStack(stack) };
}

const { stack, template } = machineOf(CALLS_TWO);
const versions = (of: Template) => Object.entries(of.findResources('AWS::Lambda::Version'));

test('a machine may invoke what its definition names, and announce only if it says so', () => {
  const uses = policyOf('Machine/Role', stack, template).filter((line) =>
    /^(lambda|events):/.test(line),
  );
  expect(uses).toEqual([
    'lambda:InvokeFunction on Steps/validate/Function:*',
    'lambda:InvokeFunction on Steps/wrap-rsa/Function:*',
  ]);
});

test('what a definition names is a version, which outlives the next one', () => {
  const [machine] = Object.values(template.findResources('AWS::StepFunctions::StateMachine'));
  const named = Object.values(machine!.Properties.DefinitionSubstitutions);
  expect(named).toEqual(versions(template).map(([id]) => ({ Ref: id })));
  expect(named).toHaveLength(2);
  for (const [, { DeletionPolicy, UpdateReplacePolicy }] of versions(template)) {
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
  }
});

test('other code is another version, the same code the same', () => {
  const ids = (of: Template) => versions(of).map(([id]) => id);
  expect(ids(machineOf(CALLS_TWO).template)).toEqual(ids(template));
  const other = ids(machineOf(CALLS_TWO, '#!/bin/sh\n# other code\n').template);
  expect(other.filter((id) => ids(template).includes(id))).toEqual([]);
});

test('a name that the app does not know is refused before the deployment', () => {
  expect(() => machineOf(CALLS_TWO.replace('${WrapRsaFunctionArn}', '${WarpRsaFunctionArn}'))).toThrow(
    'The definition of machine refers to ${WarpRsaFunctionArn}, which is none of EventBusName, AwaitAnswerFunctionArn',
  );
  expect(() => machineOf(CALLS_TWO.replace('${WrapRsaFunctionArn}', '${toString}'))).toThrow(
    'refers to ${toString}',
  );
});
