import { Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

import type { Permission } from './permission.ts';

/*
 * What people may do with keys in Payment Cryptography. The steps' own permissions are in
 * `lib/steps/payment-cryptography.ts`.
 *
 * After "Actions, resources, and condition keys for AWS Payment Cryptography" (Service Authorization
 * Reference), which lists `aws:ResourceTag` and `payment-cryptography:ResourceAliases` for every action
 * on a key that is used here, and `aws:RequestTag` and `aws:TagKeys` for `TagResource`.
 */

/**
 * What an operator may do: say of a KEK or a working key that was made elsewhere what it is and for whom,
 * so that a profile or an order may name it and a step may export it.
 *
 * Whoever writes profiles decides whom to trust and could have a KEK made for anybody, so that this adds
 * no power over the KEKs of ceremonies, which it cannot touch: their tags are the ceremonies' own. Nor
 * can it make a KEK of a working key, or the other way round.
 */
export function tagForeignKeys(scope: IConstruct): Permission[] {
  const { keys } = arns(scope);
  const tags = ['purpose', 'partner', 'environment', 'data-type'];
  const tagAs = (purpose: 'bdk' | 'kek' | 'working'): Permission => ({
    actions: ['payment-cryptography:TagResource'],
    resources: [keys],
    conditions: {
      StringEquals: { 'aws:RequestTag/key-ceremony:purpose': purpose },
      StringEqualsIfExists: { 'aws:ResourceTag/key-ceremony:purpose': purpose },
      'ForAllValues:StringEquals': { 'aws:TagKeys': tags.map((tag) => `key-ceremony:${tag}`) },
      Null: { 'aws:ResourceTag/key-ceremony:ceremony-id': 'true' },
    },
    wildcard: 'Ids of keys are random; never a key that a ceremony made, or of another purpose.',
  });
  return [tagAs('kek'), tagAs('working'), tagAs('bdk'), lookAt(keys)];
}

/**
 * What a responder may do with the aliases and keys of ceremonies.
 *
 * A key is deleted in two acts, which this role can do alone. The log of the step that made one key too
 * many names it; whoever read that tags the key as surplus, and then schedules its deletion. IAM lets
 * neither happen to a key that any alias names, so that the KEK in use, which its alias names, is not
 * deleted because somebody mistook one random id for the other; nor to a key without the tags of a
 * ceremony, which is none of ours. The tag is an act of its own for two more reasons: no step exports
 * what carries it, and whoever watches tags sees it before the key is gone. Deletion waits at
 * least three days, within which `RestoreKey` takes it back.
 *
 * An alias may be deleted whatever it names: IAM cannot tell one that is only reserved. Its key stays,
 * but the next ceremony makes another for it, so that the old one is to be marked as surplus too.
 */
export function setKeysRight(scope: IConstruct): Permission[] {
  const { aliases, keys } = arns(scope);
  const ours = { 'aws:ResourceTag/key-ceremony:ceremony-id': 'false' };
  const unnamed = { 'payment-cryptography:ResourceAliases': 'true' };
  return [
    {
      actions: ['payment-cryptography:DeleteAlias'],
      resources: [aliases],
      wildcard: 'Aliases below key-ceremony/, each named for a certificate when it came.',
    },
    {
      // As for the steps, which look an alias up in the same way: it takes the alias and its key.
      actions: ['payment-cryptography:GetAlias'],
      resources: [aliases, keys],
      wildcard: 'Aliases below key-ceremony/, for keys with random ids.',
    },
    lookAt(keys),
    {
      actions: ['payment-cryptography:ListAliases', 'payment-cryptography:ListKeys'],
      resources: ['*'],
      wildcard: 'Both list the account; they return names and attributes and no key material.',
    },
    {
      actions: ['payment-cryptography:TagResource'],
      resources: [keys],
      conditions: {
        StringEquals: { 'aws:RequestTag/key-ceremony:purpose': 'surplus' },
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['key-ceremony:purpose'] },
        Null: { ...ours, ...unnamed },
      },
      wildcard: 'Ids of keys are random; only a ceremony key that no alias names becomes surplus.',
    },
    {
      actions: ['payment-cryptography:DeleteKey'],
      resources: [keys],
      conditions: {
        StringEquals: { 'aws:ResourceTag/key-ceremony:purpose': 'surplus' },
        Null: { ...ours, ...unnamed },
      },
      wildcard: 'Ids of keys are random; only a surplus ceremony key that no alias names may go.',
    },
    {
      actions: ['payment-cryptography:RestoreKey', 'payment-cryptography:StartKeyUsage'],
      resources: [keys],
      conditions: { Null: ours },
      wildcard: 'Ids of keys are random; only keys that carry the tags of a ceremony.',
    },
  ];
}

function lookAt(keys: string): Permission {
  return {
    actions: ['payment-cryptography:GetKey', 'payment-cryptography:ListTagsForResource'],
    resources: [keys],
    wildcard: 'Ids of keys are random; what is read are attributes and tags, never key material.',
  };
}

function arns(scope: IConstruct): { aliases: string; keys: string } {
  return {
    aliases: paymentCryptographyArn(scope, 'alias/key-ceremony/*'),
    keys: paymentCryptographyArn(scope, 'key/*'),
  };
}

/** A key or an alias of this account and region, or a pattern of them. */
export function paymentCryptographyArn(scope: IConstruct, resource: string): string {
  const { partition, region, account } = Stack.of(scope);
  return `arn:${partition}:payment-cryptography:${region}:${account}:${resource}`;
}
