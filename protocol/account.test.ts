import { describe, expect, test } from 'vitest';
import { keyAccount, leafHash, packState, unpackState } from './account.ts';
import { poseidon } from './crypto/poseidon.ts';
import { actor } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import type { Account } from './types.ts';

const { key, address } = actor(1);
const account: Account = { ...keyAccount({ key, address, token: 5, balance: 6n }), claimed: 7n, nonce: 8 };

describe('account packing', () => {
  test('the fields lie at bits 0, 96, 192, 224 and 240', () => {
    const state = 6n + (7n << 96n) + (8n << 192n) + (5n << 224n) + (1n << 240n);
    expect(packState(account)).toBe(state);
    expect(leafHash(account)).toBe(poseidon([state, key[0], key[1], address]));
    expect(leafHash(undefined)).toBe(0n);
  });

  test('all fields at their maximum survive packing', () => {
    const full = {
      kind: 3,
      token: 65535,
      nonce: 2 ** 32 - 1,
      balance: (1n << 96n) - 1n,
      claimed: (1n << 96n) - 1n,
    } as const;
    expect(unpackState(packState(full))).toEqual(full);
  });

  test.each([
    ['balance 2^96', 'AMOUNT_OUT_OF_RANGE', { balance: 1n << 96n }],
    ['negative balance', 'AMOUNT_OUT_OF_RANGE', { balance: -1n }],
    ['claimed 2^96', 'AMOUNT_OUT_OF_RANGE', { claimed: 1n << 96n }],
    ['nonce 2^32', 'INVALID_ARGUMENT', { nonce: 2 ** 32 }],
    ['token 2^16', 'INVALID_ARGUMENT', { token: 2 ** 16 }],
  ])('%s → %s', (_, code, change) => {
    expectCode(code, () => packState({ ...account, ...change }));
  });

  test('bits above the layout and kinds of no live leaf are refused', () => {
    expectCode('MALFORMED_BYTES', () => unpackState(1n << 248n));
    expectCode('WRONG_KIND', () => unpackState(0n));
    expectCode('WRONG_KIND', () => unpackState(4n << 240n));
  });

  test.each([0n, 1n << 160n])('a KEY account needs an Ethereum address, not %d', (bad) => {
    expectCode('BAD_ADDRESS', () => keyAccount({ key, address: bad, token: 0, balance: 0n }));
  });
});
