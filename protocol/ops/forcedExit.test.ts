import { beforeEach, describe, expect, test } from 'vitest';
import { GRACE_SECONDS } from '../account.ts';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import { claim, TEST_TIME } from '../testing/actors.ts';
import { expectRefused } from '../testing/expectRefused.ts';
import {
  AT,
  alice,
  balance,
  bob,
  by,
  carol,
  close,
  dave,
  EXPIRY,
  look,
  market,
  openAt,
  wallet,
} from '../testing/market.ts';
import { walkSlots } from '../testing/walkSlots.ts';
import type { AccountTree } from '../tree.ts';
import type { L1Op } from '../types.ts';

const OVER = EXPIRY + GRACE_SECONDS;

let tree: AccountTree;
beforeEach(() => {
  tree = market();
});

function force(batch: OpenBatch, index: number, address: bigint): L1Op {
  return batch.applyL1({ opcode: 3, index: accountIndex(index), address });
}

describe('FORCED_EXIT', () => {
  test('of a channel that is over pays its payer’s address', () => {
    const batch = openAt(tree, OVER);
    expect(force(batch, AT.channel, bob.address)).toMatchObject({ isVoid: false, token: 0, amount: 10_000n });
    expect(look(batch, AT.channel)).toMatchObject({ balance: 0n, claimed: 0n });
    expect(batch.counts.accounts).toBe(2);
    expect(walkSlots(close(batch))).toEqual([]);
  });

  test('of an ATTEST account pays its owner’s address, at any time', () => {
    const batch = openAt(tree);
    expect(force(batch, AT.model, alice.address)).toMatchObject({ isVoid: false, token: 0, amount: 50n });
    expect([AT.model, AT.alice].map((at) => balance(batch, at))).toEqual([0n, 950n]);
  });

  test.each<[string, number, number, bigint]>([
    ['a channel a second before it is over', AT.channel, OVER - 1, bob.address],
    ['a channel for its provider’s address', AT.channel, OVER, dave.address],
    ['a channel for address 0', AT.channel, OVER, 0n],
    ['an ATTEST account for someone else', AT.model, TEST_TIME, bob.address],
    ['an ATTEST account for its artefact’s commitment', AT.model, TEST_TIME, 11n],
    [
      'an ATTEST account for its terms as an address',
      AT.model,
      TEST_TIME,
      1n | (10n << 32n) | (1000n << 64n) | (1n << 80n),
    ],
    ['a KEY account for someone else', AT.bob, TEST_TIME, carol.address],
  ])('is void: %s; the controller takes a slot all the same', (_, index, timestamp, address) => {
    const batch = openAt(tree, timestamp);
    const root = batch.previewRoot();
    expect(force(batch, index, address)).toMatchObject({ isVoid: true, token: 0, amount: 0n, address });
    expect(batch.previewRoot()).toBe(root);
    expect(batch.counts.accounts).toBe(index === AT.bob ? 1 : 2);
  });

  test('is void if there is nothing, and of an account that an earlier one emptied pays 0', () => {
    const batch = openAt(tree, OVER);
    expect(force(batch, 60, bob.address).isVoid).toBe(true);
    expect(batch.counts.accounts).toBe(1);
    force(batch, AT.channel, bob.address);
    expect(force(batch, AT.channel, bob.address)).toMatchObject({ isVoid: false, amount: 0n });
  });

  test('does not fit if the controller has no slot left', () => {
    const batch = openAt(tree, TEST_TIME, SHAPES.small);
    for (const lane of [AT.fees, AT.carol]) batch.nameFeeAccount(accountIndex(lane));
    force(batch, AT.model, alice.address);
    expectRefused(batch, 'BATCH_FULL', () => force(batch, AT.channel, bob.address));
  });

  test('of a model does not take royalties that its channels owe it in the same batch', () => {
    const batch = openAt(tree);
    force(batch, AT.model, alice.address);
    const parts = { voucherKey: wallet, total: 1000n, royaltyBps: 1000 };
    batch.applyTx(by(batch, dave, AT.dave, claim(AT.channel, AT.dave, parts)));
    close(batch);
    expect(balance(tree, AT.model)).toBe(100n);
  });
});
