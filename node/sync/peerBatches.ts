import { ChainError } from '../../chain/errors.ts';
import type { ChainItem } from '../../chain/wire/types.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import { NetworkError } from '../p2p/errors.ts';
import type { PeerBook } from './peerBook.ts';
import { SyncError } from './syncError.ts';

export interface PeerBatchesDeps {
  readonly peers: PeerBook;
  readonly chain: Pick<Sequencer, 'importBlock'>;
}

/** Committed batches with their signatures, from peers: quicker than L1, and checked against it by the caller. */
export class PeerBatches {
  readonly #deps: PeerBatchesDeps;

  constructor(deps: PeerBatchesDeps) {
    this.#deps = deps;
  }

  /** Peers that say they have the batch, best first; at most three are asked. */
  having(batch: number): readonly string[] {
    return this.#deps.peers.having(batch).slice(0, 3);
  }

  /**
   * Imports the blocks of a batch above a block. Signatures of its proposers do not matter: L1 has the batch.
   * @throws SyncError PEER_LIED; OTHER_BRANCH: they do not follow what is here, which need not be the peer's fault; NO_PEER
   */
  async bring(
    peer: string,
    { number, above, lastBlock }: { number: number; above: bigint; lastBlock: bigint },
  ): Promise<void> {
    const { peers, chain } = this.#deps;
    let next = above + 1n;
    try {
      for await (const item of peers.batch(peer, number)) {
        if (next > lastBlock) return;
        const block = blockOf(item, next, number);
        if (block === undefined) continue;
        await chain.importBlock(block);
        next += 1n;
      }
    } catch (cause) {
      // It has cost the peer what it should; the others are asked.
      if (cause instanceof NetworkError) throw new SyncError('NO_PEER', { batch: number, code: cause.code }, { cause });
      if (isOutOfOrder(cause)) throw new SyncError('OTHER_BRANCH', { batch: number, block: next }, { cause });
      if (!isPeersFault(cause)) throw cause;
      peers.lied(peer, `batch ${number}`);
      throw new SyncError('PEER_LIED', { batch: number, block: next }, { cause });
    }
    if (next <= lastBlock) throw new SyncError('NO_PEER', { batch: number, block: next });
  }

  /** It has not what it says, or something else than L1. */
  fruitless(peer: string): void {
    this.#deps.peers.fruitless(peer);
  }
}

function blockOf(item: ChainItem, next: bigint, batch: number) {
  if (item.kind === 'close' || item.block.number < next) return undefined;
  if (item.block.number > next || item.block.batch !== batch)
    throw new SyncError('OTHER_BRANCH', { block: item.block.number });
  return item.block;
}

function isOutOfOrder(error: unknown): boolean {
  if (error instanceof SyncError) return error.code === 'OTHER_BRANCH';
  return error instanceof ChainError && error.code === 'OUT_OF_ORDER';
}

/** The data are wrong by themselves, and not this machine, the moment or the branch. */
export function isPeersFault(error: unknown): boolean {
  if (error instanceof ProtocolError) return true;
  return error instanceof ChainError && ['BLOCK_INVALID', 'BAD_WIRE'].includes(error.code);
}
