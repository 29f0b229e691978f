import { ChainError } from '../../chain/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { SnapshotImport } from '../../chain/snapshot/snapshotImport.ts';
import type { SnapshotManifest } from '../../chain/snapshot/types.ts';
import { NetworkError } from '../p2p/errors.ts';
import type { Network } from '../p2p/network.ts';
import { SyncError } from './syncError.ts';

export interface SnapshotChunksDeps {
  readonly network: Pick<Network, 'snapshotChunk'>;
  readonly snapshot: Pick<SnapshotImport, 'addChunk'>;
  /** Peers that may have the same snapshot, asked for when one fails. */
  readonly others: () => Promise<readonly string[]>;
  readonly lied: (peer: string, reason: string) => void;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** Chunks asked for at once. */
const PARALLEL = 4;

/**
 * Takes the chunks of a manifest from the peer that gave it, a few ahead. A chunk that does not come, or is another, is asked of everybody else who
 * may have it before all that came already is thrown away. Only the manifest's own peer lies by a chunk that is another: the others never said that
 * their chunks are cut the same way.
 * @throws SyncError NO_PEER {batch, chunk}: nobody brings it; ChainError SNAPSHOT_INVALID, for another reason than `hash`: the manifest is a lie
 */
export async function takeChunks(peer: string, manifest: SnapshotManifest, deps: SnapshotChunksDeps): Promise<void> {
  const { batch, chunks } = manifest;
  const { network, signal } = deps;
  const coming: { readonly from: string; readonly answer: Promise<Uint8Array | undefined> }[] = [];
  let holder = peer;
  const ask = (chunk: number): void => {
    const answer = network.snapshotChunk(holder, batch, chunk);
    // Whoever awaits it gets the failure; until then it must not count as unhandled.
    answer.catch(() => undefined);
    coming.push({ from: holder, answer });
  };
  for (let chunk = 0; chunk < chunks.length; chunk += 1) {
    signal?.throwIfAborted();
    for (let ahead = chunk + coming.length; ahead < Math.min(chunk + PARALLEL, chunks.length); ahead += 1) ask(ahead);
    const asked = coming.shift();
    if (asked !== undefined && (await isTaken(chunk, asked))) continue;
    holder = await fromOthers(chunk, asked?.from ?? holder);
  }

  async function fromOthers(chunk: number, failed: string): Promise<string> {
    for (const from of await deps.others()) {
      signal?.throwIfAborted();
      if (from === failed) continue;
      if (await isTaken(chunk, { from, answer: network.snapshotChunk(from, batch, chunk) })) return from;
    }
    throw new SyncError('NO_PEER', { batch, chunk });
  }

  async function isTaken(chunk: number, { from, answer }: (typeof coming)[number]): Promise<boolean> {
    const { snapshot, lied, log } = deps;
    try {
      const bytes = await answer;
      if (bytes === undefined) return false;
      await snapshot.addChunk(chunk, bytes);
      return true;
    } catch (err) {
      const isOther = err instanceof ChainError && err.code === 'SNAPSHOT_INVALID' && err.data.reason === 'hash';
      if (!isOther && !(err instanceof NetworkError)) throw err;
      if (isOther && from === peer) lied(from, 'snapshot chunk');
      log.debug({ peer: from, batch, chunk, err }, 'a chunk of a snapshot did not come');
      return false;
    }
  }
}
