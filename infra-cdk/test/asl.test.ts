import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import validate from 'asl-validator';
import { describe, expect, test } from 'vitest';

import { INFRA_ROOT } from '../lib/platform/config.ts';
import { SAYS_WHAT_TO_DO } from '../lib/platform/notifications.ts';
import { STEPS, substitutionName } from '../lib/steps/steps.ts';
import { synthesize } from './support.ts';

const FOLDER = resolve(INFRA_ROOT, '../statemachine');
const machines = readdirSync(FOLDER).filter((file) => file.endsWith('.asl.json'));
const deployed = Object.values(
  synthesize().template.findResources('AWS::StepFunctions::StateMachine'),
).map(({ Properties }) => Properties);

test('the substitution of a step follows from its name', () => {
  expect(substitutionName('wrap-rsa')).toBe('WrapRsaFunctionArn');
  expect(substitutionName('create-kek')).toBe('CreateKekFunctionArn');
  expect(new Set(STEPS.map(substitutionName)).size).toBe(STEPS.length);
});

test('there is a machine, and every machine has its file', () => {
  const files = deployed.map(({ StateMachineName }) => `${StateMachineName}.asl.json`);
  expect(files).not.toEqual([]);
  expect(files.sort()).toEqual([...machines].sort());
});

/** What profiles may say of the waits of `kek-import`. */
const RULES = readFileSync(
  resolve(FOLDER, '../steps/shared/ceremony/src/key_import/rules.rs'),
  'utf8',
);
const rule = (name: string): number => {
  const [, factors] = new RegExp(`const ${name}: u32 = ([\\d *]+);`).exec(RULES)!;
  return factors!.split(' * ').reduce((product, factor) => product * Number(factor), 1);
};
const HOUR = 60 * 60;
const OFFERS = 1 + rule('MOST_FRESH_OFFERS');

/** In seconds, of each state that waits, however often it is entered. */
const LONGEST_WAITS: Record<string, number> = {
  // For a day, and an hour more to be sure.
  AwaitApproval: 25 * HOUR,
  // `waitMinutes` of a profile is a day at most; before any key is touched, and before the KEK leaves.
  AwaitRevocation: 2 * 24 * HOUR,
};

/** The same where a machine enters a state more often, or has one of its own that waits. */
const LONGEST_WAITS_OF: Record<string, Record<string, number>> = {
  'kek-import.asl.json': {
    // Before any key is touched, before each offer, and before the KEK is imported.
    AwaitRevocation: (2 + OFFERS) * 24 * HOUR,
    // For each offer, for what confirms the key, and as long as the key from before is kept.
    AwaitAnswer:
      (OFFERS + 1) * rule('LONGEST_HOURS') * HOUR + rule('LONGEST_GRACE_DAYS') * 24 * HOUR,
  },
};

describe.each(machines)('%s', (file) => {
  const definition = readFileSync(resolve(FOLDER, file), 'utf8');

  test('is valid', () => {
    expect(validate(JSON.parse(definition)).errors).toEqual([]);
  });

  test('ends by itself, at a time that the retries of all its states leave room for', () => {
    const { States, TimeoutSeconds } = JSON.parse(definition) as Machine;
    const work = Object.values(States).filter(({ Type }) => Type === 'Task').length;
    const waits = Object.entries(States)
      .filter(([, state]) => state.Type === 'Wait' || byToken(state))
      .reduce((sum, [name]) => sum + { ...LONGEST_WAITS, ...LONGEST_WAITS_OF[file] }[name]!, 0);
    const maps = waitedFor(States).reduce((sum, [, seconds]) => sum + seconds, 0);
    // A throttled state may be tried again for a quarter of an hour, and then run once more.
    expect(TimeoutSeconds).toBeGreaterThan(waits + maps + work * 2 * 15 * 60);
  });

  test('outlasts no execution of Standard type, and no wait its own limit', () => {
    const { States, TimeoutSeconds } = JSON.parse(definition) as Machine;
    // A year: "Quotas related to state machine executions" (Step Functions Developer Guide).
    expect(TimeoutSeconds).toBeLessThanOrEqual(365 * 24 * HOUR);
    const longest = Math.max(rule('LONGEST_HOURS'), rule('LONGEST_GRACE_DAYS') * 24) * HOUR;
    for (const state of Object.values(States).filter(byToken))
      expect(state.TimeoutSeconds).toBeGreaterThanOrEqual(longest + 24 * HOUR);
  });

  test('waits for its maps until they have ended by themselves', () => {
    const { States } = JSON.parse(definition) as Machine;
    for (const [map, seconds] of waitedFor(States)) {
      const child = JSON.parse(readFileSync(resolve(FOLDER, `${map}.asl.json`), 'utf8'));
      expect(seconds).toBeGreaterThan(child.TimeoutSeconds);
    }
  });

  test.runIf(!isMap(file))('fails with words that tell a recorded failure from others', () => {
    const states = Object.values((JSON.parse(definition) as Machine).States);
    const failures = states.filter(({ Type }) => Type === 'Fail');
    expect(failures).not.toEqual([]);
    for (const { Cause } of failures) expect(Cause).toContain(`'${SAYS_WHAT_TO_DO}'`);
  });

  test('mixes no query languages in a way that AWS refuses', () => {
    expect(refusedStates(JSON.parse(definition))).toEqual([]);
  });

  test('is deployed as it stands, and every name in it is substituted', () => {
    const machine = deployed.find(
      ({ StateMachineName }) => file === `${StateMachineName}.asl.json`,
    )!;
    expect(machine.DefinitionString).toBe(definition);
    const names = new Set([...definition.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name));
    expect(Object.keys(machine.DefinitionSubstitutions).sort()).toEqual([...names].sort());
  });
});

test('a JSONPath state below a JSONata machine is found however deep it lies', () => {
  const inner = { StartAt: 'Deep', States: { Deep: { Type: 'Pass', QueryLanguage: 'JSONPath' } } };
  const states = {
    Both: { Type: 'Parallel', Branches: [inner] },
    Each: { Type: 'Map', QueryLanguage: 'JSONPath', ItemProcessor: inner },
    Plain: { Type: 'Pass' },
  };
  expect(refusedStates({ QueryLanguage: 'JSONata', States: states })).toEqual([
    'Deep',
    'Each',
    'Deep',
  ]);
  expect(refusedStates({ States: states })).toEqual([]);
});

test('a map takes as many batches at once as the steps reckon with', () => {
  const { States } = JSON.parse(
    readFileSync(resolve(FOLDER, 'initial-keys-map.asl.json'), 'utf8'),
  ) as Machine;
  expect(States.EachBatch!.MaxConcurrency).toBe(4);
});

/** Whether it waits for somebody who answers with its token. */
function byToken({ Resource }: State): boolean {
  return Resource?.endsWith('.waitForTaskToken') ?? false;
}

/** A machine that another one waits for: however it ends, that one says what has failed. */
function isMap(file: string): boolean {
  return file.endsWith('-map.asl.json');
}

/** The maps that states wait for, and for how many seconds. */
function waitedFor(states: Machine['States']): [string, number][] {
  return Object.values(states)
    .filter(({ Resource }) => Resource === 'arn:aws:states:::states:startExecution.sync:2')
    .map(({ Arguments, TimeoutSeconds }) => {
      const words = /^\$\{(\w+)StateMachineArn\}$/.exec(Arguments!.StateMachineArn!)![1]!;
      const map = words.replace(/(?!^)[A-Z]/g, '-$&').toLowerCase();
      return [map, TimeoutSeconds!];
    });
}

interface Machine {
  QueryLanguage?: string;
  TimeoutSeconds?: number;
  States: Record<string, State>;
}

interface State {
  Type: string;
  QueryLanguage?: string;
  Cause?: string;
  Resource?: string;
  Arguments?: { StateMachineArn?: string };
  TimeoutSeconds?: number;
  MaxConcurrency?: number;
  Branches?: Machine[];
  ItemProcessor?: Machine;
}

/**
 * The states that keep AWS from creating the machine: where the top level says JSONata, no state may
 * say JSONPath. Neither the validator nor the local AWS notices.
 */
function refusedStates(machine: Machine): string[] {
  return machine.QueryLanguage === 'JSONata' ? jsonPathStates(machine) : [];
}

function jsonPathStates({ States }: Machine): string[] {
  return Object.entries(States).flatMap(([name, state]) => {
    const below = [
      ...(state.Branches ?? []),
      ...(state.ItemProcessor ? [state.ItemProcessor] : []),
    ];
    const own = state.QueryLanguage === 'JSONPath' ? [name] : [];
    return [...own, ...below.flatMap(jsonPathStates)];
  });
}
