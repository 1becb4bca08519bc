import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { App, CfnElement, type Stack, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { AwsSolutionsChecks } from 'cdk-nag';

import { INFRA_ROOT, readConfig } from '../lib/platform/config.ts';
import { KeyCeremonyStack } from '../lib/key-ceremony-stack.ts';
import { STEPS } from '../lib/steps/steps.ts';

/** The context of `cdk.json`, as the CLI hands it to the app. */
export const CDK_JSON = JSON.parse(readFileSync(resolve(INFRA_ROOT, 'cdk.json'), 'utf8')).context;

/** A folder of binaries that only have to exist, so that no test needs a Rust build. */
export function dummyLambdas(steps: string[], code = '#!/bin/sh\n'): string {
  const folder = mkdtempSync(join(tmpdir(), 'key-ceremony-lambda-'));
  process.once('exit', () => rmSync(folder, { recursive: true }));
  for (const step of steps) {
    mkdirSync(join(folder, step));
    writeFileSync(join(folder, step, 'bootstrap'), code);
    chmodSync(join(folder, step, 'bootstrap'), 0o755);
  }
  return folder;
}

/** Every function of the system. */
export const FUNCTIONS = [
  'intake',
  'intake-request',
  'intake-keys',
  'intake-enrolment',
  'announce-rejections',
  'take-answer',
  ...STEPS,
  'signing-csr',
  'request-certificate',
  'remind-expiry',
  'sweep-waits',
  'watch-controls',
];

/** The app as `bin/` builds it, with dummy binaries, somebody to tell, and the given context. */
export function synthesize(context: Record<string, unknown> = {}): {
  stack: Stack;
  template: Template;
} {
  const app = new App({
    context: {
      ...CDK_JSON,
      lambdaDir: dummyLambdas(FUNCTIONS),
      notificationEmails: ['security-officer@example.com'],
      ...context,
    },
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const config = readConfig(app.node);
  const stack = new KeyCeremonyStack(app, 'KeyCeremony', { config });
  return { stack, template: Template.fromStack(stack) };
}

/**
 * The whole policy of a role, one line per action and resource, with constructs for ARNs:
 * `s3:GetObject on Storage/Inbox/* if StringEquals aws:x = y`.
 */
export function policyOf(role: string, stack: Stack, template: Template): string[] {
  const names = constructNames(stack);
  const logicalId = [...names].find(([, name]) => name === role)?.[0];
  if (logicalId === undefined) throw new Error(`There is no ${role}.`);
  // What is too long for a role's own policy, CDK puts into managed ones that name the role.
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => Object.values(template.findResources(type)))
    .filter(({ Properties }) =>
      Properties.Roles?.some((attached: { Ref: string }) => attached.Ref === logicalId),
    );
  const own = template.toJSON().Resources[logicalId].Properties;
  if (own.ManagedPolicyArns) throw new Error(`${role} has policies that this list would miss.`);
  const documents = [...policies.map(({ Properties }) => Properties), ...(own.Policies ?? [])];
  return documents
    .flatMap(({ PolicyDocument }) => statementLines(PolicyDocument.Statement, names))
    .sort();
}

/** The statements of any policy document in the same form. */
export function statementLines(statements: Statement[], names: Map<string, string>): string[] {
  return statements.flatMap((statement) => {
    const conditions = Object.entries(statement.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(
        ([key, value]) =>
          `${operator} ${key} = ${list(value)
            .map((v) => text(v, names))
            .join('|')}`,
      ),
    );
    const suffix = conditions.length > 0 ? ` if ${conditions.join(' and ')}` : '';
    const effect = statement.Effect === 'Allow' ? '' : `${statement.Effect} `;
    return list(statement.Action).flatMap((action) =>
      list(statement.Resource).map(
        (resource) => `${effect}${action} on ${text(resource, names)}${suffix}`,
      ),
    );
  });
}

/** Logical id to construct path, without the stack's own name. */
export function constructNames(stack: Stack): Map<string, string> {
  const elements = stack.node.findAll().filter((construct) => CfnElement.isCfnElement(construct));
  return new Map(
    elements.map((element) => [
      stack.resolve((element as CfnElement).logicalId),
      element.node.path.slice(stack.node.path.length + 1).replace(/\/(Resource|Default)$/, ''),
    ]),
  );
}

export interface Statement {
  Sid?: string;
  Effect: string;
  Principal?: unknown;
  Action: string | string[];
  Resource: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** One or many, as CloudFormation writes them. */
export function list<T>(value: T | T[]): T[] {
  return Array.isArray(value) ? value : [value];
}

/** A CloudFormation value as text: `REGION` for the pseudo parameter, the construct for a reference. */
export function text(value: unknown, names: Map<string, string>): string {
  if (typeof value === 'string') return value;
  const [[intrinsic, argument]] = Object.entries(value as object) as [[string, never]];
  if (intrinsic === 'Fn::Join')
    return (argument[1] as unknown[]).map((part) => text(part, names)).join(argument[0]);
  if (intrinsic === 'Fn::Sub')
    return (argument as string).replaceAll(/\$\{AWS::(\w+)\}/g, (_, name) => name.toUpperCase());
  const id: string = intrinsic === 'Ref' ? argument : argument[0];
  return names.get(id) ?? id.replace('AWS::', '').toUpperCase();
}
