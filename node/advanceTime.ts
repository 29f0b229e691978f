import { systemClock } from '../chain/clock.ts';
import type { ChainStore } from '../chain/store.ts';
import type { Sequencer } from '../sequencer/sequencer.ts';
import { RpcCode, RpcError } from './rpc/errors.ts';

const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/**
 * Sets a devnet's time forward between two batches: the timestamp of an open batch is frozen, so it is closed first, and L1
 * refuses batches that are too old, so all closed ones are committed first.
 * @throws RpcError UNAVAILABLE L1_BEHIND (it did not take them in time; nothing changed), SequencerError STOPPED, HALTED
 */
export async function advanceTime(
  seconds: number,
  deps: {
    readonly sequencer: Sequencer;
    readonly store: Pick<ChainStore, 'head'>;
    /** Sets L1's clock and the node's. */
    readonly move: (seconds: number) => Promise<void>;
  },
): Promise<void> {
  const { sequencer, store, move } = deps;
  await sequencer.betweenBatches(async () => {
    const until = systemClock.nowMs() + PATIENCE_MS;
    while (sequencer.publisher.state.committed < store.head.closedBatch) {
      if (systemClock.nowMs() > until) {
        throw new RpcError(RpcCode.UNAVAILABLE, 'L1_BEHIND', 'L1 has not taken all closed batches yet', {
          closed: store.head.closedBatch,
          committed: sequencer.publisher.state.committed,
        });
      }
      sequencer.publisher.notify();
      await systemClock.sleep(PAUSE_MS);
    }
    await move(seconds);
  });
}
