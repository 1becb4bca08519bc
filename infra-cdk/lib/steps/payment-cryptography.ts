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
 * - `GetAlias`, `CreateAlias` and `UpdateAlias` require an alias *and* a key; `DeleteAlias` an alias.
 * - `GetKey`, `ExportKey`, `ListTagsForResource` and `TagResource` act on a key; `TagResource` is also
 *   checked when a key is created or imported with tags, and takes `aws:RequestTag`.
 * - `ExportKey` takes `ExportKeyMaterial`, the kind of block that leaves, and `aws:ResourceTag`, of the
 *   key that leaves. That key is the only resource it lists: the CA under which it leaves is known to
 *   IAM as a text of the request, `CertificateAuthorityPublicKeyIdentifier`, and needs no tag.
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
    ];
  }

  /**
   * Export a KEK as an RSA cryptogram: no key of another purpose, and in no other form.
   *
   * A KEK that was made before this system, and that a profile names, has to be given the tag first.
   */
  exportCryptograms(): Permission[] {
    return [
      {
        actions: ['payment-cryptography:ExportKey'],
        resources: [this.anyKey],
        conditions: {
          StringEquals: {
            'aws:ResourceTag/key-ceremony:purpose': 'kek',
            'payment-cryptography:ExportKeyMaterial': 'KeyCryptogram',
          },
        },
        wildcard:
          'The KEK is made, or named by the partner profile, after the deployment; its id is random.',
      },
    ];
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
  private aliasedKeys(purpose: Purpose): Permission[] {
    const aliases = paymentCryptographyArn(this.scope, `alias/key-ceremony/${purpose}/*`);
    return [
      {
        actions: [
          'payment-cryptography:CreateAlias',
          'payment-cryptography:GetAlias',
          'payment-cryptography:UpdateAlias',
        ],
        resources: [aliases, this.anyKey],
        wildcard: `Aliases below key-ceremony/${purpose}/ alone, for keys with random ids.`,
      },
      {
        actions: ['payment-cryptography:DeleteAlias'],
        resources: [aliases],
        wildcard: `Aliases below key-ceremony/${purpose}/ alone, each for one key.`,
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

type Purpose = 'ca' | 'kek' | 'signing';

function tagged(purpose: Purpose): Record<string, string> {
  return { 'aws:RequestTag/key-ceremony:purpose': purpose };
}
