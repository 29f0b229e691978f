import type { GenesisState } from '../../../genesis/spec.ts';
import { TEST_DOMAIN } from '../../../protocol/testing/actors.ts';
import type { Db } from '../../db.ts';
import { keccakHex } from '../../evm/crypto.ts';
import { SnapshotImport } from '../snapshotImport.ts';
import type { SnapshotSource } from '../snapshotSource.ts';
import type { PostedFacts, SnapshotManifest } from '../types.ts';

/** A snapshot in memory, as it came over the network. */
export interface Snapshot {
  readonly manifest: SnapshotManifest;
  readonly chunks: readonly Uint8Array[];
}

export async function snapshotOf(source: SnapshotSource): Promise<Snapshot> {
  const chunks: Uint8Array[] = [];
  for (let i = 0; i < source.manifest.chunks.length; i += 1) {
    const chunk = await source.chunk(i);
    if (chunk === undefined) throw new RangeError(`chunk ${i} is not there`);
    chunks.push(chunk);
  }
  return { manifest: source.manifest, chunks };
}

/** The same snapshot with other chunks, which the manifest says are right; `says`: what else it says. */
export function withChunks(
  { manifest }: Snapshot,
  chunks: readonly Uint8Array[],
  says: Partial<SnapshotManifest> = {},
): Snapshot {
  const bytes = chunks.reduce((sum, { length }) => sum + length, 0);
  return { manifest: { ...manifest, bytes, chunks: chunks.map(keccakHex), ...says }, chunks };
}

export interface L1Says {
  readonly facts: PostedFacts;
  readonly genesis: GenesisState;
}

/** Takes a whole snapshot; what is begun and fails is abandoned. */
export async function take({ manifest, chunks }: Snapshot, { facts, genesis }: L1Says, db: Db): Promise<void> {
  const taking = await SnapshotImport.begin({ manifest, facts, domain: TEST_DOMAIN, genesis }, { db });
  try {
    for (const [i, chunk] of chunks.entries()) await taking.addChunk(i, chunk);
    await taking.finish();
  } catch (error) {
    await taking.abandon();
    throw error;
  }
}

/** All keys that are left. */
export async function keysIn(db: Db): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of db.range({ gte: '', lt: '\x7f' })) keys.push(key);
  return keys;
}
