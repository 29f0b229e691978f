import type { ChainStore } from '../../chain/store.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';

export interface LaneHeadsDependencies {
  readonly store: ChainStore;
  readonly sequencer: Pick<Sequencer, 'publisher'>;
  /** The last batch attested on L1; absent: the chain has no contract for attestations, and proofs are all that counts. */
  readonly attestedBatch?: (() => Promise<number>) | undefined;
}

/**
 * Blocks by how sure they are (docs/protocol.md section 12): `safe`, the last one of the last batch committed on L1; `finalized`, the
 * last one of the last batch that is proven and attested. Asked for at every call, so they are kept, and renewed when L1 is looked at.
 */
export class LaneHeads {
  readonly #deps: LaneHeadsDependencies;
  #safe = 0n;
  #finalized = 0n;
  #attested = 0;

  constructor(deps: LaneHeadsDependencies) {
    this.#deps = deps;
  }

  get latest(): bigint {
    return this.#deps.store.head.block;
  }

  get safe(): bigint {
    return this.#safe;
  }

  get finalized(): bigint {
    return this.#finalized;
  }

  /** The last batch whose withdrawals can be claimed on L1. */
  get attestedBatch(): number {
    return this.#attested;
  }

  /** @throws BridgeError if L1 does not answer; the heads stay as they were. */
  async refresh(): Promise<void> {
    const { sequencer, attestedBatch } = this.#deps;
    const { committed, proven } = sequencer.publisher.state;
    this.#safe = await this.#lastBlock(committed);
    // Without attestations a proof of the ledger lane is all there is.
    this.#attested = attestedBatch === undefined ? proven : await attestedBatch();
    this.#finalized = await this.#lastBlock(Math.min(proven, this.#attested));
  }

  async #lastBlock(batch: number): Promise<bigint> {
    return (await this.#deps.store.summary(batch))?.lastBlock ?? 0n;
  }
}
