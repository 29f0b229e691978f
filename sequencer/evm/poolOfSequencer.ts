import type { Clock } from '../../chain/clock.ts';
import { nextBaseFee } from '../../chain/evm/fees.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import type { SequencerEvmDeps, SequencerOptions } from '../sequencerTypes.ts';
import { evmBytesBeside } from './batchBytes.ts';
import { EvmPool } from './evmPool.ts';

/** As Ethereum's nodes have it. */
const MAX_TX_BYTES = 131_072;
/** With a ledger batch beside it, this stays below what Ethereum's nodes take in one transaction (131,072): see `evmBytesBeside`. */
const DEFAULT_BATCH_BYTES = 120_000;

/** Bytes of EVM transactions a batch of any of the shapes takes. */
export function batchBytesOf({
  shapes,
  evm: { batchBytes = DEFAULT_BATCH_BYTES } = {},
}: Pick<SequencerOptions, 'shapes' | 'evm'>): number {
  return Math.min(...shapes.map((name) => evmBytesBeside(SHAPES[name], batchBytes)));
}

/** The pool on the head of the sequencer's lane. */
export function poolOfSequencer(
  options: Pick<SequencerOptions, 'shapes' | 'evm'>,
  { evm: { lane, recovery }, clock }: { evm: SequencerEvmDeps; clock: Clock },
): EvmPool {
  const { gasLimit } = lane.genesis;
  return new EvmPool(
    // half a batch: see Batcher
    { maxTxBytes: Math.min(MAX_TX_BYTES, batchBytesOf(options) / 2), ...options.evm?.pool, gasLimit },
    {
      common: lane.common,
      clock,
      state: () => lane.stateAt(lane.head.stateRoot),
      baseFee: () => nextBaseFee(lane.head),
      recover: (txs, raws) => recovery.recoverMany(txs, raws),
      authorities: (tx) => recovery.authorities(tx),
    },
  );
}
