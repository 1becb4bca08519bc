import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { INFRA_ROOT } from '../lib/platform/config.ts';

const ROOT = resolve(INFRA_ROOT, '..');

/**
 * Every sentence by which the system tells people what to do after a failure.
 *
 * Read from where they are written: `fn remedy`, `let remedy` and `remedy: "…"` of every step, the errors
 * that no step names itself, the machines, what a file is refused for, and what a log says about a key too
 * many.
 */
export function remedySentences(): string[] {
  const texts = [
    ...sources(join(ROOT, 'steps')).flatMap((file) => remediesIn(withoutTests(read(file)))),
    ...literals(functionBody(read(PLATFORM_ERRORS), 'of_the_platform')),
    ...literals(read(BUNDLE)).filter((text) => text.includes('private key')),
    ...literals(withoutTests(read(CLAIM))).filter((text) => text.includes('delete this')),
    ...WORDS.flatMap((file) => wholeSentences(withoutTests(read(join(ROOT, 'steps', file))))),
    ...machineRemedies(),
  ];
  const sentences = texts.flatMap((text) => text.split(/(?<=[.:;]) /));
  // A name in a `match` is a word, a sentence has several.
  return [...new Set(sentences)].filter((sentence) => sentence.includes(' ')).sort();
}

const PLATFORM_ERRORS = join(ROOT, 'steps/conclude/record-failure/src/words.rs');
const BUNDLE = join(ROOT, 'steps/shared/ceremony/src/bundle.rs');
const CLAIM = join(ROOT, 'steps/shared/payment-keys/src/claim.rs');

/** Files in which remedies stand beside reasons, which are no sentences. */
const WORDS = [
  'arrive/intake-request/src/lib.rs',
  'arrive/intake-request/src/rollback.rs',
  'arrive/take-answer/src/words.rs',
  'watch/sweep-waits/src/lib.rs',
];

function wholeSentences(source: string): string[] {
  return literals(source).filter((text) => /^[A-Z][^]*\.$/.test(text));
}

/** The literals of all functions `remedy` and `what_to_add`, and of all variables and fields `remedy`. */
function remediesIn(source: string): string[] {
  const variables = [...source.matchAll(/let remedy = ("[^;]*");/g)].map(([, text]) => text!);
  const fields = [...source.matchAll(/\bremedy: ("(?:[^"\\]|\\[^])*")/g)].map(([, text]) => text!);
  const bodies = ['remedy', 'what_to_add'].map((name) => functionBody(source, name));
  return [...bodies, ...variables, ...fields].flatMap(literals);
}

/** The bodies of every function of that name, with whatever nests in them. */
function functionBody(source: string, name: string): string {
  const bodies = [];
  for (const { index } of source.matchAll(new RegExp(`fn ${name}\\(`, 'g'))) {
    const start = source.indexOf('{', index);
    let depth = 0;
    let end = start;
    // A brace in a text would end it too early, and be seen as a sentence that is cut off.
    do {
      if (source[end] === '{') depth += 1;
      if (source[end] === '}') depth -= 1;
      end += 1;
    } while (depth > 0 && end < source.length);
    bodies.push(source.slice(start, end));
  }
  return bodies.join('\n');
}

/** The texts of a piece of Rust, as they are after the compiler has joined their lines. */
function literals(source: string): string[] {
  const code = source.replaceAll(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, text]) =>
    text!.replaceAll(/\\\n\s*/g, '').replaceAll('\\"', '"'),
  );
}

function withoutTests(source: string): string {
  return source.split('#[cfg(test)]')[0]!;
}

/** What a machine says itself, where no step could: the texts in expressions called `remedy`. */
function machineRemedies(): string[] {
  const folder = join(ROOT, 'statemachine');
  const files = readdirSync(folder).filter((file) => file.endsWith('.asl.json'));
  return files.flatMap((file) =>
    [...read(join(folder, file)).matchAll(/"remedy": "\{%([^"]*)%\}"/g)].flatMap(([, expression]) =>
      [...expression!.matchAll(/'([^']*)'/g)].map(([, text]) => text!),
    ),
  );
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'tests' ? [] : sources(path);
    return entry.name.endsWith('.rs') ? [path] : [];
  });
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
