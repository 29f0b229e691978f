/** Rules of the EVM lane that derivation depends on (docs/protocol.md sections 10 and 11). */

/** A message of L1 must be taken in by the end of the first batch whose timestamp is this many seconds after the message's. */
export const FORCE_SECONDS = 43_200;
/** L1 messages a block may take. */
export const MAX_L1_MESSAGES = 16;
/** Gas a deposit's call of its recipient may use. */
export const MAX_MESSAGE_GAS = 1_000_000n;
/** Gas of a system transaction beyond what its message's call may use. */
export const SYSTEM_TX_GAS = 500_000n;
/** Bytes of a message's call data. */
export const MAX_MESSAGE_DATA = 4_096;
/** Bytes of a batch's EVM data before compression. */
export const MAX_EVM_DATA = 8 * 2 ** 20;
/** Gas that users' transactions of one batch may use: what anyone who derives the chain can be made to execute for one commit. */
export const MAX_BATCH_GAS = 2n ** 30n;
/** Blocks of one batch; L1 refuses more. */
export const MAX_BATCH_BLOCKS = 65_536;
/** Depth of Outbox's Merkle tree. */
export const OUTBOX_DEPTH = 32;
