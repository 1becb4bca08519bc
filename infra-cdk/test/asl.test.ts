import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import validate from 'asl-validator';
import { Template } from 'aws-cdk-lib/assertions';
import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';

import { INFRA_ROOT, readConfig } from '../lib/platform/config.ts';
import { KeyCeremonyStack } from '../lib/key-ceremony-stack.ts';
import { STEPS, substitutionName } from '../lib/steps/steps.ts';
import { CDK_JSON, DEFINITION, dummyLambdas, FUNCTIONS } from './support.ts';

const FOLDER = resolve(INFRA_ROOT, '../statemachine');
const machines = readdirSync(FOLDER).filter((file) => file.endsWith('.asl.json'));

function synthesize(kekExportDefinition?: string): Template {
  const app = new App({ context: { ...CDK_JSON, lambdaDir: dummyLambdas(...FUNCTIONS) } });
  return Template.fromStack(
    new KeyCeremonyStack(app, 'KeyCeremony', { config: readConfig(app.node), kekExportDefinition }),
  );
}

test('the substitution of a step follows from its name', () => {
  expect(STEPS.map(substitutionName)).toEqual([
    'FetchCertsFunctionArn',
    'ValidateFunctionArn',
    'ImportCaFunctionArn',
    'CreateKekFunctionArn',
    'WrapFunctionArn',
    'SignFunctionArn',
    'PublishFunctionArn',
    'RecordFailureFunctionArn',
  ]);
});

describe.each(machines)('%s', (file) => {
  const definition = readFileSync(resolve(FOLDER, file), 'utf8');

  test('is valid, JSONata throughout', () => {
    const parsed = JSON.parse(definition);
    expect(parsed.QueryLanguage).toBe('JSONata');
    expect(validate(parsed).errors).toEqual([]);
  });
});

test('the machine that is deployed is the file, and every name in it is substituted', () => {
  const [machine] = Object.values(synthesize().findResources('AWS::StepFunctions::StateMachine'));
  const { DefinitionString, DefinitionSubstitutions } = machine!.Properties;
  expect(DefinitionString).toBe(readFileSync(resolve(FOLDER, 'kek-export.asl.json'), 'utf8'));
  const names = new Set([...DefinitionString.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
  expect([...names].sort()).toEqual(Object.keys(DefinitionSubstitutions).sort());
});

test('a name that the app does not know is refused before the deployment', () => {
  expect(() => synthesize(DEFINITION.replace('${WrapFunctionArn}', '${WarpFunctionArn}'))).toThrow(
    'The definition of kek-export refers to ${WarpFunctionArn}, which is none of FetchCertsFunctionArn',
  );
});
