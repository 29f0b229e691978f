import { describe, expect, test } from 'vitest';
import {
  controllerOf,
  GRACE_SECONDS,
  isOver,
  keyAccount,
  leafHash,
  packAttestation,
  packChannel,
  packState,
  royaltyOf,
  unpackAttestation,
  unpackChannel,
  unpackState,
} from './account.ts';
import { poseidon } from './crypto/poseidon.ts';
import { accountIndex, NO_ACCOUNT } from './ids.ts';
import { actor } from './testing/actors.ts';
import { expectCode } from './testing/expectCode.ts';
import { type Account, type AccountIndex, Kind } from './types.ts';

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

const LAST = accountIndex(2 ** 24 - 1);
const OVER_TREE = (2 ** 24) as AccountIndex;

describe('terms of a channel', () => {
  const terms = { provider: accountIndex(3), payer: accountIndex(4), model: accountIndex(5), expiry: 6 };

  test('lie at bits 0, 32, 64 and 96, and come back', () => {
    expect(packChannel(terms)).toBe(3n | (4n << 32n) | (5n << 64n) | (6n << 96n));
    for (const each of [terms, { provider: LAST, payer: LAST, model: NO_ACCOUNT, expiry: 2 ** 40 - 1 }]) {
      expect(unpackChannel(packChannel(each))).toEqual(each);
    }
  });

  test.each([
    ['provider 2^24', 'INDEX_OUT_OF_RANGE', { provider: OVER_TREE }],
    ['payer 2^24', 'INDEX_OUT_OF_RANGE', { payer: OVER_TREE }],
    ['model 2^24', 'INDEX_OUT_OF_RANGE', { model: OVER_TREE }],
    ['an expiry of 41 bits', 'BAD_PAYLOAD', { expiry: 2 ** 40 }],
    ['a negative expiry', 'BAD_PAYLOAD', { expiry: -1 }],
    ['half a second', 'BAD_PAYLOAD', { expiry: 0.5 }],
  ])('%s → %s', (_, code, change) => {
    expectCode(code, () => packChannel({ ...terms, ...change }));
  });

  test.each([-1n, 1n << 136n, 1n << 24n, 1n << 56n, 1n << 88n])('the word %d → BAD_PAYLOAD', (c) => {
    expectCode('BAD_PAYLOAD', () => unpackChannel(c));
  });

  test('a channel is over a grace after its expiry, not before', () => {
    expect([GRACE_SECONDS + 5, GRACE_SECONDS + 6].map((now) => isOver(terms, now))).toEqual([false, true]);
    expect(isOver({ ...terms, expiry: 2 ** 40 - 1 }, 2 ** 40 - 1)).toBe(false);
  });
});

describe('terms of an attestation', () => {
  const terms = { owner: accountIndex(3), parent: accountIndex(4), royaltyBps: 5, subtype: 6 };

  test('lie at bits 0, 32, 64 and 80, and come back', () => {
    expect(packAttestation(terms)).toBe(3n | (4n << 32n) | (5n << 64n) | (6n << 80n));
    for (const each of [terms, { owner: LAST, parent: NO_ACCOUNT, royaltyBps: 10_000, subtype: 255 }]) {
      expect(unpackAttestation(packAttestation(each))).toEqual(each);
    }
  });

  test.each([
    ['owner 2^24', 'INDEX_OUT_OF_RANGE', { owner: OVER_TREE }],
    ['parent 2^24', 'INDEX_OUT_OF_RANGE', { parent: OVER_TREE }],
    ['10001 basis points', 'BAD_ROYALTY', { royaltyBps: 10_001 }],
    ['−1 basis points', 'BAD_ROYALTY', { royaltyBps: -1 }],
    ['half a basis point', 'BAD_ROYALTY', { royaltyBps: 0.5 }],
    ['subtype 256', 'BAD_PAYLOAD', { subtype: 256 }],
  ])('%s → %s', (_, code, change) => {
    expectCode(code, () => packAttestation({ ...terms, ...change }));
  });

  test.each([-1n, 1n << 88n, 1n << 24n, 1n << 56n])('the word %d → BAD_PAYLOAD', (c) => {
    expectCode('BAD_PAYLOAD', () => unpackAttestation(c));
  });

  test('the word of 10001 basis points → BAD_ROYALTY', () => {
    expectCode('BAD_ROYALTY', () => unpackAttestation(10_001n << 64n));
  });
});

test('the controller is the key itself, the owner, or the payer', () => {
  const index = accountIndex(9);
  const channel = packChannel({ provider: accountIndex(3), payer: accountIndex(4), model: NO_ACCOUNT, expiry: 6 });
  const attestation = packAttestation({ owner: accountIndex(5), parent: accountIndex(6), royaltyBps: 0, subtype: 1 });
  expect(controllerOf(index, account)).toBe(9);
  expect(controllerOf(index, { ...account, kind: Kind.CHANNEL, c: channel })).toBe(4);
  expect(controllerOf(index, { ...account, kind: Kind.ATTEST, c: attestation })).toBe(5);
});

test('royalties are rounded down, at the limits too', () => {
  expect([9_999n, 10_000n, 19_999n].map((delta) => royaltyOf(delta, 1))).toEqual([0n, 1n, 1n]);
  const most = (1n << 96n) - 1n;
  expect([0, 1, 10_000].map((bps) => royaltyOf(most, bps))).toEqual([0n, most / 10_000n, most]);
});
