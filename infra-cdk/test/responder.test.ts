import { describe, expect, test } from 'vitest';

import { remedySentences } from './remedies.ts';
import { policyOf, synthesize } from './support.ts';

const { stack, template } = synthesize({
  operators: ['arn:aws:iam::444455556666:role/Operator'],
  responders: ['arn:aws:iam::444455556666:role/Responder'],
});
const actions = (role: string) =>
  new Set(policyOf(`Access/${role}`, stack, template).map((line) => line.split(' ')[0]!));
const [operator, responder] = [actions('Operator'), actions('Responder')];

const LOGS = ['logs:DescribeLogStreams', 'logs:FilterLogEvents', 'logs:GetLogEvents'];
const HISTORY = ['states:DescribeExecution', 'states:GetExecutionHistory'];
const RECORD = ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket'];
const CALLS = ['cloudtrail:LookupEvents'];
const ALIASES = [
  'payment-cryptography:GetAlias',
  'payment-cryptography:GetKey',
  'payment-cryptography:ListAliases',
  'payment-cryptography:ListTagsForResource',
];

/** What remedies tell a responder to do, and which permissions it takes. */
const BY_RESPONDER: [RegExp, string[]][] = [
  [/look at (the|its) (function's )?log( for the call that hangs)?(?= and|,|\.)/i, LOGS],
  [/look into the log of the \w+ function first/, LOGS],
  [/report it with the function's log/, LOGS],
  [/and its memory/, ['lambda:GetFunctionConfiguration']],
  [
    /(look at the function's|the) network path( of the function)?/,
    ['lambda:GetFunctionConfiguration'],
  ],
  [/the execution's history/, HISTORY],
  [/report it with the execution's ARN/, HISTORY],
  // What a step that was killed had reserved, and never gave a key.
  [
    /(look )?at the aliases that the record names/,
    [...ALIASES, 'payment-cryptography:DeleteAlias', ...RECORD],
  ],
  [/report it with the record/, RECORD],
  [/Keep the record/, RECORD],
  [/Compare with the (checks|findings) of the state \w+ in the record/, RECORD],
  [/report it with the event/, ['sqs:GetQueueUrl', 'sqs:ReceiveMessage']],
  [/Look at the event bus and its policy/, ['events:DescribeEventBus']],
  [
    /redrive (the dead-letter queue|that)/,
    [
      'lambda:InvokeFunction',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:GetQueueUrl',
      'sqs:ReceiveMessage',
    ],
  ],
  [
    /Compare the step's role with the table/,
    ['iam:GetRole', 'iam:GetRolePolicy', 'iam:ListAttachedRolePolicies', 'iam:ListRolePolicies'],
  ],
  [
    /look for a .*bucket policy or key policy that denies/,
    ['kms:GetKeyPolicy', 's3:GetBucketPolicy'],
  ],
  [/look at the key in KMS/, ['kms:DescribeKey', 'kms:GetKeyPolicy']],
  [/its CloudTrail events/, CALLS],
  [/look in CloudTrail who wrote the parameter/, CALLS],
  [/find out who did it and why, by the CloudTrail events of key and alias/i, [...CALLS, ...ALIASES]],
  [
    /delete the alias(?=:|\.)/,
    ['payment-cryptography:DeleteAlias', 'payment-cryptography:GetAlias', ...HISTORY],
  ],
  [/look for other users of the account's rate limit/, CALLS],
  [/find out what else this principal has done/, CALLS],
  [/find out who (wrote it|started this execution, and with which input)/i, CALLS],
  [/if versions of the inbox are being deleted, find out why/, ['s3:ListBucketVersions', ...CALLS]],
  [/find out whose (certificate|key) it is/i, CALLS],
  [/find out what became of the (key|request)/i, [...CALLS, ...ALIASES, ...RECORD]],
  [/find out who wrote what is installed, or deleted the evidence behind it/i, CALLS],
  [
    /[Ll]ook at the execution that has this name(, and at the alias `…\/received` of the folder)?/,
    [...HISTORY, ...ALIASES],
  ],
  [/a responder can restore for seven days/, ['payment-cryptography:RestoreKey']],
  [/Each is in the log of the function/, LOGS],
  [/find out (by whom|who wrote this one)/i, CALLS],
  [/find out who has written into the table `waiting`/i, CALLS],
  [/find out who (deleted|stopped) it and why, by the CloudTrail events of the key/i, CALLS],
  [/find out who wrote the pointer/i, CALLS],
  [/(stop the execution that it names|The execution has to be stopped)/, ['states:StopExecution']],
  [/compare request and profile with what FetchImport read, in the record/i, RECORD],
  [
    /start its use again if that was a mistake/,
    ['payment-cryptography:StartKeyUsage'],
  ],
  [
    /Have a responder restore and enable the key/,
    ['payment-cryptography:RestoreKey', 'payment-cryptography:StartKeyUsage'],
  ],
  [/look at the AWS Health Dashboard/, ['health:DescribeEvents']],
  [/find out which(?=, with AWS Support)/, [...CALLS, ...ALIASES]],
  [/Find out why the approval session does not end(?=, with AWS Support)/, [...CALLS, ...ALIASES]],
  [
    /restore or enable the key in Payment Cryptography/,
    ['payment-cryptography:RestoreKey', 'payment-cryptography:StartKeyUsage'],
  ],
  [
    /([Cc]orrect )?the state of the key in Payment Cryptography/,
    ['payment-cryptography:RestoreKey', 'payment-cryptography:StartKeyUsage'],
  ],
  [
    /^delete it\./,
    [
      'payment-cryptography:DeleteAlias',
      'payment-cryptography:DeleteKey',
      'payment-cryptography:TagResource',
      ...ALIASES,
    ],
  ],
  [
    /delete this (one|key)/,
    ['payment-cryptography:DeleteKey', 'payment-cryptography:TagResource', ...ALIASES],
  ],
  [
    /delete every version of (the object|that file)/,
    ['s3:DeleteObjectVersion', 's3:ListBucketVersions'],
  ],
];

/** What they tell an operator to do, who decides. */
const PROFILE = ['ssm:GetParameter', 'ssm:PutParameter'];
const ENROL = ['s3:PutObject'];
const BY_OPERATOR: [RegExp, string[]][] = [
  [/drop the (certificate|one) that the CA issued/i, ENROL],
  [/drop the certificate again/i, ENROL],
  [/and drop (that|it again then)/, ENROL],
  [/have an operator (choose|correct|add|lower|name|raise|set|shorten|write)/i, PROFILE],
  [/^Ask for another certificate with `ceremony enrol request/, ['lambda:InvokeFunction']],
  [/^(Correct the order|Leave `--key-algorithm` out)/, ['lambda:InvokeFunction']],
  [/^Name (it with|a) `--subject`/, ['lambda:InvokeFunction']],
  [/an operator lowers `minimumRemainingDays` of the profile/, PROFILE],
  [/an operator corrects it/, PROFILE],
  [/correct or remove (the|a wrong) entry( of this CA in| in)?/i, PROFILE],
  [/Correct `kekExport[.\w]*` of the profile/, PROFILE],
  [/Choose a `signature\.algorithm` in the profile/, PROFILE],
  [/Onboard the partner for this folder \(README, "Onboard a partner"\)/, PROFILE],
  [
    /have an operator tag it/,
    [
      'payment-cryptography:GetKey',
      'payment-cryptography:ListTagsForResource',
      'payment-cryptography:TagResource',
    ],
  ],
];

/** What they tell others to do, or everybody without any right in the account. */
const ELSEWHERE: [RegExp, string][] = [
  [/(Ask|Tell) the partner/, 'whoever knows the partner'],
  [/compare the partner's clock/, 'whoever knows the partner'],
  [/(Compare|compare) the fingerprint (of the root )?with the partner/, 'whoever knows the partner'],
  [/(Ask|Tell) the CA/, 'whoever knows the CA'],
  [/Compare the fingerprint with the CA/, 'whoever knows the CA'],
  [/[Hh]ave (the|its) CA issue( it, and have it put into the inbox)?/, 'whoever knows the CA'],
  [/Ask the approval team/, 'the approval team'],
  [/partner must not use/, 'whoever knows the partner'],
  [/^Find out for whom the certificate was issued/, 'whoever knows the partner'],
  [/belongs? into the same folder|drop it there|Drop the missing certificate/, 'the partner'],
  [/Correct (the file and drop it|what the reasons name and drop the files) again/, 'the partner'],
  [/Drop the leaf again when the next is possible|then drop the leaf again/i, 'the partner'],
  [/Drop a certificate of that CA that can be used/, 'the partner'],
  [/drop the leaf( of this folder)? again, (so that|which)/, 'the partner'],
  [/ask the partner to drop its certificates first/, 'whoever knows the partner'],
  [/[Cc]orrect the document and drop it again/, 'whoever asked for keys'],
  [/Then drop (the|a) document (again|without a key)/, 'whoever asked for keys'],
  [/Drop the document again when the next is possible/, 'whoever asked for keys'],
  [/Put it at <partner>/, 'whoever asked for keys'],
  [/Put the partner's certificate and its CAs into the folder/, 'whoever asked for keys'],
  [/(order|Order) (less|another key|a weaker key|a key that is there, or a new one)/, 'whoever asked for keys'],
  [/^Ask for (another `method`|the KEK by another `method`|less|what is allowed)/, 'whoever asked for a KEK'],
  [/^or ask for a method that needs one/, 'whoever asked for a KEK'],
  [/^Ask by (`ecdh` or `tr34` if|another method that)/, 'whoever asked for a KEK'],
  [/^Announce the check value/, 'whoever asked for a KEK'],
  [/^Drop the document under another name/, 'whoever asked for a KEK'],
  [/^order that one to be brought back first, then drop this order again/, 'whoever places orders'],
  [/delete the files in the folder beside the document/, 'whoever asked for a KEK'],
  [/drop the (order|document) again(?= under another name|\.)/, 'whoever asked for a KEK'],
  [
    /[Hh]ave our requester (drop an order that brings the one from before back|write it to `orders\/`)/,
    'whoever places orders',
  ],
  [/Drop the file again when the next is possible/, 'the partner'],
  [/then the partner has to send its KEK again/, 'the partner'],
  [/the request (has to be )?dropped again/, 'whoever asked for a KEK'],
  [/The partner asks anew for an import of its own/, 'the partner'],
  [/[Ff]ind out (with|which of the two) the partner/, 'whoever knows the partner'],
  [/ask the partner for a new block/, 'whoever knows the partner'],
  [/^Remind the partner/, 'whoever knows the partner'],
  [/^Ask us to look into it/, 'the partner'],
  [/^Compare the check value that your HSM shows/, 'the partner'],
  [/^Compare its name with the one that the README of the offer says/, 'the partner'],
  [/^Drop a file that is made as the README of the offer says/, 'the partner'],
  [/^Then drop it again|drop (the file|this one) again/, 'the partner'],
  [/how to make the block and where to drop it/, 'the partner'],
  [/^Drop the keys in (several|smaller) files/, 'the partner'],
  [/^Then drop (a file without a key|key blocks alone)/, 'the partner'],
  [/^Wrap the key under (a KEK that is strong enough|the KEK whose check value)/, 'the partner'],
  [/drop the block again/, 'the partner'],
  [/^Send (a key of a kind|a new block|the text of the key block)/, 'the partner'],
  [/[Aa]sk us (to (have the agreement changed|restore the key)|why the use of the key was stopped)/, 'the partner'],
  [/have (a KEK|the folder's KEK|the partner send the KEK)( sent)? (again|that can unwrap keys)/, 'whoever knows the partner'],
  [/^Tell whoever sent it to replace that key/, 'whoever sent it'],
  [/Put the file at|send only certificates|Wait until the certificate is valid/, 'the partner'],
  [/Leave the file out|Have the partner drop a new random nonce/, 'the partner'],
  [/drop it into `enrolment\/<key name>\/` of the inbox/, 'whoever has our certificates issued'],
  [/enrol its certificate again/, 'whoever has our certificates issued'],
  [/partner's CA must use|certificates themselves are wrong/, 'the partner'],
  [/treat that key as compromised/, 'the partner'],
  [/^Ask whoever did it for the order/, 'whoever did it'],
  [/treat the key as compromised/, 'whoever did it'],
  [/whoever administers the key cancels its deletion, enables it, or/, 'whoever administers the key'],
  [/restores the policy that was deployed/, 'whoever administers the key'],
  [/whoever the account belongs to takes it back/, 'whoever the account belongs to'],
  [/deploy the reviewed version again/, 'whoever deploys'],
  [/deploy (with|state machine)/, 'whoever deploys'],
  [/Choose a `signingKeySpec`|Correct the context value/, 'whoever deploys'],
  [/^Deploy with the key that the certificate was installed for/, 'whoever deploys'],
  [/enrol (the next certificate|a certificate|the certificate again)/i, 'whoever enrols'],
  [/^Deploy with (one more in )?the context value `signingKeys`/, 'whoever deploys'],
  [/Look at the validity of the certificates in the answer of/, 'whoever deploys'],
  [/If the words are about a certificate or a key of ours, correct that/, 'whoever deploys'],
  [/look for a newer version|defect of the software/, 'whoever deploys'],
  [/with AWS Support|a service control policy/, 'whoever the account belongs to'],
  [/^The message is the service's own|^correct what it names/, 'depends on what the service said'],
  [/run the ceremony again only when it is explained/, 'the partner'],
  [/Whoever asked must (send|correct)/, 'whoever asked'],
];

/** Sentences that explain, and ask for nothing. */
const SAID = new RegExp(
  '^(The KEK of a folder is|The schema is|The next ceremony with|An execution that|An object version|an event is recorded once|Do not send' +
    '|No key was exported|The cause says|the next run of' +
    '|Executions are started|It was retried' +
    '|No record could|Nothing was|Payment Cryptography answered|Something lies|The file must be' +
    '|`key-ceremony:purpose`|[Tt]he (key named here|KEK|keys of a run) must' +
    '|The key must not be used before this is explained|the next one makes it again' +
    '|It needs a new key pair|certificates must be issued again with|of the leaf, or of the CA' +
    '|whatever is encrypted under such a key|What is installed is not what was enrolled' +
    '|only the ceremony certificate-enrolment does|Enrolling the certificate again replaces it' +
    '|something between this software and|The partner would take what is in it for another kind|both must be|A run relies for a day' +
    '|Nothing need be wrong with the certificates|it is this software that understands|whatever it demands' +
    "|The function's process|The stack operation|The step (did|took)|a certificate may|another " +
    '|a new key takes its place|requests (in the evidence bucket )?are written by two steps' +
    '|what is installed is written by an enrolment|Two runs were at it at once|nothing is lost' +
    '|An item that cannot be read|Nothing of the offer went out|Nothing uses the key|Only the step PublishPart' +
    '|the event comes again|the same file is never taken twice|no two ceremonies make the same offer' +
    '|a block that is dropped again is tried again|the service opened the block and made another key' +
    "|whoever made it decides whether|It was not imported by a ceremony|a CA of the service's own" +
    '|If (it goes on or has succeeded|the new one serves), there is nothing|ecdh, tr34 or rsa-oaep' +
    "|The partner's block by the offer|A KEK has come by the offer|The KEK that `\\{ceremony_id\\}` has replaced" +
    "|the (offer|receipt), with a README that says|the request's name, then the 16 digits" +
    '|The KEK that a partner sends is established|by `kcv` of the line|one TR-31 block in `<name>' +
    '|A later ceremony has replaced the KEK|Nothing uses it, and the KEK from before|a new request brings another' +
    '|…, "keyBlock":|…\\} for each key' +
    '|if it is|it holds|somebody invoked this step|two failures' +
    '|a certificate that it issued|no key of ours ever|nobody has requested|one that was disabled' +
    "|only (the ceremony|this ceremony's own steps)|The newer (certificate|key) stays|what is to be installed)",
);

/** The words by which a remedy would ask for more than the tables know. */
const ASKS = new RegExp(
  '\\b(add|ask|choose|compare|correct|delete|deploy|disable|drop|enable|find out|keep|look|onboard' +
    '|put|redrive|remove|report|restore|rotate|schedule|tag|tell|treat|wait)\\b',
  'i',
);

describe('every remedy can be followed', () => {
  const sentences = remedySentences();
  const phrases = [...BY_RESPONDER, ...BY_OPERATOR, ...ELSEWHERE].map(([phrase]) => phrase);

  test('they are found where they are written', () => {
    expect(sentences.length).toBeGreaterThan(50);
    for (const sentence of [
      'Look at the event bus and its policy, then redrive the dead-letter queue.',
      'look into the log of the RecordFailure function first.',
      'delete this one',
      'treat that key as compromised, delete every version of the object, and send only certificates',
    ]) {
      expect(sentences).toContain(sentence);
    }
  });

  test.each(sentences)('%s', (sentence) => {
    const known = phrases.some((phrase) => phrase.test(sentence)) || SAID.test(sentence);
    expect(known, 'says something that no table of this file knows').toBe(true);
    const rest = phrases.reduce((text, phrase) => text.replace(phrase, ''), sentence);
    expect(rest, 'asks for more than the tables of this file know').not.toMatch(ASKS);
  });

  test.each(BY_RESPONDER)('%s is what a responder may do', (phrase, permissions) => {
    expect(sentences.filter((sentence) => phrase.test(sentence))).not.toEqual([]);
    expect(permissions.filter((permission) => !responder.has(permission))).toEqual([]);
  });

  test.each(BY_OPERATOR)('%s is what an operator may do', (phrase, permissions) => {
    expect(sentences.filter((sentence) => phrase.test(sentence))).not.toEqual([]);
    expect(permissions.filter((permission) => !operator.has(permission))).toEqual([]);
  });

  test.each(ELSEWHERE)('%s is still asked, of %s', (phrase) => {
    expect(sentences.filter((sentence) => phrase.test(sentence))).not.toEqual([]);
  });
});

test('a responder may do nothing that no remedy asks for', () => {
  const asked = new Set(BY_RESPONDER.flatMap(([, permissions]) => permissions));
  // To find one's way to what a remedy names, and to read what was written about it.
  const around = [
    'kms:Decrypt',
    'payment-cryptography:ListKeys',
    's3:GetObjectRetention',
    's3:ListBucketVersions',
    'ssm:GetParameter',
    'states:DescribeStateMachine',
    'states:ListExecutions',
  ];
  expect([...responder].filter((action) => !asked.has(action) && !around.includes(action))).toEqual(
    [],
  );
});
