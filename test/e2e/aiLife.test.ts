/**
 * Claims in a real node (a process of its own) with real batch proofs: what a cheat may send is refused by name and changes nothing;
 * kill -9 between claim and proof loses no voucher, and without them there would be no proof; L1's data alone give the claims and the ledger.
 * One story, told in order, on batches of shape `small`: 4 signatures, so that two claims in a bundle nearly fill one.
 */
import { afterAll, beforeAll, describe, expect, it, onTestFailed } from 'vitest';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { computeDomain } from '../../protocol/domain.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { settledClaims } from '../../protocol/receipts/settledClaims.ts';
import { type AccountIndex, type Op, type SignedVoucher, Subtype } from '../../protocol/types.ts';
import { attest, claim, close, open, transfer } from '../../sdk/ops.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { waitForBatch } from './support/batches.ts';
import { attestModel, openChannel, RECEIPTS, ROYALTY_BPS, voucher } from './support/channels.ts';
import { KillWorld } from './support/killWorld.ts';
import { L2_CHAIN_ID } from './support/settlement.ts';
import type { Signed, User } from './support/user.ts';

const MINUTES = 60_000;
const LONG_AGO = 1_600_000_000;
const BALANCE = 1_000_000n;

let world: KillWorld;
/** The consumer; the provider, who also made the model. */
let alice: User;
let bob: User;
let model: AccountIndex;
let channel: AccountIndex;
/** Its time of grace has passed before it begins. */
let over: AccountIndex;

beforeAll(async () => {
  world = await KillWorld.open();
  await world.start({ prove: false });
  ({ alice, bob } = world);
  model = await attestModel(world.rpc, bob, 0xa1n);
  const parts = { provider: bob, model, amount: BALANCE };
  channel = await openChannel(world.rpc, alice, { ...parts, expiry: Math.floor(Date.now() / 1000) + 86_400 });
  over = await openChannel(world.rpc, alice, { ...parts, expiry: LONG_AGO });
}, 10 * MINUTES);
afterAll(() => world?.stop());

const signed = (total: bigint, more: Partial<Parameters<typeof voucher>[2]> = {}): SignedVoucher =>
  voucher(channel, total, { domain: bob.domain, ...more });

/** As an honest provider would claim when `claimed` was paid out before. */
function claimOp(of: SignedVoucher, claimed: bigint): Op {
  return claim({ voucher: of, to: bob.index, claimed, royaltyBps: ROYALTY_BPS });
}

/** Bundle of claims, one on top of the other. */
function bundle(claimed: bigint, ...totals: bigint[]): Signed {
  const vouchers = totals.map((total) => signed(total));
  const ops = vouchers.map((of, i) => claimOp(of, totals[i - 1] ?? claimed));
  return bob.sign(
    ops,
    bob.domain,
    vouchers.map(({ signature }) => signature),
  );
}

async function snapshot(): Promise<unknown> {
  const accounts = [alice.index, bob.index, model, channel, over].map((index) =>
    world.rpc.request('engram_getAccount', [index]),
  );
  return Promise.all(accounts);
}

async function nonceOf({ index }: User): Promise<number> {
  return (await world.rpc.request('engram_getAccount', [index]))?.nonce ?? expect.unreachable();
}

describe('a cheat is refused by name, and nothing changes:', () => {
  interface Attempt {
    readonly by: User;
    readonly op: Op;
    readonly voucher?: SignedVoucher;
  }
  const claiming = (of: SignedVoucher, change: Partial<Op> = {}, posted = of): Attempt => ({
    by: bob,
    op: { ...claimOp(posted, 0n), ...change },
    voucher: of,
  });
  const here = () => ({
    l1ChainId: 31337n,
    rollup: BigInt(world.settlement.deployment.rollup),
    l2ChainId: L2_CHAIN_ID,
  });
  const attempts: readonly (readonly [what: string, code: string, attempt: () => Attempt])[] = [
    ['a voucher above the balance', 'INSUFFICIENT_BALANCE', () => claiming(signed(BALANCE + 1n))],
    [
      'a voucher for another channel',
      'BAD_VOUCHER',
      () => claiming(voucher(over, 1_000n, { domain: bob.domain }), {}, signed(1_000n)),
    ],
    [
      'a voucher for another L1',
      'BAD_VOUCHER',
      () => claiming(signed(1_000n, { domain: computeDomain({ ...here(), l1ChainId: 1n }) })),
    ],
    [
      'a voucher for another L2 of the same bridge',
      'BAD_VOUCHER',
      () => claiming(signed(1_000n, { domain: computeDomain({ ...here(), l2ChainId: 1n }) })),
    ],
    [
      'a voucher for another bridge',
      'BAD_VOUCHER',
      () => claiming(signed(1_000n, { domain: computeDomain({ ...here(), rollup: 1n }) })),
    ],
    ['a voucher that the provider signed', 'BAD_VOUCHER', () => claiming(signed(1_000n, { seed: bob.account.seed }))],
    [
      'a voucher that the payer signed with the key of its account',
      'BAD_VOUCHER',
      () => claiming(signed(1_000n, { seed: alice.account.seed })),
    ],
    ['a voucher of a smaller total', 'BAD_VOUCHER', () => claiming(signed(999n), {}, signed(1_000n))],
    [
      'a receipts root that the consumer did not sign',
      'BAD_VOUCHER',
      () => claiming(signed(1_000n), {}, signed(1_000n, { receiptsRoot: field(RECEIPTS + 1n) })),
    ],
    [
      'a claim that keeps the royalty',
      'CLAIM_MISMATCH',
      () => claiming(signed(1_000n), { amount: 1_000n, payload: [field(1_000n), RECEIPTS, field(0n)] }),
    ],
    [
      'a claim by somebody else',
      'NOT_AUTHORIZED',
      () => ({ ...claiming(signed(1_000n), { to: alice.index }), by: alice }),
    ],
    ['a claim after the time of grace', 'CHANNEL_OVER', () => claiming(voucher(over, 1_000n, { domain: bob.domain }))],
    [
      'a close before it',
      'CHANNEL_NOT_OVER',
      () => ({ by: alice, op: close({ channel, to: alice.index, amount: 1n }) }),
    ],
    [
      'a close by the provider',
      'NOT_AUTHORIZED',
      () => ({ by: bob, op: close({ channel: over, to: bob.index, amount: 1n }) }),
    ],
    [
      'a transfer out of a channel by its payer',
      'WRONG_KIND',
      () => ({ by: alice, op: transfer({ from: channel, to: alice.index, amount: 1n }) }),
    ],
    [
      'a transfer out of an attestation by somebody else',
      'NOT_AUTHORIZED',
      () => ({ by: alice, op: transfer({ from: model, to: alice.index, amount: 0n }) }),
    ],
    ['an attestation with a missing parent', 'UNKNOWN_PARENT', () => attesting({ parent: accountIndex(999) })],
    ['an attestation whose parent is a channel', 'UNKNOWN_PARENT', () => attesting({ parent: channel })],
    [
      'an attestation at an index that is taken',
      'ASSIGNED_INDEX_NOT_ZERO',
      () => ({ by: alice, op: { ...attesting({}).op, to: model } }),
    ],
    [
      'a channel for a model that is none',
      'UNKNOWN_MODEL',
      () => {
        const parts = { from: alice.index, provider: bob.index, expiry: LONG_AGO, amount: 0n, model: channel };
        return { by: alice, op: open({ ...parts, voucherKey: alice.account.key }) };
      },
    ],
  ];
  function attesting(more: { parent?: AccountIndex }): Attempt {
    const parts = { from: alice.index, artefact: field(5n), subtype: Subtype.MODEL, ...more };
    return { by: alice, op: attest(parts) };
  }

  it.each(attempts)('%s (%s)', async (_what, reason, attempt) => {
    const before = await snapshot();
    const { by, op, voucher: of } = attempt();
    const vouchers = of === undefined ? [] : [of.signature];
    const { bytes } = by.signAt(await nonceOf(by), [op], by.domain, vouchers);
    await expect(world.rpc.request('engram_sendTransaction', [bytes])).rejects.toMatchObject({ code: -32000, reason });
    expect(await snapshot()).toEqual(before);
  });

  it('a claim without its voucher, and a voucher without its claim (MALFORMED_BYTES)', async () => {
    const nonce = await nonceOf(bob);
    const { signature } = signed(1_000n);
    const claiming = [claimOp(signed(1_000n), 0n)];
    const paying = [transfer({ from: bob.index, to: alice.index, amount: 1n })];
    const whole = bob.signAt(nonce, claiming, bob.domain, [signature]).bytes;
    const plain = bob.signAt(nonce, paying).bytes;
    const tooMany: Hex = `${plain}${whole.slice(-192)}`;
    for (const bytes of [whole.slice(0, -192) as Hex, tooMany]) {
      await expect(world.rpc.request('engram_sendTransaction', [bytes])).rejects.toMatchObject({
        reason: 'MALFORMED_BYTES',
      });
    }
  });
});

describe('kill -9', () => {
  const step = (name: string, run: () => Promise<void>): void =>
    it(
      name,
      async () => {
        onTestFailed(() => console.error(world.lastLog()));
        await run();
        await world.kill(name);
      },
      5 * MINUTES,
    );

  step('with claims in an open batch', async () => {
    // Does not fit beside the three transactions of the first batch: closes it, and opens the second.
    await world.include(bundle(0n, 10_000n, 30_000n));
    await world.node.logged('batch closed', { number: 1 });
  });

  step('while their batch is proven', async () => {
    const node = await world.start({ prove: true });
    expect((await world.rpc.request('engram_getClaims', [channel])).map(({ total }) => total)).toEqual([
      '30000',
      '10000',
    ]);
    await world.include(alice.sign([close({ channel: over, to: alice.index, amount: BALANCE })]));
    // The next does not fit, either.
    await world.include(bundle(30_000n, 30_500n));
    await node.logged('proving', { batch: 2 });
  });

  it(
    'loses no voucher: the batch is proven, and a claim that was settled is stale',
    async () => {
      onTestFailed(() => console.error(world.lastLog()));
      await world.start({ prove: true });
      await waitForBatch(world.rpc, 2, 'proven');
      const claims = await world.rpc.request('engram_getClaims', [channel]);
      expect(claims.map(({ total, delta, royalty, batch, state }) => [total, delta, royalty, batch, state])).toEqual([
        ['30500', '500', '25', 3, 'included'],
        ['30000', '20000', '1000', 2, 'proven'],
        ['10000', '10000', '500', 2, 'proven'],
      ]);
      const stale = { ...claimOp(signed(30_500n), 30_500n), payload: [field(30_000n), RECEIPTS, field(0n)] };
      const { bytes } = bob.signAt(await nonceOf(bob), [stale], bob.domain, [signed(30_000n).signature]);
      const sent = world.rpc.request('engram_sendTransaction', [bytes]);
      await expect(sent).rejects.toMatchObject({ reason: 'VOUCHER_STALE' });
    },
    5 * MINUTES,
  );
});

describe('L1 alone', () => {
  it('gives the claims of the proven batch and the ledger after it', async () => {
    const { number, header, shape, oldRoot, body, stored } = await world.rollup.readBatch(2);
    const { domain } = await world.rollup.parameters();
    const { claims } = settledClaims({ header: { ...header, number, domain, shape, oldRoot }, body, stored });
    expect(
      claims.map(({ channel: from, provider, total, receiptsRoot, royalty }) => [
        from,
        provider,
        total,
        receiptsRoot,
        royalty,
      ]),
    ).toEqual([
      [channel, bob.index, 10_000n, RECEIPTS, 500n],
      [channel, bob.index, 30_000n, RECEIPTS, 1_000n],
    ]);
    const { tree } = await rebuildProvenTree(world.rollup);
    const { heads } = await world.rpc.request('engram_chainInfo', []);
    expect(String(tree.root)).toBe(heads.proven.root);
    expect(tree.get(channel)).toMatchObject({ claimed: 30_000n, balance: BALANCE - 30_000n, nonce: 2 });
    expect(tree.get(over)).toMatchObject({ claimed: 0n, balance: 0n });
    // Owed during the batch, credited at its close.
    expect(tree.get(model)).toMatchObject({ balance: 1_500n });
  });
});
