import type { Db } from '../../chain/db.ts';
import { put } from '../../chain/db.ts';
import type { Weight } from '../../protocol/epochs/memo.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import {
  bool,
  fieldWord,
  index,
  int,
  type JsonCodec,
  list,
  malformed,
  object,
  optional,
  uint,
} from '../../protocol/json.ts';
import type { AccountIndex, Field } from '../../protocol/types.ts';
import { EvaluatorError } from './evaluatorError.ts';
import { type Tally, tallyJson } from './judging.ts';

/** What is committed to. Once it is stored it does not change: a second reveal of one epoch would be worth nothing. */
export interface Decision {
  readonly weights: readonly Weight[];
  readonly commitment: Field;
}

/** An epoch, from the evaluator's side. */
export interface EpochWork {
  readonly epoch: number;
  readonly salt: Field;
  readonly tallies: readonly { readonly agent: AccountIndex; readonly tally: Tally }[];
  readonly decision: Decision | undefined;
  readonly isRevealed: boolean;
}

function pair<A, B>(a: JsonCodec<A>, b: JsonCodec<B>): JsonCodec<readonly [A, B]> {
  return {
    encode: ([x, y]) => [a.encode(x), b.encode(y)],
    decode: (json) => {
      if (!Array.isArray(json) || json.length !== 2) throw malformed('pair');
      return [a.decode(json[0]), b.decode(json[1])];
    },
  };
}

const work = object<EpochWork>({
  epoch: int,
  salt: fieldWord,
  tallies: list(object<{ readonly agent: AccountIndex; readonly tally: Tally }>({ agent: index, tally: tallyJson })),
  decision: optional(object<Decision>({ weights: list(pair(index, uint(16))), commitment: fieldWord })),
  isRevealed: bool,
});

interface Identity {
  readonly service: AccountIndex;
  readonly domain: Field;
  readonly account: AccountIndex;
}
const identity = object<Identity>({ service: index, domain: fieldWord, account: index });

const IDENTITY = 'evaluator';
/** Epochs sort by number. */
const keyOf = (epoch: number): string => `epoch/${epoch.toString().padStart(10, '0')}`;

/** What an evaluator must not forget. Every write is on disk when it resolves. */
export class EvaluatorStore {
  readonly #db: Db;

  private constructor(db: Db) {
    this.#db = db;
  }

  /** @throws EvaluatorError BAD_STORE: of another service, account or deployment */
  static async open(own: Identity, db: Db): Promise<EvaluatorStore> {
    const stored = await db.get(IDENTITY);
    const text = JSON.stringify(identity.encode(own));
    if (stored === undefined) await db.write([put(IDENTITY, text)]);
    else if (stored !== text) {
      throw new EvaluatorError('BAD_STORE', 'the store is of another service, account or deployment');
    }
    return new EvaluatorStore(db);
  }

  /** @throws EvaluatorError BAD_STORE */
  async load(epoch: number): Promise<EpochWork | undefined> {
    const stored = await this.#db.get(keyOf(epoch));
    if (stored === undefined) return undefined;
    try {
      return work.decode(JSON.parse(stored));
    } catch (cause) {
      if (!(cause instanceof ProtocolError) && !(cause instanceof SyntaxError)) throw cause;
      throw new EvaluatorError('BAD_STORE', `what is stored of epoch ${epoch} cannot be read`, { epoch }, { cause });
    }
  }

  async save(value: EpochWork): Promise<void> {
    await this.#db.write([put(keyOf(value.epoch), JSON.stringify(work.encode(value)))]);
  }
}
