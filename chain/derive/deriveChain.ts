import type { GenesisState } from '../../genesis/spec.ts';
import { MAX_BATCH_GAS } from '../../protocol/lane/constants.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { Hex, L1Message } from '../../protocol/lane/types.ts';
import { BodyReplay } from '../../protocol/replay.ts';
import { AccountTree, EMPTY_ROOT } from '../../protocol/tree.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import type { Db } from '../db.ts';
import { ChainError } from '../errors.ts';
import { bytesHex } from '../evm/crypto.ts';
import { EvmLane } from '../evm/evmLane.ts';
import { userGas } from '../evm/fees.ts';
import { exitMessages, ledgerHash, mirrorOf } from '../evm/ledgerPart.ts';
import type { EvmBlockRecord, ExecutedBlock } from '../evm/types.ts';
import { DeriveStore, type StoredHead } from './deriveStore.ts';
import { executePosted, InvalidData } from './executePosted.ts';
import { type BatchPlan, fallbackPlan } from './plan.ts';
import { faultOf, planPosted } from './planPosted.ts';
import type { DerivableBatch, DerivedBatch, DeriveHead, Fault } from './types.ts';
import { WriteBuffer } from './writeBuffer.ts';

export interface DeriverOptions {
  readonly genesis: GenesisState;
  readonly domain: Field;
  /** The contract on L1 that EXITs to the EVM lane name; lower case. */
  readonly evmLane: Hex;
  /** The rollup's parameter. */
  readonly maxDriftSeconds: number;
  /** Default: the protocol's. Another one is another chain. */
  readonly maxBatchGas?: bigint;
}

/** A batch whose blocks were executed; its ledger is not settled yet. */
interface Run {
  readonly replay: BodyReplay;
  readonly last: ExecutedBlock;
  readonly evmTxs: number;
  readonly l1Messages: number;
  /** Accounts its operations touched. */
  readonly touched: ReadonlySet<AccountIndex>;
}

/**
 * Both lanes, rebuilt from what batches posted on L1 and from the messages of `EvmLane`, by the rules of docs/protocol.md section 11: for any
 * data there is exactly one chain. One batch at a time. After an error of the database it must not be used any more.
 */
export class Deriver {
  readonly #options: DeriverOptions;
  readonly #db: WriteBuffer;
  readonly #store: DeriveStore;
  readonly #tree: AccountTree;
  #lane: EvmLane;
  #head: StoredHead;

  private constructor(
    options: DeriverOptions,
    parts: { db: WriteBuffer; store: DeriveStore; tree: AccountTree; lane: EvmLane; head: StoredHead },
  ) {
    this.#options = options;
    this.#db = parts.db;
    this.#store = parts.store;
    this.#tree = parts.tree;
    this.#lane = parts.lane;
    this.#head = parts.head;
  }

  /** Goes on where the database's derivation stopped. @throws ChainError WRONG_CHAIN, STORE_CORRUPT; EvmError STATE_MISSING */
  static async open(options: DeriverOptions, deps: { db: Db }): Promise<Deriver> {
    const { genesis, domain, evmLane } = options;
    const db = new WriteBuffer(deps.db);
    const fresh = await EvmLane.open({ genesis, domain }, { db });
    const identity = { domain, evmLane, genesisHash: bytesHex(fresh.genesis.hash()) };
    const store = new DeriveStore({ identity, common: fresh.common }, { db });
    const found = await store.head();
    if (found === undefined) {
      await db.write(await fresh.genesisWrites());
      const head = { ...START, header: fresh.genesis };
      return new Deriver(options, { db, store, tree: new AccountTree(), lane: fresh, head });
    }
    const lane = await EvmLane.open({ genesis, domain }, { db, head: found.header });
    return new Deriver(options, { db, store, tree: await store.tree(found), lane, head: found });
  }

  get head(): DeriveHead {
    const { batch, ledgerRoot, header, inboxCount, nextQueueIndex } = this.#head;
    return { batch, ledgerRoot, header, blockHash: bytesHex(header.hash()), inboxCount, nextQueueIndex };
  }

  /** State of the EVM lane after the last derived batch, and of blocks before it. */
  get lane(): EvmLane {
    return this.#lane;
  }

  /** A derived block. */
  block(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.#store.block(number);
  }

  /**
   * Derives the next batch. Nothing has changed after an error.
   * @param messages of `EvmLane` from `head.inboxCount` on: at least all whose L1 timestamp is not above `committedAt`
   * @throws ProtocolError: the ledger part breaks a rule (the batch cannot be proven); ChainError OUT_OF_ORDER: batch or messages do not
   * follow; EvmError STATE_UNAVAILABLE
   */
  async applyBatch(posted: DerivableBatch, messages: readonly L1Message[]): Promise<DerivedBatch> {
    this.#checkOrder(posted, messages);
    try {
      const { run, fault } = await this.#execute(posted, messages);
      return await this.#settle(posted, run, fault);
    } catch (error) {
      await this.#rewind();
      throw error;
    }
  }

  #checkOrder({ header }: DerivableBatch, messages: readonly L1Message[]): void {
    const head = this.#head;
    if (
      header.domain !== this.#options.domain ||
      header.number !== head.batch + 1 ||
      header.firstBlock !== head.header.number + 1n ||
      header.lastBlock < header.firstBlock
    ) {
      throw new ChainError('OUT_OF_ORDER', { batch: header.number, firstBlock: header.firstBlock, head: head.batch });
    }
    messages.forEach(({ index }, i) => {
      const expected = head.inboxCount + BigInt(i);
      if (index !== expected) throw new ChainError('OUT_OF_ORDER', { message: index, expected });
    });
  }

  /** By the posted data if they are valid, else by what stands in for them. */
  async #execute(
    posted: DerivableBatch,
    messages: readonly L1Message[],
  ): Promise<{ run: Run; fault: Fault | undefined }> {
    const { header, committedAt } = posted;
    const { maxDriftSeconds } = this.#options;
    const replay = new BodyReplay(this.#tree, header, posted.body);
    const parentTimestamp = Number(this.#head.header.timestamp);
    const context = { header, body: replay.body, parentTimestamp, messages, committedAt, maxDriftSeconds };
    const plan = await planPosted(posted.evmData, context);
    if ('reason' in plan) return { run: await this.#run(posted, replay, fallbackPlan(context)), fault: plan };
    try {
      return { run: await this.#run(posted, replay, plan), fault: undefined };
    } catch (error) {
      if (!(error instanceof InvalidData)) throw error;
      await this.#rewind();
      const again = new BodyReplay(this.#tree, header, posted.body);
      const fault = faultOf('transaction', error.detail);
      return { run: await this.#run(posted, again, fallbackPlan(context)), fault };
    }
  }

  async #run({ header }: DerivableBatch, replay: BodyReplay, { beneficiary, blocks }: BatchPlan): Promise<Run> {
    const touched = new Set<AccountIndex>();
    let { nextQueueIndex, inboxCount } = this.#head;
    let { carried } = this.#head;
    let last: ExecutedBlock | undefined;
    let evmTxs = 0;
    let gas = 0n;
    const { maxBatchGas = MAX_BATCH_GAS } = this.#options;
    for (const [i, plan] of blocks.entries()) {
      const number = header.firstBlock + BigInt(i);
      const { l1Ops, txs } = replay.apply(plan.ledger);
      const { feeAccounts } = plan;
      const account = (index: AccountIndex) => replay.account(index);
      const mirror = mirrorOf({ l1Ops, txs }, { account, carried });
      for (const { index } of mirror.leaves) touched.add(index);
      const messages = [...plan.l1Messages, ...exitMessages({ txs }, { account, evmLane: this.#options.evmLane })];
      const part = { number, batch: header.number, firstQueueIndex: nextQueueIndex, l1Ops, feeAccounts, txs };
      const input = {
        parent: this.#lane.head,
        timestamp: plan.timestamp,
        beneficiary,
        ledgerRoot: replay.previewRoot(),
        ledgerHash: ledgerHash(part),
        mirror,
        messages,
      };
      last = await executePosted(this.#lane, input, { block: number, txs: plan.txs });
      gas += userGas(last);
      if (gas > maxBatchGas) throw new InvalidData(`block ${number}: more gas than a batch may use`);
      inboxCount += BigInt(plan.l1Messages.length);
      await this.#store.addBlock(recordOf(last, { mirror, messages, inboxCount }), last.writes);
      last.commit();
      nextQueueIndex += BigInt(l1Ops.length);
      evmTxs += plan.txs.length;
      carried = [];
    }
    if (last === undefined) throw new ChainError('OUT_OF_ORDER', { blocks: 0 });
    return { replay, last, evmTxs, l1Messages: Number(inboxCount - this.#head.inboxCount), touched };
  }

  async #settle(posted: DerivableBatch, run: Run, fault: Fault | undefined): Promise<DerivedBatch> {
    const { number, firstBlock, evmCommitment } = posted.header;
    const { header, outbox } = run.last;
    const inboxCount = this.#head.inboxCount + BigInt(run.l1Messages);
    const output = { blockHash: run.last.hash, outboxRoot: outbox.root, outboxCount: outbox.count, inboxCount };
    const evm = evmBatchOf(output, posted.evmData);
    const { credited, l1Ops, txs } = run.replay.settle();
    const ledgerRoot = this.#tree.root;
    const nextQueueIndex = this.#head.nextQueueIndex + BigInt(l1Ops.length);
    const head: StoredHead = { batch: number, ledgerRoot, header, inboxCount, nextQueueIndex, carried: credited };
    await this.#store.commit(head, { tree: this.#tree, changed: new Set([...run.touched, ...credited]) });
    this.#head = head;
    return {
      number,
      firstBlock,
      header,
      evm,
      isSameOutput: evm.commitment === evmCommitment,
      fault,
      ledgerRoot,
      evmTxs: run.evmTxs,
      ledgerTxs: txs.length,
      l1Messages: run.l1Messages,
    };
  }

  /** Back to the last whole batch. State that was written meanwhile stays in the database: nothing refers to it. */
  async #rewind(): Promise<void> {
    const { genesis, domain } = this.#options;
    await this.#store.dropBlocks();
    this.#lane = await EvmLane.open({ genesis, domain }, { db: this.#db, head: this.#head.header });
  }
}

const START: Omit<StoredHead, 'header'> = {
  batch: 0,
  ledgerRoot: EMPTY_ROOT,
  inboxCount: 0n,
  nextQueueIndex: 0n,
  carried: [],
};

function recordOf(
  { header, hash, txs, systemTxs, receipts, outbox }: ExecutedBlock,
  { mirror, messages, inboxCount }: Pick<EvmBlockRecord, 'mirror' | 'messages' | 'inboxCount'>,
): EvmBlockRecord {
  const raws = txs.map(({ raw }) => raw);
  return { header, hash, mirror, messages, txs: raws, systemTxs, receipts, inboxCount, outbox };
}
