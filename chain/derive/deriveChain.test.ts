import { brotliCompressSync, constants } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GenesisState } from '../../genesis/spec.ts';
import { MAX_EVM_DATA } from '../../protocol/lane/constants.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import type { Field } from '../../protocol/types.ts';
import type { Db, DbOp } from '../db.ts';
import { bytesHex, hexBytes } from '../evm/crypto.ts';
import { type EvmDataBlock, encodeEvmData } from '../evm/evmData.ts';
import { memoryDb } from '../testing/memoryDb.ts';
import { tempDb } from '../testing/tempDb.ts';
import { Deriver } from './deriveChain.ts';
import { deposit, evmTx, firstBlocks, secondBlocks, thirdBlocks, tokenMessages } from './testing/story.ts';
import {
  ALICE,
  BOB,
  DRIFT,
  FEES,
  LANE,
  posting,
  type TestBatch,
  TestSequencer,
  testGenesis,
} from './testing/testSequencer.ts';
import type { DerivableBatch, DerivedBatch } from './types.ts';

/** All that is ever queued; the first three are taken by the first batch, two more by the second. */
const MESSAGES: L1Message[] = [deposit(0), ...tokenMessages(1), deposit(3), deposit(4), deposit(5)];

let genesis: GenesisState;
/** Two honest batches. */
let first: TestBatch;
let second: TestBatch;
beforeAll(async () => {
  genesis = await testGenesis();
  const sequencer = await TestSequencer.open(genesis);
  first = await sequencer.batch(await firstBlocks());
  second = await sequencer.batch(await secondBlocks());
}, 120_000);

interface World {
  readonly deriver: Deriver;
  readonly db: Db;
}

function openDeriver(db: Db, change: object = {}): Promise<Deriver> {
  return Deriver.open({ genesis, domain: TEST_DOMAIN, evmLane: LANE, maxDriftSeconds: DRIFT, ...change }, { db });
}

function apply(deriver: Deriver, posted: DerivableBatch, messages = MESSAGES): Promise<DerivedBatch> {
  return deriver.applyBatch(posted, messages.slice(Number(deriver.head.inboxCount)));
}

/** Where it stands, comparable. */
function seen(deriver: Deriver): object {
  const { header: _, ...head } = deriver.head;
  return head;
}

/** The first batch is derived. */
async function world(): Promise<World> {
  const db = memoryDb();
  const deriver = await openDeriver(db);
  expect((await apply(deriver, first.posted)).fault).toBeUndefined();
  return { deriver, db };
}

/** Whatever happened before, a sequencer that looks at the derived chain makes a batch that everybody agrees with. */
async function expectGoesOn({ deriver, db }: World): Promise<void> {
  const { head } = deriver;
  const sequencer = await TestSequencer.after([first.posted, second.posted], { genesis, head, db });
  const next = await sequencer.batch(thirdBlocks(head.inboxCount, MESSAGES));
  const derived = await apply(deriver, next.posted);
  expect(derived).toMatchObject({ isSameOutput: true, fault: undefined });
  expect(derived.evm.output).toEqual(next.output);
}

describe('an honest chain', () => {
  it('is derived block by block as it was made', async () => {
    const { deriver } = await world();
    const derived = await apply(deriver, second.posted);
    expect(derived).toMatchObject({
      ...{ number: 2, firstBlock: 5n, isSameOutput: true, fault: undefined, evmTxs: 4, ledgerTxs: 1, l1Messages: 2 },
      evm: { output: second.output, commitment: second.posted.header.evmCommitment },
      ledgerRoot: second.posted.header.newRoot,
    });
    const made = [...first.executed, ...second.executed];
    for (const [i, executed] of made.entries()) {
      const block = await deriver.block(BigInt(i + 1));
      expect(block?.hash).toBe(executed.hash);
      expect(block?.receipts).toEqual(executed.receipts);
    }
    expect(made.flatMap(({ receipts }) => receipts.map(({ status }) => status))).not.toContain(0);
    // two exits to the lane, five messages, a withdrawal
    expect(derived.evm.output).toMatchObject({ outboxCount: 1n, inboxCount: 5n });
    expect(deriver.head).toMatchObject({ batch: 2, inboxCount: 5n, nextQueueIndex: 3n });
  });

  it('holds the money that came in: messages and exits', async () => {
    const { deriver } = await world();
    await apply(deriver, second.posted);
    const state = deriver.lane.stateAt(deriver.head.header.stateRoot);
    const alice = await state.account('0xacc0000000000000000000000000000000000001');
    expect(alice?.balance).toBe(340n);
    expect((await state.account(LANE))?.balance).toBe(1n);
  });

  it('goes on from disk, and refuses the data of another chain', async () => {
    const { db, remove } = await tempDb();
    const before = await openDeriver(db);
    await apply(before, first.posted);
    const after = await openDeriver(db);
    expect(seen(after)).toEqual(seen(before));
    expect((await apply(after, second.posted)).isSameOutput).toBe(true);
    expect((await openDeriver(db)).head.blockHash).toBe(second.output.blockHash);
    await expect(openDeriver(db, { domain: 1n as Field })).rejects.toMatchObject({ code: 'WRONG_CHAIN' });
    await expect(openDeriver(db, { evmLane: FEES })).rejects.toMatchObject({ code: 'WRONG_CHAIN' });
    await remove();
  });

  it('may be killed between any two writes', async () => {
    for (let writes = 0; writes < 3; writes += 1) {
      const db = memoryDb();
      let left = writes;
      const dying: Db = {
        ...db,
        write: async (ops: readonly DbOp[]) => {
          left -= 1;
          if (left < 0) throw new TypeError('killed');
          await db.write(ops);
        },
      };
      const run = async (on: Db): Promise<Deriver> => {
        const deriver = await openDeriver(on);
        for (const { posted } of [first, second])
          if (posted.header.number > deriver.head.batch) await apply(deriver, posted);
        return deriver;
      };
      await run(dying).catch(() => undefined);
      expect((await run(db)).head.blockHash).toBe(second.output.blockHash);
    }
  });
});

describe('data that do not count', () => {
  let clean: { blockHash: string; timestamp: bigint; beneficiary: string };

  /** Derives the second batch with other data; whatever they are, the result is that of any others that do not count. */
  async function expectReplaced(
    reason: string,
    edit: (batch: TestBatch) => DerivableBatch | Promise<DerivableBatch>,
    messages = MESSAGES,
  ): Promise<DerivedBatch> {
    const made = await world();
    const derived = await apply(made.deriver, await edit(second), messages);
    expect(derived.fault?.reason).toBe(reason);
    expect(derived).toMatchObject({ evmTxs: 0, l1Messages: 0, isSameOutput: false });
    const { header } = derived;
    expect({
      blockHash: derived.evm.output.blockHash,
      timestamp: header.timestamp,
      beneficiary: header.coinbase.toString(),
    }).toEqual(clean);
    await expectGoesOn(made);
    return derived;
  }

  /** The honest blocks with some of them changed. */
  function changed(edit: (blocks: EvmDataBlock[]) => EvmDataBlock[]) {
    return async (batch: TestBatch): Promise<DerivableBatch> => {
      const blocks = edit(batch.blocks.map((block) => ({ ...block })));
      return posting(batch, await encodeEvmData({ beneficiary: FEES, blocks }));
    };
  }

  function at(position: number, change: (block: EvmDataBlock) => Partial<EvmDataBlock>) {
    return changed((blocks) => blocks.map((block, i) => (i === position ? { ...block, ...change(block) } : block)));
  }

  beforeAll(async () => {
    const { deriver } = await world();
    const { evm, header } = await apply(deriver, posting(second, new Uint8Array()));
    clean = { blockHash: evm.output.blockHash, timestamp: header.timestamp, beneficiary: header.coinbase.toString() };
    expect(clean.timestamp).toBe(BigInt(second.posted.header.timestamp));
    expect(clean.beneficiary).toBe(`0x${'00'.repeat(20)}`);
  });

  it('nothing, garbage, a stream cut off, a bomb', async () => {
    const cut = (batch: TestBatch) => posting(batch, batch.posted.evmData.subarray(0, -1));
    await expectReplaced('does not decode', cut);
    await expectReplaced('does not decode', (batch) => posting(batch, Buffer.from('garbage')));
    const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
    const bomb = Buffer.concat([Uint8Array.of(1), brotliCompressSync(new Uint8Array(4 * MAX_EVM_DATA), fast)]);
    const { fault } = await expectReplaced('does not decode', (batch) => posting(batch, bomb));
    expect(fault?.detail).toBe('too long');
  });

  it('data that use more gas than a batch may are replaced, those that use just as much are not', async () => {
    const used = 21_000n * 64n; // far more than the story's transactions, far less than a block
    const full = await openDeriver(memoryDb(), { maxBatchGas: used });
    expect((await apply(full, first.posted)).fault).toBeUndefined();
    const short = await openDeriver(memoryDb(), { maxBatchGas: 20_999n });
    const { fault, evmTxs } = await apply(short, first.posted);
    expect(fault).toEqual({ reason: 'transaction', detail: expect.stringContaining('more gas than a batch may use') });
    expect(evmTxs).toBe(0);
  });

  it('a transaction in the middle that is not valid where it stands', async () => {
    const bad = async (raw: Promise<`0x${string}`>): Promise<string | undefined> => {
      const tx = hexBytes(await raw);
      const edit = at(1, ({ txs }) => ({ txs: [...txs.slice(0, 1), tx, ...txs.slice(1)] }));
      return (await expectReplaced('transaction', edit)).fault?.detail;
    };
    expect(await bad(evmTx(ALICE, 7))).toBe('block 6, transaction 1: NONCE_TOO_HIGH');
    expect(await bad(evmTx(ALICE, 1))).toBe('block 6, transaction 1: NONCE_TOO_LOW');
    expect(await bad(evmTx(ALICE, 2, { value: 10n ** 25n }))).toBe('block 6, transaction 1: INSUFFICIENT_FUNDS');
    expect(await bad(evmTx(ALICE, 2, { chainId: 1 }))).toBe('block 6: WRONG_CHAIN_ID');
    expect(await bad(evmTx(ALICE, 2, { gas: 20_000n }))).toBe('block 6, transaction 1: INTRINSIC_GAS');
    expect(await bad(evmTx(ALICE, 2, { gas: 10n ** 9n }))).toBe('block 6, transaction 1: GAS_LIMIT_EXCEEDED');
  });

  it('a transaction that is bytes of nothing, a blob, or a system transaction', async () => {
    const system = first.executed[0]?.txs[0]?.raw ?? new Uint8Array();
    for (const tx of [
      new Uint8Array(12),
      Buffer.concat([Uint8Array.of(3), second.blocks[1]?.txs[0] ?? system]),
      system,
    ]) {
      await expectReplaced(
        'transaction',
        at(2, () => ({ txs: [tx] })),
      );
    }
  });

  it('counts that do not add up, blocks that end inside a transaction, a block too many or too few', async () => {
    await expectReplaced(
      'counts of the ledger part',
      at(1, () => ({ opCount: 1 })),
    );
    await expectReplaced(
      'counts of the ledger part',
      at(0, () => ({ opCount: 2 })),
    );
    await expectReplaced(
      'counts of the ledger part',
      at(0, () => ({ l1Count: 1 })),
    );
    const split = changed((blocks) =>
      blocks.map((block, i) => ({ ...block, opCount: i === 0 ? 0 : 1, laneCount: i === 0 ? 0 : 1 })),
    );
    await expectReplaced('counts of the ledger part', split);
    await expectReplaced(
      'number of blocks',
      changed((blocks) => blocks.slice(1)),
    );
    await expectReplaced(
      'number of blocks',
      changed((blocks) => [...blocks, EMPTY]),
    );
  });

  it('lanes that shrink or are not the header’s', async () => {
    await expectReplaced(
      'fee lanes',
      at(2, () => ({ laneCount: 0 })),
    );
    await expectReplaced(
      'fee lanes',
      at(2, () => ({ laneCount: 2 })),
    );
    const none = changed((blocks) => blocks.map((block) => ({ ...block, laneCount: 0 })));
    await expectReplaced('fee lanes', none);
  });

  it('times that are not those of the batch', async () => {
    await expectReplaced(
      'timestamp in the future',
      at(2, () => ({ timestampDelta: 31 + 60 + DRIFT })),
    );
    await expectReplaced(
      'delta of the first block',
      at(0, () => ({ timestampDelta: 1 })),
    );
  });

  it('messages that nobody sent', async () => {
    await expectReplaced(
      'messages that do not exist',
      at(2, () => ({ inboxCount: 3 })),
    );
    const future = MESSAGES.map((message, i) => (i < 4 ? message : { ...message, l1Timestamp: TEST_TIME + 10_000 }));
    await expectReplaced('messages that do not exist', (batch) => batch.posted, future);
  });
});

const EMPTY: EvmDataBlock = { timestampDelta: 0, l1Count: 0, opCount: 0, laneCount: 0, inboxCount: 0, txs: [] };

describe('messages that were left too long', () => {
  /** All after the first batch's are twelve hours old. */
  const old = MESSAGES.map((message, i) => (i < 3 ? message : { ...message, l1Timestamp: TEST_TIME - 43_200 + 200 }));

  it('make data invalid that leave one, and are delivered all the same', async () => {
    const made = await world();
    const derived = await apply(made.deriver, second.posted, old);
    expect(derived).toMatchObject({ fault: { reason: 'messages left out' }, l1Messages: 3, isSameOutput: false });
    const block = await made.deriver.block(5n);
    expect(block?.messages).toEqual(old.slice(3));
    expect(block?.receipts.map(({ status }) => status)).toEqual([1, 1, 1]);
    await expectGoesOn(made);
  });

  it('and a second earlier they may still wait', async () => {
    const made = await world();
    const younger = old.map((message) => ({ ...message, l1Timestamp: message.l1Timestamp + 1 }));
    expect((await apply(made.deriver, second.posted, younger)).fault).toBeUndefined();
  });
});

describe('a commitment', () => {
  it('of another outcome than the derived one is told, and the chain goes on', async () => {
    const made = await world();
    const { posted } = second;
    for (const said of [
      { blockHash: first.output.blockHash },
      { outboxRoot: `0x${'11'.repeat(32)}` },
      { outboxCount: 9n },
      { inboxCount: 6n },
    ] as const) {
      const deriver = await openDeriver(memoryDb());
      await apply(deriver, first.posted);
      const derived = await apply(deriver, posting(second, posted.evmData, said));
      expect(derived).toMatchObject({ isSameOutput: false, fault: undefined });
      expect(derived.evm.output).toEqual(second.output);
    }
    await apply(made.deriver, posted);
    await expectGoesOn(made);
  });

  it('of what stands in for bad data is the derived one', async () => {
    const made = await world();
    const { evm } = await apply(made.deriver, posting(second, new Uint8Array()));
    const again = await openDeriver(memoryDb());
    await apply(again, first.posted);
    const derived = await apply(again, posting(second, new Uint8Array(), evm.output));
    expect(derived).toMatchObject({ isSameOutput: true, fault: { reason: 'does not decode' } });
  });
});

describe('a batch that cannot be applied', () => {
  it('leaves everything as it was', async () => {
    const { deriver } = await world();
    const { posted } = second;
    const before = seen(deriver);
    const wrong = { ...posted, header: { ...posted.header, newRoot: 1n as Field } };
    await expect(apply(deriver, wrong)).rejects.toMatchObject({ code: 'BAD_BATCH' });
    await expect(apply(deriver, { ...posted, body: posted.body.subarray(0, -1) })).rejects.toMatchObject({
      code: 'MALFORMED_BYTES',
    });
    const theft = {
      ...posted,
      body: Uint8Array.from(posted.body, (byte, i) => (i === posted.body.length - 1 ? byte ^ 1 : byte)),
    };
    await expect(apply(deriver, theft)).rejects.toMatchObject({ name: 'ProtocolError' });
    expect(seen(deriver)).toEqual(before);
    expect(await deriver.block(5n)).toBeUndefined();
    expect((await apply(deriver, posted)).isSameOutput).toBe(true);
  });

  it('out of order, or with other messages than the next → OUT_OF_ORDER', async () => {
    const { deriver } = await world();
    await expect(apply(deriver, first.posted)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    await expect(deriver.applyBatch(second.posted, MESSAGES)).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    await expect(deriver.applyBatch(second.posted, MESSAGES.slice(4))).rejects.toMatchObject({ code: 'OUT_OF_ORDER' });
    expect((await apply(deriver, second.posted)).isSameOutput).toBe(true);
  });
});

describe('many blocks', () => {
  it('of nothing, and with some bad bytes the same number', async () => {
    const sequencer = await TestSequencer.open(genesis);
    const made = await sequencer.batch(Array.from({ length: 300 }, () => ({})));
    const [good, bad] = [await openDeriver(memoryDb()), await openDeriver(memoryDb())];
    const derived = await apply(good, made.posted);
    expect(derived.evm.output).toEqual(made.output);
    const replaced = await apply(bad, posting(made, Uint8Array.of(1)));
    expect(replaced.header.number).toBe(300n);
    // nobody's fees are the one difference, and every block says whose they are
    expect(replaced.evm.output.blockHash).not.toBe(derived.evm.output.blockHash);
    expect(bytesHex(replaced.header.extraData)).toBe(bytesHex(derived.header.extraData));
    expect(BOB.address).not.toBe(ALICE.address);
  });
});

describe('anything at all', () => {
  type Editable = { -readonly [K in keyof EvmDataBlock]: EvmDataBlock[K] } & { txs: Uint8Array[] };

  /** One of the posted blocks with something else in it. */
  function spoiled(random: SeededRandom, blocks: readonly EvmDataBlock[]): EvmDataBlock[] {
    const edited: Editable[] = blocks.map((block) => ({ ...block, txs: [...block.txs] }));
    for (let edits = random.int(2); edits >= 0; edits -= 1) {
      const block = random.pick(edited);
      const [tx] = block.txs;
      switch (random.int(6)) {
        case 0:
          block.timestampDelta = random.int(1200);
          break;
        case 1:
          block.opCount = random.int(3);
          break;
        case 2:
          block.inboxCount = random.int(3);
          break;
        case 3:
          block.laneCount = random.int(3);
          break;
        case 4:
          if (tx !== undefined)
            block.txs[0] = Uint8Array.from(tx, (byte) => (random.oneIn(60) ? random.int(256) : byte));
          break;
        default:
          block.txs.reverse();
      }
    }
    return edited;
  }

  it('leads everybody to the same chain', async () => {
    const seed = 20261123;
    const random = new SeededRandom(seed);
    const faults = new Set<string | undefined>();
    for (let round = 0; round < 10; round += 1) {
      const { deriver } = await world();
      const evmData = await encodeEvmData({ beneficiary: FEES, blocks: spoiled(random, second.blocks) });
      const posted = posting(second, evmData);
      const { db, remove } = await tempDb();
      const other = await openDeriver(db);
      await apply(other, first.posted);
      const [one, two] = [await apply(deriver, posted), await apply(await openDeriver(db), posted)];
      expect([two.evm, two.fault], `seed ${seed}, round ${round}`).toEqual([one.evm, one.fault]);
      faults.add(one.fault?.reason);
      await remove();
    }
    expect(faults.size).toBeGreaterThan(2);
  }, 60_000);
});
