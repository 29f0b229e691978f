import type { Hex } from '../../protocol/lane/types.ts';
import type { LaneView, WithdrawalProofView, WithdrawalView } from '../../sdk/laneTypes.ts';

/** What moves between the EVM lane and the rest, as clients ask for it. */
export interface LaneBackend {
  lane(): Promise<LaneView>;
  /** Newest first. */
  withdrawals(of: Hex, limit: number): Promise<readonly WithdrawalView[]>;
  /** @throws RpcError NOT_CLAIMABLE */
  withdrawalProof(index: bigint): Promise<WithdrawalProofView | undefined>;
}
