/** Circuit inputs from executed batches and account proofs. Signal names and shapes: circuits/batch.circom, circuits/accountProof.circom. */
import { packState, unpackChannel } from '../protocol/account.ts';
import { BASE8 } from '../protocol/crypto/babyjub.ts';
import { poseidon } from '../protocol/crypto/poseidon.ts';
import { shape } from '../protocol/shapes.ts';
import { messageChain } from '../protocol/tx.ts';
import {
  type Account,
  type AccountIndex,
  type AccountSlot,
  type ClosedBatch,
  type Field,
  type Op,
  Opcode,
  type Signature,
} from '../protocol/types.ts';
import { sharedLevels } from './sharedLevels.ts';

/** A signal of a circuit: a field element, or (nested) arrays of them. */
export type CircuitInput = bigint | readonly CircuitInput[];
export type CircuitInputs = Readonly<Record<string, CircuitInput>>;

const NOT_LIVE = 65535;

const chunk = (words: readonly bigint[], size: number): bigint[][] => {
  const rows: bigint[][] = [];
  for (let i = 0; i < words.length; i += size) rows.push(words.slice(i, i + size));
  return rows;
};

/**
 * Inputs of the batch circuit of the batch's shape; `shared`: the tree levels that its slots share (measurements and tests vary it). The witness is complete: every private input is derived from the closed batch.
 * Source: docs/protocol.md sections 3 and 4.
 */
export function batchInput(closed: ClosedBatch, shared = sharedLevels(shape(closed.batch.shape).A)): CircuitInputs {
  const { batch, commitment, slots } = closed;
  const { L, N, S, E } = shape(batch.shape);
  const { words } = commitment;
  const l1Start = 10;
  const exitStart = l1Start + 4 * L;
  const opStart = exitStart + 2 * E;
  return {
    c: commitment.c,
    r: commitment.r,
    y: commitment.y,
    header: words.slice(0, l1Start),
    l1: chunk(words.slice(l1Start, exitStart), 4),
    exits: chunk(words.slice(exitStart, opStart), 2),
    ops: chunk(words.slice(opStart, opStart + 4 * N), 4),
    ...slotInputs(slots, shared),
    subroots: shared === 2 ? closed.subroots : chunk(closed.subroots, 8).map((group) => poseidon(group)),
    ...signatureInputs(closed, S),
    exitUsed: Array.from({ length: E }, (_, e) => (e < closed.exits.length ? 1n : 0n)),
    laneToken: batch.feeAccounts.map((lane) => BigInt(accountAt(slots, lane)?.token ?? 0)),
  };
}

function accountAt(slots: readonly AccountSlot[], index: AccountIndex): Account | undefined {
  return index === 0 ? undefined : slots.find((slot) => slot.index === index)?.after;
}

function slotInputs(slots: readonly AccountSlot[], shared: number): CircuitInputs {
  // kind, token, a, b, c never change, so the leaf after the batch gives them; for an empty leaf they are 0.
  const fixed = (pick: (account: Account) => bigint): bigint[] =>
    slots.map(({ after }) => (after === undefined ? 0n : pick(after)));
  const before = (pick: (account: Account) => bigint): bigint[] =>
    slots.map((slot) => (slot.before === undefined ? 0n : pick(slot.before)));
  const isBorn = (slot: AccountSlot): boolean => slot.birth !== 0 && slot.birth !== NOT_LIVE;
  return {
    index: slots.map((slot) => BigInt(slot.index)),
    balance: before((account) => account.balance),
    claimed: before((account) => account.claimed),
    nonce: before((account) => BigInt(account.nonce)),
    token: fixed((account) => BigInt(account.token)),
    kind: fixed((account) => BigInt(account.kind)),
    a: fixed((account) => account.a),
    b: fixed((account) => account.b),
    cc: fixed((account) => account.c),
    oldLive: slots.map((slot) => (slot.before === undefined ? 0n : 1n)),
    born: slots.map((slot) => (isBorn(slot) ? 1n : 0n)),
    birth: slots.map((slot) => (isBorn(slot) ? BigInt(slot.birth) : 0n)),
    claimedEnd: slots.map(({ after }) => after?.claimed ?? 0n),
    children: slots.map((slot) => slot.children.slice(0, 8 - shared)),
  };
}

/** One signature slot's inputs, in the names of circuits/batch.circom. */
type SignatureInput = Record<(typeof SIGNATURE_INPUTS)[number], bigint>;
const SIGNATURE_INPUTS = [
  'sigEnabled',
  'sigVoucher',
  'sigSigner',
  'sigNonce',
  'sigValidUntil',
  'sigChain',
  'sigChannel',
  'sigTotal',
  'sigReceipts',
  'sigClaimed',
  'sigRoyalty',
  'sigAx',
  'sigAy',
  'sigR8x',
  'sigR8y',
  'sigS',
] as const;

/** Slots are taken in the order of the ops: a CLAIM's voucher, then the transaction that an op closes. */
function signatureInputs({ batch, slots }: ClosedBatch, S: number): CircuitInputs {
  // A padding slot says nothing, but its points must be on the curve.
  const padding: SignatureInput = {
    sigEnabled: 0n,
    sigVoucher: 0n,
    sigSigner: 0n,
    sigNonce: 0n,
    sigValidUntil: BigInt(batch.timestamp),
    sigChain: 0n,
    sigChannel: 0n,
    sigTotal: 0n,
    sigReceipts: 0n,
    sigClaimed: 0n,
    sigRoyalty: 0n,
    sigAx: BASE8[0],
    sigAy: BASE8[1],
    sigR8x: 0n,
    sigR8y: 1n,
    sigS: 0n,
  };
  const signedBy = (index: AccountIndex, { r8, s }: Signature): SignatureInput => {
    const account = accountAt(slots, index);
    const key = { sigAx: account?.a ?? 0n, sigAy: account?.b ?? 0n };
    return { ...padding, ...key, sigEnabled: 1n, sigSigner: BigInt(index), sigR8x: r8[0], sigR8y: r8[1], sigS: s };
  };
  const channels = new Map<AccountIndex, { nonce: number; claimed: bigint }>();
  const voucher = (op: Op, signature: Signature): SignatureInput => {
    const before = slots.find((slot) => slot.index === op.from)?.before;
    const { nonce, claimed } = channels.get(op.from) ?? before ?? { nonce: 0, claimed: 0n };
    const [sigTotal = 0n, sigReceipts = 0n, sigRoyalty = 0n] = op.payload;
    channels.set(op.from, { nonce: nonce + 1, claimed: sigTotal });
    const slot = signedBy(op.from, signature);
    const { provider, model } = unpackChannel(accountAt(slots, op.from)?.c ?? 0n);
    const sigChannel = BigInt(provider) | (BigInt(model) << 24n);
    const said = { sigNonce: BigInt(nonce), sigChannel, sigTotal, sigReceipts, sigClaimed: claimed, sigRoyalty };
    return { ...slot, ...said, sigVoucher: 1n };
  };
  const used = batch.txs.flatMap((tx) => {
    const claims = tx.ops.filter((op) => op.opcode === Opcode.CLAIM);
    const slot = signedBy(tx.signer, tx.signature);
    const said = { sigNonce: BigInt(tx.nonce), sigValidUntil: BigInt(tx.validUntil) };
    const vouchers = tx.vouchers.map((signature, v) => voucher(claims[v] as Op, signature));
    return [...vouchers, { ...slot, ...said, sigChain: messageChain(tx, batch.domain) }];
  });
  const rows = Array.from({ length: S }, (_, s) => used[s] ?? padding);
  return Object.fromEntries(SIGNATURE_INPUTS.map((name) => [name, rows.map((row) => row[name])]));
}

/** Inputs of the account-proof circuit: that `account` is the leaf at `index` under `root`. `children[level][0…7]`, level 0 next to the leaf. */
export function accountProofInput(proof: {
  readonly root: Field;
  readonly index: AccountIndex;
  readonly account: Account;
  readonly children: readonly (readonly Field[])[];
}): CircuitInputs {
  return {
    root: proof.root,
    index: BigInt(proof.index),
    state: packState(proof.account),
    a: proof.account.a,
    b: proof.account.b,
    c: proof.account.c,
    children: proof.children,
  };
}
