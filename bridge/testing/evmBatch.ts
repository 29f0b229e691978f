import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmOutput } from '../../protocol/lane/types.ts';

const ZERO_WORD = `0x${'00'.repeat(32)}` as const;

/** The outcome of an EVM lane in which nothing happened. */
export const NO_OUTPUT: EvmOutput = { blockHash: ZERO_WORD, outboxRoot: ZERO_WORD, outboxCount: 0n, inboxCount: 0n };

/** For tests that are about the ledger alone: L1 records what is said of the EVM lane and does not judge it. */
export const NO_EVM = evmBatchOf(NO_OUTPUT, new Uint8Array());
