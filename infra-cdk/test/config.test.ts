import { App } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';

import { type Config, INFRA_ROOT, readConfig, stepAsset } from '../lib/platform/config.ts';
import { CDK_JSON, dummyLambdas, synthesize } from './support.ts';

const read = (context: Record<string, unknown>): Config =>
  readConfig(new App({ context: { ...CDK_JSON, ...context } }).node);

test('without context every value has its documented default', () => {
  expect(read({})).toMatchObject({
    lambdaDir: INFRA_ROOT.replace(/infra-cdk$/, 'target/lambda'),
    architecture: Architecture.ARM_64,
    logRetention: 731,
    evidenceLockMode: 'GOVERNANCE',
    evidenceLockYears: 7,
    signingKeySpec: 'RSA_2048',
    signingKeys: 1,
    keyAdministrators: [],
    csrSubject: 'CN=Key Ceremony Signing Key',
    partners: {},
    operators: [],
    auditors: [],
    responders: [],
    notificationEmails: [],
    reservedConcurrency: undefined,
    revocationHosts: [],
    trail: false,
  });
});

test('lists and objects are read from the command line as JSON, and from cdk.json as they are', () => {
  const arn = 'arn:aws:iam::111122223333:root';
  const given = {
    partners: { acme: arn, globex: { arn, externalId: 'key-ceremony/1' } },
    operators: ['arn:aws:iam::111122223333:role/Operator'],
    responders: ['arn:aws:iam::111122223333:role/Responder'],
    notificationEmails: ['security-officer@example.com'],
    revocationHosts: ['127.0.0.1', 'ocsp.internal.example'],
  };
  const expected = {
    ...given,
    partners: { acme: { arn }, globex: { arn, externalId: 'key-ceremony/1' } },
  };
  expect(read(given)).toMatchObject(expected);
  const texts = Object.entries(given).map(([name, value]) => [name, JSON.stringify(value)]);
  expect(read(Object.fromEntries(texts))).toMatchObject(expected);
});

test.each([
  [
    { architecture: 'amd64' },
    'Context value "architecture" must be one of arm64, x86_64, not "amd64".',
  ],
  [{ evidenceLockMode: 'governance' }, 'must be one of GOVERNANCE, COMPLIANCE'],
  [{ reservedConcurrency: '0' }, 'must be at least 1, or left out, not 0.'],
  [{ reservedConcurrency: 'all' }, 'must be a whole number, not "all".'],
  [{ signingKeys: '0' }, 'must be between 1 and 9, not 0.'],
  [{ signingKeys: '10' }, 'must be between 1 and 9, not 10.'],
  [{ trail: 'yes' }, 'must be one of false, true, not "yes".'],
  [{ evidenceLockYears: '0' }, 'must be between 1 and 100, not 0.'],
  [{ evidenceLockYears: 'seven' }, 'must be a whole number, not "seven".'],
  [{ logRetentionDays: 700 }, 'must be a number of days that CloudWatch Logs offers'],
  [{ logRetentionDays: 9999 }, 'must be a number of days that CloudWatch Logs offers'],
  [
    { signingKeySpec: 'RSA_1024' },
    'must be one of RSA_2048, RSA_3072, RSA_4096, ECC_NIST_P256, ECC_NIST_P384, ECC_NIST_P521',
  ],
  [{ signingKeySpec: 'toString' }, 'must be one of RSA_2048'],
  [{ csrSubject: 'Key Ceremony' }, 'must be an RFC 4514 name'],
  [{ csrSubject: '' }, 'must be a text, not "".'],
  [{ partners: '{acme: 1}' }, 'must be a JSON object of partner id'],
  [{ partners: { Acme: 'arn:aws:iam::111122223333:root' } }, 'must be a JSON object of partner id'],
  [{ partners: { acme: '111122223333' } }, 'must be a JSON object of partner id'],
  [{ partners: { 'acme-non': 'arn:aws:iam::111122223333:root' } }, 'does not end in -non'],
  [{ partners: { enrolment: 'arn:aws:iam::111122223333:root' } }, 'none of byok, enrolment, pix'],
  [{ partners: { pix: 'arn:aws:iam::111122223333:root' } }, 'none of byok, enrolment, pix'],
  [{ partners: { byok: 'arn:aws:iam::111122223333:root' } }, 'none of byok, enrolment, pix'],
  [{ operators: 'arn:aws:iam::111122223333:role/Operator' }, 'must be a JSON list of IAM ARNs'],
  [{ partners: { acme: { arn: 'arn:aws:iam::111122223333:root' } } }, '{"arn", "externalId"}'],
  [
    { partners: { acme: { arn: 'arn:aws:iam::111122223333:root', externalId: 'a b' } } },
    'must be a JSON object of partner id to IAM ARN, or to {"arn", "externalId"}',
  ],
  [
    { partners: { acme: { arn: 'arn:aws:iam::111122223333:root', externalid: 'key-ceremony/1' } } },
    'must be a JSON object of partner id',
  ],
  [{ auditors: ['*'] }, 'must be a JSON list of IAM ARNs'],
  [{ responders: ['*'] }, 'must be a JSON list of IAM ARNs'],
  [{ notificationEmails: 'a@example.com' }, 'must be a JSON list of e-mail addresses'],
  [{ notificationEmails: ['a@example.com, b@example.com'] }, 'must be a JSON list of e-mail addresses'],
  [{ revocationHosts: 'ocsp.example' }, 'must be a JSON list of host names in lower case'],
  [{ revocationHosts: ['http://ocsp.example'] }, 'must be a JSON list of host names'],
  [{ revocationHosts: ['ocsp.example:8080'] }, 'must be a JSON list of host names'],
  [{ revocationHosts: ['*'] }, 'must be a JSON list of host names'],
  [{ revocationHosts: ['OCSP.example'] }, 'must be a JSON list of host names'],
  [{ revocationHosts: [''] }, 'must be a JSON list of host names'],
  [{ evidenceLockmode: 'COMPLIANCE' }, 'Unknown context value "evidenceLockmode"'],
])('%j is refused with a sentence', (context, message) => {
  expect(() => read(context)).toThrow(message);
});

test('a partner id may contain what it may not end in, or be', () => {
  const ids = ['non-acme', 'acme-non-eu', 'pix-bank'];
  const partners = Object.fromEntries(ids.map((id) => [id, 'arn:aws:iam::111122223333:root']));
  expect(Object.keys(read({ partners }).partners)).toEqual(ids);
});

test('a missing binary says how to build it', () => {
  expect(() => synthesize({ lambdaDir: dummyLambdas(['await-answer', 'fetch-certs']) })).toThrow(
    /^No Lambda binary for the step "validate" in .*: build all steps with "cargo lambda build --release --arm64"/,
  );
  expect(stepAsset(dummyLambdas(['wrap-rsa']), 'wrap-rsa')).toMatch(/wrap-rsa$/);
});
