import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { KeySpec } from 'aws-cdk-lib/aws-kms';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Node } from 'constructs';

/** The folder that holds `cdk.json`; relative paths in the context start here. */
export const INFRA_ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Everything an operator may choose, parsed once.
 *
 * The values come from the CDK context (`-c name=value`, `cdk.json`, `cdk.context.json`). A value
 * that does not parse, and a name that nobody reads, end the synthesis with one sentence: a
 * misspelt `evidenceLockMode` must not silently deploy the weaker lock.
 */
export interface Config {
  /** Folder with one folder per step, each holding the step's `bootstrap`. @default ../target/lambda */
  readonly lambdaDir: string;
  /** Processor the binaries were built for. @default arm64 */
  readonly architecture: Architecture;
  /** How long CloudWatch keeps the logs, in days. @default 731 */
  readonly logRetention: RetentionDays;
  /** Who may lift the lock on evidence: nobody (COMPLIANCE) or a privileged role. @default GOVERNANCE */
  readonly evidenceLockMode: EvidenceLockMode;
  /** How long evidence cannot be deleted, in years. @default 7 */
  readonly evidenceLockYears: number;
  /** Type of the signing key. Changing it replaces the key. @default RSA_2048 */
  readonly signingKeySpec: KeySpec;
  /** How many signing keys there are; one more for each roll-over. @default 1 */
  readonly signingKeys: number;
  /** ARNs that administer the signing key. @default - the account, through IAM */
  readonly keyAdministrators: string[];
  /** Subject of the signing key's certificate request, RFC 4514. @default CN=Key Ceremony Signing Key */
  readonly csrSubject: string;
  /** Partner id to who acts for it. @default - no partner role */
  readonly partners: Record<string, PartnerPrincipal>;
  /** ARNs that may write partner profiles. @default - no operator role */
  readonly operators: string[];
  /** ARNs that may read executions and evidence. @default - no auditor role */
  readonly auditors: string[];
  /** ARNs that may do what remedies ask for. @default - no responder role */
  readonly responders: string[];
  /** Addresses that are told of ceremonies and alarms. @default - nobody, with a warning */
  readonly notificationEmails: string[];
  /** Concurrent runs that are set aside for, and allowed to, each step's function. @default - not limited */
  readonly reservedConcurrency?: number;
  /** Hosts that are asked about revocation though their addresses are not public. @default - none */
  readonly revocationHosts: string[];
  /** Whether a trail of CloudTrail is made, for an account that has none. @default false */
  readonly trail: boolean;
}

/** Who acts for a partner. */
export interface PartnerPrincipal {
  /** The ARN that may assume the partner's role. */
  readonly arn: string;
  /** What it has to say when it does. @default - nothing */
  readonly externalId?: string;
}

export type EvidenceLockMode = keyof typeof LOCK_MODES;

/** Reads every context value of the app, or throws one sentence that names the wrong one. */
export function readConfig(node: Node): Config {
  refuseUnknownNames(node);
  const text = (name: ContextName, fallback: string) =>
    parseText(name, node.tryGetContext(name) ?? fallback);
  const number = (name: ContextName, fallback: number) =>
    parseInteger(name, node.tryGetContext(name) ?? fallback);
  const arns = (name: ContextName) => parseArns(name, node.tryGetContext(name) ?? []);
  return {
    lambdaDir: resolve(INFRA_ROOT, text('lambdaDir', '../target/lambda')),
    architecture: oneOf('architecture', text('architecture', 'arm64'), ARCHITECTURES),
    logRetention: parseRetention(number('logRetentionDays', 731)),
    evidenceLockMode: oneOf('evidenceLockMode', text('evidenceLockMode', 'GOVERNANCE'), LOCK_MODES),
    evidenceLockYears: parseYears(number('evidenceLockYears', 7)),
    signingKeySpec: oneOf('signingKeySpec', text('signingKeySpec', 'RSA_2048'), SIGNING_KEY_SPECS),
    signingKeys: parseKeys(number('signingKeys', 1)),
    keyAdministrators: arns('keyAdministrators'),
    csrSubject: parseSubject(text('csrSubject', 'CN=Key Ceremony Signing Key')),
    partners: parsePartners(node.tryGetContext('partners') ?? {}),
    operators: arns('operators'),
    auditors: arns('auditors'),
    responders: arns('responders'),
    notificationEmails: parseEmails(node.tryGetContext('notificationEmails') ?? []),
    reservedConcurrency: parseConcurrency(node.tryGetContext('reservedConcurrency')),
    revocationHosts: parseHosts(node.tryGetContext('revocationHosts') ?? []),
    trail: oneOf('trail', String(node.tryGetContext('trail') ?? false), SWITCH),
  };
}

/**
 * Folder of one step's binary.
 *
 * CDK's own message for a missing asset names a path and nothing to do about it.
 */
export function stepAsset(lambdaDir: string, step: string): string {
  const folder = resolve(lambdaDir, step);
  if (!existsSync(resolve(folder, 'bootstrap'))) {
    throw new Error(
      `No Lambda binary for the step "${step}" in ${folder}: build all steps with ` +
        '"cargo lambda build --release --arm64" (or --x86-64) in the repository root, ' +
        'or name another folder with -c lambdaDir=FOLDER.',
    );
  }
  return folder;
}

const CONTEXT_NAMES = [
  'lambdaDir',
  'architecture',
  'logRetentionDays',
  'evidenceLockMode',
  'evidenceLockYears',
  'signingKeySpec',
  'signingKeys',
  'keyAdministrators',
  'csrSubject',
  'partners',
  'operators',
  'auditors',
  'responders',
  'notificationEmails',
  'reservedConcurrency',
  'revocationHosts',
  'trail',
] as const;
type ContextName = (typeof CONTEXT_NAMES)[number];

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };
const SWITCH = { false: false, true: true };
const LOCK_MODES = { GOVERNANCE: 'GOVERNANCE', COMPLIANCE: 'COMPLIANCE' } as const;
const SIGNING_KEY_SPECS = {
  RSA_2048: KeySpec.RSA_2048,
  RSA_3072: KeySpec.RSA_3072,
  RSA_4096: KeySpec.RSA_4096,
  ECC_NIST_P256: KeySpec.ECC_NIST_P256,
  ECC_NIST_P384: KeySpec.ECC_NIST_P384,
  ECC_NIST_P521: KeySpec.ECC_NIST_P521,
};
const PARTNER_ID = /^[a-z0-9-]{1,32}$/;
/**
 * Ids that `PartnerId` in `steps/shared/ceremony/src/identifiers.rs` refuses as well: these words
 * stand in the place of a partner's id where a ceremony has no partner.
 */
const RESERVED_PARTNER_IDS = ['byok', 'enrolment', 'pix'];
/** As AWS Security Token Service takes it (AssumeRole, `ExternalId`). */
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/;
const EMAIL = /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/;
/** A name or an IPv4 address as it stands in a URL of a certificate: no scheme, port or wildcard. */
const HOST = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const PRINCIPAL_ARN =
  /^arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|user\/.+|role\/.+|assumed-role\/.+)$/;

function refuseUnknownNames(node: Node): void {
  // CDK's own names carry a prefix (`@aws-cdk/…`, `aws:…`, `availability-zones:…`) or a hyphen.
  const ours = Object.keys(node.getAllContext()).filter((name) => /^[A-Za-z]+$/.test(name));
  const unknown = ours.filter((name) => !CONTEXT_NAMES.some((known) => known === name));
  if (unknown.length > 0) {
    throw new Error(
      `Unknown context value "${unknown[0]}": the app reads ${CONTEXT_NAMES.join(', ')}.`,
    );
  }
}

function refuse(name: ContextName, value: unknown, expected: string): never {
  throw new Error(`Context value "${name}" must be ${expected}, not ${JSON.stringify(value)}.`);
}

function parseText(name: ContextName, value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' ? value : refuse(name, value, 'a text');
}

/** Context from the command line is always text, from `cdk.json` it may be a number. */
function parseInteger(name: ContextName, value: unknown): number {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number)
    ? number
    : refuse(name, value, 'a whole number');
}

/** Lists and objects arrive as JSON text from the command line. */
function parseJson(name: ContextName, value: unknown, expected: string): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return refuse(name, value, expected);
  }
}

function parseArns(name: ContextName, value: unknown): string[] {
  const expected = 'a JSON list of IAM ARNs, such as ["arn:aws:iam::111122223333:role/Admin"]';
  const list = parseJson(name, value, expected);
  if (!Array.isArray(list)) return refuse(name, value, expected);
  return list.map((arn) => (isPrincipalArn(arn) ? arn : refuse(name, arn, expected)));
}

/** Each partner is an ARN, or an object with the ARN and the external id that goes with it. */
function parsePartners(value: unknown): Record<string, PartnerPrincipal> {
  const expected =
    'a JSON object of partner id to IAM ARN, or to {"arn", "externalId"} (an id is ' +
    `[a-z0-9-]{1,32}, does not end in -non, and is none of ${RESERVED_PARTNER_IDS.join(', ')})`;
  const partners = parseJson('partners', value, expected);
  if (!isObject(partners)) return refuse('partners', value, expected);
  return Object.fromEntries(
    Object.entries(partners).map(([partner, principal]) => {
      const parsed = isPartnerId(partner) ? parsePrincipal(principal) : undefined;
      return [partner, parsed ?? refuse('partners', { [partner]: principal }, expected)];
    }),
  );
}

function parsePrincipal(value: unknown): PartnerPrincipal | undefined {
  if (isPrincipalArn(value)) return { arn: value };
  if (!isObject(value)) return undefined;
  const { arn, externalId, ...unknown } = value;
  const known = isPrincipalArn(arn) && typeof externalId === 'string';
  return known && EXTERNAL_ID.test(externalId) && Object.keys(unknown).length === 0
    ? { arn, externalId }
    : undefined;
}

function parseEmails(value: unknown): string[] {
  const expected = 'a JSON list of e-mail addresses, such as ["security-officer@example.com"]';
  const list = parseJson('notificationEmails', value, expected);
  const valid = Array.isArray(list) && list.every((email) => EMAIL.test(String(email)));
  return valid ? list : refuse('notificationEmails', value, expected);
}

/** Whom certificates name is not known at deployment; these are the exceptions from what is refused. */
function parseHosts(value: unknown): string[] {
  const expected = 'a JSON list of host names in lower case, such as ["ocsp.internal.example"]';
  const list = parseJson('revocationHosts', value, expected);
  const valid = Array.isArray(list) && list.every((host) => HOST.test(String(host)));
  return valid ? list : refuse('revocationHosts', value, expected);
}

/**
 * Ceremony ids join their parts with hyphens. `x-non` in `production` would spell the same id as `x`
 * in `non-production`, for which reason no id may end in `-non`.
 */
function isPartnerId(text: string): boolean {
  return PARTNER_ID.test(text) && !text.endsWith('-non') && !RESERVED_PARTNER_IDS.includes(text);
}

function parseRetention(days: number): RetentionDays {
  const allowed = Object.values(RetentionDays).filter((value) => typeof value === 'number');
  const known = allowed.includes(days) && days !== RetentionDays.INFINITE;
  return known
    ? days
    : refuse(
        'logRetentionDays',
        days,
        'a number of days that CloudWatch Logs offers (… 365, 731, 1827 …)',
      );
}

function parseYears(years: number): number {
  return years >= 1 && years <= 100
    ? years
    : refuse('evidenceLockYears', years, 'between 1 and 100');
}

/** As many as fit into the environment of a function and the policy of a role. */
function parseKeys(count: number): number {
  return count >= 1 && count <= 9 ? count : refuse('signingKeys', count, 'between 1 and 9');
}

/** Zero would stop a function altogether. */
function parseConcurrency(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const concurrency = parseInteger('reservedConcurrency', value);
  return concurrency >= 1
    ? concurrency
    : refuse('reservedConcurrency', concurrency, 'at least 1, or left out');
}

/** The step that signs the request parses the subject in full; this only catches a forgotten `CN=`. */
function parseSubject(subject: string): string {
  return /^[A-Za-z0-9.]+=.+$/.test(subject)
    ? subject
    : refuse(
        'csrSubject',
        subject,
        'an RFC 4514 name, such as CN=Key Ceremony Signing Key,O=Example',
      );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPrincipalArn(value: unknown): value is string {
  return typeof value === 'string' && PRINCIPAL_ARN.test(value);
}

function oneOf<T>(name: ContextName, value: string, choices: Record<string, T>): T {
  const choice = Object.hasOwn(choices, value) ? choices[value] : undefined;
  return choice ?? refuse(name, value, `one of ${Object.keys(choices).join(', ')}`);
}
