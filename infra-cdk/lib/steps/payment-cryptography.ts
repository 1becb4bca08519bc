import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import { paymentCryptographyArn } from '../platform/ceremony-keys.ts';
import type { Permission } from '../platform/permission.ts';

/**
 * What the steps that touch AWS Payment Cryptography may do there: some make and use keys, others look
 * at what there is.
 *
 * Taken from "Actions, resources, and condition keys for AWS Payment Cryptography" in the AWS
 * Service Authorization Reference:
 *
 * - `CreateKey`, `ImportKey`, `ListAliases` and `ListKeys` have no resource types: their resource is
 *   `*`. The first two take `aws:RequestTag`, and what they make is narrowed by `KeyClass` and `KeyUsage`, or by
 *   `ImportKeyMaterial`, all of the service's own prefix.
 * - `GetAlias`, `CreateAlias` and `UpdateAlias` require an alias *and* a key; `DeleteAlias` an alias. IAM is
 *   asked about each of the two, so that they may stand in statements with conditions of their own.
 * - `GetKey`, `ExportKey`, `GetPublicKeyCertificate`, `ListTagsForResource` and `TagResource` act on a key; `TagResource` is also
 *   checked when a key is created or imported with tags, and takes `aws:RequestTag`.
 * - `ExportKey` takes `ExportKeyMaterial`, the kind of block that leaves, and `aws:ResourceTag`, of the
 *   key that leaves. That key is the only resource it lists: the CA under which it leaves is known to
 *   IAM as a text of the request, `CertificateAuthorityPublicKeyIdentifier`, and needs no tag; our
 *   own key, with which a derived one is agreed on, is no resource of the action either.
 * - `GetParametersForExport` and `GetParametersForImport` have no resource types either, and no conditions of
 *   their own.
 * - `ImportKey` depends on `mpa:StartSession`, without which nothing is imported as a root in an account
 *   where an approval team guards that.
 *
 * Key ARNs end in a random id, so that a key that does not exist yet can only be named `key/*`; what
 * narrows it are tags, as in "Using tags to control access to keys" (Payment Cryptography User Guide).
 *
 * Tags are therefore permissions. `TagResource` cannot be limited to keys in the making, of which IAM
 * knows no more than of an untagged one; what it can be kept from is to give a key that says what it
 * is another purpose.
 */
export class PaymentCryptography {
  private readonly scope: IConstruct;

  constructor(scope: IConstruct) {
    this.scope = scope;
  }

  /** Import certificates, never secret keys, and find them again by alias. */
  importCertificates(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:ImportKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('ca'),
            'payment-cryptography:ImportKeyMaterial': [
              'RootCertificatePublicKey',
              'TrustedCertificatePublicKey',
            ],
          },
        },
        wildcard:
          'ImportKey has no resource types; conditions limit it to certificates tagged as CA.',
      },
      this.askApprovalTeams(),
      ...this.aliasedKeys('ca'),
    ];
  }

  /**
   * Have an approval team asked about an import into this account.
   *
   * "Actions, resources, and condition keys for Multi-party approval" (Service Authorization Reference)
   * has this action without an operation: only a service that was called can perform it. It names a
   * session as its resource, CloudTrail's example of a denial names the team (Multi-party approval User
   * Guide). Teams are of the organization, in us-east-1 and often in another account. When they have
   * approved, the import is carried out with the permissions that this role has then.
   */
  private askApprovalTeams(): Permission {
    const { partition, account } = Stack.of(this.scope);
    const anybodys = `arn:${partition}:mpa:us-east-1:*`;
    return {
      actions: ['mpa:StartSession'],
      resources: [`${anybodys}:approval-team/*`, `${anybodys}:session/*`],
      conditions: { StringEquals: { 'mpa:ProtectedResourceAccount': account } },
      wildcard:
        'Which team guards root imports is decided after the deployment; it is asked, and decides.',
    };
  }

  /**
   * Create symmetric key-encryption keys (K0) and find them again by alias.
   *
   * A profile may also name a key-block protection key (K1); such a key is read with `GetKey` and
   * never made.
   */
  createKeks(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:CreateKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('kek'),
            'payment-cryptography:KeyClass': 'SYMMETRIC_KEY',
            'payment-cryptography:KeyUsage': 'TR31_K0_KEY_ENCRYPTION_KEY',
          },
        },
        wildcard:
          'CreateKey has no resource types; conditions limit it to symmetric K0 keys tagged as KEK.',
      },
      ...this.aliasedKeys('kek'),
      {
        deny: true,
        actions: ['CreateAlias', 'DeleteAlias', 'UpdateAlias'].map(
          (operation) => `payment-cryptography:${operation}`,
        ),
        resources: [RECEIVED, `${RECEIVED}/*`].map((name) => this.alias(name)),
        wildcard: 'By these aliases a KEK is found that a partner has sent, and that no step makes.',
      },
    ];
  }

  /**
   * Export a KEK as an RSA cryptogram: no key of another purpose, and in no other form.
   *
   * A KEK that was made before this system, and that a profile names, has to be given the tag first.
   */
  exportCryptograms(): Permission[] {
    return [this.exportKeks('KeyCryptogram')];
  }

  /**
   * Export a KEK under a key that is agreed on, with a key pair for key agreement (K3) that the step
   * makes, finds again by alias, and has certified by the service.
   */
  exportAgreedKeyBlocks(): Permission[] {
    return [this.exportKeks('DiffieHellmanTr31KeyBlock'), ...this.agree()];
  }

  /**
   * Offer a key of ours under which a partner wraps its own: a key pair for key agreement, or one that the
   * service makes for one import and names by a token.
   */
  offerKeys(): Permission[] {
    return [
      ...this.agree(),
      {
        actions: ['payment-cryptography:GetParametersForImport'],
        resources: ['*'],
        wildcard:
          'GetParametersForImport has no resource types; it makes a key of the service for one import.',
      },
    ];
  }

  /**
   * Import a KEK that a partner has wrapped, and find it again by the alias of its block; have a key deleted
   * that came in a block and is not the one that was announced. Which KEK is the received one of its folder
   * is none of its business.
   *
   * What is deleted is a KEK by its tag. That it is the one of this very import is the step's to know.
   */
  importKeks(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:ImportKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('kek'),
            'payment-cryptography:ImportKeyMaterial': [
              'DiffieHellmanTr31KeyBlock',
              'KeyCryptogram',
              'Tr34KeyBlock',
            ],
          },
        },
        wildcard:
          'ImportKey has no resource types; conditions limit it to wrapped keys tagged as KEK.',
      },
      ...this.aliasedKeys('kek', RECEIVED),
      this.deleteKeys('kek'),
    ];
  }

  /**
   * Import working keys under a KEK of the service, find each again by the alias of its block, and point the
   * alias of its name at it; have a key deleted that is not what its block or its sender says.
   *
   * Their aliases lie apart from those of keys that ceremonies make to send. What is deleted is a working key
   * by its tag. That it is the one of this very import is the step's to know.
   */
  importWorkingKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:ImportKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('working'),
            'payment-cryptography:ImportKeyMaterial': 'Tr31KeyBlock',
          },
        },
        wildcard:
          'ImportKey has no resource types; conditions limit it to key blocks, of keys tagged as working keys.',
      },
      ...this.aliasedKeys('working', 'keys/*/*/*/received'),
      this.tagKeys('working', 'run-began-at'),
      this.deleteKeys('working'),
    ];
  }

  /**
   * Make a KEK that came the one that is received of its folder, and let one more alias name it. Say on it
   * when the ceremony began, and which KEKs it has replaced.
   */
  switchKeks(): Permission[] {
    return [
      ...this.receivedAliases('CreateAlias', 'GetAlias', 'UpdateAlias'),
      ...this.inspectKeys(),
      this.tagKeys('kek', 'run-began-at', 'replaces', 'replaces-also'),
    ];
  }

  /** Point the aliases back at the KEK from before, or have that one deleted if no alias names it. */
  settleKeks(): Permission[] {
    return [
      ...this.receivedAliases('GetAlias', 'UpdateAlias'),
      ...this.inspectKeys(),
      ...this.listAliases(),
      this.deleteKeys('kek'),
    ];
  }

  /**
   * The alias of the KEK that is received of a folder, and what further alias a profile allows: none of
   * those that ceremonies find their other keys by. They may name a KEK, by its tag, and no other key.
   */
  private receivedAliases(...operations: ('CreateAlias' | 'GetAlias' | 'UpdateAlias')[]): Permission[] {
    const look = 'payment-cryptography:GetAlias';
    const actions = operations.map((operation) => `payment-cryptography:${operation}`);
    const writes = actions.filter((action) => action !== look);
    const others = ['agreement', 'ca', 'keys', 'preflight', 'signing'].map((one) => `${one}/*`);
    return [
      {
        actions,
        resources: [paymentCryptographyArn(this.scope, 'alias/*')],
        wildcard: 'The profile says which alias may be asked for, after the deployment.',
      },
      {
        actions: [look],
        resources: [this.anyKey],
        wildcard: 'The key that an alias names; its id is random.',
      },
      {
        actions: writes,
        resources: [this.anyKey],
        conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'kek' } },
        wildcard: 'Ids of keys are random; only a KEK is given to an alias.',
      },
      {
        deny: true,
        actions: writes,
        resources: [...others, 'kek/*/*/*/current', `${RECEIVED}/*`].map((name) => this.alias(name)),
        wildcard: 'By these aliases ceremonies find other keys than the received one of a folder.',
      },
    ];
  }

  private deleteKeys(purpose: 'kek' | 'working'): Permission {
    return {
      actions: ['payment-cryptography:DeleteKey'],
      resources: [this.anyKey],
      conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': purpose } },
      wildcard: `Ids of keys are random; only one tagged ${purpose}, which can be restored until it is gone.`,
    };
  }

  /** Make key pairs for key agreement, find them again by alias, and have the service certify them. */
  private agree(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:CreateKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('agreement'),
            'payment-cryptography:KeyClass': 'ASYMMETRIC_KEY_PAIR',
            'payment-cryptography:KeyUsage': 'TR31_K3_ASYMMETRIC_KEY_FOR_KEY_AGREEMENT',
          },
        },
        wildcard:
          'CreateKey has no resource types; conditions limit it to K3 key pairs tagged as for agreement.',
      },
      {
        actions: ['payment-cryptography:GetPublicKeyCertificate'],
        resources: [this.anyKey],
        conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'agreement' } },
        wildcard: 'The key pair is made after the deployment; its id is random.',
      },
      ...this.aliasedKeys('agreement'),
    ];
  }

  /**
   * Export a KEK in a TR-34 block, signed by a key of the service or by one of ours.
   *
   * The reference lists the key that leaves as the only resource of `ExportKey`, and says nothing of
   * the one that signs. In case IAM is asked about that too, a signing key may be named: it is one half
   * of a pair, of which the service exports no private key in any form.
   */
  exportTr34Blocks(): Permission[] {
    return [this.exportKeks('Tr34KeyBlock', ['kek', 'signing']), this.nameSigningKeys()];
  }

  /** Have the service name a key of its own that signs. */
  private nameSigningKeys(): Permission {
    return {
      actions: ['payment-cryptography:GetParametersForExport'],
      resources: ['*'],
      wildcard:
        'GetParametersForExport has no resource types; it names a key of the service that signs blocks.',
    };
  }

  /**
   * Say which KEK of a folder is the current one, and on that KEK when the ceremony began that sent it.
   *
   * The tag decides which of two ceremonies counts. It can be set on nothing but a KEK, and no other tag
   * with it, so that no key becomes exportable, or is for another partner, by this.
   */
  establishKeks(): Permission[] {
    return [
      {
        actions: [
          'payment-cryptography:CreateAlias',
          'payment-cryptography:GetAlias',
          'payment-cryptography:UpdateAlias',
        ],
        resources: [this.alias('kek/*/*/*/current'), this.anyKey],
        wildcard: 'One alias per folder of a partner, for a KEK that was sent; its id is random.',
      },
      {
        actions: ['payment-cryptography:ListTagsForResource'],
        resources: [this.anyKey],
        wildcard: 'The KEK that an alias names; its id is random.',
      },
      this.tagKeys('kek', 'run-began-at'),
    ];
  }

  /** Set these tags, one of them or several, none of which makes a key exportable or another partner's. */
  private tagKeys(
    purpose: 'kek' | 'working',
    ...tags: ('replaces' | 'replaces-also' | 'run-began-at')[]
  ): Permission {
    const keys = tags.map((tag) => `key-ceremony:${tag}`);
    return {
      actions: ['payment-cryptography:TagResource'],
      resources: [this.anyKey],
      conditions: {
        StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': purpose },
        'ForAllValues:StringEquals': { 'aws:TagKeys': keys },
        Null: { 'aws:TagKeys': 'false' },
      },
      wildcard: `Ids of keys are random; only one tagged ${purpose}, and no tag but ${keys.join(', ')}.`,
    };
  }

  /** Find the KEK of a folder and the keys that are to leave under it, by alias or ARN, and change nothing. */
  findWorkingKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:GetAlias'],
        resources: [this.alias('keys/*'), this.anyKey],
        wildcard: 'One alias per key that an order has named, for a key with a random id.',
      },
      ...this.inspectKeys(),
    ];
  }

  /** Create symmetric working keys, never a KEK, and find them again by alias. */
  createWorkingKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:CreateKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('working'),
            'payment-cryptography:KeyClass': 'SYMMETRIC_KEY',
            'payment-cryptography:KeyUsage': WORKING_USAGES,
          },
        },
        wildcard:
          'CreateKey has no resource types; conditions limit it to symmetric keys of these usages tagged as working keys.',
      },
      ...this.aliasedKeys('working', 'keys'),
    ];
  }

  /**
   * Export working keys as TR-31 blocks: no KEK and no key of another purpose, and in no other form.
   *
   * IAM knows the KEK as a text of the request at most, so that it is the step that holds it to the
   * folder and to its strength.
   */
  exportKeyBlocks(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:ExportKey'],
        resources: [this.anyKey],
        conditions: {
          StringEquals: {
            'aws:ResourceTag/key-ceremony:purpose': 'working',
            'payment-cryptography:ExportKeyMaterial': 'Tr31KeyBlock',
          },
        },
        wildcard: 'The keys are made, or named by an order, after the deployment; their ids are random.',
      },
    ];
  }

  /** Read what a key is, and no more. */
  readKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:GetKey'],
        resources: [this.anyKey],
        wildcard: 'The key is named by the partner profile after the deployment; its id is random.',
      },
    ];
  }

  /**
   * Export initial keys of a base derivation key as TR-31 blocks: of no key that is not tagged as one.
   *
   * That the initial key leaves, and not the key it is derived from, IAM cannot tell apart: it knows no
   * `ExportAttributes`. The step asks for nothing else, and holds every block to usage B1.
   */
  exportInitialKeys(): Permission[] {
    return [this.exportOfBdks('Tr31KeyBlock')];
  }

  /** The same in TR-34 blocks, signed as those of `exportTr34Blocks` are. */
  exportInitialKeysInTr34Blocks(): Permission[] {
    return [this.exportOfBdks('Tr34KeyBlock', ['bdk', 'signing']), this.nameSigningKeys()];
  }

  private exportOfBdks(
    material: 'Tr31KeyBlock' | 'Tr34KeyBlock',
    purposes: 'bdk' | ['bdk', 'signing'] = 'bdk',
  ): Permission {
    return {
      actions: ['payment-cryptography:ExportKey'],
      resources: [this.anyKey],
      conditions: {
        StringEquals: {
          'aws:ResourceTag/key-ceremony:purpose': purposes,
          'payment-cryptography:ExportKeyMaterial': material,
        },
      },
      wildcard: 'The key is named by the partner profile after the deployment; its id is random.',
    };
  }

  /**
   * Create key pairs that sign (S0), find them again by alias, and have the service sign requests for
   * certificates of them.
   */
  createSigningKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:CreateKey'],
        resources: ['*'],
        conditions: {
          StringEquals: {
            ...tagged('signing'),
            'payment-cryptography:KeyClass': 'ASYMMETRIC_KEY_PAIR',
            'payment-cryptography:KeyUsage': 'TR31_S0_ASYMMETRIC_KEY_FOR_DIGITAL_SIGNATURE',
          },
        },
        wildcard:
          'CreateKey has no resource types; conditions limit it to S0 key pairs tagged as signing keys.',
      },
      {
        actions: [
          'payment-cryptography:GetCertificateSigningRequest',
          'payment-cryptography:GetPublicKeyCertificate',
        ],
        resources: [this.anyKey],
        conditions: { StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'signing' } },
        wildcard: 'The key is made after the deployment; its id is random, its tag says what it is.',
      },
      ...this.aliasedKeys('signing'),
    ];
  }

  /** Export what is a KEK by its tag, in one form. */
  private exportKeks(
    material: 'DiffieHellmanTr31KeyBlock' | 'KeyCryptogram' | 'Tr34KeyBlock',
    purposes: 'kek' | ['kek', 'signing'] = 'kek',
  ): Permission {
    return {
      actions: ['payment-cryptography:ExportKey'],
      resources: [this.anyKey],
      conditions: {
        StringEquals: {
          'aws:ResourceTag/key-ceremony:purpose': purposes,
          'payment-cryptography:ExportKeyMaterial': material,
        },
      },
      wildcard:
        'The KEK is made, or named by the partner profile, after the deployment; its id is random.',
    };
  }

  /** List every key with its state and KCV. */
  listKeys(): Permission[] {
    return [listing('ListKeys')];
  }

  /** List every alias. */
  listAliases(): Permission[] {
    return [listing('ListAliases')];
  }

  /** Read what a key is and its tags, and change nothing. */
  inspectKeys(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:GetKey', 'payment-cryptography:ListTagsForResource'],
        resources: [this.anyKey],
        wildcard: 'The id of a key is random and not known at deployment.',
      },
    ];
  }

  /** Reserve an alias, point it at a key, and find what an interrupted run left behind by its tags. */
  private aliasedKeys(purpose: Purpose, below: string = purpose): Permission[] {
    const aliases = this.alias(`${below}/*`);
    return [
      {
        actions: [
          'payment-cryptography:CreateAlias',
          'payment-cryptography:GetAlias',
          'payment-cryptography:UpdateAlias',
        ],
        resources: [aliases, this.anyKey],
        wildcard: `One alias per key below key-ceremony/${below}/, for a key with a random id.`,
      },
      {
        actions: ['payment-cryptography:DeleteAlias'],
        resources: [aliases],
        wildcard: `One alias for each key that is made, below key-ceremony/${below}/.`,
      },
      {
        actions: ['payment-cryptography:GetKey', 'payment-cryptography:ListTagsForResource'],
        resources: [this.anyKey],
        wildcard: 'The id of a key is random and not known at deployment.',
      },
      {
        actions: ['payment-cryptography:TagResource'],
        resources: [this.anyKey],
        conditions: {
          StringEquals: tagged(purpose),
          StringEqualsIfExists: { 'aws:ResourceTag/key-ceremony:purpose': purpose },
        },
        wildcard:
          'Checked when the key is made with tags, at which time its random id does not exist yet.',
      },
      {
        actions: ['payment-cryptography:ListAliases', 'payment-cryptography:ListKeys'],
        resources: ['*'],
        wildcard:
          'Neither has resource types; they return names and attributes and no key material.',
      },
    ];
  }

  /** One of the aliases by which ceremonies find their keys, or a pattern of them. */
  private alias(name: string): string {
    return paymentCryptographyArn(this.scope, `alias/key-ceremony/${name}`);
  }

  private get anyKey(): string {
    return paymentCryptographyArn(this.scope, 'key/*');
  }
}

function listing(operation: 'ListKeys' | 'ListAliases'): Permission {
  return {
    actions: [`payment-cryptography:${operation}`],
    resources: ['*'],
    wildcard: `${operation} has no resource types; it returns names and attributes and no key material.`,
  };
}

/**
 * The KEK that is the received one of a folder; and below it, each by the block that it came in, the KEKs that
 * partners have sent. A KEK that was made for a leaf is beside it.
 */
const RECEIVED = 'kek/*/*/*/received';

type Purpose = 'agreement' | 'ca' | 'kek' | 'signing' | 'working';

/** As `Usage` in `steps/shared/ceremony/src/working_keys/attributes.rs` has them. */
const WORKING_USAGES = [
  'TR31_B0_BASE_DERIVATION_KEY',
  'TR31_C0_CARD_VERIFICATION_KEY',
  'TR31_D0_SYMMETRIC_DATA_ENCRYPTION_KEY',
  'TR31_E0_EMV_MKEY_APP_CRYPTOGRAMS',
  'TR31_E1_EMV_MKEY_CONFIDENTIALITY',
  'TR31_E2_EMV_MKEY_INTEGRITY',
  'TR31_E4_EMV_MKEY_DYNAMIC_NUMBERS',
  'TR31_E5_EMV_MKEY_CARD_PERSONALIZATION',
  'TR31_E6_EMV_MKEY_OTHER',
  'TR31_M0_ISO_16609_MAC_KEY',
  'TR31_M1_ISO_9797_1_MAC_KEY',
  'TR31_M3_ISO_9797_3_MAC_KEY',
  'TR31_M6_ISO_9797_5_CMAC_KEY',
  'TR31_P0_PIN_ENCRYPTION_KEY',
  'TR31_V1_IBM3624_PIN_VERIFICATION_KEY',
  'TR31_V2_VISA_PIN_VERIFICATION_KEY',
];

function tagged(purpose: Purpose): Record<string, string> {
  return { 'aws:RequestTag/key-ceremony:purpose': purpose };
}
