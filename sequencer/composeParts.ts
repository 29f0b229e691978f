import type { SafeEmitter } from '../chain/emitter.ts';
import type { BatchSummary } from '../chain/types.ts';
import { isUnsigned } from '../chain/wire/unsignedTx.ts';
import { MAX_BATCH_GAS } from '../protocol/lane/constants.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { Batcher } from './batcher.ts';
import type { ChainState } from './chainState.ts';
import type { EvmPool } from './evm/evmPool.ts';
import { batchBytesOf } from './evm/poolOfSequencer.ts';
import { Importer } from './importer.ts';
import type { LaneFeedPort } from './lanePort.ts';
import type { Mempool } from './mempool.ts';
import { Publisher } from './publisher.ts';
import type { QueueFeed } from './queueFeed.ts';
import type { Reoffers } from './reoffers.ts';
import type { SequencerDeps, SequencerEvents, SequencerOptions } from './sequencerTypes.ts';
import { ALL_DUTIES, Tenure } from './tenure.ts';
import type { Timetable } from './timetable.ts';
import { Turns } from './turns.ts';

/** What acts on the chain. */
export interface SequencerParts {
  readonly batcher: Batcher;
  readonly importer: Importer;
  readonly publisher: Publisher;
}

/** What the parts share with the sequencer that composes them. */
export interface SequencerGround {
  readonly state: ChainState;
  readonly mempool: Mempool;
  readonly evmPool: EvmPool;
  readonly reoffers: Reoffers;
  readonly timetable: Timetable;
  readonly feed: QueueFeed;
  readonly laneFeed: LaneFeedPort;
  readonly forgetFeeds: () => void;
  readonly events: SafeEmitter<SequencerEvents>;
}

/** On a state that is loaded. */
export function composeParts(
  options: SequencerOptions,
  deps: SequencerDeps,
  { reoffers, timetable, feed, laneFeed, forgetFeeds, events, ...ground }: SequencerGround,
): SequencerParts {
  const { store, clock, log, verify, proofs, duties = ALL_DUTIES } = deps;
  const { lane } = deps.evm;
  const publisher = publisherOf(options, deps, { timetable, events });
  // Whoever changes the chain takes turns with everybody else who does.
  const shared = {
    ...{ ...ground, store, lane, clock, log },
    turns: new Turns({ areErrorsFatal: true }),
    tenure: new Tenure({ handoverMs: options.handoverMs ?? 0 }, { duties }),
    prove: async (closed: ClosedBatch): Promise<void> => {
      if ((options.proves?.() ?? true) && isProvable(closed)) await proofs.enqueue(closed);
    },
    onClosed: (summary: BatchSummary, isOwn: boolean): void => {
      if (isOwn) events.tell('closedHere', summary);
      events.tell('batchClosed', summary);
      publisher.notify();
    },
  };
  const batcher = new Batcher(
    {
      maxTxsPerBlock: options.maxTxsPerBlock ?? 1000,
      maxUnproven: options.maxUnproven ?? 128,
      evmBatchBytes: batchBytesOf(options),
      evmBatchGas: options.evm?.batchGas ?? MAX_BATCH_GAS,
    },
    { ...shared, timetable, feed, laneFeed, provenCount: () => publisher.state.proven },
  );
  const importer = new Importer({
    ...{ ...shared, verify, publisher, reoffers, forgetFeeds },
    discardProofs: (batches) => proofs.discard(batches),
    onRolledBack: (event) => {
      events.tell('rolledBack', event);
      publisher.notify();
    },
  });
  return { batcher, importer, publisher };
}

/** What is known from L1's data alone has no signatures: its proof would fail, and be made for nothing. */
export function isProvable({ batch }: ClosedBatch): boolean {
  return !batch.txs.some(isUnsigned);
}

function publisherOf(
  options: SequencerOptions,
  { store, l1, proofs, clock, log, turn, duties = ALL_DUTIES }: SequencerDeps,
  { timetable, events }: Pick<SequencerGround, 'timetable' | 'events'>,
): Publisher {
  return new Publisher(options.publisher ?? {}, {
    ...{ store, l1, proofs, clock, log, timetable, turn },
    mayPublish: () => duties.mayPublish(),
    onStatus: (summary, isReorg) => {
      if (isReorg) events.tell('batchReorged', summary);
      else events.tell(summary.status === 'proven' ? 'batchProven' : 'batchCommitted', summary);
    },
    isFollowing: () => events.isHeard('l1Mismatch'),
    onMismatch: (mismatch) => events.tell('l1Mismatch', mismatch),
    onUncommittable: (batch) => events.tell('uncommittable', batch),
  });
}
