import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import { ChainError } from '../../chain/errors.ts';
import { keys } from '../../chain/keys.ts';
import type { Logger } from '../../chain/logger.ts';
import { decodeManifest } from '../../chain/snapshot/manifest.ts';
import { SnapshotImport } from '../../chain/snapshot/snapshotImport.ts';
import type { PostedFacts } from '../../chain/snapshot/types.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import type { Field } from '../../protocol/types.ts';
import type { Network } from '../p2p/network.ts';
import type { PeerBook } from './peerBook.ts';
import { takeChunks } from './snapshotChunks.ts';
import { SyncError } from './syncError.ts';

export interface SnapshotSyncOptions {
  readonly domain: Field;
  readonly genesis: GenesisState;
  readonly genesisHash: string;
  /** How long to wait for a peer that has one. Default 60,000. */
  readonly patienceMs?: number;
}

export interface SnapshotSyncDeps {
  readonly db: Db;
  readonly network: Pick<Network, 'snapshotManifest' | 'snapshotChunk'>;
  readonly peers: PeerBook;
  /** What L1 says of a batch. */
  readonly facts: (batch: number) => Promise<PostedFacts>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

const RETRY_MS = 1_000;

/**
 * Begins an empty chain with the state after a proven, attested batch, from whichever peer has a good one. What it brings is believed only
 * as far as L1 says the same. Returns the batch; undefined: nobody has a snapshot, or the chain has begun already.
 */
export async function syncSnapshot(options: SnapshotSyncOptions, deps: SnapshotSyncDeps): Promise<number | undefined> {
  const { db, peers, clock, log, signal } = deps;
  if ((await db.get(keys.head)) !== undefined) return undefined;
  const deadline = clock.nowMs() + (options.patienceMs ?? 60_000);
  const refused = new Set<string>();
  while (clock.nowMs() < deadline && signal?.aborted !== true) {
    await peers.refresh(options.genesisHash);
    for (const peer of peers.withSnapshot()) {
      if (refused.has(peer)) continue;
      try {
        return await takeFrom(peer, options, deps);
      } catch (err) {
        refused.add(peer);
        if (isLie(err)) peers.lied(peer, err.code);
        log.warn({ peer, err }, 'a peer’s snapshot was not taken');
      }
    }
    await clock.sleep(RETRY_MS, signal);
  }
  log.warn({ refused: refused.size }, 'no snapshot to begin with: everything is derived from L1');
  return undefined;
}

async function takeFrom(peer: string, options: SnapshotSyncOptions, deps: SnapshotSyncDeps): Promise<number> {
  const { network, peers, facts, db, log, signal } = deps;
  const { domain, genesis, genesisHash } = options;
  const bytes = await network.snapshotManifest(peer);
  if (bytes === undefined) throw new SyncError('NO_PEER', { reason: 'it has no snapshot' });
  const manifest = decodeManifest(bytes);
  const { batch } = manifest;
  log.info({ peer, batch, chunks: manifest.chunks.length }, 'taking a snapshot');
  const snapshot = await SnapshotImport.begin({ manifest, facts: await facts(batch), domain, genesis }, { db });
  const others = async (): Promise<readonly string[]> => {
    await peers.refresh(genesisHash);
    return peers.withSnapshot();
  };
  const lied = (liar: string, reason: string): void => peers.lied(liar, reason);
  try {
    await takeChunks(peer, manifest, { network, snapshot, others, lied, log, signal });
    await snapshot.finish();
  } catch (error) {
    await snapshot.abandon();
    throw error;
  }
  log.info({ peer, batch }, 'snapshot taken and verified');
  return batch;
}

/** Anything else is this machine's trouble, the network's or L1's. */
function isLie(error: unknown): error is ChainError {
  return error instanceof ChainError && (error.code === 'SNAPSHOT_INVALID' || error.code === 'BAD_WIRE');
}
