import type { PostedBatch } from '../../bridge/client/types.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { BodyReplay, type ReplayedBatch } from '../../protocol/replay.ts';
import { AccountTree } from '../../protocol/tree.ts';
import { type AccountIndex, type BatchCommitment, type Exit, type Field, L1Opcode } from '../../protocol/types.ts';

/** Value that a batch took out of an account, towards L1. */
export interface LedgerExit extends Exit {
  readonly from: AccountIndex;
  /** Among the batch's exits; of a forced one, among its operations of L1. */
  readonly position: number;
  /** Of a forced exit: its item in L1's queue. */
  readonly queueIndex?: bigint;
  /** A forced exit that the ledger could not carry out: nothing left the account. */
  readonly isVoid?: true;
}

type Posted = Pick<PostedBatch, 'number' | 'shape' | 'header' | 'oldRoot' | 'body' | 'stored'>;

/**
 * The ledger as batches posted on L1 make it, one after the other. Signatures are not posted, and whether a batch is proven is not
 * judged here: the caller takes proven ones and compares the root in the end.
 */
export class ProvenLedger {
  readonly tree = new AccountTree();
  readonly #domain: Field;
  #batch = 0;
  #queue = 0n;

  constructor(options: { readonly domain: Field }) {
    this.#domain = options.domain;
  }

  /** The last batch taken in; 0 before the first. */
  get batch(): number {
    return this.#batch;
  }

  /** Index of L1's next queue item. */
  get queue(): bigint {
    return this.#queue;
  }

  /**
   * Takes in the next batch; on error the ledger is as before.
   * @throws ProtocolError BAD_BATCH (not the next one, other data than its commitment says), ROOT_MISMATCH, MALFORMED_BYTES, and
   * the code of the first operation that breaks a rule
   */
  apply({ number, shape, header, oldRoot, body, stored }: Posted): ReplayedBatch & { taken: readonly LedgerExit[] } {
    if (number !== this.#batch + 1) throw new ProtocolError('BAD_BATCH', { number, expected: this.#batch + 1 });
    const replay = new BodyReplay(this.tree, { ...header, number, domain: this.#domain, oldRoot, shape }, body);
    const { l1Ops, exits } = replay.apply(replay.body);
    const settled = this.#settle(replay, stored);
    const forced = l1Ops.flatMap((op, position): LedgerExit[] => {
      if (op.opcode !== L1Opcode.FORCED_EXIT) return [];
      const { index: from, address: recipient, token, amount, isVoid } = op;
      const exit = { from, recipient, token, amount, position, queueIndex: this.#queue + BigInt(position) };
      return [isVoid ? { ...exit, isVoid } : exit];
    });
    this.#batch = number;
    this.#queue += BigInt(l1Ops.length);
    return { ...settled, taken: [...forced, ...exits.map((exit, position) => ({ ...exit, position }))] };
  }

  /** The proof on L1 is about `c`, `r` and `y`, not about the bytes: they must be of these bytes. */
  #settle(replay: BodyReplay, stored: PostedBatch['stored']): ReplayedBatch {
    const checkpoint = this.tree.checkpoint();
    try {
      const settled = replay.settle();
      requireSame(settled.commitment, stored);
      this.tree.commit(checkpoint);
      return settled;
    } catch (error) {
      this.tree.revert(checkpoint);
      throw error;
    }
  }
}

function requireSame({ c, r, y }: BatchCommitment, stored: PostedBatch['stored']): void {
  if (c !== stored.c || r !== stored.r || y !== stored.y) {
    throw new ProtocolError('BAD_BATCH', { number: stored.number, c: stored.c, found: c });
  }
}
