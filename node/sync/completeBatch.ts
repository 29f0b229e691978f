import type { PostedBatch } from '../../bridge/client/types.ts';
import { ChainError } from '../../chain/errors.ts';
import type { Logger } from '../../chain/logger.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import type { SyncMetrics } from '../metrics/syncMetrics.ts';
import type { PeerBatches } from './peerBatches.ts';
import { SyncError } from './syncError.ts';

export interface CompletionDeps {
  readonly store: Pick<ChainStore, 'head'>;
  readonly chain: Pick<Sequencer, 'importClose'>;
  /** Absent: only what is here counts. */
  readonly peers: PeerBatches | undefined;
  readonly rollback: (toBlock: bigint, reason: string) => Promise<void>;
  readonly log: Logger;
  readonly metrics: Pick<SyncMetrics, 'imported'>;
}

/**
 * Makes a committed batch of the blocks that are here and those that peers have; the batches before are ours. Whether it has come about is
 * the caller's to look. Nobody is blamed for blocks of another branch: ours may be the wrong ones, and a peer that has not looked at L1 yet
 * believes in its own.
 */
export async function completeBatch(posted: PostedBatch, deps: CompletionDeps): Promise<void> {
  const { store, peers, rollback } = deps;
  const { number, header } = posted;
  if (store.head.block > header.lastBlock) await rollback(header.lastBlock, 'L1_DIFFERS');
  // All of it may be here: only its close was not heard of.
  if (await isClosed(posted, deps)) return;
  for (const peer of peers?.having(number) ?? []) {
    if (await isBroughtBy(peer, posted, deps)) return;
  }
}

/** What is here of the batch may be of another branch, or from a peer that lied: then once more from the end of the batch before. */
async function isBroughtBy(peer: string, posted: PostedBatch, deps: CompletionDeps): Promise<boolean> {
  const { store, peers, rollback, log, metrics } = deps;
  const { number, header } = posted;
  const before = header.firstBlock - 1n;
  if (store.head.block >= header.lastBlock) await rollback(before, 'L1_DIFFERS');
  for (;;) {
    const above = store.head.block;
    let isOther = false;
    try {
      await peers?.bring(peer, { number, above, lastBlock: header.lastBlock });
      if (await isClosed(posted, deps)) return true;
      isOther = true;
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      isOther = error.code === 'OTHER_BRANCH';
      log.debug({ peer, batch: number, code: error.code, ...error.data }, 'a peer did not bring a batch');
    } finally {
      metrics.imported('peers', Math.max(0, Number(store.head.block - above)));
    }
    if (isOther) await rollback(before, 'L1_DIFFERS');
    if (isOther && above > before) continue;
    peers?.fruitless(peer);
    return false;
  }
}

async function isClosed(
  { number, shape, header, stored, evmData }: PostedBatch,
  deps: CompletionDeps,
): Promise<boolean> {
  const { store, chain } = deps;
  const { lastBlock, evmCommitment } = header;
  if (store.head.block !== lastBlock || store.head.open === undefined) return false;
  try {
    await chain.importClose({ number, lastBlock, shape, c: stored.c, evmCommitment }, evmData);
    return true;
  } catch (error) {
    // OUT_OF_ORDER: this node was about to seal a block or to close the batch itself when it learned of L1's.
    if (error instanceof ChainError && (error.code === 'CLOSE_MISMATCH' || error.code === 'OUT_OF_ORDER')) return false;
    throw error;
  }
}
