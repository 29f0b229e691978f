import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../chain/clock.ts';
import { GRACE_SECONDS } from '../protocol/account.ts';
import { artefactCommitment } from '../protocol/attestation.ts';
import { prefixedHex } from '../protocol/bytes.ts';
import { publicKey } from '../protocol/crypto/eddsa.ts';
import { computeDomain } from '../protocol/domain.ts';
import { field } from '../protocol/field.ts';
import { type Receipt, receiptHash, signReceipt } from '../protocol/receipts/receipt.ts';
import { proofToJson, receiptToJson } from '../protocol/receipts/receiptCodec.ts';
import { ReceiptTree } from '../protocol/receipts/receiptTree.ts';
import {
  type AccountIndex,
  type Field,
  type Op,
  type SignedVoucher,
  Subtype,
  type Voucher,
} from '../protocol/types.ts';
import { signVoucher } from '../protocol/voucher.ts';
import { attest, claim, close, open, transfer } from '../sdk/ops.ts';
import { RpcClient } from '../sdk/rpcClient.ts';
import type { ClaimView, Hex, Wire } from '../sdk/rpcTypes.ts';
import { devAccount } from './devnet/accounts.ts';
import { accountsOf } from './devnet/funding.ts';
import type { EngramNode } from './node.ts';
import { type SentOps, sendOps, signedOps } from './testing/sendOps.ts';
import { PATIENT, startTestNode, WEEK } from './testing/testNode.ts';

/**
 * The life of a channel over RPC: attest, open, vouchers, claims, royalty, restart, expiry, close. The whole node on a real L1
 * whose contract takes any proof. The cases follow one another.
 */
const [consumer, provider] = [devAccount('alice'), devAccount('bob')];
/** Long enough for any machine; only a failure takes it. */
const PATIENCE = { timeout: 30_000 };
const voucherSeed: Uint8Array = new Uint8Array(32).fill(7);
const voucherKey = devAccount('carol');
const file = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest());

let fixture: Fixture;
let folder: string;
let node: EngramNode | undefined;
let rpc: RpcClient;
let domain: Field;
let clock: ShiftableClock;
let payer: AccountIndex;
let payee: AccountIndex;
let model: AccountIndex;
let channel: AccountIndex;
let expiry: number;
const tree = new ReceiptTree();

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = await mkdtemp(join(tmpdir(), 'engram-ai-'));
  clock = new ShiftableClock(systemClock);
  await start();
  await fixture.alice.depositNew({ token: 0, amount: parseEther('10'), key: consumer.key });
  await fixture.bob.depositNew({ token: 0, amount: parseEther('1'), key: provider.key });
  payer = (await accountsOf(consumer, 1, { rpc }))[0]?.index as AccountIndex; // the deposit made it
  payee = (await accountsOf(provider, 1, { rpc }))[0]?.index as AccountIndex; // as above
  expiry = (await time()) + 3600;
});
afterAll(async () => {
  await stop();
  await fixture.l1.stop();
  await rm(folder, { recursive: true });
});

async function start(): Promise<void> {
  node = await startTestNode({ folder, clock }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
  domain = field(BigInt((await rpc.request('engram_chainInfo', [])).domain));
}

async function stop(): Promise<void> {
  await rpc.close();
  await node?.stop();
}

async function time(): Promise<number> {
  return (await rpc.request('engram_chainInfo', [])).time;
}

const send = (sent: SentOps): Promise<Hex> => sendOps(sent, { rpc, domain });
const byPayer = (...ops: Op[]): Promise<Hex> => send({ from: payer, seed: consumer.seed, ops });
const byPayee = (ops: readonly Op[], ...vouchers: SignedVoucher[]): Promise<Hex> =>
  send({ from: payee, seed: provider.seed, ops, vouchers });

const included = (hash: Hex) => rpc.waitForTransaction(hash, 'included');

async function created(hash: Hex): Promise<readonly number[]> {
  const told = (await included(hash)).created;
  expect((await rpc.request('engram_getTransactionStatus', [hash])).created).toEqual(told);
  return told ?? [];
}

async function balance(index: AccountIndex): Promise<bigint> {
  return BigInt((await rpc.request('engram_getAccount', [index]))?.balance ?? 0);
}

function voucher(total: bigint, more: Partial<Voucher> = {}, seed = voucherSeed, of = domain): SignedVoucher {
  return signVoucher({ channel, total, receiptsRoot: tree.root, ...more }, seed, of);
}

async function claimed(): Promise<bigint> {
  return BigInt((await rpc.request('engram_getChannel', [channel]))?.claimed ?? 0);
}

/** The claim a provider would make of this voucher now. */
async function claimOf(
  signed: Voucher,
  more: { fee?: bigint; claimed?: bigint; royaltyBps?: number } = {},
): Promise<Op> {
  return claim({ voucher: signed, to: payee, claimed: await claimed(), royaltyBps: 500, ...more });
}

function receipt(sequence: number, more: Partial<Receipt> = {}): Receipt {
  const [inputHash, outputHash] = [file(`question ${sequence}`), file(`answer ${sequence}`)];
  const time = expiry - 3600 + sequence;
  return { channel, sequence, model, time, price: 1000n, inputHash, outputHash, execution: field(0n), ...more };
}

const question = (sequence: number, changed: Partial<Receipt> = {}, seed = provider.seed) => ({
  receipt: receiptToJson(signReceipt(receipt(sequence, changed), seed, domain)),
  proof: proofToJson(tree.proof(sequence)),
});

describe('attestations', () => {
  it('are made with their lineage and found by file, earliest first', async () => {
    const data = attest({ from: payee, artefact: artefactCommitment(file('data')), subtype: Subtype.DATASET });
    const [dataset] = (await created(await byPayee([data]))) as readonly AccountIndex[];
    if (dataset === undefined) throw new Error('no data set');
    const made = {
      from: payee,
      artefact: artefactCommitment(file('weights')),
      subtype: Subtype.MODEL,
      royaltyBps: 500,
    };
    [model] = (await created(await byPayee([attest({ ...made, parent: dataset })]))) as readonly [AccountIndex];
    // somebody else attests the same file later
    const [copy] = await created(await byPayer(attest({ ...made, from: payer, royaltyBps: 9000 })));
    const [tuned, other] = await created(
      await byPayee([attest({ ...made, artefact: field(1n), parent: model }), attest({ ...made, parent: model })]),
    );

    const found = await rpc.request('engram_findAttestations', [prefixedHex(file('weights'))]);
    expect(found.map(({ index }) => index)).toEqual([model, copy, other]);
    expect(found[0]).toMatchObject({ kind: 'model', owner: payee, parent: dataset, royaltyBps: 500, balance: '0' });
    expect(found[0]?.created.transaction).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await rpc.request('engram_findAttestations', [prefixedHex(file('nothing'))])).toEqual([]);
    const lineage = await rpc.request('engram_getLineage', [model]);
    expect(lineage?.ancestors.map(({ index }) => index)).toEqual([dataset]);
    expect(lineage?.descendants.map(({ index }) => index)).toEqual([tuned, other]);
    const whole = await rpc.request('engram_getLineage', [dataset]);
    expect(whole?.descendants.map(({ index }) => index)).toEqual([model, tuned, other]);
    expect(whole).toMatchObject({ ancestors: [], isTruncated: false });
  });

  it('are refused with a parent that is none, and with a share over all', async () => {
    const op = { from: payee, artefact: field(5n), subtype: Subtype.MODEL };
    const refused = async (change: Op) => expect(byPayee([change])).rejects;
    await (await refused(attest({ ...op, parent: 4000 as AccountIndex }))).toMatchObject({ reason: 'UNKNOWN_PARENT' });
    await (await refused(attest({ ...op, parent: payer }))).toMatchObject({ reason: 'UNKNOWN_PARENT' });
    const [a, b, c] = attest(op).payload as [Field, Field, Field];
    const greedy = { ...attest(op), payload: [a, b, field(c | (10_001n << 64n))] };
    await (await refused(greedy)).toMatchObject({ reason: 'BAD_ROYALTY' });
    const taken = { ...attest(op), to: model };
    await (await refused(taken)).toMatchObject({ reason: 'ASSIGNED_INDEX_NOT_ZERO' });
    const foreign = attest({ ...op, from: payer });
    await (await refused(foreign)).toMatchObject({ reason: 'NOT_AUTHORIZED' });
  });

  it('say what they are not', async () => {
    await expect(rpc.request('engram_getAttestation', [payer])).rejects.toMatchObject({ reason: 'WRONG_KIND' });
    await expect(rpc.request('engram_getLineage', [payer])).rejects.toMatchObject({ reason: 'WRONG_KIND' });
    expect(await rpc.request('engram_getAttestation', [4000])).toBeNull();
    expect(await rpc.request('engram_getLineage', [4000])).toBeNull();
  });
});

describe('a channel', () => {
  it('is opened and found', async () => {
    const parts = { from: payer, provider: payee, voucherKey: publicKey(voucherSeed), expiry, model };
    const [first] = await created(await byPayer(open({ ...parts, amount: 1_000_000n })));
    channel = first as AccountIndex; // assigned by the sequencer
    const [second] = await created(await byPayer(open({ ...parts, amount: 5n, expiry: expiry + 2 * WEEK })));
    const view = await rpc.request('engram_getChannel', [channel]);
    expect(view).toMatchObject({ payer, provider: payee, model, royaltyBps: 500, balance: '1000000', claims: 0 });
    expect(view).toMatchObject({ expiry, claimableUntil: expiry + GRACE_SECONDS, isOver: false, state: 'open' });
    // side by side under one node of the tree
    expect(second).toBe(channel + 1);
    for (const filter of [{ provider: payee }, { payer }, { model }]) {
      const list = await rpc.request('engram_getChannels', [filter]);
      expect(list.map(({ index }) => index)).toEqual([second, channel]);
    }
    expect(await rpc.request('engram_getChannels', [{ provider: payer }])).toEqual([]);
    expect(await rpc.request('engram_getChannels', [{ payer, limit: 1 }])).toHaveLength(1);
    for (const filter of [{}, { payer, model }, { payer, limit: 1001 }, { owner: 1 }]) {
      await expect(rpc.request('engram_getChannels', [filter as object])).rejects.toMatchObject({ code: -32602 });
    }
    await expect(rpc.request('engram_getChannel', [model])).rejects.toMatchObject({ reason: 'WRONG_KIND' });
    expect(await rpc.request('engram_getChannel', [4000])).toBeNull();
  });

  it('is not opened for a model that is none', async () => {
    const parts = { from: payer, provider: payee, voucherKey: voucherKey.key, expiry, amount: 1n };
    await expect(byPayer(open({ ...parts, model: payee }))).rejects.toMatchObject({ reason: 'UNKNOWN_MODEL' });
  });

  it('pays its provider and owes its model, told to subscribers', async () => {
    for (let sequence = 0; sequence < 10; sequence += 1) tree.append(receiptHash(receipt(sequence)));
    const heard: Wire<ClaimView>[] = [];
    await rpc.subscribe('claims', [channel], (event) => heard.push(event));
    const earnings: string[] = [];
    await rpc.subscribe('account', [model], (event) => earnings.push(event.balance));
    const before = [await balance(payee), await balance(model)] as const;
    const signed = voucher(10_000n);
    const hash = await byPayee([await claimOf(signed)], signed);
    await included(hash);
    expect(await balance(payee)).toBe(before[0] + 9_500n);
    // owed until the batch closes
    expect(await balance(model)).toBe(before[1]);
    expect(heard).toMatchObject([
      { total: '10000', delta: '10000', royalty: '500', state: 'included', transaction: hash },
    ]);
    expect(await rpc.request('engram_getClaims', [channel])).toEqual(heard);
    await node?.sequencer.closeBatch();
    expect(await balance(model)).toBe(before[1] + 500n);
    // its owner hears of it when the batch closes
    await expect.poll(() => earnings.at(-1), PATIENCE).toBe(String(before[1] + 500n));
    expect(await rpc.request('engram_getChannel', [channel])).toMatchObject({ claimed: '10000', claims: 1 });
  });

  it('takes several claims in one bundle', async () => {
    const [one, two] = [voucher(11_000n), voucher(12_001n)];
    const ops = [await claimOf(one), await claimOf(two, { claimed: 11_000n })];
    await included(await byPayee(ops, one, two));
    const claims = await rpc.request('engram_getClaims', [channel, { limit: 2 }]);
    expect(claims.map(({ total, delta, royalty }) => [total, delta, royalty])).toEqual([
      ['12001', '1001', '50'],
      ['11000', '1000', '50'],
    ]);
  });

  it('keeps vouchers and claims over a restart, in the open batch too', async () => {
    // without what L1 does to them meanwhile
    const list = async () =>
      (await rpc.request('engram_getClaims', [channel])).map((found) => ({ ...found, state: undefined }));
    const before = await list();
    const root = node?.sequencer.ledger.open?.batch.previewRoot();
    await stop();
    await start();
    expect(node?.sequencer.ledger.open?.batch.previewRoot()).toBe(root);
    expect(root).toBeDefined();
    expect(await list()).toEqual(before);
    const last = before[0];
    const stored = await node?.store.block(BigInt(last?.block ?? 0));
    expect(stored?.txs.find(({ ops }) => ops.length === 2)?.vouchers).toHaveLength(2);
    expect((await rpc.request('engram_getChannels', [{ model }])).map(({ index }) => index)).toContain(channel);
    const found = await rpc.request('engram_findAttestations', [prefixedHex(file('weights'))]);
    expect(found[0]?.index).toBe(model);
    expect((await rpc.request('engram_getLineage', [model]))?.descendants).toHaveLength(2);
  });

  it.each<[string, string, () => Promise<[Op, SignedVoucher]>]>([
    [
      'VOUCHER_STALE',
      'below what was claimed',
      async () => {
        const signed = voucher(12_000n);
        return [{ ...(await claimOf(voucher(12_001n))), payload: [field(12_000n), tree.root] }, signed];
      },
    ],
    [
      'INSUFFICIENT_BALANCE',
      'above the balance',
      async () => [await claimOf(voucher(1_000_001n)), voucher(1_000_001n)],
    ],
    [
      'BAD_VOUCHER',
      'for another channel',
      async () => [await claimOf(voucher(20_000n)), voucher(20_000n, { channel: (channel + 1) as AccountIndex })],
    ],
    [
      'BAD_VOUCHER',
      'for another chain',
      async () => {
        const foreign = computeDomain({ l1ChainId: 1n, rollup: BigInt(fixture.deployment.address), l2ChainId: 7001n });
        return [await claimOf(voucher(20_000n)), voucher(20_000n, {}, voucherSeed, foreign)];
      },
    ],
    [
      'BAD_VOUCHER',
      'for another bridge',
      async () => {
        const foreign = computeDomain({ l1ChainId: 31337n, rollup: 0xbadn, l2ChainId: 7001n });
        return [await claimOf(voucher(20_000n)), voucher(20_000n, {}, voucherSeed, foreign)];
      },
    ],
    [
      'BAD_VOUCHER',
      'signed by another key',
      async () => [await claimOf(voucher(20_000n)), voucher(20_000n, {}, provider.seed)],
    ],
    ['BAD_VOUCHER', 'of another total', async () => [await claimOf(voucher(20_000n)), voucher(19_999n)]],
    [
      'BAD_VOUCHER',
      'of another receipts root',
      async () => [await claimOf(voucher(20_000n)), voucher(20_000n, { receiptsRoot: field(3n) })],
    ],
    [
      'CLAIM_MISMATCH',
      'without the royalty',
      async () => [await claimOf(voucher(20_000n), { royaltyBps: 0 }), voucher(20_000n)],
    ],
    [
      'CLAIM_MISMATCH',
      'with a share that is not rounded down',
      async () => {
        const op = await claimOf(voucher(12_020n));
        const [total, root, royalty] = op.payload as [Field, Field, Field];
        return [{ ...op, amount: op.amount - 1n, payload: [total, root, field(royalty + 1n)] }, voucher(12_020n)];
      },
    ],
    [
      'WRONG_KIND',
      'from an attestation',
      async () => [{ ...(await claimOf(voucher(20_000n))), from: model }, voucher(20_000n)],
    ],
  ])('%s: a voucher %s takes nothing', async (reason, _what, make) => {
    const [op, signed] = await make();
    const before = [await balance(channel), await balance(payee), await claimed()];
    await expect(byPayee([op], signed)).rejects.toMatchObject({ code: -32000, reason });
    expect([await balance(channel), await balance(payee), await claimed()]).toEqual(before);
  });

  it('pays nobody but its provider', async () => {
    const signed = voucher(20_000n);
    const op = { ...(await claimOf(signed)), to: payer };
    const stolen = send({ from: payer, seed: consumer.seed, ops: [op], vouchers: [signed] });
    await expect(stolen).rejects.toMatchObject({ reason: 'NOT_AUTHORIZED' });
    await expect(byPayee([op], signed)).rejects.toMatchObject({ reason: 'NOT_AUTHORIZED' });
    await expect(byPayee([transfer({ from: channel, to: payee, amount: 1n })])).rejects.toMatchObject({
      reason: 'WRONG_KIND',
    });
  });

  it('a claim without its voucher, or with one too many, is malformed', async () => {
    const signed = voucher(20_000n);
    const sent = { from: payee, seed: provider.seed, ops: [await claimOf(signed)], vouchers: [signed] };
    const hex = signedOps(sent, domain);
    // a signature has 96 bytes
    for (const wrong of [hex.slice(0, -192), `${hex}${hex.slice(-192)}`] as Hex[]) {
      const answer = rpc.request('engram_sendTransaction', [wrong]);
      await expect(answer).rejects.toMatchObject({ reason: 'MALFORMED_BYTES' });
    }
  });

  it('two claims of the same money: the second is dropped with its code', async () => {
    const { nonce = 0 } = (await rpc.request('engram_getAccount', [payee])) ?? {};
    // both made before either is sent
    const vouchers = [voucher(14_000n), voucher(13_000n)];
    const ops = await Promise.all(vouchers.map(async (signed) => [await claimOf(signed)]));
    const hashes: Hex[] = [];
    for (const [i, signed] of vouchers.entries()) {
      const sent = { from: payee, seed: provider.seed, ops: ops[i] ?? [], vouchers: [signed], nonce: nonce + i };
      // in the pool before the first is in a block, if the node is not quicker than that
      hashes.push(await send(sent).catch((e) => e.reason));
    }
    await included(hashes[0] as Hex);
    if (hashes[1]?.startsWith('0x')) {
      await expect(included(hashes[1])).rejects.toMatchObject({ reason: 'VOUCHER_STALE' });
    } else expect(hashes[1]).toBe('VOUCHER_STALE');
    expect(await claimed()).toBe(14_000n);
  });
});

describe('receipts', () => {
  it('prove what was asked, answered, paid and claimed', async () => {
    const verdict = await rpc.request('engram_verifyReceipt', [question(4)]);
    expect(verdict).toMatchObject({ channel, sequence: 4, model, provider: payee, payer, price: '1000' });
    expect(verdict.inputHash).toBe(prefixedHex(file('question 4')));
    expect(verdict.artefact).toBe(artefactCommitment(file('weights')).toString());
    const claims = await rpc.request('engram_getClaims', [channel]);
    const first = claims.at(-1);
    const named = await rpc.request('engram_verifyReceipt', [{ ...question(4), claim: first?.transaction ?? '0x' }]);
    expect(named.claim).toEqual(first);
    await expect
      .poll(async () => (await rpc.request('engram_getClaims', [channel])).at(-1)?.state, PATIENCE)
      .toBe('proven');
    const settled = await rpc.request('engram_verifyReceipt', [{ ...question(4), claim: first?.transaction ?? '0x' }]);
    expect(settled.isSettled).toBe(true);
  });

  it.each<[string, () => object]>([
    ['RECEIPT_SIGNATURE', () => question(4, {}, consumer.seed)],
    ['RECEIPT_NOT_INCLUDED', () => question(4, { price: 999n })],
    ['RECEIPT_MODEL', () => question(4, { model: payee })],
    ['RECEIPT_POSITION', () => ({ ...question(4), proof: proofToJson(tree.proof(5)) })],
    ['RECEIPT_NOT_INCLUDED', () => ({ ...question(4), claim: `0x${'01'.repeat(32)}` })],
    ['RECEIPT_NOT_INCLUDED', () => question(4, { channel: (channel + 1) as AccountIndex })],
    ['UNKNOWN_ACCOUNT', () => question(4, { channel: 4000 as AccountIndex })],
    ['WRONG_KIND', () => question(4, { channel: model })],
    ['MALFORMED_BYTES', () => ({ ...question(4), proof: {} })],
    ['MALFORMED_BYTES', () => ({ receipt: 7, proof: question(4).proof })],
  ])('that do not are refused: %s', async (reason, make) => {
    const asked = rpc.request('engram_verifyReceipt', [make() as ReturnType<typeof question>]);
    await expect(asked).rejects.toMatchObject({ code: -32000, reason });
  });

  it('under a root that no claim has prove nothing', async () => {
    const other = new ReceiptTree();
    for (let sequence = 0; sequence < 5; sequence += 1) other.append(receiptHash(receipt(sequence, { price: 1n })));
    const forged = {
      receipt: receiptToJson(signReceipt(receipt(4, { price: 1n }), provider.seed, domain)),
      proof: proofToJson(other.proof(4)),
    };
    await expect(rpc.request('engram_verifyReceipt', [forged])).rejects.toMatchObject({
      reason: 'RECEIPT_NOT_INCLUDED',
    });
  });
});

describe('the end of a channel', () => {
  const closing = async (amount: bigint) => byPayer(close({ channel, to: payer, amount }));

  it('cannot come before its provider had the time of grace', async () => {
    await expect(closing(1n)).rejects.toMatchObject({ reason: 'CHANNEL_NOT_OVER' });
    await rpc.request('engram_devAdvanceTime', [3600]);
    expect(await rpc.request('engram_getChannel', [channel])).toMatchObject({ state: 'expired', isOver: false });
    await expect(closing(1n)).rejects.toMatchObject({ reason: 'CHANNEL_NOT_OVER' });
    // the provider still can
    const signed = voucher(15_000n);
    await included(await byPayee([await claimOf(signed)], signed));
  });

  it('comes with the next batch if the open one began before: the close waits, and a claim of the open batch still counts', async () => {
    await node?.sequencer.closeBatch();
    await rpc.request('engram_devAdvanceTime', [expiry + GRACE_SECONDS - 100 - (await time())]);
    const first = voucher(16_000n);
    await included(await byPayee([await claimOf(first)], first));
    // time passes while the batch is open
    await fixture.warp(100);
    clock.advance(100_000);
    expect(await rpc.request('engram_getChannel', [channel])).toMatchObject({ state: 'over', isOver: true });
    const hash = await closing(1000n);
    // a claim that races the close: the open batch takes it
    const second = voucher(17_000n);
    await included(await byPayee([await claimOf(second)], second));
    expect((await rpc.request('engram_getTransactionStatus', [hash])).status).toBe('pending');
    await node?.sequencer.closeBatch();
    await included(hash);
    expect(await claimed()).toBe(17_000n);
    expect(await balance(channel)).toBe(1_000_000n - 17_000n - 1000n);
  });

  it('is the end of its vouchers', async () => {
    const late = voucher(18_000n);
    await expect(byPayee([await claimOf(late)], late)).rejects.toMatchObject({ reason: 'CHANNEL_OVER' });
    await included(await closing(await balance(channel)));
    expect(await balance(channel)).toBe(0n);
    await expect(closing(1n)).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
    const foreign = send({ from: payee, seed: provider.seed, ops: [close({ channel, to: payee, amount: 0n })] });
    await expect(foreign).rejects.toMatchObject({ reason: 'NOT_AUTHORIZED' });
  });

  it('leaves the royalties with the model’s owner', async () => {
    await node?.sequencer.closeBatch();
    const earned = await balance(model);
    expect(earned).toBe(500n + 50n + 50n + 99n + 50n + 50n + 50n);
    const taken = transfer({ from: model, to: payee, amount: earned });
    await expect(byPayer({ ...taken })).rejects.toMatchObject({ reason: 'NOT_AUTHORIZED' });
    await included(await byPayee([taken]));
    expect(await balance(model)).toBe(0n);
  });

  it('all of it is committed and proven', async () => {
    await node?.sequencer.closeBatch();
    await expect
      .poll(async () => {
        const { heads } = await rpc.request('engram_chainInfo', []);
        return heads.proven.root === heads.unsafe.root && heads.proven.batch === heads.unsafe.batch;
      }, PATIENCE)
      .toBe(true);
    const claims = await rpc.request('engram_getClaims', [channel]);
    expect(new Set(claims.map(({ state }) => state))).toEqual(new Set(['proven']));
    const { proven } = await fixture.alice.state();
    expect((await rpc.request('engram_chainInfo', [])).heads.proven.root).toBe(proven.root.toString());
  });
});
