import type { AccountIndex } from '../types.ts';

export type Hex = `0x${string}`;

/** What a message from L1 or an EXIT to the lane brings (docs/protocol.md section 10). Addresses are 20-byte hex in lower case. */
export type LaneMessage = L1Message | LedgerMessage;

interface L1MessageBase {
  /** Position among the messages of `EvmLane`, from 0. */
  readonly index: bigint;
  /** Seconds: L1's clock when it was queued. */
  readonly l1Timestamp: number;
}

export interface DepositMessage extends L1MessageBase {
  readonly kind: 'deposit';
  /** Who called L1. */
  readonly sender: Hex;
  readonly to: Hex;
  /** The rollup's token id; 0 is ETH. */
  readonly token: number;
  readonly amount: bigint;
  /** For the call of `to`; at most 1,000,000. */
  readonly gasLimit: bigint;
  readonly data: Hex;
  readonly refundTo: Hex;
}

/** What L1's token contract says about itself. */
export interface TokenMessage extends L1MessageBase {
  readonly kind: 'token';
  readonly token: number;
  readonly name: string;
  readonly symbol: string;
  readonly decimals: number;
}

export type L1Message = DepositMessage | TokenMessage;

/** An EXIT to the lane: minted in the block of the EXIT. */
export interface LedgerMessage {
  readonly kind: 'fromLedger';
  /** The account the EXIT took from. */
  readonly account: AccountIndex;
  /** Address of that account's controller. */
  readonly to: Hex;
  readonly token: number;
  readonly amount: bigint;
}

export interface OutboxHead {
  readonly root: Hex;
  readonly count: bigint;
}

/** The outcome of a batch in the EVM lane (section 11). */
export interface EvmOutput {
  readonly blockHash: Hex;
  readonly outboxRoot: Hex;
  readonly outboxCount: bigint;
  /** L1 messages taken in on the whole chain. */
  readonly inboxCount: bigint;
}

/** What a batch posts for the EVM lane, and what L1 computes from it. */
export interface EvmBatch {
  readonly output: EvmOutput;
  readonly outputHash: Hex;
  readonly data: Uint8Array;
  readonly dataHash: Hex;
  /** 256 bits: the header's words 8 and 9. */
  readonly commitment: bigint;
}
