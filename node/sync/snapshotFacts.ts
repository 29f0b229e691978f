import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedFacts } from '../../chain/snapshot/types.ts';
import { wordHex } from '../../protocol/bytes.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import type { Field } from '../../protocol/types.ts';
import { SyncError } from './syncError.ts';

export interface SnapshotFactsDeps {
  readonly rollup: Pick<RollupReader, 'state' | 'readBatch'>;
  /** Absent: the chain has no attestations, and a proof is all there is. */
  readonly lane: Pick<EvmLaneReader, 'readEvents'> | undefined;
  readonly l1: { getBlockNumber(): Promise<bigint> };
}

/** How many proven batches a snapshot may be behind: their queue items are counted back. */
const MAX_BEHIND = 4_096;

/**
 * What L1 says of a batch whose state is to be taken over: that it is proven, and that validators attested exactly its outcome (L1 proves
 * nothing of the EVM lane).
 * @throws SyncError SNAPSHOT_REFUSED; BridgeError
 */
export async function snapshotFacts(
  batch: number,
  { domain }: { readonly domain: Field },
  { rollup, lane, l1 }: SnapshotFactsDeps,
): Promise<PostedFacts> {
  const { proven } = await rollup.state();
  if (batch > proven.batch || batch < 1 || proven.batch - batch > MAX_BEHIND) {
    throw new SyncError('SNAPSHOT_REFUSED', { batch, proven: proven.batch, reason: 'not among the proven batches' });
  }
  const posted = await rollup.readBatch(batch);
  const { header, shape, oldRoot, number, body, evmData } = posted;
  if (lane !== undefined) {
    const events = await lane.readEvents(posted.l1.blockNumber, await l1.getBlockNumber());
    const isAttested = events.some((event) => event.type === 'attested' && event.batch === batch);
    if (!isAttested) throw new SyncError('SNAPSHOT_REFUSED', { batch, reason: 'nobody attested it' });
  }
  let nextQueueIndex = proven.queue;
  for (let later = batch + 1; later <= proven.batch; later += 1) {
    nextQueueIndex -= BigInt((await rollup.readBatch(later)).header.l1Count);
  }
  return {
    number: batch,
    ledgerRoot: header.newRoot,
    evmCommitment: header.evmCommitment,
    dataHash: wordHex(keccak256(evmData)),
    shape,
    timestamp: header.timestamp,
    firstBlock: header.firstBlock,
    lastBlock: header.lastBlock,
    nextQueueIndex,
    c: header.c,
    body,
    header: { ...header, number, domain, oldRoot, shape },
  };
}
