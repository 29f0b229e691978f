import { encodeAbiParameters, encodeFunctionData, keccak256, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { computeDomain } from '../protocol/domain.ts';
import { R_FIELD } from '../protocol/field.ts';
import { evmBatchOf } from '../protocol/lane/evmCommitment.ts';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import type { ClosedBatch, Field } from '../protocol/types.ts';
import type { QueueEntry } from './client/types.ts';
import type { BatchInput } from './client/units.ts';
import { NO_EVM, NO_OUTPUT } from './testing/evmBatch.ts';
import { expectError, Fixture, TEST_L2_CHAIN_ID, TEST_SETTINGS } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';
import { type Changes, concat, rawCommit, withWord } from './testing/rawCommit.ts';

const bob = 0xb0bn;
const EVM = evmBatchOf(
  { blockHash: `0x${'b1'.repeat(32)}`, outboxRoot: `0x${'00'.repeat(32)}`, outboxCount: 3n, inboxCount: 4n },
  Uint8Array.from([1, 2, 3]),
);
/** Bytes before the exits and the ops in the batch below. */
const EXITS = 2 * 128;
const OPS = EXITS + 64;

let f: Fixture;
let ledger: TestLedger;
let queue: QueueEntry[];
/** Two deposits, then one transaction: a transfer with three memo words and an exit. */
let closed: ClosedBatch;

beforeAll(async () => {
  f = await Fixture.start();
  ledger = new TestLedger(f.deployment.domain);
  queue = [
    await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key }),
    await f.bob.depositNew({ token: 0, amount: 500n, key: actor(2).key }),
    await f.bob.depositTo({ index: 1, token: 0, amount: 5n }),
  ];
  const memo = [1n, R_FIELD - 1n, 3n] as Field[];
  const tx = signed(actor(1), { signer: 1, nonce: 0, ops: [transfer(1, 2, 10n, { memo }), exit(1, bob, 20n)] });
  closed = ledger.close({
    timestamp: await f.now(),
    queue: queue.slice(0, 2),
    txs: [tx],
    evmCommitment: EVM.commitment,
  });
  await f.keep();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

const commit = (changes: Changes = {}, batch = closed) =>
  f.sequencer.send(rawCommit(f.deployment.address, batch, batch === closed ? { evm: EVM, ...changes } : changes));
async function refused(code: string, changes: Changes): Promise<void> {
  await expectError(code, commit(changes));
}
const body = () => closed.commitment.body;

describe('the public inputs', () => {
  it('are those of the protocol, for a batch with every part', async () => {
    const posted = await f.sequencer.commitBatch(closed, EVM);
    const { c, r, y } = closed.commitment;
    expect(posted.stored).toMatchObject({
      number: 1n,
      c,
      r,
      y,
      oldRoot: closed.batch.oldRoot,
      newRoot: closed.batch.newRoot,
    });
    expect((await f.sequencer.state()).committed).toMatchObject({
      batch: 1,
      root: closed.batch.newRoot,
      queue: 2n,
      lastBlock: 1n,
    });
  });

  it('reach the verifier as [C, r, y]', async () => {
    const posted = await f.sequencer.commitBatch(closed, EVM);
    const { c, r, y } = closed.commitment;
    const mock = await f.mock(f.verifier);
    await mock.write('expect', [keccak256(encodeAbiParameters([{ type: 'uint256[3]' }], [[c, r, y]]))]);
    await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
    expect((await f.alice.state()).proven.batch).toBe(1);
  });

  it('follow on from the batch before', async () => {
    await f.sequencer.commitBatch(closed, EVM);
    const next = new TestLedger(f.deployment.domain);
    next.close({ timestamp: closed.batch.timestamp, queue: queue.slice(0, 2), txs: closed.batch.txs });
    const second = next.close({ timestamp: await f.now(), queue: queue.slice(2), blocks: 5n, shape: 'dev' });
    const posted = await f.sequencer.commitBatch(second, NO_EVM);
    expect(posted.stored).toMatchObject({ number: 2n, r: second.commitment.r, y: second.commitment.y });
    expect(posted.stored.oldRoot).toBe(closed.batch.newRoot);
    expect((await f.sequencer.state()).committed).toMatchObject({ batch: 2, queue: 3n, lastBlock: 6n });
  });

  it('hold the whole domain: chain id, contract and L2 chain id', async () => {
    const rollup = BigInt(f.deployment.address);
    const parts = { l1ChainId: 31337n, rollup, l2ChainId: TEST_L2_CHAIN_ID };
    const { domain } = await f.alice.parameters();
    expect(domain).toBe(computeDomain(parts));
    // A chain id cut to 8, 32 or 64 bits would give the same domain.
    for (const shift of [8n, 32n, 64n, 248n]) {
      expect(domain).not.toBe(computeDomain({ ...parts, l1ChainId: 31337n + (1n << shift) }));
      expect(domain).not.toBe(computeDomain({ ...parts, l2ChainId: TEST_L2_CHAIN_ID + (1n << shift) }));
    }
  });

  it('differ for a batch made for another deployment', async () => {
    const other = new TestLedger((f.deployment.domain + 1n) as Field);
    const foreign = other.close({ timestamp: closed.batch.timestamp, queue: queue.slice(0, 2) });
    const posted = await f.sequencer.commitBatch(foreign, NO_EVM);
    expect(posted.stored.r).not.toBe(foreign.commitment.r);
    expect(posted.stored.y).not.toBe(foreign.commitment.y);
  });
});

describe('the EVM lane’s part', () => {
  it('is bound by the header: its hash and the outcome stated', async () => {
    const posted = await f.sequencer.commitBatch(closed, EVM);
    expect(posted.evmData).toEqual(EVM.data);
    expect(posted.evmOutput).toBe(EVM.outputHash);
    expect(posted.stored.evmCommitment).toBe(toHex(EVM.commitment, { size: 32 }));
    expect(posted.stored).toMatchObject({ r: closed.commitment.r, y: closed.commitment.y });
  });

  it.each<[string, Changes]>([
    ['one byte more', { evmData: Uint8Array.from([1, 2, 3, 0]) }],
    ['no bytes', { evmData: new Uint8Array() }],
    ['another outcome', { input: { evmOutput: toHex(1n, { size: 32 }) } }],
  ])('with %s makes the batch’s own proof worthless', async (_name, changes) => {
    const { hash } = await commit(changes);
    const { stored } = await f.sequencer.readBatchOf(hash);
    expect(stored.evmCommitment).not.toBe(toHex(EVM.commitment, { size: 32 }));
    expect(stored.r).not.toBe(closed.commitment.r);
    expect(stored.y).not.toBe(closed.commitment.y);
  });

  it('may be as long as a batch posts, at the price of its calldata', async () => {
    const long = evmBatchOf(
      NO_OUTPUT,
      Uint8Array.from({ length: 98_304 }, (_, i) => 1 + (i % 255)),
    );
    const batch = new TestLedger(f.deployment.domain).close({
      timestamp: await f.now(),
      evmCommitment: long.commitment,
    });
    const { hash, gasUsed } = await f.sequencer.send(rawCommit(f.deployment.address, batch, { evm: long }));
    expect((await f.sequencer.readBatchOf(hash)).evmData).toEqual(long.data);
    // EIP-7623's floor: 40 gas a byte that is not zero. What L1 does with them fits below it.
    expect(gasUsed).toBeLessThan(98_304n * 40n + 60_000n);
  });

  it('is not sent with a batch that was closed with another one', async () => {
    await expectError('EVM_MISMATCH', f.sequencer.commitBatch(closed, NO_EVM));
  });
});

describe('who may commit', () => {
  it('refuses a stranger', async () => {
    await expectError('NotSequencer', f.alice.commitBatch(closed, EVM));
  });

  it('refuses the sequencer behind a contract', async () => {
    const forwarder = await f.deployTest('Forwarder');
    const { data } = rawCommit(f.deployment.address, closed, { evm: EVM });
    await expectError('NotSequencer', forwarder.write('forward', [f.deployment.address, data], { from: f.sequencer }));
  });

  it('refuses an account with delegated code, whose calldata nodes could not find', async () => {
    const forwarder = await f.deployTest('Forwarder');
    const code = `0xef0100${forwarder.address.slice(2)}` as const; // EIP-7702 designator
    await f.clients.testClient.setCode({ address: f.sequencer.account, bytecode: code });
    await expectError('OnlyPlainAccount', commit());
    const { data } = rawCommit(f.deployment.address, closed, { evm: EVM });
    const nested = encodeFunctionData({
      abi: forwarder.abi,
      functionName: 'forward',
      args: [f.deployment.address, data],
    });
    await expectError('OnlyPlainAccount', f.sequencer.send({ to: f.sequencer.account, data: nested, value: 0n }));
  });
});

describe('stated values', () => {
  it.each<[string, Partial<BatchInput>]>([
    ['newRoot = r', { newRoot: R_FIELD }],
    ['newRoot = 2^256 - 1', { newRoot: 2n ** 256n - 1n }],
    ['C = r', { c: R_FIELD }],
  ])('refuses %s', (_name, input) => refused('WordNotCanonical', { input }));

  it('refuses a shape nobody deployed', async () => {
    await refused('UnknownShape', { input: { shapeId: 2 } });
    await refused('UnknownShape', { input: { shapeId: 255 } });
  });

  it.each<[string, Partial<BatchInput>]>([
    ['L1 records', { l1Count: 3 }],
    ['ops', { opCount: 9 }],
    ['exits', { exitCount: 3 }],
  ])('refuses more %s than the shape has', (_name, input) => refused('BatchTooLarge', { input }));

  it('refuses a timestamp ahead of L1, too old, or before the last batch', async () => {
    const now = await f.now();
    // The transaction is mined at now + 1 or later, hence the margins.
    await refused('BadTimestamp', { input: { timestamp: now + TEST_SETTINGS.maxDriftSeconds + 30 } });
    await refused('BadTimestamp', { input: { timestamp: now - TEST_SETTINGS.maxAgeSeconds - 1 } });
    await commit();
    const next = ledgerAfterFirst();
    const second = next.close({ timestamp: closed.batch.timestamp, queue: queue.slice(2) });
    await expectError('BadTimestamp', commit({ input: { timestamp: closed.batch.timestamp - 1 } }, second));
    await commit({}, second);
  });

  it.each<[string, Partial<BatchInput>]>([
    ['a gap', { firstBlock: 2n, lastBlock: 2n }],
    ['an overlap', { firstBlock: 0n }],
    ['an end before its start', { lastBlock: 0n }],
    ['more than 2^16 blocks', { lastBlock: 2n ** 16n + 1n }],
    ['the end of the numbers', { lastBlock: 2n ** 64n - 1n }],
  ])('refuses blocks with %s', (_name, input) => refused('BadBlockRange', { input }));

  it('takes 2^16 blocks', async () => {
    await commit({ input: { lastBlock: 2n ** 16n } });
  });
});

describe('L1 records', () => {
  it.each<[string, number]>([
    ['amount', 64],
    ['token', 48],
  ])('refuses another %s than queued', (_name, bit) =>
    refused('QueueMismatch', { body: withWord(body(), 0, (w) => w + (1n << BigInt(bit))) }),
  );

  it.each([32, 64, 96])('refuses another word at byte %i', (offset) =>
    refused('QueueMismatch', { body: withWord(body(), offset, (w) => w + 1n) }),
  );

  it('refuses another order and another opcode', async () => {
    const [one, two, rest] = [body().subarray(0, 128), body().subarray(128, 256), body().subarray(256)];
    await refused('QueueMismatch', { body: concat(two, one, rest) });
    await refused('QueueMismatch', { body: withWord(body(), 0, (w) => w + 1n) });
    await refused('QueueMismatch', { body: withWord(body(), 0, (w) => w - 1n) });
  });

  it('refuses items that nobody queued', async () => {
    await commit();
    const second = ledgerAfterFirst().close({
      timestamp: await f.now(),
      queue: [queue[2], queue[2]].flatMap((q) => q ?? []),
    });
    await expectError('QueueMismatch', commit({}, second));
  });

  it.each<[string, (w: bigint) => bigint]>([
    ['index 0 for a new account', (w) => w - (1n << 16n)],
    ['index 2^24 for a new account', (w) => w + ((2n ** 24n - 1n) << 16n)],
    ['a void new account', (w) => w + (1n << 8n)],
    ['a reserved flag', (w) => w + (1n << 9n)],
    ['bits beyond the record', (w) => w + (1n << 160n)],
  ])('refuses %s', (_name, change) => refused('MalformedL1Record', { body: withWord(body(), 0, change) }));

  it('leaves the index of a new account to the sequencer', async () => {
    await commit({ body: withWord(body(), 0, (w) => w + ((2n ** 24n - 2n) << 16n)) });
  });

  it('refuses a reserved flag on a top-up and leaves void to the proof', async () => {
    await commit();
    const second = ledgerAfterFirst().close({ timestamp: await f.now(), queue: queue.slice(2) });
    const flags = (bits: bigint) => ({ body: withWord(second.commitment.body, 0, (w) => w + (bits << 8n)) });
    await expectError('MalformedL1Record', commit(flags(2n), second));
    await expectError('MalformedL1Record', commit(flags(128n), second));
    await commit(flags(1n), second);
  });

  it('leaves what a forced exit yields to the proof, but nothing if it is void', async () => {
    await commit();
    const forced = await f.alice.forcedExit(1);
    const next = ledgerAfterFirst();
    const second = next.close({ timestamp: await f.now(), queue: [...queue.slice(2), forced] });
    const at = 128;
    const words = (change: (w: bigint) => bigint) => ({ body: withWord(second.commitment.body, at, change) });
    const plain = (w: bigint) => w & ((1n << 48n) - 1n);
    await expectError(
      'MalformedL1Record',
      commit(
        words((w) => plain(w) + (1n << 8n) + (1n << 48n)),
        second,
      ),
    );
    await expectError(
      'MalformedL1Record',
      commit(
        words((w) => plain(w) + (1n << 8n) + (1n << 64n)),
        second,
      ),
    );
    await expectError(
      'MalformedL1Record',
      commit(
        words((w) => plain(w) + (1n << 160n)),
        second,
      ),
    );
    await expectError(
      'MalformedL1Record',
      commit(
        words((w) => plain(w) + (2n << 8n)),
        second,
      ),
    );
    await expectError(
      'QueueMismatch',
      commit(
        words((w) => plain(w) + (1n << 16n)),
        second,
      ),
    );
    await commit(
      words((w) => plain(w) + ((2n ** 96n - 1n) << 64n) + (65535n << 48n)),
      second,
    );
  });
});

describe('exits and ops', () => {
  it.each<[string, number, (w: bigint) => bigint]>([
    ['no recipient', EXITS, () => 0n],
    ['a recipient of 161 bits', EXITS, () => 1n << 160n],
    ['an amount and token of 113 bits', EXITS + 32, () => 1n << 112n],
    ['a word that is not canonical', EXITS + 32, () => R_FIELD],
  ])('refuses an exit with %s', (_name, offset, change) =>
    refused('MalformedExit', { body: withWord(body(), offset, change) }),
  );

  it.each([0, 32, 64])('refuses a payload word that is not canonical, at byte %i', async (offset) => {
    const at = OPS + 30 + offset;
    await refused('WordNotCanonical', { body: withWord(body(), at, () => R_FIELD) });
    await refused('WordNotCanonical', { body: withWord(body(), at, () => 2n ** 256n - 1n) });
    await commit({ body: withWord(body(), at, () => R_FIELD - 1n) });
  });

  it.each([1, 30, 31, 32, 62, 126])('refuses a body %i bytes short', (bytes) =>
    refused('BodyMalformed', { body: body().subarray(0, body().length - bytes) }),
  );

  it('refuses a body cut within the records, and an empty one', async () => {
    await refused('BodyMalformed', { body: body().subarray(0, OPS - 1) });
    await refused('BodyMalformed', { body: new Uint8Array(0) });
  });

  it.each([1, 30, 32, 62])('refuses %i bytes too many', (bytes) =>
    refused('BodyMalformed', { body: concat(body(), new Uint8Array(bytes)) }),
  );

  it('refuses payload words that the flags do not announce, and missing ones', async () => {
    // Flags are the second lowest byte of the 30-byte w0; bits 1 and 2 count the payload words.
    const flagsAt = OPS + 28;
    for (const count of [0, 1, 2]) {
      const changed = Uint8Array.from(body());
      changed[flagsAt] = ((changed[flagsAt] ?? 0) & ~6) | (count << 1);
      await refused('BodyMalformed', { body: changed });
    }
  });

  it('refuses counts that do not match the body', async () => {
    await refused('BodyMalformed', { input: { opCount: 1 } });
    await refused('BodyMalformed', { input: { opCount: 3 } });
  });

  // Padding adds nothing to C and y, so the batch's proof would hold; but nobody could read the batch back from L1 any more.
  it('refuses posted NOPs: behind the ops, with payload words, as the only op', async () => {
    const nop = new Uint8Array(30);
    await refused('BodyMalformed', { input: { opCount: 3 }, body: concat(body(), nop) });
    const carrying = Uint8Array.from(nop);
    carrying[28] = 2;
    await refused('BodyMalformed', { input: { opCount: 3 }, body: concat(body(), carrying, new Uint8Array(32)) });
    const empty = new TestLedger(f.deployment.domain).close({ timestamp: await f.now() });
    await expectError('BodyMalformed', commit({ input: { opCount: 1 }, body: nop }, empty));
  });

  it('takes an empty batch', async () => {
    const empty = new TestLedger(f.deployment.domain).close({ timestamp: await f.now() });
    const posted = await f.sequencer.commitBatch(empty, NO_EVM);
    expect(posted.stored).toMatchObject({ r: empty.commitment.r, y: empty.commitment.y });
    expect(posted.body).toHaveLength(0);
  });

  it('binds every byte of the posted data', async () => {
    const { c, r, y } = closed.commitment;
    const flipped = Uint8Array.from(body());
    flipped[OPS + 5] = (flipped[OPS + 5] ?? 0) ^ 1;
    const receipt = await commit({ body: flipped });
    const { stored } = await f.sequencer.readBatchOf(receipt.hash);
    expect(stored.c).toBe(c);
    expect(stored.r).not.toBe(r);
    expect(stored.y).not.toBe(y);
  });
});

/** A ledger at the state after the first batch (the shared one must not move with a test). */
function ledgerAfterFirst(): TestLedger {
  const next = new TestLedger(f.deployment.domain);
  next.close({ timestamp: closed.batch.timestamp, queue: queue.slice(0, 2), txs: closed.batch.txs });
  return next;
}

it('keeps the calldata decodable: header and body as sent', async () => {
  const posted = await f.sequencer.commitBatch(closed, EVM);
  expect(toHex(posted.body)).toBe(toHex(body()));
  expect(posted.header).toEqual({
    shapeId: 0,
    newRoot: closed.batch.newRoot,
    timestamp: closed.batch.timestamp,
    l1Count: 2,
    opCount: 2,
    exitCount: 1,
    feeAccounts: [0, 0, 0, 0],
    firstBlock: 1n,
    lastBlock: 1n,
    evmCommitment: EVM.commitment,
    c: closed.commitment.c,
  });
});
