import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import { ChainError } from '../../chain/errors.ts';
import { keys } from '../../chain/keys.ts';
import type { Logger } from '../../chain/logger.ts';
import { decodeManifest } from '../../chain/snapshot/manifest.ts';
import { SnapshotImport } from '../../chain/snapshot/snapshotImport.ts';
import type { PostedFacts, SnapshotManifest } from '../../chain/snapshot/types.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import type { Field } from '../../protocol/types.ts';
import type { Network } from '../p2p/network.ts';
import type { PeerBook } from './peerBook.ts';
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
/** Chunks asked for at once. */
const PARALLEL = 4;

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
        if (err instanceof ChainError) peers.lied(peer, err.code);
        log.warn({ peer, err }, 'a peer’s snapshot was not taken');
      }
    }
    await clock.sleep(RETRY_MS, signal);
  }
  log.warn({ refused: refused.size }, 'no snapshot to begin with: everything is derived from L1');
  return undefined;
}

async function takeFrom(peer: string, options: SnapshotSyncOptions, deps: SnapshotSyncDeps): Promise<number> {
  const { network, facts, db, log, signal } = deps;
  const { domain, genesis } = options;
  const bytes = await network.snapshotManifest(peer);
  if (bytes === undefined) throw new SyncError('NO_PEER', { reason: 'it has no snapshot' });
  const manifest = decodeManifest(bytes);
  const { batch } = manifest;
  log.info({ peer, batch, chunks: manifest.chunks.length }, 'taking a snapshot');
  const snapshot = await SnapshotImport.begin({ manifest, facts: await facts(batch), domain, genesis }, { db });
  try {
    await takeChunks(peer, manifest, snapshot, { network, signal });
    await snapshot.finish();
  } catch (error) {
    await snapshot.abandon();
    throw error;
  }
  log.info({ peer, batch }, 'snapshot taken and verified');
  return batch;
}

async function takeChunks(
  peer: string,
  { batch, chunks }: SnapshotManifest,
  snapshot: SnapshotImport,
  { network, signal }: Pick<SnapshotSyncDeps, 'network' | 'signal'>,
): Promise<void> {
  const coming: Promise<Uint8Array | undefined>[] = [];
  const ask = (chunk: number): void => {
    const answer = network.snapshotChunk(peer, batch, chunk);
    // Whoever awaits it gets the failure; until then it must not count as unhandled.
    answer.catch(() => undefined);
    coming.push(answer);
  };
  for (let i = 0; i < Math.min(PARALLEL, chunks.length); i += 1) ask(i);
  for (let i = 0; i < chunks.length; i += 1) {
    signal?.throwIfAborted();
    const bytes = await coming.shift();
    if (bytes === undefined) throw new SyncError('NO_PEER', { batch, chunk: i });
    if (i + PARALLEL < chunks.length) ask(i + PARALLEL);
    await snapshot.addChunk(i, bytes);
  }
}
