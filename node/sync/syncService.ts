import { join } from 'node:path';
import type { PublicClient } from 'viem';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { RollupParameters } from '../../bridge/client/types.ts';
import { BlockSignatures } from '../../chain/blockSignatures.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import { Pause } from '../../chain/pause.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { Announcements } from '../announcements/announcements.ts';
import type { Config } from '../config/config.ts';
import type { SyncMetrics } from '../metrics/syncMetrics.ts';
import type { NetworkHandlers } from '../p2p/types.ts';
import type { Leadership } from '../validator/leadership.ts';
import type { ValidatorService } from '../validator/validatorService.ts';
import { Announcer } from './announcer.ts';
import { BlockIntake } from './blockIntake.ts';
import { ChainServer } from './chainServer.ts';
import { type FollowStatus, L1Follower } from './l1Follower.ts';
import { L1Ring } from './l1Ring.ts';
import { PeerBatches } from './peerBatches.ts';
import type { PeerParts } from './peerParts.ts';
import { PostedSource } from './postedSource.ts';
import { snapshotFacts } from './snapshotFacts.ts';
import { SnapshotMaker } from './snapshotMaker.ts';
import { SyncError } from './syncError.ts';
import { TailSync } from './tailSync.ts';
import { Turns } from './turns.ts';
import { TxGossip } from './txGossip.ts';
import { UnsafeCheck } from './unsafeCheck.ts';
import { ignore } from './verdicts.ts';

export interface SyncDeps {
  readonly db: Db;
  readonly store: ChainStore;
  readonly sequencer: Sequencer;
  readonly rollup: RollupReader;
  readonly parameters: RollupParameters;
  readonly lane: EvmLaneReader | undefined;
  readonly publicClient: PublicClient;
  readonly leadership: Leadership;
  readonly peers: PeerParts | undefined;
  /** The last batch attested on L1. */
  readonly attestedBatch: () => number;
  /** Absent: the chain has no contract that takes attestations. */
  readonly validator: ValidatorService | undefined;
  readonly announcements: Pick<Announcements, 'onGossip' | 'above'>;
  readonly genesisHash: Hex;
  /** Whether this node is to prove now. */
  readonly proves: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: SyncMetrics;
}

const RING_META = 'l1Ring';
/** Between looks at what peers have. */
const PEERS_MS = 2_000;

/**
 * Keeps the node's chain in step with L1 and, if it has peers, ahead of L1 with them: everything of docs/protocol.md sections 15 and 16
 * that is not a validator's signature.
 */
export class SyncService {
  readonly #config: Pick<Config, 'l1' | 'sync' | 'secrets' | 'data'>;
  readonly #deps: SyncDeps;
  readonly #log: Logger;
  readonly #pause: Pause;
  readonly #follower: L1Follower;
  readonly #intake: BlockIntake | undefined;
  readonly #tail: TailSync | undefined;
  readonly #snapshots: SnapshotMaker | undefined;
  readonly #announcer: Announcer | undefined;
  #isProving = false;

  private constructor(
    config: Pick<Config, 'l1' | 'sync' | 'secrets' | 'data'>,
    deps: SyncDeps,
    snapshots: SnapshotMaker | undefined,
  ) {
    this.#config = config;
    this.#deps = deps;
    this.#log = deps.log.child({ module: 'sync' });
    this.#pause = new Pause(deps);
    this.#snapshots = snapshots;
    const { db, store, sequencer, rollup, lane, publicClient, peers, leadership, clock } = deps;
    const { l1, sync, secrets } = config;
    const deployedAt = BigInt(l1.startBlock);
    const turns = new Turns();
    const unsafe = new UnsafeCheck({ store, rollup, lane });
    const book = peers?.book;
    this.#follower = new L1Follower(
      { confirmations: l1.confirmations, deployedAt, maxDriftSeconds: deps.parameters.maxDriftSeconds },
      {
        store,
        chain: sequencer,
        rollup,
        posted: new PostedSource({ deployedAt, domain: store.domain }, { rollup, lane }),
        ring: new L1Ring({ maxBlocks: l1.maxReorgBlocks }, l1RingDeps(publicClient, store)),
        unsafe,
        peers:
          book === undefined || sync.mode === 'l1' ? undefined : new PeerBatches({ peers: book, chain: sequencer }),
        turns,
        log: this.#log,
        metrics: deps.metrics,
        onReorg: (depth) => deps.metrics.l1Reorg(depth),
      },
    );
    sequencer.events.on('rolledBack', ({ blocks, reason }) => {
      deps.metrics.rollback(reason, blocks);
      deps.validator?.onRollback();
    });
    sequencer.events.on('uncommittable', ({ batch, reason }) => {
      turns
        .take(() => this.#giveUp(batch, reason))
        .catch((err: unknown) =>
          this.#log.error({ err, batch }, 'a batch that L1 will not take could not be given up'),
        );
    });
    sequencer.events.on('l1Mismatch', () => {
      this.#follower.recheck();
      this.#pause.wake();
    });
    if (peers === undefined || book === undefined) return;
    const signatures = new BlockSignatures({ db });
    this.#intake = new BlockIntake(
      {},
      {
        store,
        chain: sequencer,
        leadership,
        signatures,
        unsafe,
        safeBlock: () => this.#follower.status.safeBlock,
        turns,
        clock,
        log: this.#log,
        metrics: deps.metrics,
        onGap: (_, from) => this.#tail?.begin(from),
      },
    );
    const safeBlock = (): bigint => this.#follower.status.safeBlock;
    this.#tail = new TailSync({ store, peers: book, intake: this.#intake, safeBlock, log: this.#log });
    if (secrets.l1Key !== undefined) {
      const publish = (bytes: Uint8Array): Promise<void> => peers.network.publish('block', bytes);
      const announcer = new Announcer({ store, signatures, key: secrets.l1Key, publish, log: this.#log });
      sequencer.events.on('built', (block) => announcer.block(block));
      sequencer.events.on('closedHere', (summary) => announcer.closed(summary));
      this.#announcer = announcer;
    }
    peers.handlers.set(this.#handlers(signatures));
  }

  /** Runs nothing yet. */
  static async open(config: Pick<Config, 'l1' | 'sync' | 'secrets' | 'data'>, deps: SyncDeps): Promise<SyncService> {
    const { store, sequencer, db, rollup, lane, publicClient, log } = deps;
    const { snapshotEveryBatches: everyBatches } = config.sync;
    const facts = (batch: number) =>
      snapshotFacts(
        batch,
        { domain: store.domain },
        { rollup, lane, l1: { getBlockNumber: () => latest(publicClient) } },
      );
    const snapshots =
      everyBatches === 0 || deps.peers === undefined
        ? undefined
        : await SnapshotMaker.open(
            { dir: join(config.data.dir, 'snapshots'), everyBatches },
            { store, lane: sequencer.lane, db, facts, log: log.child({ module: 'snapshots' }) },
          );
    return new SyncService(config, deps, snapshots);
  }

  get status(): FollowStatus {
    return this.#follower.status;
  }

  /** Once, before anything else runs: a node does not build on a chain that L1 does not have. */
  async first(): Promise<void> {
    await this.#step();
  }

  /**
   * Until the signal; L1's failures are waited out.
   * @throws SyncError REORG_TOO_DEEP, ChainError and database errors: going on would be wrong
   */
  async run(signal: AbortSignal): Promise<void> {
    const peers = this.#followPeers(signal);
    while (!signal.aborted) {
      await this.#step(signal);
      await this.#pause.sleep(this.#config.l1.pollMs, signal);
    }
    await peers;
    await this.#tail?.settled();
    await this.#announcer?.settled();
  }

  async #step(signal?: AbortSignal): Promise<void> {
    try {
      await this.#deps.leadership.refresh();
      await this.#follower.step(signal);
      await this.#intake?.retry();
      await this.#takeOver();
      void this.#snapshots?.onAttested(this.#deps.attestedBatch());
    } catch (error) {
      if (isFatal(error)) throw error;
      this.#log.warn({ err: error }, 'L1 could not be followed; it is tried again');
    }
  }

  /** When a turn begins, what others have left unproven is this node's, too. */
  async #takeOver(): Promise<void> {
    const isProving = this.#deps.proves();
    if (isProving && !this.#isProving) await this.#deps.sequencer.proveUnproven();
    this.#isProving = isProving;
  }

  /** A batch that L1 will never take: its transactions go into another one. */
  async #giveUp(batch: number, reason: string): Promise<void> {
    const { store, sequencer } = this.#deps;
    const summary = await store.summary(batch);
    if (summary === undefined || batch <= this.#follower.status.agreedBatch) return;
    this.#log.warn({ batch, reason }, 'L1 will not take a batch: its transactions are taken in again');
    await sequencer.rollback(summary.firstBlock - 1n, 'UNCOMMITTABLE');
  }

  async #followPeers(signal: AbortSignal): Promise<void> {
    const { peers, store, clock, genesisHash } = this.#deps;
    if (peers === undefined) return;
    while (!signal.aborted) {
      await peers.book.refresh(genesisHash);
      if (this.#follower.status.isSynced && peers.book.bestHead > store.head.block) this.#tail?.begin();
      await clock.sleep(PEERS_MS, signal);
    }
  }

  #handlers(signatures: BlockSignatures): NetworkHandlers {
    const { store, sequencer, validator, announcements, genesisHash } = this.#deps;
    // Peers may still ask while the sequencer stops.
    const { publisher } = sequencer;
    const server = new ChainServer({
      store,
      signatures,
      settled: () => publisher.state,
      snapshotBatch: () => this.#snapshots?.batch ?? 0,
      genesisHash,
    });
    const txs = new TxGossip({ sequencer });
    return {
      onGossip: async (topic, bytes, from) => {
        if (topic === 'attestation') return validator?.onAttestation(bytes, from) ?? ignore('NO_ATTESTORS');
        // Until L1 has been followed, nothing can be judged.
        if (!this.#follower.status.isSynced) return ignore('SYNCING');
        if (topic === 'block') return this.#intake?.onGossip(bytes, from) ?? ignore('SYNCING');
        if (topic === 'announcement') return announcements.onGossip(bytes);
        return topic === 'ledger-tx' ? txs.onLedgerTx(bytes) : txs.onEvmTx(bytes);
      },
      status: () => server.status(),
      blocks: (from, count) => server.blocks(from, count),
      batch: (number) => server.batch(number),
      snapshotManifest: async () => this.#snapshots?.manifestBytes,
      snapshotChunk: async (batch, chunk) => this.#snapshots?.chunk(batch, chunk),
      announcements: (after) => announcements.above(after),
    };
  }
}

function latest(publicClient: PublicClient): Promise<bigint> {
  return publicClient.getBlockNumber({ cacheTime: 0 });
}

function l1RingDeps(publicClient: PublicClient, store: ChainStore): ConstructorParameters<typeof L1Ring>[1] {
  return {
    latest: async () => {
      const { number, hash } = await publicClient.getBlock({ blockTag: 'latest' });
      return { number, hash };
    },
    hashOf: async (number) => {
      const block = await publicClient.getBlock({ blockNumber: number }).catch((error: unknown) => {
        if (error instanceof Error && error.name === 'BlockNotFoundError') return undefined;
        throw error;
      });
      return block?.hash;
    },
    load: () => store.getMeta(RING_META),
    save: (text) => store.putMeta(RING_META, text),
  };
}

/** L1 that does not answer is waited for; what says that our own data or L1's depth are beyond help is not. */
function isFatal(error: unknown): boolean {
  if (error instanceof SyncError) return error.code === 'REORG_TOO_DEEP';
  const code = (error as { code?: unknown } | undefined)?.code;
  const name = error instanceof Error ? error.name : '';
  return name === 'ChainError' || name === 'SequencerError' || (name === 'EvmError' && code === 'STATE_MISSING');
}
