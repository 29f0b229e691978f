import type { Withdrawal } from '../../chain/evm/withdrawals.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { LaneView, WithdrawalProofView, WithdrawalView } from '../../sdk/laneTypes.ts';
import { RpcCode, RpcError } from '../rpc/errors.ts';
import type { LaneBackend } from '../rpc/laneBackend.ts';
import type { LaneHeads } from './laneHeads.ts';

export interface LaneQueriesDependencies {
  readonly store: ChainStore;
  readonly heads: LaneHeads;
  /** The contract on L1. */
  readonly evmLane: Hex | undefined;
  /** The last batch that is committed, and the last one proven. */
  readonly settled: () => { readonly committed: number; readonly proven: number };
}

/** The EVM lane's state between the lanes: heads, messages, withdrawals and their proofs. */
export class LaneQueries implements LaneBackend {
  readonly #deps: LaneQueriesDependencies;

  constructor(deps: LaneQueriesDependencies) {
    this.#deps = deps;
  }

  async lane(): Promise<LaneView> {
    const { store, heads, evmLane } = this.#deps;
    const { latest, safe, finalized, attestedBatch } = heads;
    const newest = await store.evmBlock(store.head.block);
    return {
      ...(evmLane !== undefined && { evmLane }),
      heads: { latest, safe, finalized },
      attestedBatch,
      inboxCount: store.head.inboxCount,
      outbox: newest?.outbox ?? { root: `0x${'00'.repeat(32)}`, count: 0n },
    };
  }

  async withdrawals(of: Hex, limit: number): Promise<readonly WithdrawalView[]> {
    const [found, bounds] = await Promise.all([this.#deps.store.withdrawals.of(of, { limit }), this.#bounds()]);
    return found.map((withdrawal) => withdrawalView(withdrawal, bounds));
  }

  async withdrawalProof(index: bigint): Promise<WithdrawalProofView | undefined> {
    const { store, heads } = this.#deps;
    const withdrawal = await store.withdrawals.get(index);
    if (withdrawal === undefined) return undefined;
    const batch = heads.attestedBatch;
    const count = await this.#attestedCount();
    if (index >= count) {
      throw new RpcError(
        RpcCode.UNAVAILABLE,
        'NOT_CLAIMABLE',
        'the batch of this withdrawal is not proven and attested on L1 yet',
        { index, attestedBatch: batch },
      );
    }
    const { root, siblings } = await store.withdrawals.proof(index, count);
    return { withdrawal: withdrawalView(withdrawal, await this.#bounds()), root, batch, siblings };
  }

  /** Leaves under the newest attested root. */
  async #attestedCount(): Promise<bigint> {
    const { store, heads } = this.#deps;
    return (await store.evmBatch(heads.attestedBatch))?.output.outboxCount ?? 0n;
  }

  async #bounds(): Promise<Bounds> {
    const { store, settled } = this.#deps;
    const { committed, proven } = settled();
    const lastBlock = async (batch: number): Promise<bigint> => (await store.summary(batch))?.lastBlock ?? 0n;
    const [claimable, provenBlock, committedBlock] = await Promise.all([
      this.#attestedCount(),
      lastBlock(proven),
      lastBlock(committed),
    ]);
    return { claimable, proven: provenBlock, committed: committedBlock };
  }
}

interface Bounds {
  /** Withdrawals below this index can be claimed. */
  readonly claimable: bigint;
  /** Last blocks. */
  readonly proven: bigint;
  readonly committed: bigint;
}

function withdrawalView({ leaf, block, txHash }: Withdrawal, bounds: Bounds): WithdrawalView {
  return { ...leaf, block, transactionHash: txHash, status: statusOf(leaf.index, block, bounds) };
}

function statusOf(index: bigint, block: bigint, bounds: Bounds): WithdrawalView['status'] {
  if (index < bounds.claimable) return 'claimable';
  if (block <= bounds.proven) return 'proven';
  return block <= bounds.committed ? 'committed' : 'included';
}
