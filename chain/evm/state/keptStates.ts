import { big, list, object } from '../../../protocol/json.ts';
import { type Db, type DbOp, put } from '../../db.ts';
import { keys } from '../../keys.ts';
import { type RecordCodec, record } from '../../records.ts';

/** Numbers from … to, both inclusive. */
interface Stretch {
  readonly from: bigint;
  readonly to: bigint;
}

/** What the last pruning left: states of these blocks, and of all above `head`. */
interface Kept {
  readonly head: bigint;
  readonly stretches: readonly Stretch[];
}

const keptRecord: RecordCodec<Kept> = record(
  object<Kept>({ head: big, stretches: list(object<Stretch>({ from: big, to: big })) }),
);

/**
 * Which blocks have their state still. A pruning that was killed has removed some nodes of a state and left others, its root perhaps: so it
 * is written down what stays before anything goes. After a rewind it may say less than there is, never more.
 */
export class KeptStates {
  #kept: Kept | undefined;

  private constructor(kept: Kept | undefined) {
    this.#kept = kept;
  }

  /** @throws ChainError STORE_CORRUPT */
  static async open({ db }: { db: Db }): Promise<KeptStates> {
    const text = await db.get(keys.states);
    return new KeptStates(text === undefined ? undefined : keptRecord.decode(text, keys.states));
  }

  has(number: bigint): boolean {
    const kept = this.#kept;
    if (kept === undefined || number > kept.head) return true;
    return kept.stretches.some(({ from, to }) => number >= from && number <= to);
  }

  /**
   * From now on only these are certain, and those above `head`.
   * @returns what to write before anything is removed, and what takes it back if nothing is
   */
  prune(head: bigint, retained: readonly bigint[]): { readonly op: DbOp; readonly takeBack: () => void } {
    const before = this.#kept;
    const kept = { head, stretches: stretchesOf(retained) };
    this.#kept = kept;
    return {
      op: put(keys.states, keptRecord.encode(kept)),
      takeBack: () => {
        this.#kept = before;
      },
    };
  }
}

function stretchesOf(numbers: readonly bigint[]): Stretch[] {
  const stretches: Stretch[] = [];
  const sorted = [...new Set(numbers)].sort((x, y) => (x < y ? -1 : 1));
  for (const number of sorted) {
    const last = stretches.at(-1);
    if (last !== undefined && last.to + 1n === number)
      stretches[stretches.length - 1] = { from: last.from, to: number };
    else stretches.push({ from: number, to: number });
  }
  return stretches;
}
