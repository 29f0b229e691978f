import { SdkError } from '../../../../../sdk/errors.ts';
import { type AnyClient, request } from '../../../../../sdk/request.ts';
import * as parse from './parse.ts';

/** What a block did with an item of L1's queue, by the node's word. */
export interface TakenIn {
  readonly block: bigint;
  readonly batch: number;
  /** Seconds. */
  readonly timestamp: number;
  /** The account: made by it, or the one it names. */
  readonly account: number;
  readonly isVoid: boolean;
  /** Of a forced exit: what it took. */
  readonly amount: bigint;
}

interface Block {
  readonly number: bigint;
  readonly batch: number;
  readonly timestamp: number;
  readonly first: bigint;
  readonly ops: readonly { readonly index: number; readonly isVoid: boolean; readonly amount: bigint }[];
}

const MAX_BLOCK = 2n ** 48n;

/**
 * Finds the blocks that took in queue items. Blocks up to the proven ones stay known, so that the next search takes few questions.
 */
export class QueueSearch {
  readonly #client: AnyClient;
  readonly #final = new Map<bigint, Block>();
  /** Where items were the last time: a block that was given up may have others now. */
  readonly #places = new Map<bigint, bigint>();

  constructor(client: AnyClient) {
    this.#client = client;
  }

  /** Of each index that a block has taken in. `provenBlock`: by L1. @throws EngramError */
  async find(indices: readonly bigint[], provenBlock: bigint): Promise<Map<bigint, TakenIn>> {
    const found = new Map<bigint, TakenIn>();
    if (indices.length === 0) return found;
    const latest = await this.#ask('latest');
    if (latest === undefined) return found;
    const fresh = new Map<bigint, Block>([[latest.number, latest]]);
    for (const index of [...indices].sort((a, b) => Number(a - b))) {
      if (index >= latest.first + BigInt(latest.ops.length)) break;
      const block = await this.#blockOf(index, latest, fresh);
      const op = block.ops[Number(index - block.first)];
      if (op === undefined)
        throw new SdkError('BAD_ANSWER', `block ${block.number} lacks an item of the queue`, { index });
      const { number, batch, timestamp } = block;
      this.#places.set(index, number);
      found.set(index, { block: number, batch, timestamp, account: op.index, isVoid: op.isVoid, amount: op.amount });
    }
    for (const [number, block] of fresh) if (number <= provenBlock) this.#final.set(number, block);
    return found;
  }

  /** The last block that does not begin behind the index. */
  async #blockOf(index: bigint, latest: Block, fresh: Map<bigint, Block>): Promise<Block> {
    const place = this.#places.get(index);
    if (place !== undefined && place <= latest.number) {
      const block = await this.#block(place, fresh);
      if (block.first <= index && index < block.first + BigInt(block.ops.length)) return block;
    }
    let low = 1n;
    let high = latest.number;
    for (const { number, first } of [...this.#final.values(), ...fresh.values()]) {
      if (first <= index && number > low && number <= high) low = number;
      if (first > index && number - 1n < high && number > low) high = number - 1n;
    }
    while (low < high) {
      const middle = (low + high + 1n) / 2n;
      const block = await this.#block(middle, fresh);
      if (block.first <= index) low = middle;
      else high = middle - 1n;
    }
    return this.#block(low, fresh);
  }

  async #block(number: bigint, fresh: Map<bigint, Block>): Promise<Block> {
    const known = this.#final.get(number) ?? fresh.get(number);
    if (known !== undefined) return known;
    const block = await this.#ask(number);
    if (block?.number !== number) throw new SdkError('BAD_ANSWER', `the node does not give out block ${number}`);
    fresh.set(number, block);
    return block;
  }

  async #ask(which: bigint | 'latest'): Promise<Block | undefined> {
    const found: unknown = await request(this.#client, 'engram_getBlock', [which.toString()]);
    if (found === null) return undefined;
    const block = parse.members(found);
    const number = parse.big(block.number);
    if (number > MAX_BLOCK) throw new SdkError('BAD_ANSWER', 'no chain has so many blocks');
    return {
      number,
      batch: parse.count(block.batch),
      timestamp: parse.count(block.timestamp),
      first: parse.big(block.firstQueueIndex),
      ops: parse.list(block.l1Ops).map((value) => {
        const op = parse.members(value);
        return { index: parse.count(op.index), isVoid: op.isVoid === true, amount: parse.big(op.amount) };
      }),
    };
  }
}
