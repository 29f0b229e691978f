import { ProtocolError } from '../protocol/errors.ts';
import type { OpenBatch } from '../protocol/openBatch.ts';
import { type AccountIndex, type L1Op, L1Opcode, type SignedTx } from '../protocol/types.ts';
import type { IndexAllocator } from './indexAllocator.ts';
import type { L1QueueItem } from './l1Port.ts';
import type { DroppedTx } from './mempool.ts';
import { areKeys, type Selection } from './selection.ts';
import { isTooEarly } from './txCheck.ts';

export interface BlockInput {
  readonly open: OpenBatch;
  /** Confirmed queue items, in order, from the next one to be taken. */
  readonly queue: readonly L1QueueItem[];
  readonly txs: Selection;
  /** Fee accounts the batch has named so far, in the order of their lanes. */
  readonly feeAccounts: readonly AccountIndex[];
  /**
   * The sequencer's account for fees of a token. It must know only accounts that were live when the block began: stored blocks
   * name a block's fee accounts before its transactions (chain/replay.ts).
   */
  readonly feeAccountOf: (token: number) => AccountIndex | undefined;
  readonly indices: IndexAllocator;
  readonly maxTxs: number;
  /** Whether the rules would hold for this transaction, as things are, in a batch that began now. */
  readonly holdsInNextBatch: (tx: SignedTx) => boolean;
}

export interface BuiltBlock {
  readonly l1Ops: readonly L1Op[];
  readonly txs: readonly SignedTx[];
  readonly feeAccounts: readonly AccountIndex[];
  readonly dropped: readonly DroppedTx[];
  /** Something that is ready did not fit: the batch has to close. */
  readonly isFull: boolean;
  /** Confirmed queue items have to wait for the next batch, because this one has transactions already. */
  readonly isQueueWaiting: boolean;
}

/**
 * Applies what is ready to the open batch: L1's queue first (until the batch has transactions), then transactions, best paying
 * first. Synchronous: nothing else sees the batch between two operations. A transaction the rules refuse is dropped; one that
 * would only fit another batch ends this one; one that only this batch's timestamp refuses (a channel that was not over when the
 * batch began, but is by now) waits for the next.
 */
export function buildBlock(input: BlockInput): BuiltBlock {
  const { open, indices } = input;
  const { l1Ops, isFull: isL1Full } = takeQueue(input);
  const isQueueWaiting = input.queue.length > l1Ops.length && !isL1Full;
  const lanes = new Lanes(input);
  const txs: SignedTx[] = [];
  const dropped: DroppedTx[] = [];
  let isFull = isL1Full;
  while (txs.length < input.maxTxs) {
    const entry = input.txs.peek();
    if (entry === undefined) break;
    if (!areKeys(entry.keys, (index) => open.account(index))) {
      dropped.push({ hash: entry.hash, code: 'ROLLED_BACK' });
      input.txs.reject();
      continue;
    }
    try {
      if (entry.tx.ops.some((op) => op.fee > 0n)) lanes.open(open.account(entry.tx.signer)?.token);
      const tx = indices.assign(entry.tx);
      open.applyTx(tx, { signatureChecked: true, hash: entry.hash });
      txs.push(tx);
      input.txs.accept();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const isEmpty = open.counts.ops === 0 && open.counts.l1Ops === 0;
      if (error.code === 'BATCH_FULL' && !isEmpty) {
        isFull = true;
        break;
      }
      if (isTooEarly(error) && input.holdsInNextBatch(entry.tx)) {
        input.txs.reject();
        continue;
      }
      // A state error; or a transaction for which even an empty batch is too small, which would otherwise block the pool for ever.
      dropped.push({ hash: entry.hash, code: error.code === 'BATCH_FULL' ? 'TX_TOO_LARGE' : error.code });
      input.txs.reject();
    }
  }
  return { l1Ops, txs, feeAccounts: lanes.named, dropped, isFull, isQueueWaiting };
}

/** An L1 operation can be void but never fails: any other error than a full batch is a fault of this program and is thrown on. */
function takeQueue({ open, queue, indices }: BlockInput): { l1Ops: L1Op[]; isFull: boolean } {
  const l1Ops: L1Op[] = [];
  if (open.counts.ops > 0) return { l1Ops, isFull: false };
  for (const { item } of queue) {
    const assigned = item.opcode === L1Opcode.DEPOSIT_NEW ? indices.free(1)[0] : undefined;
    try {
      l1Ops.push(open.applyL1(item, assigned));
    } catch (error) {
      if (error instanceof ProtocolError && error.code === 'BATCH_FULL') return { l1Ops, isFull: true };
      throw error;
    }
  }
  return { l1Ops, isFull: false };
}

class Lanes {
  readonly named: AccountIndex[];
  readonly #input: BlockInput;
  readonly #tokens = new Set<number>();

  constructor(input: BlockInput) {
    this.#input = input;
    this.named = [...input.feeAccounts];
    for (const index of this.named) {
      const token = input.open.account(index)?.token;
      if (token !== undefined) this.#tokens.add(token);
    }
  }

  /** @throws ProtocolError FEE_TOKEN_NOT_ACCEPTED, BATCH_FULL (no lane or account slot left) */
  open(token: number | undefined): void {
    // A signer without an account: applyTx says so.
    if (token === undefined || this.#tokens.has(token)) return;
    const index = this.#input.feeAccountOf(token);
    if (index === undefined) throw new ProtocolError('FEE_TOKEN_NOT_ACCEPTED', { token });
    this.#input.open.nameFeeAccount(index);
    this.named.push(index);
    this.#tokens.add(token);
  }
}
