import type { RollupParameters } from '../bridge/client/types.ts';
import type { Clock } from '../chain/clock.ts';
import type { Db } from '../chain/db.ts';
import type { Logger } from '../chain/logger.ts';
import type { ChainStore } from '../chain/store.ts';
import type { ProofQueue } from '../prover/proofQueue.ts';
import type { Prover } from '../prover/prover.ts';
import type { RecoverPool } from '../sequencer/evm/recoverPool.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import type { VerifyPool } from '../sequencer/verifyPool.ts';
import type { SequencerBackend } from './backend/sequencerBackend.ts';
import type { Config } from './config/config.ts';
import type { StatePruning } from './evm/statePruning.ts';
import type { Explorer } from './explorer/openExplorer.ts';
import { openNode } from './openNode.ts';
import type { Proving } from './proving.ts';
import type { RpcServer } from './rpc/server.ts';
import type { PeerParts } from './sync/peerParts.ts';
import type { SyncService } from './sync/syncService.ts';
import type { NodePage } from './web/nodePage.ts';

export interface NodeDependencies {
  readonly logger: Logger;
  /** Default: snarkjs with the circuits of the configuration. */
  readonly proving?: Proving;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Devnets only: sets L1's clock and `clock` forward. Runs between two batches, once all closed ones are on L1. */
  readonly moveTime?: (seconds: number) => Promise<void>;
}

/** What runs, to be stopped from the top down. */
export interface NodeParts {
  readonly db: Db;
  /** Of the validator. */
  readonly record: Db;
  readonly store: ChainStore;
  readonly proofs: ProofQueue;
  readonly sequencer: Sequencer;
  readonly verifiers: VerifyPool;
  readonly recovery: RecoverPool;
  readonly pruning: StatePruning | undefined;
  readonly prover: Prover | undefined;
  readonly rpc: RpcServer;
  readonly page: NodePage | undefined;
  readonly backend: SequencerBackend;
  /** Absent: switched off. */
  readonly explorer: Explorer | undefined;
  readonly parameters: RollupParameters;
  readonly sync: SyncService;
  /** What runs by itself until the signal. */
  readonly loops: Promise<unknown>;
  readonly peers: PeerParts | undefined;
  readonly background: AbortController;
  readonly logger: Logger;
  readonly halted: Promise<unknown>;
}

/**
 * One node: store, L1, sequencer, prover and RPC, put together. `start` opens them from the bottom up (a failure closes what is
 * open already), `stop` closes them from the top down. What it promised (blocks) is on disk before anyone hears of it, so killing
 * it at any moment is safe; `stop` only is quicker to come back from.
 */
export class EngramNode {
  readonly #parts: NodeParts;
  #stopping: Promise<void> | undefined;
  /** Resolves with the cause if a part ended itself; the process should then stop the node and exit. */
  readonly halted: Promise<unknown>;

  /** Of parts that run; use `start`. */
  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.halted = parts.halted;
  }

  /** @throws NodeError, ChainError (store), BridgeError (L1), SequencerError */
  static async start(config: Config, deps: NodeDependencies): Promise<EngramNode> {
    const cleanup: (() => Promise<void> | void)[] = [];
    try {
      return new EngramNode(await openNode(config, deps, cleanup));
    } catch (error) {
      for (const close of cleanup.reverse()) await close();
      throw error;
    }
  }

  /** HTTP and WebSocket. */
  get rpcUrl(): string {
    return this.#parts.rpc.url;
  }

  /** Absent: this node has no web page. */
  get page(): NodePage | undefined {
    return this.#parts.page;
  }

  get parameters(): RollupParameters {
    return this.#parts.parameters;
  }

  get sequencer(): Sequencer {
    return this.#parts.sequencer;
  }

  get store(): ChainStore {
    return this.#parts.store;
  }

  get proofs(): ProofQueue {
    return this.#parts.proofs;
  }

  get prover(): Prover | undefined {
    return this.#parts.prover;
  }

  get sync(): SyncService {
    return this.#parts.sync;
  }

  /** Absent: the node is by itself. */
  get peers(): PeerParts | undefined {
    return this.#parts.peers;
  }

  /** No new requests, then no new blocks, then no proofs, then the store is closed. May be called twice. */
  stop(): Promise<void> {
    this.#stopping ??= (async () => {
      const { rpc, sequencer, verifiers, recovery, pruning, prover, backend, db, record, peers, loops, explorer } =
        this.#parts;
      const { logger, background } = this.#parts;
      logger.info({}, 'stopping');
      background.abort();
      await rpc.stop();
      await peers?.network.stop();
      await sequencer.stop();
      await loops;
      await explorer?.close();
      await prover?.stop();
      await verifiers.stop();
      await recovery.stop();
      await pruning?.settled();
      await backend.flush();
      await record.close();
      await db.close();
      logger.info({}, 'stopped');
    })();
    return this.#stopping;
  }
}
