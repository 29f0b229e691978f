import { type Json, list } from '../../protocol/json.ts';
import { receiptHash, type SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { receiptJson } from '../../protocol/receipts/receiptCodec.ts';
import { type ReceiptProof, ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import type { Field } from '../../protocol/types.ts';
import { SdkError } from '../errors.ts';

/** The receipts of a channel with the tree over them: what proves, later and to anybody, that one of them was settled. */
export class ReceiptLog {
  readonly #receipts: SignedReceipt[] = [];
  readonly #tree = new ReceiptTree();
  readonly #sizeAt = new Map<Field, number>();

  /** Receipts in order, from sequence number 0. */
  get receipts(): readonly SignedReceipt[] {
    return this.#receipts;
  }

  get root(): Field {
    return this.#tree.root;
  }

  /** @throws SdkError INVALID_ARGUMENT: not the next in order; ProtocolError as `receiptHash` */
  append(receipt: SignedReceipt): void {
    const { sequence } = receipt;
    if (sequence !== this.#receipts.length) {
      throw new SdkError('INVALID_ARGUMENT', `receipt ${this.#receipts.length} comes next`, { sequence });
    }
    this.#tree.append(receiptHash(receipt));
    this.#receipts.push(receipt);
    this.#sizeAt.set(this.#tree.root, this.#receipts.length);
  }

  /**
   * Proof that receipt `sequence` is under `receiptsRoot`, the root of a voucher or claim; default: the root over all.
   * @throws SdkError NOT_FOUND: this log never had that root, or not with this receipt in it
   */
  proof(sequence: number, receiptsRoot: Field = this.root): ReceiptProof {
    const size = this.#sizeAt.get(receiptsRoot);
    if (size === undefined || sequence < 0 || sequence >= size) {
      throw new SdkError('NOT_FOUND', `receipt ${sequence} is not under this root`, { sequence, size: size ?? 0 });
    }
    return this.#tree.proof(sequence, size);
  }

  toJson(): Json {
    return list(receiptJson).encode(this.#receipts);
  }

  /** @throws ProtocolError MALFORMED_BYTES; SdkError INVALID_ARGUMENT */
  static fromJson(json: unknown): ReceiptLog {
    const log = new ReceiptLog();
    for (const receipt of list(receiptJson).decode(json)) log.append(receipt);
    return log;
  }
}
