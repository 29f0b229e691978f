import { LAST_NONCE } from './account.ts';
import { type BatchCounts, BatchState } from './batchState.ts';
import { checkTxHead, checkVoucherCount, VALID_UNTIL_LIMIT } from './codec/tx.ts';
import { commitBatch } from './commitment.ts';
import { type SignedMessage, verify } from './crypto/eddsa.ts';
import { ProtocolError } from './errors.ts';
import type { AccountTree } from './tree.ts';
import { txHash } from './tx.ts';
import {
  type Account,
  type AccountIndex,
  type Batch,
  type BatchNumber,
  type ClosedBatch,
  type FeeLanes,
  type Field,
  Kind,
  type L1Op,
  type QueueItem,
  type Shape,
  type SignedTx,
} from './types.ts';
import { voucherItems } from './voucherItems.ts';

const BLOCK_LIMIT = 1n << 64n;
const COMMITMENT_LIMIT = 1n << 256n;

export interface OpenBatchOptions {
  readonly number: BatchNumber;
  readonly shape: Shape;
  readonly domain: Field;
  /** Seconds: the timestamp of the batch's first block. */
  readonly timestamp: number;
  readonly firstBlock: bigint;
  /** Lanes fixed in advance (re-execution of a header); they are judged when the batch closes. */
  readonly feeAccounts?: FeeLanes;
}

export interface ApplyTxOptions {
  /** The caller verified the signature over `hash` with the signer's key, and the vouchers' (`voucherItems`). */
  readonly signatureChecked?: boolean;
  /** The transaction's hash if the caller computed it already; used only together with `signatureChecked`. */
  readonly hash?: Field;
}

export interface CloseOptions {
  readonly lastBlock: bigint;
  readonly evmCommitment: bigint;
  /** false: leave `slots` empty and hash shared tree nodes only once (whoever does not prove). Default true. */
  readonly slots?: boolean;
}

/**
 * A batch being built on the tree. Its changes stay in an overlay until `close`, so nobody else sees them and a batch can be
 * dropped without undoing anything. The tree must not change while the batch is open.
 */
export class OpenBatch {
  readonly #options: OpenBatchOptions;
  readonly #state: BatchState;
  readonly #txs: SignedTx[] = [];

  /** @throws ProtocolError INVALID_ARGUMENT; BATCH_FULL, if more lanes are declared than there are account slots */
  constructor(options: OpenBatchOptions, deps: { tree: AccountTree }) {
    const { shape, timestamp, firstBlock } = options;
    if (!Number.isInteger(timestamp) || timestamp < 0 || timestamp >= VALID_UNTIL_LIMIT) {
      throw new ProtocolError('INVALID_ARGUMENT', { timestamp });
    }
    if (firstBlock < 0n || firstBlock >= BLOCK_LIMIT) throw new ProtocolError('INVALID_ARGUMENT', { firstBlock });
    this.#options = options;
    this.#state = new BatchState({ shape, timestamp, declaredLanes: options.feeAccounts }, deps);
  }

  get counts(): BatchCounts {
    return this.#state.counts;
  }

  /** Four lanes in the order in which they were named; 0: none. */
  get feeAccounts(): FeeLanes {
    return this.#state.lanes;
  }

  /** The account as later operations of this batch would find it; fees and royalties are not credited yet. */
  account(index: AccountIndex): Account | undefined {
    return this.#state.get(index);
  }

  /**
   * Applies the next item of L1's queue; DEPOSIT_NEW needs the index the sequencer assigns. Refused items leave no trace.
   * @throws ProtocolError BATCH_FULL (also once the batch has a transaction: L1 operations come first), INDEX_TAKEN,
   * INDEX_OUT_OF_RANGE, AMOUNT_OUT_OF_RANGE, WRONG_TOKEN, WORD_NOT_CANONICAL, BAD_ADDRESS
   */
  applyL1(item: QueueItem, assignedIndex?: AccountIndex): L1Op {
    return this.#state.applyL1(item, assignedIndex);
  }

  /**
   * Applies a transaction whose assigned indices are filled in, all of it or nothing.
   * @throws ProtocolError the code of the first rule that fails; BATCH_FULL if it does not fit (its data says whether an empty
   * batch could take it); BAD_VOUCHER and BAD_SIGNATURE last, because checking them costs most by far
   */
  applyTx(tx: SignedTx, options: ApplyTxOptions = {}): { hash: Field } {
    checkTxHead(tx);
    checkVoucherCount(tx);
    const { timestamp, domain } = this.#options;
    if (timestamp > tx.validUntil) throw new ProtocolError('EXPIRED', { validUntil: tx.validUntil, timestamp });
    checkSigner(tx, this.#state.get(tx.signer));
    const isTrusted = options.signatureChecked === true;
    const hash = isTrusted && options.hash !== undefined ? options.hash : txHash(tx, domain);
    this.#state.applyOps(tx.signer, tx.ops, (signer, get) => {
      if (isTrusted) return;
      const bad = voucherItems(tx, domain, get).findIndex((item) => !isSigned(item));
      if (bad >= 0) throw new ProtocolError('BAD_VOUCHER', { claim: bad });
      if (verify([signer.a, signer.b], hash, tx.signature)) return;
      throw new ProtocolError('BAD_SIGNATURE', { signer: tx.signer, hash });
    });
    this.#txs.push(tx);
    return { hash };
  }

  /**
   * Opens a fee lane for the account's token; naming an account again changes nothing.
   * @throws ProtocolError FEE_ACCOUNT_INVALID (not a live KEY account, or its token has a lane), BATCH_FULL
   */
  nameFeeAccount(index: AccountIndex): void {
    this.#state.nameFeeAccount(index);
  }

  /** Root with all changes so far, fees and royalties not credited. Rehashes only what changed since the last call; the tree stays as it is. */
  previewRoot(): Field {
    return this.#state.previewRoot();
  }

  /**
   * Credits the fees and royalties, writes the accounts to the tree in slot order and returns what the prover and L1 need. The tree is at the
   * new root afterwards; on error it is unchanged.
   * @throws ProtocolError INVALID_ARGUMENT, FEE_ACCOUNT_INVALID, FEE_TOKEN_NOT_ACCEPTED, ROOT_MISMATCH (the tree changed meanwhile)
   */
  close(options: CloseOptions): ClosedBatch {
    const { number, shape, domain, timestamp, firstBlock } = this.#options;
    const { lastBlock, evmCommitment } = options;
    if (lastBlock < firstBlock || lastBlock >= BLOCK_LIMIT) throw new ProtocolError('INVALID_ARGUMENT', { lastBlock });
    if (evmCommitment < 0n || evmCommitment >= COMMITMENT_LIMIT) {
      throw new ProtocolError('INVALID_ARGUMENT', { evmCommitment });
    }
    const state = this.#state;
    const { newRoot, subroots, slots } = state.settle({ slots: options.slots ?? true });
    const batch: Batch = {
      number,
      shape: shape.name,
      domain,
      oldRoot: state.oldRoot,
      newRoot,
      timestamp,
      feeAccounts: state.lanes,
      firstBlock,
      lastBlock,
      evmCommitment,
      l1Ops: state.l1Ops,
      txs: this.#txs,
    };
    return { batch, commitment: commitBatch(batch, state.exits), subroots, slots, exits: state.exits };
  }
}

function isSigned({ pub, message, signature }: SignedMessage): boolean {
  return verify(pub, message, signature);
}

/** @throws ProtocolError UNKNOWN_ACCOUNT, WRONG_KIND, BAD_NONCE, NONCE_EXHAUSTED */
function checkSigner(tx: SignedTx, account: Account | undefined): void {
  const { signer, nonce } = tx;
  if (account === undefined) throw new ProtocolError('UNKNOWN_ACCOUNT', { index: signer });
  if (account.kind !== Kind.KEY) throw new ProtocolError('WRONG_KIND', { index: signer, kind: account.kind });
  if (nonce !== account.nonce) throw new ProtocolError('BAD_NONCE', { nonce, expected: account.nonce });
  if (nonce === LAST_NONCE) throw new ProtocolError('NONCE_EXHAUSTED', { index: signer });
}
