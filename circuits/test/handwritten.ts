/** Trees written by hand, whatever the ledger’s own operations would allow to exist, and batches on them proven in shape `small`. */
import { packAttestation, packChannel } from '../../protocol/account.ts';
import type { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import {
  type Account,
  type AttestationTerms,
  type ChannelTerms,
  type Field,
  Kind,
  type L1Op,
  Subtype,
} from '../../protocol/types.ts';
import { batchSource } from '../build/circuits.ts';
import { TestCircuit } from './harness.ts';
import { expectProvable } from './provable.ts';
import { type alice, at, BPS, carol, close, EXPIRY, openBatch } from './scenario.ts';

let circuit: Promise<TestCircuit> | undefined;

/** Compiled once (cached by content). */
export function smallCircuit(): Promise<TestCircuit> {
  circuit ??= TestCircuit.compile(batchSource(SHAPES.small));
  return circuit;
}

export const LAST_INDEX = 2 ** 24 - 1;
export const LAST_SECOND = 2 ** 40 - 1;
export const LAST_NONCE = 2 ** 32 - 1;
export const MOST = 2n ** 96n - 1n;

/** Runs a batch on the tree and proves it. The tree is at the new root afterwards. */
export async function prove(tree: AccountTree, act: (batch: OpenBatch) => void, timestamp?: number): Promise<void> {
  const batch = openBatch(tree, SHAPES.small, timestamp);
  act(batch);
  await expectProvable(await smallCircuit(), close(batch));
}

export const look = (tree: AccountTree, index: number): Account | undefined => tree.get(at(index));
export const balances = (tree: AccountTree, ...indices: number[]): (bigint | undefined)[] =>
  indices.map((index) => look(tree, index)?.balance);

/** Changes an account of the tree; whatever the ledger's own operations would allow to exist. */
export function change(tree: AccountTree, index: number, parts: Partial<Account>): void {
  const account = look(tree, index);
  if (account === undefined) throw new RangeError(`no account at ${index}`);
  tree.set(at(index), { ...account, ...parts });
}

/** A channel from Alice to Bob without a model, vouchers signed by Carol; `terms` and `state` change that. */
export function putChannel(
  tree: AccountTree,
  index: number,
  terms: Partial<ChannelTerms> = {},
  state: Partial<Account> = {},
): void {
  const c = packChannel({ provider: at(2), payer: at(1), model: at(0), expiry: EXPIRY, ...terms });
  const empty = { kind: Kind.CHANNEL, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: carol.key[0], b: carol.key[1], c, ...state });
}

/** A model of Bob's. */
export function putModel(
  tree: AccountTree,
  index: number,
  terms: Partial<AttestationTerms> = {},
  state: Partial<Account> = {},
): void {
  const c = packAttestation({ owner: at(2), parent: at(0), royaltyBps: 0, subtype: Subtype.MODEL, ...terms });
  const empty = { kind: Kind.ATTEST, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: 88n as Field, b: 0n as Field, c, ...state });
}

export function putKey(tree: AccountTree, index: number, who: typeof alice, state: Partial<Account> = {}): void {
  const empty = { kind: Kind.KEY, token: 0, nonce: 0, balance: 0n, claimed: 0n } as const;
  tree.set(at(index), { ...empty, a: who.key[0], b: who.key[1], c: who.address as Field, ...state });
}

export const force = (batch: OpenBatch, index: number, address: bigint): L1Op =>
  batch.applyL1({ opcode: 3, index: at(index), address });

export const voucherKey = carol;
/** Of CHANNEL, which has paid 300 and holds 1000; its model earns BPS. */
export const modelled = { voucherKey, royaltyBps: BPS };
