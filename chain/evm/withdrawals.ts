import { isOutboxLog, type OutboxLeaf, OutboxTree, parseOutboxLog } from '../../genesis/predeploys/outbox.ts';
import { big, int, object } from '../../protocol/json.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { type Db, type DbOp, put } from '../db.ts';
import { ChainError } from '../errors.ts';
import { keys, ranges } from '../keys.ts';
import { type RecordCodec, record } from '../records.ts';
import type { RollbackGuard } from '../rollbackGuard.ts';
import { hex } from './records.ts';
import type { EvmReceipt } from './types.ts';

/** A leaf of Outbox and the block whose transaction appended it. */
export interface Withdrawal {
  readonly leaf: OutboxLeaf;
  readonly block: bigint;
  readonly txHash: Hex;
}

const withdrawalRecord: RecordCodec<Withdrawal> = record(
  object<Withdrawal>({
    leaf: object<OutboxLeaf>({ index: big, sender: hex, token: int, amount: big, recipient: hex, account: int }),
    block: big,
    txHash: hex,
  }),
);

/** Records of what a block's transactions withdrew. */
export function withdrawalRecords(block: bigint, receipts: readonly EvmReceipt[]): DbOp[] {
  return receipts.flatMap(({ txHash, logs }) =>
    logs.filter(isOutboxLog).flatMap((log) => {
      return withdrawalWrites({ leaf: parseOutboxLog(log), block, txHash });
    }),
  );
}

/** A withdrawal, and whom it is found by. */
export function withdrawalWrites(withdrawal: Withdrawal): DbOp[] {
  const { index, sender, recipient } = withdrawal.leaf;
  return [
    put(keys.withdrawal(index), withdrawalRecord.encode(withdrawal)),
    ...[...new Set([sender, recipient])].map((who) => put(keys.withdrawalOf(who, index), '')),
  ];
}

/** Outbox's leaves and the proofs that `EvmLane` on L1 asks for. */
export class Withdrawals {
  readonly #db: Db;
  readonly #guard: RollbackGuard;
  /** Between rollbacks leaves are only ever appended, so a tree that was read once needs the new ones only. */
  #tree = new OutboxTree();
  #rollbacks = 0;

  constructor({ db, guard }: { db: Db; guard: RollbackGuard }) {
    this.#db = db;
    this.#guard = guard;
  }

  /** After a rollback: leaves in memory may not be on the chain any more. */
  forget(): void {
    this.#tree = new OutboxTree();
    this.#rollbacks += 1;
  }

  async get(index: bigint): Promise<Withdrawal | undefined> {
    const key = keys.withdrawal(index);
    const text = await this.#db.get(key);
    return text === undefined ? undefined : withdrawalRecord.decode(text, key);
  }

  /** Those that somebody sent or is the recipient of, newest first. */
  async of(address: Hex, { limit }: { limit: number }): Promise<Withdrawal[]> {
    const found: Withdrawal[] = [];
    for await (const [key] of this.#db.range({ ...ranges.withdrawalsOf(address), reverse: true, limit })) {
      const withdrawal = await this.get(BigInt(`0x${key.slice(-16)}`));
      if (withdrawal !== undefined) found.push(withdrawal);
    }
    return found;
  }

  /**
   * Siblings of a leaf, from the leaf up, in the tree of the first `count` leaves (an attested root has its own count).
   * @throws ChainError STORE_CORRUPT
   */
  async proof(index: bigint, count: bigint): Promise<{ root: Hex; siblings: Hex[] }> {
    return this.#guard.read(async () => {
      const tree = await this.#upTo(count);
      return { root: tree.root, siblings: tree.proof(index) };
    });
  }

  async #upTo(count: bigint): Promise<OutboxTree> {
    const seen = this.#rollbacks;
    // An older root than the last one asked for: rare, and made anew.
    const tree = count < this.#tree.count ? new OutboxTree() : this.#tree;
    for (let next = tree.count; next < count; next += 1n) {
      const withdrawal = await this.get(next);
      if (withdrawal === undefined) throw new ChainError('STORE_CORRUPT', { withdrawal: next });
      // Another call may have appended it meanwhile.
      if (tree.count === next) tree.append(withdrawal.leaf);
    }
    if (tree.count > count) return this.#upTo(count);
    if (seen === this.#rollbacks) this.#tree = tree;
    return tree;
  }
}
