/** What the engram_* JSON-RPC says about the EVM lane; conventions as in rpcTypes.ts. */
import type { OutboxLeaf } from '../genesis/predeploys/outbox.ts';
import type { Hex } from '../protocol/lane/types.ts';

export interface LaneView {
  /** The contract on L1, if the node was told of one: without it no value moves between the EVM lane and the rest. */
  readonly evmLane?: Hex;
  /** Blocks by how sure they are: newest, committed on L1, proven and attested. */
  readonly heads: { readonly latest: bigint; readonly safe: bigint; readonly finalized: bigint };
  /** The last batch attested on L1: withdrawals up to it can be claimed there. */
  readonly attestedBatch: number;
  /** Messages of L1 taken in so far. */
  readonly inboxCount: bigint;
  readonly outbox: { readonly root: Hex; readonly count: bigint };
}

/** Its index is its position in Outbox's tree. */
export interface WithdrawalView extends OutboxLeaf {
  readonly block: bigint;
  readonly transactionHash: Hex;
  /** `claimable`: L1 accepts its proof (the node does not look whether it was claimed already). */
  readonly status: 'included' | 'committed' | 'proven' | 'claimable';
}

/** What `EvmLane.claim` asks for. */
export interface WithdrawalProofView {
  readonly withdrawal: WithdrawalView;
  /** An outbox root that L1 accepts, and the batch it came with. */
  readonly root: Hex;
  readonly batch: number;
  /** 32, from the leaf up. */
  readonly siblings: readonly Hex[];
}

export interface LaneMethods {
  engram_getLane: { params: readonly []; result: LaneView };
  /** Of a sender or recipient, newest first; `limit` 1 … 1000, default 100. */
  engram_getWithdrawals: {
    params: readonly [address: Hex, options?: { readonly limit?: number }];
    result: readonly WithdrawalView[];
  };
  /** null: there is no such withdrawal; NOT_CLAIMABLE: no attested root contains it yet. */
  engram_getWithdrawalProof: { params: readonly [index: number | string]; result: WithdrawalProofView | null };
}
