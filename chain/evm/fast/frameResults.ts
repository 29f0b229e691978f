import type { InterpreterResult } from './interpreterTypes.ts';

type Log = NonNullable<InterpreterResult['runState']['interpreter']['_result']['logs'][number]>;

/**
 * What frames leave for the ones around them. EthereumJS copies all that a frame has gathered so far at each of its calls: with a few
 * thousand logs or accounts that is most of what a block costs. These give its copying nothing to copy.
 */

/** A frame's logs: those of its calls are appended in place. */
export class LogList extends Array<Log> {
  override concat(...lists: (Log | ConcatArray<Log>)[]): LogList {
    for (const list of lists as ConcatArray<Log>[]) for (let i = 0; i < list.length; i++) this.push(list[i] as Log); // only lists are given
    return this;
  }
}

/** What a frame itself adds to a map: a copy is empty, `entries` has all. */
export class OwnMap<K, V> extends Map<K, V> {
  override [Symbol.iterator](): MapIterator<[K, V]> {
    return new Map<K, V>().entries();
  }
}

/** One set for all frames of a transaction: a copy is empty. */
export class SharedSet<K> extends Set<K> {
  override [Symbol.iterator](): SetIterator<K> {
    return new Set<K>().values();
  }
}
