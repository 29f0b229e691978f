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

export interface SequencerEvmBackendOptions {
  readonly clientVersion: string;
  /** Least tip that the pool takes, wei. Default 0. */
  readonly minTip?: bigint;
  readonly limits?: Partial<CallLimits>;
}

export interface SequencerEvmBackendDependencies {
  readonly store: Pick<ChainStore, 'evmBlock' | 'evmBlockByHash' | 'evmBloom' | 'evmTx'>;
  readonly sequencer: Pick<Sequencer, 'lane' | 'evmPool' | 'submitEvm' | 'events'>;
  /** As they are when they are read. */
  readonly heads: EvmHeads;
  /** How far a chain that is behind has to go; undefined: it is not behind. Default: it never is. */
  readonly syncing?: () => { readonly current: bigint; readonly highest: bigint } | undefined;
  readonly peerCount?: () => number;
  /** Told of every transaction that a user of this node submitted. */
  readonly onSubmitted?: ((raw: Uint8Array) => void) | undefined;
}

/** Blooms kept: searches for logs look at many blocks, and again and again. */
const KEPT_BLOOMS = 131_072;

/** Ethereum's JSON-RPC over the chain store, the EVM lane and the sequencer. */
export class SequencerEvmBackend implements EvmBackend {
  readonly info: EvmInfo;
  readonly run: EvmRunner;
  readonly pool: EvmPoolView;
  readonly #deps: SequencerEvmBackendDependencies;
  /** Null: the block has no logs. */
  readonly #blooms = new Map<bigint, Uint8Array | null>();
  readonly #decoded = new WeakMap<EvmBlockRecord, readonly EvmTx[]>();
  constructor(options: SequencerEvmBackendOptions, deps: SequencerEvmBackendDependencies) {
    const { sequencer } = deps;
    this.#deps = deps;
    this.info = {
      chainId: sequencer.lane.common.chainId(),
      clientVersion: options.clientVersion,
      minTip: options.minTip ?? 0n,
    };
    this.pool = sequencer.evmPool;
    sequencer.events.on('rolledBack', () => this.#blooms.clear());
    this.run = new CallRunner(
      { ...DEFAULT_CALL_LIMITS, ...options.limits },
      { lane: sequencer.lane, header: async (number) => (await this.block(number))?.header },
    );
  }

  syncing(): { readonly current: bigint; readonly highest: bigint } | undefined {
    return this.#deps.syncing?.();
  }

  peerCount(): number {
    return this.#deps.peerCount?.() ?? 0;
  }

  get heads(): EvmHeads {
    return this.#deps.heads;
  }

  block(number: bigint): Promise<EvmBlockRecord | undefined> {
    return this.#deps.store.evmBlock(number);
  }

  blockByHash(hash: Hex): Promise<EvmBlockRecord | undefined> {
    return this.#deps.store.evmBlockByHash(hash);
  }

  async bloom(number: bigint): Promise<Uint8Array | undefined> {
    const known = this.#blooms.get(number);
    if (known !== undefined) return known === null ? undefined : known;
    const bloom = await this.#deps.store.evmBloom(number);
    this.#blooms.set(number, bloom ?? null);
    if (this.#blooms.size > KEPT_BLOOMS) {
      for (const oldest of this.#blooms.keys()) {
        this.#blooms.delete(oldest);
        break;
      }
    }
    return bloom;
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

  transaction(block: EvmBlockRecord, position: number): EvmTx | undefined {
    if (!Number.isSafeInteger(position) || position >= block.txs.length) return undefined;
    return this.#decoded.get(block)?.[position] ?? this.#deps.sequencer.lane.txOf(block, position);
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
      const { hash } = await this.#deps.sequencer.submitEvm(raw);
      this.#deps.onSubmitted?.(raw);
      return hash;
    } catch (error) {
      if (error instanceof EvmPoolError) throw serverError(error.message);
      if (error instanceof SequencerError) throw serverError('the sequencer does not run');
      throw error;
    }
  }

  on<E extends keyof EvmEvents>(event: E, listener: (value: EvmEvents[E]) => void): () => void {
    const { events } = this.#deps.sequencer;
    // The casts: TypeScript does not connect the name with its listener.
    if (event === 'block') return events.on('block', ({ evm }) => (listener as (value: EvmBlockRecord) => void)(evm));
    return events.on('evmTx', listener as (value: EvmTx) => void);
  }
}
