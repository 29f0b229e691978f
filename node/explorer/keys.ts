import { type DbRange, prefixRange } from '../../chain/db.ts';
import { hex } from './places.ts';

/**
 * Keys of the explorer's own database, in order of what they number.
 *
 * | prefix | record |
 * |---|---|
 * | m/cursor | how far the chain is indexed |
 * | b/ block | block |
 * | c/ batch | closed batch |
 * | h/ account place | a line of an account's history |
 * | x/ recipient place | value that leaves for L1 |
 * | e/ address place | a transaction of the EVM lane |
 * | s/ interval start | what happened in an interval |
 * | w/ interval start | proofs of batches that closed in it |
 * | l/ batch c or p | what a commitment or a proof cost on L1 |
 * | p/ batch | how long its proof took |
 * | t/ batch | something of it is still to be found out |
 * | u/ step | what a step wrote, to take it back |
 */
export const keys = {
  cursor: 'm/cursor',
  block: (number: bigint): string => `b/${hex(number, 16)}`,
  batch: (number: number): string => `c/${hex(number, 16)}`,
  history: (account: number, place: string): string => `${historyPrefix(account)}${place}`,
  exit: (recipient: string, place: string): string => `${exitPrefix(recipient)}${place}`,
  evm: (address: string, place: string): string => `${evmPrefix(address)}${place}`,
  stats: (interval: number, start: number): string => `s/${interval}/${hex(start, 10)}`,
  proofs: (interval: number, start: number): string => `w/${interval}/${hex(start, 10)}`,
  cost: (batch: number, step: 'commit' | 'prove'): string => `l/${hex(batch, 16)}/${step[0]}`,
  proof: (batch: number): string => `p/${hex(batch, 16)}`,
  todo: (batch: number): string => `t/${hex(batch, 16)}`,
  undo: (step: number): string => `u/${hex(step, 16)}`,
} as const;

/** What the lists are ranges of: the prefix before a place. */
export const prefixes = {
  blocks: 'b/',
  batches: 'c/',
  history: historyPrefix,
  exits: exitPrefix,
  evm: evmPrefix,
} as const;

export const ranges = {
  everything: { gte: '', lt: '\x7f' } satisfies DbRange,
  blocks: (from: bigint, to: bigint): DbRange => ({ gte: keys.block(from), lt: keys.block(to + 1n) }),
  /** Intervals that begin at `from` … `to`, both inclusive. */
  stats: (interval: number, from: number, to: number): DbRange => ({
    gte: keys.stats(interval, from),
    lt: keys.stats(interval, to + 1),
  }),
  proofs: (interval: number, from: number, to: number): DbRange => ({
    gte: keys.proofs(interval, from),
    lt: keys.proofs(interval, to + 1),
  }),
  todos: (after: number, limit: number): DbRange => ({ ...prefixRange('t/'), gte: keys.todo(after + 1), limit }),
} as const;

/** The number that a key of a block or batch ends with. */
export function numberOfKey(key: string): bigint {
  return BigInt(`0x${key.slice(2, 18)}`);
}

/** The seconds that a key of an interval ends with. */
export function startOfKey(key: string): number {
  return Number.parseInt(key.slice(-10), 16);
}

function historyPrefix(account: number): string {
  return `h/${hex(account, 6)}/`;
}

function exitPrefix(recipient: string): string {
  return `x/${recipient}/`;
}

function evmPrefix(address: string): string {
  return `e/${address}/`;
}
