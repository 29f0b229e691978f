import { privateKeyToAccount } from 'viem/accounts';
import { type GenesisState, genesisState, loadSpec } from '../../../genesis/spec.ts';
import { headerOf } from '../../../protocol/codec/header.ts';
import { batchNumber } from '../../../protocol/ids.ts';
import { evmBatchOf } from '../../../protocol/lane/evmCommitment.ts';
import type { EvmOutput, Hex, L1Message } from '../../../protocol/lane/types.ts';
import { OpenBatch } from '../../../protocol/openBatch.ts';
import { BodyReplay } from '../../../protocol/replay.ts';
import { SHAPES } from '../../../protocol/shapes.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../../protocol/testing/actors.ts';
import { AccountTree } from '../../../protocol/tree.ts';
import type { AccountIndex, L1Op, QueueItem, SignedTx } from '../../../protocol/types.ts';
import type { Db } from '../../db.ts';
import { hexBytes, keccakHex, senderOf } from '../../evm/crypto.ts';
import { decodeEvmTx } from '../../evm/decodeTx.ts';
import { type EvmDataBlock, encodeEvmData } from '../../evm/evmData.ts';
import { EvmLane } from '../../evm/evmLane.ts';
import { exitMessages, ledgerHash, mirrorOf } from '../../evm/ledgerPart.ts';
import type { EvmTx, ExecutedBlock } from '../../evm/types.ts';
import { memoryDb } from '../../testing/memoryDb.ts';
import type { DerivableBatch } from '../types.ts';

/** The contract on L1 that EXITs of these tests name. */
export const LANE: Hex = `0x${'1a'.repeat(20)}`;
export const FEES: Hex = `0x${'fe'.repeat(20)}`;
export const DRIFT = 900;
export const ALICE = privateKeyToAccount(`0x${'a1'.repeat(32)}`);
export const BOB = privateKeyToAccount(`0x${'b0'.repeat(32)}`);

/** The devnet's genesis, in which Alice and Bob have money from nowhere. */
export async function testGenesis(): Promise<GenesisState> {
  const accounts = [ALICE, BOB].map(({ address }) => {
    const lower = address.toLowerCase() as Hex; // still an address
    return { address: lower, balance: 10n ** 24n, nonce: 0 };
  });
  return genesisState({ ...(await loadSpec('devnet')), isUnbacked: true, accounts });
}

export interface TestBlock {
  readonly delta?: number;
  readonly l1?: readonly (readonly [QueueItem, AccountIndex?])[];
  readonly names?: readonly AccountIndex[];
  readonly txs?: readonly SignedTx[];
  readonly messages?: readonly L1Message[];
  /** EIP-2718 bytes. */
  readonly evm?: readonly Hex[];
}

/** A batch as it goes to L1, and what it was made from. */
export interface TestBatch {
  readonly posted: DerivableBatch;
  readonly blocks: readonly EvmDataBlock[];
  readonly executed: readonly ExecutedBlock[];
  readonly output: EvmOutput;
}

/** An honest sequencer of both lanes, without a store: it says what a derivation must find. */
export class TestSequencer {
  readonly tree = new AccountTree();
  readonly #db: Db;
  readonly #lane: EvmLane;
  #batch = 0;
  #queueIndex = 0n;
  #inboxCount = 0n;
  #carried: AccountIndex[] = [];

  private constructor(parts: { db: Db; lane: EvmLane }) {
    this.#db = parts.db;
    this.#lane = parts.lane;
  }

  static async open(genesis: GenesisState): Promise<TestSequencer> {
    const db = memoryDb();
    const lane = await EvmLane.open({ genesis, domain: TEST_DOMAIN }, { db });
    await db.write(await lane.genesisWrites());
    return new TestSequencer({ db, lane });
  }

  /** One whose ledger is that of these batches, and whose EVM lane is what others derived from them. */
  static async after(
    batches: readonly DerivableBatch[],
    { genesis, head, db }: { genesis: GenesisState; head: { header: EvmLane['head']; inboxCount: bigint }; db: Db },
  ): Promise<TestSequencer> {
    const lane = await EvmLane.open({ genesis, domain: TEST_DOMAIN }, { db, head: head.header });
    const sequencer = new TestSequencer({ db, lane });
    sequencer.#inboxCount = head.inboxCount;
    for (const { header, body } of batches) {
      const replay = new BodyReplay(sequencer.tree, header, body);
      replay.apply(replay.body);
      sequencer.#carried = [...replay.settle().credited];
      sequencer.#queueIndex += BigInt(header.l1Count);
      sequencer.#batch = header.number;
    }
    return sequencer;
  }

  get lane(): EvmLane {
    return this.#lane;
  }

  async batch(
    blocks: readonly TestBlock[],
    {
      timestamp = TEST_TIME + 100 * (this.#batch + 1),
      beneficiary = FEES,
    }: { timestamp?: number; beneficiary?: Hex } = {},
  ): Promise<TestBatch> {
    const number = batchNumber(this.#batch + 1);
    const firstBlock = this.#lane.head.number + 1n;
    const open = new OpenBatch(
      { number, shape: SHAPES.medium, domain: TEST_DOMAIN, timestamp, firstBlock },
      { tree: this.tree },
    );
    const data: EvmDataBlock[] = [];
    const executed: ExecutedBlock[] = [];
    const feeAccounts: AccountIndex[] = [];
    let now = timestamp;
    for (const block of blocks) {
      const { delta = 0, l1 = [], names = [], txs = [], messages = [], evm = [] } = block;
      now += delta;
      const l1Ops = l1.map(([item, index]) => open.applyL1(item, index));
      for (const index of names) open.nameFeeAccount(index);
      feeAccounts.push(...names);
      for (const tx of txs) open.applyTx(tx, { signatureChecked: true });
      executed.push(await this.#execute({ open, now, beneficiary, l1Ops, feeAccounts, txs, messages, evm }));
      data.push({
        timestampDelta: delta,
        l1Count: l1Ops.length,
        opCount: txs.reduce((sum, { ops }) => sum + ops.length, 0),
        laneCount: feeAccounts.length,
        inboxCount: messages.length,
        txs: evm.map(hexBytes),
      });
    }
    const last = executed.at(-1);
    if (last === undefined) throw new RangeError('a batch has a block');
    const output = {
      blockHash: last.hash,
      outboxRoot: last.outbox.root,
      outboxCount: last.outbox.count,
      inboxCount: this.#inboxCount,
    };
    const evmData = await encodeEvmData({ beneficiary, blocks: data });
    const { commitment: evmCommitment } = evmBatchOf(output, evmData);
    const closed = open.close({ lastBlock: firstBlock + BigInt(blocks.length) - 1n, evmCommitment });
    this.#batch = number;
    this.#carried = closed.slots.flatMap(({ index, after }) => (after === undefined ? [] : [index]));
    const header = headerOf(closed.batch, closed.exits.length);
    const posted = { header, body: closed.commitment.body, evmData, committedAt: now + 60 };
    return { posted, blocks: data, executed, output };
  }

  async #execute(parts: {
    open: OpenBatch;
    now: number;
    beneficiary: Hex;
    l1Ops: readonly L1Op[];
    feeAccounts: readonly AccountIndex[];
    txs: readonly SignedTx[];
    messages: readonly L1Message[];
    evm: readonly Hex[];
  }): Promise<ExecutedBlock> {
    const { open, l1Ops, feeAccounts, txs, messages, evm } = parts;
    const account = (index: AccountIndex) => open.account(index);
    const number = this.#lane.head.number + 1n;
    const part = { number, batch: this.#batch + 1, firstQueueIndex: this.#queueIndex, l1Ops, feeAccounts, txs };
    const executed = await this.#lane.execute(
      {
        parent: this.#lane.head,
        timestamp: parts.now,
        beneficiary: parts.beneficiary,
        ledgerRoot: open.previewRoot(),
        ledgerHash: ledgerHash(part),
        mirror: mirrorOf({ l1Ops, txs }, { account, carried: this.#carried }),
        messages: [...messages, ...exitMessages({ txs }, { account, evmLane: LANE })],
      },
      evm.map((raw) => this.#decode(hexBytes(raw))),
    );
    await this.#db.write(executed.writes);
    executed.commit();
    this.#carried = [];
    this.#queueIndex += BigInt(l1Ops.length);
    this.#inboxCount += BigInt(messages.length);
    return executed;
  }

  #decode(raw: Uint8Array): EvmTx {
    const tx = decodeEvmTx(raw, this.#lane.common);
    return { tx, raw, hash: keccakHex(raw), sender: senderOf(tx) };
  }
}

/** Data that say the same outcome, whatever they are: a sequencer that posts something else than it executed. */
export function posting(
  { posted, output }: TestBatch,
  evmData: Uint8Array,
  said: Partial<EvmOutput> = {},
): DerivableBatch {
  const { commitment: evmCommitment } = evmBatchOf({ ...output, ...said }, evmData);
  return { ...posted, evmData, header: { ...posted.header, evmCommitment } };
}
