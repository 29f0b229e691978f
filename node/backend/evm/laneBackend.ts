import { EventEmitter } from 'node:events';
import { nextBaseFee } from '../../../chain/evm/fees.ts';
import type { EvmBlockRecord, EvmTx, EvmTxLocation } from '../../../chain/evm/types.ts';
import type { ChainStore } from '../../../chain/store.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { SequencerError } from '../../../sequencer/errors.ts';
import { EvmPoolError } from '../../../sequencer/evm/evmPoolErrors.ts';
import type { Sequencer } from '../../../sequencer/sequencer.ts';
import type {
  EvmBackend,
  EvmEvents,
  EvmHeads,
  EvmInfo,
  EvmPoolView,
  EvmRunner,
  EvmStateView,
} from '../../rpc/eth/backend.ts';
import { serverError } from '../../rpc/eth/ethError.ts';
import { type CallLimits, CallRunner, DEFAULT_CALL_LIMITS } from './callRunner.ts';
import { stateErrors } from './stateErrors.ts';

export interface LaneBackendOptions {
  readonly clientVersion: string;
  /** Least tip that the pool takes, wei. Default 0. */
  readonly minTip?: bigint;
  readonly limits?: Partial<CallLimits>;
}

export interface LaneBackendDependencies {
  readonly store: ChainStore;
  readonly sequencer: Sequencer;
  /** Numbers of the last committed batch and of the last that is proven and attested. */
  readonly batches: () => { readonly safe: number; readonly finalized: number };
}

/** Blooms kept: searches for logs look at many blocks, and again and again. */
const KEPT_BLOOMS = 131_072;

/** Ethereum's JSON-RPC over the chain store, the EVM lane and the sequencer. */
export class LaneBackend implements EvmBackend {
  readonly info: EvmInfo;
  readonly run: EvmRunner;
  readonly pool: EvmPoolView;
  readonly #deps: LaneBackendDependencies;
  readonly #events = new EventEmitter();
  readonly #blooms = new Map<bigint, Uint8Array>();
  readonly #decoded = new WeakMap<EvmBlockRecord, readonly EvmTx[]>();
  /** Newest block of a batch, as far as it was asked for. */
  readonly #lastBlocks = new Map<number, bigint>();
  #heads: EvmHeads;

  constructor(options: LaneBackendOptions, deps: LaneBackendDependencies) {
    const { sequencer, store } = deps;
    this.#deps = deps;
    this.#heads = { latest: store.head.block, safe: 0n, finalized: 0n };
    this.info = {
      chainId: sequencer.lane.common.chainId(),
      clientVersion: options.clientVersion,
      minTip: options.minTip ?? 0n,
    };
    this.#events.setMaxListeners(0);
    sequencer.events.on('block', ({ evm }) => this.#events.emit('block', evm));
    sequencer.events.on('evmTx', (tx) => this.#events.emit('transaction', tx));
    this.pool = sequencer.evmPool;
    this.run = new CallRunner(
      { ...DEFAULT_CALL_LIMITS, ...options.limits },
      { lane: sequencer.lane, header: async (number) => (await this.block(number))?.header },
    );
  }

  get heads(): EvmHeads {
    return { ...this.#heads, latest: this.#deps.store.head.block };
  }

  block(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.#deps.store.evmBlock(number);
  }

  blockByHash(hash: Hex): Promise<EvmBlockRecord | undefined> {
    return this.#deps.store.evmBlockByHash(hash);
  }

  async bloom(number: bigint): Promise<Uint8Array | undefined> {
    const known = this.#blooms.get(number);
    if (known !== undefined) return known;
    const bloom = (await this.block(number))?.header.logsBloom;
    if (bloom === undefined) return undefined;
    // most blocks of a quiet chain have no logs: they share one
    const kept = bloom.every((byte) => byte === 0) ? NO_LOGS : bloom.slice();
    this.#blooms.set(number, kept);
    if (this.#blooms.size > KEPT_BLOOMS) {
      for (const oldest of this.#blooms.keys()) {
        this.#blooms.delete(oldest);
        break;
      }
    }
    return kept;
  }

  location(txHash: Hex): Promise<EvmTxLocation | undefined> {
    return this.#deps.store.evmTx(txHash);
  }

  transactions(block: EvmBlockRecord): readonly EvmTx[] {
    const known = this.#decoded.get(block);
    if (known !== undefined) return known;
    const { lane } = this.#deps.sequencer;
    const txs = block.txs.map((_, position) => lane.txOf(block, position));
    this.#decoded.set(block, txs);
    return txs;
  }

  state({ header }: EvmBlockRecord): EvmStateView {
    const state = this.#deps.sequencer.lane.stateAt(header.stateRoot);
    return {
      account: (address) => stateErrors(() => state.account(address)),
      code: (address) => stateErrors(() => state.code(address)),
      storage: (address, slot) => stateErrors(() => state.storage(address, slot)),
      proof: async (address, slots) => {
        const { accountProof, storageProof } = await stateErrors(() => state.proof(address, slots));
        return {
          accountProof,
          storageProof: storageProof.map(({ key, value, proof }) => ({
            key,
            value: BigInt(value),
            proof,
          })),
        };
      },
    };
  }

  nextBaseFee({ header }: EvmBlockRecord): bigint {
    return nextBaseFee(header);
  }

  async sendRaw(raw: Uint8Array): Promise<Hex> {
    try {
      return (await this.#deps.sequencer.submitEvm(raw)).hash;
    } catch (error) {
      if (error instanceof EvmPoolError) throw serverError(error.message);
      if (error instanceof SequencerError) throw serverError('the sequencer does not run');
      throw error;
    }
  }

  /** Reads where the safe and the finalized head are; to be called when batches move on. */
  async refreshHeads(): Promise<void> {
    const { safe, finalized } = this.#deps.batches();
    const [safeBlock, finalizedBlock] = await Promise.all([this.#lastBlock(safe), this.#lastBlock(finalized)]);
    this.#heads = { ...this.#heads, safe: safeBlock, finalized: finalizedBlock };
  }

  on<E extends keyof EvmEvents>(event: E, listener: (value: EvmEvents[E]) => void): () => void {
    this.#events.on(event, listener);
    return () => this.#events.off(event, listener);
  }

  async #lastBlock(batch: number): Promise<bigint> {
    if (batch === 0) return 0n;
    const known = this.#lastBlocks.get(batch);
    if (known !== undefined) return known;
    const closed = await this.#deps.store.batch(batch);
    const last = closed === undefined ? 0n : BigInt(closed.batch.lastBlock);
    this.#lastBlocks.set(batch, last);
    return last;
  }
}

const NO_LOGS = new Uint8Array(256);
