import type { Hex } from '../protocol/lane/types.ts';
import type { Point } from '../protocol/types.ts';
import { prefixRange } from './db.ts';

/**
 * Keys of the chain database. Numbers are fixed-width hexadecimal, so that the order of keys is the order of numbers.
 *
 * | prefix | record |
 * |---|---|
 * | m/ | head and base (chain/store.ts), an unfinished import (chain/snapshot), states kept, named state of the layers above |
 * | b/ number | block |
 * | h/ hash | number of the block |
 * | c/ batch | closed batch (with the circuit's slots) |
 * | s/ batch | summary and L1 status of a closed batch |
 * | a/ index | account as of the last closed batch |
 * | t/ hash | where a transaction is |
 * | q/ queue index | where an item of the bridge's queue is |
 * | k/ x/y/index | accounts of a key |
 * | d/ address/index | accounts of an Ethereum address |
 * | o/ index | what created a channel or an attestation |
 * | l/ channel/block/tx/op | a claim |
 * | g/ number | Ethereum header of a block |
 * | e/ number | EVM part of a block, without header and receipts |
 * | r/ number | receipts of a block's EVM part |
 * | f/ number | bloom of a block's logs, if it has any (bytes) |
 * | x/ hash | where a transaction of the EVM lane is |
 * | v/ batch | what a closed batch posts for the EVM lane |
 * | w/ index | a withdrawal from the EVM lane |
 * | u/ address/index | withdrawals of a sender or recipient |
 * | n/ hash | node of the state trie (bytes) |
 * | y/ hash | code of a contract (bytes) |
 * | p/ batch | a closed batch was taken from L1's data alone |
 * | i/ number | signature of a block's proposer (bytes) |
 * | j/ batch | signature of who closed a batch (bytes) |
 * | z/ | what a validator signed and found (node/validator/historyKeys.ts); it outlives every chain in the database |
 */
export const keys = {
  head: 'm/head',
  base: 'm/base',
  import: 'm/import',
  /** Block before a batch of L1's that is being written. */
  unfinished: 'm/unfinished',
  /** Which states pruning left. */
  states: 'm/states',
  meta: (name: string): string => `m/x/${name}`,
  block: (number: bigint): string => `b/${hex(number, 16)}`,
  blockHash: (hash: bigint): string => `h/${hex(hash, 64)}`,
  batch: (number: number): string => `c/${hex(number, 16)}`,
  summary: (number: number): string => `s/${hex(number, 16)}`,
  account: (index: number): string => `a/${hex(index, 6)}`,
  tx: (hash: bigint): string => `t/${hex(hash, 64)}`,
  queueItem: (index: bigint): string => `q/${hex(index, 16)}`,
  byKey: (key: Point, index: number): string => `${keyPrefix(key)}${hex(index, 6)}`,
  byAddress: (address: bigint, index: number): string => `${addressPrefix(address)}${hex(index, 6)}`,
  origin: (index: number): string => `o/${hex(index, 6)}`,
  claim: (channel: number, at: { block: bigint; position: number; op: number }): string =>
    `${claimPrefix(channel)}${txOf(at)}${hex(at.op, 2)}`,
  header: (number: bigint): string => `g/${hex(number, 16)}`,
  evmBlock: (number: bigint): string => `e/${hex(number, 16)}`,
  receipts: (number: bigint): string => `r/${hex(number, 16)}`,
  bloom: (number: bigint): string => `f/${hex(number, 16)}`,
  evmTx: (hash: Hex): string => `x/${hash.slice(2)}`,
  withdrawal: (index: bigint): string => `w/${hex(index, 16)}`,
  withdrawalOf: (address: Hex, index: bigint): string => `u/${address}/${hex(index, 16)}`,
  evmBatch: (number: number): string => `v/${hex(number, 16)}`,
  posted: (number: number): string => `p/${hex(number, 16)}`,
  blockSignature: (number: bigint): string => `i/${hex(number, 16)}`,
  closeSignature: (batch: number): string => `j/${hex(batch, 16)}`,
} as const;

export const ranges = {
  accounts: prefixRange('a/'),
  /** Batch summaries `from` … `to`, both inclusive. */
  summaries: (from: number, to: number) => ({ gte: keys.summary(from), lt: keys.summary(to + 1) }),
  byKey: (key: Point) => prefixRange(keyPrefix(key)),
  byAddress: (address: bigint) => prefixRange(addressPrefix(address)),
  withdrawalsOf: (address: Hex) => prefixRange(`u/${address.toLowerCase()}/`),
  origins: prefixRange('o/'),
  /** Below a block, below a batch. */
  blockSignatures: (below: bigint) => ({ gte: 'i/', lt: keys.blockSignature(below) }),
  closeSignatures: (below: number) => ({ gte: 'j/', lt: keys.closeSignature(below) }),
  claims: (channel: number) => prefixRange(claimPrefix(channel)),
  /** Claims of one transaction. */
  claimsAt: (channel: number, at: { block: bigint; position: number }) =>
    prefixRange(`${claimPrefix(channel)}${txOf(at)}`),
} as const;

/** The account index a directory key ends with. */
export function indexOfKey(key: string): number {
  return Number.parseInt(key.slice(-6), 16);
}

function keyPrefix([x, y]: Point): string {
  return `k/${hex(x, 64)}/${hex(y, 64)}/`;
}

function txOf({ block, position }: { block: bigint; position: number }): string {
  return `${hex(block, 16)}/${hex(position, 8)}/`;
}

function claimPrefix(channel: number): string {
  return `l/${hex(channel, 6)}/`;
}

function addressPrefix(address: bigint): string {
  return `d/${hex(address, 40)}/`;
}

function hex(value: bigint | number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
