import type { BlockHeader } from '@ethereumjs/block';
import { createVM, type VM } from '@ethereumjs/vm';
import { OUTBOX_COUNT_SLOT, OUTBOX_ROOT_SLOT } from '../../genesis/predeploys/outbox.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import type { OutboxHead } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import type { Db, DbOp } from '../db.ts';
import { addressOf } from './address.ts';
import { blockHistory } from './blockHistory.ts';
import { BlockRun } from './blockRun.ts';
import { EngramCommon } from './common.ts';
import { bytesHex, hexBytes } from './crypto.ts';
import { createEngramEvm } from './engramEvm.ts';
import { EvmError } from './errors.ts';
import { EvmState } from './evmState.ts';
import { accelerate } from './fast/fastEvm.ts';
import { type GenesisBlock, genesisBlock, stateWrites } from './genesisBlock.ts';
import { laneHeader } from './laneHeader.ts';
import { listRoot } from './listRoot.ts';
import { type ReplayedTx, replayTx, storedTx } from './replayTx.ts';
import { LaneState } from './state/laneState.ts';
import { Retention } from './state/retention.ts';
import type { PruneResult } from './state/statePruner.ts';
import { type StateCacheOptions, StateStore } from './state/stateStore.ts';
import { EvmTxError } from './txRules.ts';
import type { EvmBlockInput, EvmBlockRecord, EvmTx, ExecutedBlock, TxSource } from './types.ts';

export interface EvmLaneOptions {
  readonly genesis: GenesisState;
  readonly domain: Field;
  readonly cache?: StateCacheOptions;
}

const OUTBOX_ADDRESS = addressOf(OUTBOX);

/** The EVM lane: executes blocks on the head, and reads or runs anything on the states it remembers. */
export class EvmLane {
  readonly common: EngramCommon;
  readonly genesis: BlockHeader;
  readonly #genesisWrites: readonly DbOp[];
  readonly #domain: Field;
  readonly #store: StateStore;
  readonly #state: LaneState;
  readonly #vm: VM;
  readonly #retention: Retention;
  /** Keys the block executed last is written under. */
  #pending: readonly string[] = [];
  #head: BlockHeader;
  #isBusy = false;

  private constructor(parts: {
    common: EngramCommon;
    domain: Field;
    genesis: GenesisBlock;
    head: BlockHeader;
    store: StateStore;
    state: LaneState;
    vm: VM;
    retention: Retention;
  }) {
    this.common = parts.common;
    this.genesis = parts.genesis.header;
    this.#genesisWrites = stateWrites(parts.genesis.nodes, parts.genesis.codes);
    this.#domain = parts.domain;
    this.#head = parts.head;
    this.#store = parts.store;
    this.#state = parts.state;
    this.#vm = parts.vm;
    this.#retention = parts.retention;
  }

  /**
   * @param deps.head the header of the newest stored block; absent: the chain is at block 0, whose state is held in memory until a block
   * is stored with `genesisWrites`
   * @throws EvmError STATE_MISSING if the head's state is not in the database
   */
  static async open(options: EvmLaneOptions, deps: { db: Db; head?: BlockHeader }): Promise<EvmLane> {
    const { domain, cache } = options;
    const common = new EngramCommon(options.genesis.chainId);
    const genesis = genesisBlock(options.genesis, { domain, common });
    const head = deps.head ?? genesis.header;
    const store = new StateStore({ ...cache, headRoot: head.stateRoot }, deps);
    if (head.number === 0n) {
      store.nodes.pin(genesis.nodes);
      store.pinCodes(genesis.codes);
    }
    const state = new LaneState(store.view(head.stateRoot));
    if (!(await state.hasStateRoot(head.stateRoot))) {
      throw new EvmError('STATE_MISSING', { root: bytesHex(head.stateRoot) });
    }
    const vm = await vmOn(state, { common, domain });
    const retention = await Retention.open({ db: deps.db, nodes: store.nodes });
    return new EvmLane({ common, domain, genesis, head, store, state, vm, retention });
  }

  /** The newest block that was committed. */
  get head(): BlockHeader {
    return this.#head;
  }

  /** Block 0's state: to be written with the first block. */
  async genesisWrites(): Promise<readonly DbOp[]> {
    return this.#genesisWrites;
  }

  /** A block of what a source offers. @throws EvmError BUSY, NOT_ON_HEAD, STATE_UNAVAILABLE, STATE_MISSING */
  async build(input: EvmBlockInput, source: TxSource): Promise<ExecutedBlock> {
    return this.#execute(input, async (run) => {
      for (let tx = source.next(run.gasLeft); tx !== undefined; tx = source.next(run.gasLeft)) {
        try {
          await run.runUser(tx);
        } catch (error) {
          if (!(error instanceof EvmTxError)) throw error;
          source.reject(tx, error.code);
          continue;
        }
        source.accept(tx);
      }
    });
  }

  /** A block of given transactions. @throws EvmError INVALID_TX {position, code}, MACHINE_FAULT; those of `build` */
  async execute(input: EvmBlockInput, txs: readonly EvmTx[]): Promise<ExecutedBlock> {
    return this.#execute(input, async (run) => {
      for (const [position, tx] of txs.entries()) {
        try {
          await run.runUser(tx);
        } catch (cause) {
          if (!(cause instanceof EvmTxError)) throw cause;
          // Stack and memory are the machine's, not the chain's.
          if (cause.code === 'EXECUTION_FAILED' && cause.cause instanceof RangeError) {
            throw new EvmError('MACHINE_FAULT', { position }, { cause });
          }
          throw new EvmError('INVALID_TX', { position, code: cause.code }, { cause });
        }
      }
    });
  }

  /**
   * Forgets the states of all blocks but the given ones, the pinned ones and the head. It works in slices, beside blocks; killed, it has
   * done a part.
   * @throws EvmError BUSY; STATE_MISSING if the state of one of them is not there (then it did nothing); STATE_UNAVAILABLE
   */
  async prune(retained: readonly BlockHeader[]): Promise<PruneResult> {
    return this.#retention.prune(this.#head, retained, this.#pending);
  }

  /** Keeps the state of a block from being pruned until the returned function is called. */
  pin(header: BlockHeader): () => void {
    return this.#retention.pin(header);
  }

  /** Whether all of a stored block's state is there. */
  async hasState(header: BlockHeader): Promise<boolean> {
    return this.#retention.has(header);
  }

  /**
   * Makes an earlier block the head again. What was executed and not committed is forgotten.
   * @param header of a stored block
   * @throws EvmError STATE_MISSING, BUSY: nothing has changed
   */
  async rewind(header: BlockHeader): Promise<void> {
    if (this.#isBusy) throw new EvmError('BUSY');
    this.#isBusy = true;
    try {
      if (!(await this.hasState(header))) throw new EvmError('STATE_MISSING', { root: bytesHex(header.stateRoot) });
      this.#store.rewind(header.stateRoot);
      this.#head = header;
    } finally {
      this.#isBusy = false;
    }
  }

  /** For reading; consistent even if the head moves on. */
  stateAt(stateRoot: Uint8Array): EvmState {
    return new EvmState(this.#store.view(stateRoot));
  }

  /** A machine on a throw-away copy of a state: nothing it does is kept. @throws EvmError STATE_MISSING */
  async vmAt(stateRoot: Uint8Array): Promise<VM> {
    const state = await this.#copy(stateRoot);
    return vmOn(state, { common: this.common.detached(), domain: this.#domain });
  }

  /**
   * Runs a stored block on its parent's state, up to but without transaction `upTo` (system transactions count).
   * @throws EvmError STATE_MISSING; BAD_INPUT for a record that is no block of this chain
   */
  async replay(parent: BlockHeader, record: EvmBlockRecord, upTo: number): Promise<ReplayedTx> {
    const state = await this.#copy(parent.stateRoot);
    const vm = await vmOn(state, { common: this.common.detached(), domain: this.#domain });
    return replayTx({ parent, record, upTo }, { common: this.common, vm, state });
  }

  /** Transaction `position` of a stored block. @throws EvmError BAD_INPUT */
  txOf(record: EvmBlockRecord, position: number): EvmTx {
    return storedTx(record, position, this.common);
  }

  async #copy(stateRoot: Uint8Array): Promise<LaneState> {
    const state = new LaneState(this.#store.view(stateRoot));
    if (!(await state.hasStateRoot(stateRoot))) throw new EvmError('STATE_MISSING', { root: bytesHex(stateRoot) });
    return state;
  }

  async #execute(input: EvmBlockInput, users: (run: BlockRun) => Promise<void>): Promise<ExecutedBlock> {
    if (this.#isBusy) throw new EvmError('BUSY');
    if (Buffer.compare(input.parent.hash(), this.#head.hash()) !== 0) {
      throw new EvmError('NOT_ON_HEAD', { head: this.#head.number, parent: input.parent.number });
    }
    if (BigInt(input.timestamp) < input.parent.timestamp) throw new EvmError('BAD_INPUT', { reason: 'timestamp' });
    this.#isBusy = true;
    try {
      this.#state.reset(this.#store.view(input.parent.stateRoot));
      const run = new BlockRun(input, { common: this.common, vm: this.#vm, state: this.#state });
      await run.begin();
      for (const message of input.messages) await run.runSystem(message);
      await users(run);
      await run.end();
      return await this.#seal(run, input);
    } finally {
      this.#isBusy = false;
    }
  }

  async #seal(run: BlockRun, input: EvmBlockInput): Promise<ExecutedBlock> {
    const { root, nodes, diff } = await this.#state.roots();
    const outbox = await this.#outbox();
    const base = run.block.header;
    const header = laneHeader(
      {
        parentHash: base.parentHash,
        coinbase: base.coinbase,
        stateRoot: root,
        transactionsTrie: listRoot(run.txs.map(({ raw }) => raw)),
        receiptTrie: listRoot(run.encodedReceipts),
        logsBloom: run.logsBloom,
        number: base.number,
        gasLimit: base.gasLimit,
        gasUsed: run.gasUsed,
        timestamp: base.timestamp,
        extraData: base.extraData,
        baseFeePerGas: run.baseFee,
        parentBeaconBlockRoot: hexBytes(input.ledgerHash),
      },
      this.common,
    );
    const commit = (): void => {
      if (this.#head !== input.parent && Buffer.compare(this.#head.hash(), input.parent.hash()) !== 0) {
        throw new EvmError('NOT_ON_HEAD', { head: this.#head.number, parent: input.parent.number });
      }
      for (const [key, { node }] of nodes) this.#store.nodes.remember(key, node);
      this.#store.advance(root, diff);
      this.#head = header;
    };
    const writes = stateWrites(nodes, diff.codes.values());
    this.#pending = writes.map(({ key }) => key);
    await this.#retention.note(this.#pending);
    return {
      header,
      hash: bytesHex(header.hash()),
      txs: run.txs,
      systemTxs: input.messages.length,
      receipts: run.receipts,
      writes,
      outbox,
      commit,
    };
  }

  async #outbox(): Promise<OutboxHead> {
    const [root, count] = await Promise.all([
      this.#state.getStorage(OUTBOX_ADDRESS, hexBytes(OUTBOX_ROOT_SLOT)),
      this.#state.getStorage(OUTBOX_ADDRESS, hexBytes(OUTBOX_COUNT_SLOT)),
    ]);
    return {
      root: `0x${Buffer.from(root).toString('hex').padStart(64, '0')}`,
      count: count.length === 0 ? 0n : BigInt(bytesHex(count)),
    };
  }
}

async function vmOn(state: LaneState, { common, domain }: { common: EngramCommon; domain: Field }): Promise<VM> {
  const blockchain = blockHistory(state);
  const evm = await createEngramEvm({ common, stateManager: state, domain, blockchain });
  await accelerate(evm, { state, common });
  return createVM({ common, stateManager: state, blockchain, evm });
}
