import { beforeEach, describe, expect, test } from 'vitest';
import { GRACE_SECONDS } from '../account.ts';
import { SUBGROUP_ORDER } from '../crypto/babyjub.ts';
import { R_FIELD } from '../field.ts';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import {
  actor,
  claim as claimOf,
  claimOp,
  open,
  type SignedClaim,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
  withVoucher,
} from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
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
import type { AccountTree } from '../tree.ts';
import type { Field, Op, SignedTx } from '../types.ts';

let tree: AccountTree;
let batch: OpenBatch;
beforeEach(() => {
  tree = market();
  batch = openAt(tree);
});

type Parts = Parameters<typeof claimOp>[2];

/** A claim of Dave's from the channel whose model earns 1000 basis points. */
function claim(parts: Parts, channel: number = AT.channel): SignedClaim {
  return claimOf(channel, AT.dave, { royaltyBps: channel === AT.channel ? 1000 : 0, ...parts, voucherKey: wallet });
}

function edited({ op }: SignedClaim, change: Partial<Op>): SignedClaim {
  return withVoucher({ ...op, ...change }, wallet);
}

function daves(...ops: (Op | SignedClaim)[]): SignedTx {
  return by(batch, dave, AT.dave, ...ops);
}

describe('CLAIM', () => {
  test('pays the provider at once, and the fee account and the model when the batch closes', () => {
    batch.nameFeeAccount(accountIndex(AT.fees));
    batch.applyTx(daves(claim({ total: 1000n, fee: 7n, receiptsRoot: 5n as Field })));
    expect(look(batch, AT.channel)).toMatchObject({ balance: 9000n, claimed: 1000n, nonce: 1 });
    expect(look(batch, AT.dave)).toMatchObject({ balance: 993n, nonce: 1 });
    expect([AT.model, AT.fees].map((at) => balance(batch, at))).toEqual([50n, 0n]);
    close(batch);
    expect([AT.model, AT.fees].map((at) => balance(tree, at))).toEqual([150n, 7n]);
  });

  test('royalties are left out of previews', () => {
    batch.applyTx(daves(claim({ total: 1000n })));
    const fork = tree.fork();
    for (const at of [AT.channel, AT.dave]) {
      const account = look(batch, at);
      if (account !== undefined) fork.set(accountIndex(at), account);
    }
    expect(batch.previewRoot()).toBe(fork.root);
    const { batch: closed } = close(batch);
    expect(closed.newRoot).not.toBe(fork.root);
  });

  test('a royalty cannot be spent in the batch that earned it', () => {
    batch.applyTx(daves(claim({ total: 1000n })));
    const spend = by(batch, alice, AT.alice, transfer(AT.model, AT.alice, 51n));
    expectRefused(batch, 'INSUFFICIENT_BALANCE', () => batch.applyTx(spend));
    close(batch);
    const next = openAt(tree);
    next.applyTx(by(next, alice, AT.alice, transfer(AT.model, AT.alice, 150n)));
    expect(balance(next, AT.model)).toBe(0n);
  });

  test.each([
    [9n, 0n],
    [10n, 1n],
    [19n, 1n],
    [20n, 2n],
  ])('of %d at 10 % earns the model %d: rounded down', (total, royalty) => {
    batch.applyTx(daves(claim({ total })));
    close(batch);
    expect(balance(tree, AT.model)).toBe(50n + royalty);
    expect(balance(tree, AT.dave)).toBe(100n + total - royalty);
  });

  test('at 10000 basis points everything is the model’s', () => {
    batch.applyTx(daves(claim({ total: 33n, royaltyBps: 10_000 }, AT.greedyChannel)));
    close(batch);
    expect([AT.greedy, AT.dave].map((at) => balance(tree, at))).toEqual([33n, 100n]);
  });

  test('without a model the provider gets everything', () => {
    batch.applyTx(daves(claim({ total: 10_000n }, AT.plain)));
    expect([AT.plain, AT.dave].map((at) => balance(batch, at))).toEqual([0n, 10_100n]);
  });

  test('several of one channel in a bundle count on from each other, in order', () => {
    batch.applyTx(daves(claim({ total: 15n }), transfer(AT.dave, AT.bob, 1n), claim({ total: 30n, claimed: 15n })));
    expect(look(batch, AT.channel)).toMatchObject({ claimed: 30n, nonce: 2, balance: 9970n });
    close(batch);
    // Two royalties of 1.5, each rounded down.
    expect(balance(tree, AT.model)).toBe(52n);
  });

  test('the royalties that several channels and transactions owe one model add up', () => {
    batch.applyTx(by(batch, bob, AT.bob, open(AT.bob, 40, { ...terms(), model: AT.model, amount: 100n })));
    batch.applyTx(daves(claim({ total: 100n }), claim({ total: 100n, royaltyBps: 1000 }, 40)));
    batch.applyTx(daves(claim({ total: 200n, claimed: 100n })));
    close(batch);
    expect(balance(tree, AT.model)).toBe(80n);
  });

  test('a voucher of what was claimed already is worth nothing, and may say so with another receipts root', () => {
    batch.applyTx(daves(claim({ total: 100n })));
    batch.applyTx(daves(claim({ total: 100n, claimed: 100n, receiptsRoot: 6n as Field })));
    expect(look(batch, AT.channel)).toMatchObject({ claimed: 100n, balance: 9900n, nonce: 2 });
  });

  test('takes what was added to the channel by a transfer and by a deposit', () => {
    batch.applyL1({ opcode: 2, index: accountIndex(AT.plain), token: 0, amount: 5n, address: 1n });
    batch.applyTx(by(batch, alice, AT.alice, transfer(AT.alice, AT.plain, 6n)));
    expectRefused(batch, 'INSUFFICIENT_BALANCE', () => batch.applyTx(daves(claim({ total: 10_012n }, AT.plain))));
    batch.applyTx(daves(claim({ total: 10_011n }, AT.plain)));
    expect(balance(batch, AT.plain)).toBe(0n);
  });

  test('a channel opened earlier in the batch, or in the same bundle, can be claimed', () => {
    batch.applyTx(by(batch, bob, AT.bob, open(AT.bob, 40, { ...terms(), amount: 9n })));
    batch.applyTx(daves(claim({ total: 4n }, 40)));
    const own = open(AT.dave, 41, { ...terms(), amount: 20n });
    batch.applyTx(daves(own, claim({ total: 20n }, 41)));
    expect([40, 41, AT.dave].map((at) => balance(batch, at))).toEqual([5n, 0n, 104n]);
  });

  test('takes one signature slot beside the transaction’s', () => {
    batch.applyTx(daves(claim({ total: 1n }), claim({ total: 2n, claimed: 1n })));
    expect(batch.counts).toMatchObject({ txs: 1, signatures: 3, ops: 2 });
    const { S: capacity } = SHAPES.dev;
    const free = capacity - 3;
    const claims = Array.from({ length: free }, (_, i) => claim({ total: BigInt(i + 3), claimed: BigInt(i + 2) }));
    const data = { slots: 'signatures', wanted: free + 1, free, capacity };
    expectRefused(batch, 'BATCH_FULL', () => batch.applyTx(daves(...claims)));
    expectCode('BATCH_FULL', () => batch.applyTx(daves(...claims)), data);
    batch.applyTx(daves(...claims.slice(0, -1)));
    expect(batch.counts.signatures).toBe(capacity);
  });

  test('touches its model, even with a royalty of 0', () => {
    batch.applyTx(daves(claim({ total: 1n })));
    expect(batch.counts.accounts).toBe(3);
  });

  test('is taken in the last second of the grace, and not a second later', () => {
    batch = openAt(tree, EXPIRY + GRACE_SECONDS);
    expectRefused(batch, 'CHANNEL_OVER', () => batch.applyTx(daves(claim({ total: 1n }))));
    batch = openAt(tree, EXPIRY + GRACE_SECONDS - 1);
    batch.applyTx(daves(claim({ total: 1n })));
    expect(look(batch, AT.channel)?.claimed).toBe(1n);
  });
});

function terms() {
  return { voucherKey: wallet, expiry: EXPIRY, provider: AT.dave };
}

describe('what is refused', () => {
  const good = () => claim({ total: 1000n });
  const refusals: [string, string, () => SignedTx][] = [
    ['a channel that does not exist', 'UNKNOWN_ACCOUNT', () => daves(edited(good(), { from: accountIndex(50) }))],
    ['channel 0', 'UNKNOWN_ACCOUNT', () => daves(edited(good(), { from: accountIndex(0) }))],
    ['a KEY account as the channel', 'WRONG_KIND', () => daves(edited(good(), { from: accountIndex(AT.bob) }))],
    ['a model as the channel', 'WRONG_KIND', () => daves(edited(good(), { from: accountIndex(AT.model) }))],
    ['by the payer', 'NOT_AUTHORIZED', () => by(batch, bob, AT.bob, good())],
    [
      'by the payer, to himself',
      'NOT_AUTHORIZED',
      () => by(batch, bob, AT.bob, edited(good(), { to: accountIndex(AT.bob) })),
    ],
    ['to someone else', 'NOT_AUTHORIZED', () => daves(edited(good(), { to: accountIndex(AT.alice) }))],
    ['to 0', 'NOT_AUTHORIZED', () => daves(edited(good(), { to: accountIndex(0) }))],
    [
      'a provider of another token',
      'WRONG_TOKEN',
      () =>
        by(batch, carol, AT.carol, edited(good(), { from: accountIndex(AT.wrongToken), to: accountIndex(AT.carol) })),
    ],
    ['a total of 2^96', 'AMOUNT_OUT_OF_RANGE', () => daves(wide(1n << 96n))],
    ['a total of the field’s order − 1, which is −1', 'AMOUNT_OUT_OF_RANGE', () => daves(wide(R_FIELD - 1n))],
    ['a total over the balance by one', 'INSUFFICIENT_BALANCE', () => daves(claim({ total: 10_001n }))],
    ['one more than the voucher is worth', 'CLAIM_MISMATCH', () => daves(edited(good(), { amount: 901n }))],
    ['one less than the voucher is worth', 'CLAIM_MISMATCH', () => daves(edited(good(), { amount: 899n }))],
    ['the royalty for the provider', 'CLAIM_MISMATCH', () => daves(royal(1000n, 0n))],
    ['a royalty one too low', 'CLAIM_MISMATCH', () => daves(royal(901n, 99n))],
    ['a royalty one too high', 'CLAIM_MISMATCH', () => daves(royal(899n, 101n))],
    ['a royalty that wraps around the field', 'CLAIM_MISMATCH', () => daves(royal(1001n, R_FIELD - 1n))],
    ['a fee on top of the voucher', 'CLAIM_MISMATCH', () => daves(edited(good(), { fee: 1n }))],
    ['a royalty where no model is', 'CLAIM_MISMATCH', () => daves(claim({ total: 1000n, royaltyBps: 1000 }, AT.plain))],
    ['no payload: a voucher of 0', 'CLAIM_MISMATCH', () => daves(edited(good(), { payload: [] }))],
  ];
  test.each(refusals)('%s → %s', (_, code, make) => {
    const tx = make();
    expectRefused(batch, code, () => batch.applyTx(tx));
    expectRefused(batch, code, () => batch.applyTx(tx, { signatureChecked: true }));
  });

  /** A total that no voucher can be signed for: the rule refuses it before any signature is looked at. */
  function wide(total: bigint): SignedClaim {
    return { op: { ...good().op, payload: [total as Field, 0n as Field, 100n as Field] }, voucher: good().voucher };
  }

  function royal(amount: bigint, royalty: bigint): SignedClaim {
    const [total = 0n as Field, root = 0n as Field] = good().op.payload;
    return edited(good(), { amount, payload: [total, root, royalty as Field] });
  }

  test('a voucher below what was claimed → VOUCHER_STALE, also within a bundle', () => {
    batch.applyTx(daves(claim({ total: 1000n })));
    expectRefused(batch, 'VOUCHER_STALE', () => batch.applyTx(daves(edited(good(), { payload: [999n as Field] }))));
    const stale = edited(good(), { payload: [1999n as Field] });
    expectRefused(batch, 'VOUCHER_STALE', () => batch.applyTx(daves(claim({ total: 2000n, claimed: 1000n }), stale)));
  });

  test('the same voucher again → CLAIM_MISMATCH: it is worth 0 now', () => {
    batch.applyTx(daves(good()));
    expectRefused(batch, 'CLAIM_MISMATCH', () => batch.applyTx(daves(good())));
    expectRefused(batch, 'CLAIM_MISMATCH', () =>
      batch.applyTx(daves(claim({ total: 2000n }), claim({ total: 2000n }))),
    );
  });

  test('the 2^32-th claim of a channel → NONCE_EXHAUSTED', () => {
    const channel = look(tree, AT.channel);
    if (channel === undefined) throw new RangeError('fixture');
    tree.set(accountIndex(AT.channel), { ...channel, nonce: 2 ** 32 - 2 });
    batch = openAt(tree);
    batch.applyTx(daves(claim({ total: 1n })));
    expect(look(batch, AT.channel)?.nonce).toBe(2 ** 32 - 1);
    expectRefused(batch, 'NONCE_EXHAUSTED', () => batch.applyTx(daves(claim({ total: 2n, claimed: 1n }))));
  });

  test('a fee without a lane of the channel’s token → FEE_TOKEN_NOT_ACCEPTED', () => {
    batch.nameFeeAccount(accountIndex(AT.carol));
    expectRefused(batch, 'FEE_TOKEN_NOT_ACCEPTED', () => batch.applyTx(daves(claim({ total: 100n, fee: 1n }))));
  });

  test('the rules are tried in the order the protocol names them', () => {
    const over = openAt(tree, EXPIRY + GRACE_SECONDS);
    const sign = (op: Op) => by(over, dave, AT.dave, { op, voucher: good().voucher });
    const op = { ...good().op, payload: [(1n << 96n) as Field, 0n as Field, 0n as Field] };
    expectCode('WRONG_KIND', () => over.applyTx(sign({ ...op, from: accountIndex(AT.model), to: accountIndex(1) })));
    expectCode('NOT_AUTHORIZED', () => over.applyTx(sign({ ...op, to: accountIndex(1) })));
    expectCode('CHANNEL_OVER', () => over.applyTx(sign(op)));
    batch.applyTx(daves(claim({ total: 5n })));
    const again = (payload: Field[], amount: bigint) => daves(edited(good(), { payload, amount }));
    expectCode('VOUCHER_STALE', () => batch.applyTx(again([4n, 0n, 9n] as Field[], 1n)));
    expectCode('INSUFFICIENT_BALANCE', () => batch.applyTx(again([10_001n, 0n, 9n] as Field[], 1n)));
  });
});

describe('vouchers', () => {
  const op = () => claimOp(AT.channel, AT.dave, { total: 1000n, royaltyBps: 1000, receiptsRoot: 5n as Field });
  const voucherFor = (change: Partial<Op>, key = wallet, domain = TEST_DOMAIN) =>
    withVoucher({ ...op(), ...change }, key, domain).voucher;
  const forgeries: [string, () => SignedClaim['voucher']][] = [
    ['another key', () => voucherFor({}, actor(7))],
    ['the payer’s key, which is not the voucher key', () => voucherFor({}, bob)],
    ['the provider’s key', () => voucherFor({}, dave)],
    ['another channel', () => voucherFor({ from: accountIndex(AT.plain) })],
    ['another chain or bridge', () => voucherFor({}, wallet, 5n as Field)],
    ['a total one lower', () => voucherFor({ payload: [999n, 5n] as Field[] })],
    ['another receipts root', () => voucherFor({ payload: [1000n, 6n] as Field[] })],
    ['S plus the group order', () => ({ ...voucherFor({}), s: voucherFor({}).s + SUBGROUP_ORDER })],
    ['a point off the curve', () => ({ ...voucherFor({}), r8: [1n as Field, 2n as Field] })],
  ];
  test.each(forgeries)('signed for %s → BAD_VOUCHER', (_, forge) => {
    expectRefused(batch, 'BAD_VOUCHER', () => batch.applyTx(daves({ op: op(), voucher: forge() })));
  });

  test('a transaction’s signature does not pass as a voucher', () => {
    const tx = by(batch, wallet, AT.dave, op());
    expectRefused(batch, 'BAD_VOUCHER', () => batch.applyTx({ ...daves(op()), vouchers: [tx.signature] }));
  });

  test('two claims’ vouchers exchanged → BAD_VOUCHER for the first', () => {
    const [one, two] = [claim({ total: 10n }), claim({ total: 20n, claimed: 10n })];
    const tx = daves({ op: one.op, voucher: two.voucher }, { op: two.op, voucher: one.voucher });
    expectRefused(batch, 'BAD_VOUCHER', () => batch.applyTx(tx));
    expectCode('BAD_VOUCHER', () => batch.applyTx(daves(one, { op: two.op, voucher: one.voucher })), { claim: 1 });
  });

  test('a good voucher does not replace the provider’s signature', () => {
    const stolen = by(batch, carol, AT.dave, claim({ total: 10n }));
    expectRefused(batch, 'BAD_SIGNATURE', () => batch.applyTx(stolen));
  });

  test('a caller who checked the signatures is believed', () => {
    batch.applyTx(daves({ op: op(), voucher: voucherFor({}, bob) }), { signatureChecked: true });
    expect(look(batch, AT.channel)?.claimed).toBe(1000n);
  });

  test.each([
    ['none', (tx: SignedTx) => ({ ...tx, vouchers: [] })],
    ['one too many', (tx: SignedTx) => ({ ...tx, vouchers: [...tx.vouchers, ...tx.vouchers] })],
  ])('%s → INVALID_ARGUMENT', (_, change) => {
    const tx = change(daves(claim({ total: 10n })));
    expectRefused(batch, 'INVALID_ARGUMENT', () => batch.applyTx(tx));
    expectRefused(batch, 'INVALID_ARGUMENT', () => batch.applyTx(tx, { signatureChecked: true }));
  });

  test('are not part of the hash, so that nobody can block a claim by changing them', () => {
    const good = daves(claim({ total: 10n }));
    const bad = { ...good, vouchers: [voucherFor({})] };
    const { hash } = openAt(market(), TEST_TIME).applyTx(bad, { signatureChecked: true });
    expectRefused(batch, 'BAD_VOUCHER', () => batch.applyTx(bad));
    expect(batch.applyTx(good).hash).toBe(hash);
  });
});
