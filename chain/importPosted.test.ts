import { beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../genesis/spec.ts';
import { decodeBody } from '../protocol/codec/body.ts';
import { commitTo } from '../protocol/commitment.ts';
import { accountIndex } from '../protocol/ids.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import { actor, signed, TEST_DOMAIN, TEST_TIME, transfer } from '../protocol/testing/actors.ts';
import { SeededRandom } from '../protocol/testing/random.ts';
import type { Field } from '../protocol/types.ts';
import type { Db } from './db.ts';
import { Deriver } from './derive/deriveChain.ts';
import { deposit, evmTx, firstBlocks, secondBlocks, thirdBlocks, tokenMessages } from './derive/testing/story.ts';
import {
  ALICE,
  DRIFT,
  FEES,
  LANE,
  posting,
  type TestBatch,
  TestSequencer,
  testGenesis,
} from './derive/testing/testSequencer.ts';
import type { DerivableBatch } from './derive/types.ts';
import type { ChainError } from './errors.ts';
import { hexBytes } from './evm/crypto.ts';
import { type EvmDataBlock, encodeEvmData } from './evm/evmData.ts';
import type { PostedRun } from './importPosted.ts';
import type { SealedBlock } from './ledgerState.ts';
import { CrashError, CrashPoint, crashingDb } from './testing/crash.ts';
import { dump } from './testing/dump.ts';
import { type FullChain, openFull } from './testing/history.ts';
import { memoryDb } from './testing/memoryDb.ts';
import { isUnsigned } from './wire/codec.ts';

const MESSAGES: L1Message[] = [deposit(0), ...tokenMessages(1), deposit(3), deposit(4), deposit(5)];

let genesis: GenesisState;
let first: TestBatch;
let second: TestBatch;
beforeAll(async () => {
  genesis = await testGenesis();
  const sequencer = await TestSequencer.open(genesis);
  first = await sequencer.batch(await firstBlocks());
  second = await sequencer.batch(await secondBlocks());
}, 120_000);

function take(
  { ledger, store }: FullChain,
  posted: DerivableBatch,
  messages = MESSAGES,
  onBlock?: (sealed: SealedBlock) => Promise<void>,
): Promise<PostedRun> {
  return ledger.importPosted(posted, messages.slice(Number(store.head.inboxCount)), onBlock);
}

/** A follower and a deriver that have taken the same batches. */
async function both(): Promise<{ chain: FullChain; deriver: Deriver }> {
  const options = { genesis, domain: TEST_DOMAIN, evmLane: LANE, maxDriftSeconds: DRIFT };
  return { chain: await openFull(memoryDb(), { genesis }), deriver: await Deriver.open(options, { db: memoryDb() }) };
}

/** Whatever is posted, a follower comes to what derivation comes to, and to L1's C. */
async function expectSame(
  { chain, deriver }: Awaited<ReturnType<typeof both>>,
  posted: DerivableBatch,
  messages = MESSAGES,
): Promise<PostedRun> {
  const heard: bigint[] = [];
  const run = await take(chain, posted, messages, async ({ block }) => {
    heard.push(block.number);
  });
  const derived = await deriver.applyBatch(posted, messages.slice(Number(deriver.head.inboxCount)));
  const { header, body } = posted;
  expect({ fault: run.fault, isSameOutput: run.isSameOutput, evm: run.evm }).toEqual({
    fault: derived.fault,
    isSameOutput: derived.isSameOutput,
    evm: derived.evm,
  });
  expect(run.closed.commitment.c).toBe(commitTo(header, decodeBody(body, header)).c);
  expect(run.closed.batch.evmCommitment).toBe(header.evmCommitment);
  const { store, ledger, lane } = chain;
  expect(ledger.closedTree.root).toBe(derived.ledgerRoot);
  const { nextQueueIndex, inboxCount } = deriver.head;
  expect(store.head).toMatchObject({ nextQueueIndex, inboxCount, block: header.lastBlock, open: undefined });
  for (let number = header.firstBlock; number <= header.lastBlock; number += 1n) {
    const [ours, theirs] = [await store.evmBlock(number), await deriver.block(number)];
    expect(ours?.hash).toBe(theirs?.hash);
    expect(ours?.receipts).toEqual(theirs?.receipts);
    expect(ours?.messages).toEqual(theirs?.messages);
    expect((await store.block(number))?.txs.every(isUnsigned)).toBe(true);
  }
  expect(heard).toEqual(
    Array.from({ length: Number(header.lastBlock - header.firstBlock) + 1 }, (_, i) => header.firstBlock + BigInt(i)),
  );
  expect((await store.evmBatch(header.number))?.output).toEqual(derived.evm.output);
  expect(lane.head.number).toBe(header.lastBlock);
  // Another process finds the same.
  const again = await openFull(chain.db, { genesis });
  expect(again.ledger.closedTree.root).toBe(derived.ledgerRoot);
  return run;
}

function changed(edit: (blocks: EvmDataBlock[]) => EvmDataBlock[]) {
  return async (batch: TestBatch): Promise<DerivableBatch> =>
    posting(
      batch,
      await encodeEvmData({ beneficiary: FEES, blocks: edit(batch.blocks.map((block) => ({ ...block }))) }),
    );
}

function at(position: number, change: (block: EvmDataBlock) => Partial<EvmDataBlock>) {
  return changed((blocks) => blocks.map((block, i) => (i === position ? { ...block, ...change(block) } : block)));
}

describe('batches from L1’s data alone', () => {
  it('come to what derivation comes to, batch after batch', async () => {
    const pair = await both();
    expect((await expectSame(pair, first.posted)).fault).toBeUndefined();
    const run = await expectSame(pair, second.posted);
    expect(run).toMatchObject({ isSameOutput: true, fault: undefined, summary: { number: 2, txs: 1, exits: 2 } });
    const { store } = pair.chain;
    const [tx] = (await store.block(6n))?.txs ?? [];
    expect(tx).toMatchObject({ signer: 1, nonce: 1, validUntil: 2 ** 40 - 1 });
    const { head } = pair.deriver;
    const next = await TestSequencer.after([first.posted, second.posted], { genesis, head, db: pair.chain.db });
    const third = await next.batch(thirdBlocks(head.inboxCount, MESSAGES));
    expect((await expectSame(pair, third.posted)).isSameOutput).toBe(true);
  });

  const raw = async (nonce: number, more = {}): Promise<Uint8Array> => hexBytes(await evmTx(ALICE, nonce, more));
  it.each<[string, (batch: TestBatch) => DerivableBatch | Promise<DerivableBatch>]>([
    ['does not decode', (batch) => posting(batch, batch.posted.evmData.subarray(0, -1))],
    ['number of blocks', changed((blocks) => blocks.slice(1))],
    ['delta of the first block', at(0, () => ({ timestampDelta: 1 }))],
    ['timestamp in the future', at(2, () => ({ timestampDelta: 31 + 60 + DRIFT }))],
    ['counts of the ledger part', at(1, () => ({ opCount: 1 }))],
    ['fee lanes', at(2, () => ({ laneCount: 2 }))],
    ['messages that do not exist', at(2, () => ({ inboxCount: 3 }))],
    [
      'transaction',
      async (batch) => {
        const bad = await raw(7);
        return at(2, ({ txs }) => ({ txs: [...txs, bad] }))(batch);
      },
    ],
    ['transaction', at(2, () => ({ txs: [new Uint8Array(12)] }))],
  ])('with the fault "%s" are replaced as derivation does, and the chain goes on', async (reason, edit) => {
    const pair = await both();
    await expectSame(pair, first.posted);
    const run = await expectSame(pair, await edit(second));
    expect(run.fault?.reason).toBe(reason);
    const { head } = pair.deriver;
    const next = await TestSequencer.after([first.posted, second.posted], { genesis, head, db: pair.chain.db });
    const third = await next.batch(thirdBlocks(head.inboxCount, MESSAGES));
    expect((await expectSame(pair, third.posted)).isSameOutput).toBe(true);
  });

  it('with messages left too long, or a timestamp before the parent, likewise', async () => {
    const pair = await both();
    await expectSame(pair, first.posted);
    const old = MESSAGES.map((message, i) => (i < 3 ? message : { ...message, l1Timestamp: TEST_TIME - 43_200 + 200 }));
    expect((await expectSame(pair, second.posted, old)).fault?.reason).toBe('messages left out');

    const sequencer = await TestSequencer.open(genesis);
    const early = await sequencer.batch([{}], { timestamp: TEST_TIME });
    const late = await both();
    const ahead = await sequencer.batch([{}], { timestamp: TEST_TIME + 50 });
    await expectSame(late, early.posted);
    const header = { ...ahead.posted.header, timestamp: TEST_TIME - 1 };
    const run = await expectSame(late, { ...ahead.posted, header });
    expect(run.fault?.reason).toBe('timestamp before the parent');
  });

  it('whose outcome is not what was posted are told, and kept with what came out', async () => {
    const pair = await both();
    await expectSame(pair, first.posted);
    const { evmData } = second.posted;
    const run = await expectSame(pair, posting(second, evmData, { outboxCount: 9n }));
    expect(run).toMatchObject({ isSameOutput: false, fault: undefined });
    expect(run.evm.output).toEqual(second.output);
  });

  it('of any data lead to one chain', async () => {
    const random = new SeededRandom(20261124);
    const faults = new Set<string | undefined>();
    for (let round = 0; round < 8; round += 1) {
      const pair = await both();
      await expectSame(pair, first.posted);
      const edit = changed((blocks) =>
        blocks.map((block) => ({
          ...block,
          ...(random.oneIn(4) ? { inboxCount: random.int(3) } : {}),
          ...(random.oneIn(4) ? { laneCount: random.int(2) } : {}),
          ...(random.oneIn(3) ? { txs: [...block.txs].reverse() } : {}),
          ...(random.oneIn(4) ? { opCount: random.int(3) } : {}),
        })),
      );
      faults.add((await expectSame(pair, await edit(second))).fault?.reason);
    }
    expect(faults.size).toBeGreaterThan(1);
  }, 120_000);
});

describe('a batch that cannot be taken', () => {
  it('leaves everything as it was', async () => {
    const { chain } = await both();
    await take(chain, first.posted);
    const before = await dump(chain.db);
    const refused = async (posted: DerivableBatch, code: string, messages = MESSAGES): Promise<void> => {
      await expect(take(chain, posted, messages)).rejects.toMatchObject({ code });
      expect(await dump(chain.db)).toEqual(before);
      expect(chain.ledger.open).toBeUndefined();
      expect(chain.ledger.closedTree.root).toBe(first.posted.header.newRoot);
    };
    const { posted } = second;
    await refused({ ...posted, header: { ...posted.header, newRoot: 1n as Field } }, 'BAD_BATCH');
    await refused({ ...posted, header: { ...posted.header, oldRoot: 1n as Field } }, 'ROOT_MISMATCH');
    await refused({ ...posted, body: posted.body.subarray(0, -1) }, 'MALFORMED_BYTES');
    const exit = posted.body.findIndex((_, i) => i % 64 === 63 && i > 0);
    const theft = Uint8Array.from(posted.body, (byte, i) => (i === exit ? byte ^ 1 : byte));
    await expect(take(chain, { ...posted, body: theft })).rejects.toMatchObject({ name: 'ProtocolError' });
    expect(await dump(chain.db)).toEqual(before);
    await refused(first.posted, 'OUT_OF_ORDER');
    await refused({ ...posted, header: { ...posted.header, domain: 5n as Field } }, 'OUT_OF_ORDER');
    await refused(posted, 'OUT_OF_ORDER', [...MESSAGES.slice(0, 3), ...MESSAGES.slice(4)]);
    expect((await take(chain, posted)).isSameOutput).toBe(true);
  });

  it('because one is open is refused', async () => {
    const { chain } = await both();
    await take(chain, first.posted);
    const { ledger, store } = chain;
    const timestamp = store.head.timestamp + 100;
    ledger.begin(timestamp);
    const evmTxs = { next: () => undefined, accept: () => undefined, reject: () => undefined };
    const l1Messages = MESSAGES.slice(3, 4);
    await ledger.seal({ timestamp, l1Ops: [], txs: [], feeAccounts: [], l1Messages, evmTxs });
    await expect(take(chain, second.posted)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
  });
});

describe('after such a batch', () => {
  it('own blocks follow, and the chain can go back: into it only as a whole', async () => {
    const { chain } = await both();
    await take(chain, first.posted);
    const whole = await dump(chain.db);
    await take(chain, second.posted);
    const { ledger, lane, store } = chain;
    const timestamp = store.head.timestamp + 5;
    const open = ledger.begin(timestamp);
    const tx = signed(actor(2), { signer: 2, nonce: 1, ops: [transfer(2, 1, 1n)] });
    open.applyTx(tx);
    await ledger.seal({ timestamp, l1Ops: [], txs: [tx], feeAccounts: [] });
    const header = await store.header(6n);
    if (header === undefined) throw new RangeError('the second batch has this block');
    await lane.rewind(header);
    const { txs, batches, blocks } = await store.rollback(6n);
    expect({ txs, batches, blocks }).toEqual({ txs: [tx], batches: [2], blocks: 2 });
    const after = await openFull(chain.db, { genesis });
    expect(after.store.head.block).toBe(first.posted.header.lastBlock);
    expect(await dump(chain.db)).toEqual(whole);
    expect((await take(after, second.posted)).isSameOutput).toBe(true);
    expect(after.ledger.account(accountIndex(2))).toBeDefined();
  });

  it('a process that dies while it takes one finds the chain before it, or after it', async () => {
    const bad = await at(2, () => ({ txs: [new Uint8Array(12)] }))(second);
    for (const posted of [second.posted, bad]) {
      const begun = async (): Promise<Db> => {
        const db = memoryDb();
        await take(await openFull(db, { genesis }), first.posted);
        return db;
      };
      const counter = new CrashPoint();
      await take(await openFull(crashingDb(await begun(), counter), { genesis }), posted);
      for (let dieAt = 0; dieAt < counter.steps; dieAt += 1) {
        const db = await begun();
        const victim = await openFull(crashingDb(db, new CrashPoint(dieAt)), { genesis });
        const error: unknown = await take(victim, posted).catch((thrown: unknown) => thrown);
        // Going back fails as well then.
        expect(error instanceof CrashError || (error as ChainError).code === 'STORE_UNAVAILABLE').toBe(true);
        const chain = await openFull(db, { genesis });
        expect([4n, 7n]).toContain(chain.store.head.block);
        expect(chain.store.head.open).toBeUndefined();
        expect(chain.store.unfinishedFrom).toBeUndefined();
        if (chain.store.head.block === 4n) await take(chain, posted);
        expect(chain.store.head.closedBatch).toBe(2);
      }
    }
  }, 120_000);
});
