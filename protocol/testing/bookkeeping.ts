import { unpackChannel } from '../account.ts';
import { type AccountIndex, type ClosedBatch, Kind, Opcode } from '../types.ts';

/** What one channel was given and has paid, summed over batches. */
export interface ChannelBook {
  given: bigint;
  claimed: bigint;
  returned: bigint;
}

/**
 * The balances that the operations of batches add up to, counted a second time and in the plainest way: no rule is checked, nothing but
 * docs/protocol.md's column of effects is applied. Of the batch's slots only the kinds and tokens of accounts are read.
 */
export class Bookkeeping {
  readonly balances = new Map<AccountIndex, bigint>();
  readonly channels = new Map<AccountIndex, ChannelBook>();

  add({ batch, slots }: ClosedBatch): void {
    const found = new Map(slots.map(({ index, after }) => [index, after]));
    const kind = (index: AccountIndex) => found.get(index)?.kind;
    const fees = new Map<number, bigint>();
    const royalties: [AccountIndex, bigint][] = [];
    for (const op of batch.l1Ops) {
      if (op.isVoid) continue;
      this.#move(op.index, op.opcode === 3 ? -op.amount : op.amount);
      if (kind(op.index) !== Kind.CHANNEL) continue;
      if (op.opcode === 3) this.#channel(op.index).returned += op.amount;
      else this.#channel(op.index).given += op.amount;
    }
    for (const op of batch.txs.flatMap((tx) => tx.ops)) {
      const { opcode, from, to, amount, fee, payload } = op;
      const royalty = opcode === Opcode.CLAIM ? (payload[2] ?? 0n) : 0n;
      this.#move(from, -(amount + fee + royalty));
      if (opcode !== Opcode.EXIT) this.#move(to, amount);
      const token = found.get(from)?.token ?? -1;
      fees.set(token, (fees.get(token) ?? 0n) + fee);
      if (kind(to) === Kind.CHANNEL) this.#channel(to).given += amount;
      if (opcode === Opcode.CLOSE) this.#channel(from).returned += amount + fee;
      if (opcode !== Opcode.CLAIM) continue;
      this.#channel(from).claimed += amount + fee + royalty;
      const { model } = unpackChannel(found.get(from)?.c ?? -1n);
      if (model !== 0) royalties.push([model, royalty]);
    }
    for (const lane of batch.feeAccounts) this.#move(lane, fees.get(found.get(lane)?.token ?? -1) ?? 0n);
    for (const [model, royalty] of royalties) this.#move(model, royalty);
  }

  #move(index: AccountIndex, amount: bigint): void {
    if (index !== 0) this.balances.set(index, (this.balances.get(index) ?? 0n) + amount);
  }

  #channel(index: AccountIndex): ChannelBook {
    const book = this.channels.get(index) ?? { given: 0n, claimed: 0n, returned: 0n };
    this.channels.set(index, book);
    return book;
  }
}
