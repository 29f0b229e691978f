/**
 * Forged inputs of the batch circuit: a test edits the inputs of an honest batch the way a malicious sequencer would, and everything that
 * the forger can make consistent is made consistent here (roots, paths, commitment, challenge), so that only the broken rule is left.
 */

import { leafHash } from '../../protocol/account.ts';
import { evaluateAt, spongeCommitment } from '../../protocol/commitment.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { R_FIELD } from '../../protocol/field.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import type { ClosedBatch, Field, Shape } from '../../protocol/types.ts';
import { batchInput } from '../input.ts';
import { sharedLevels } from '../sharedLevels.ts';

/** The inputs of the batch circuit, open to edits. */
export interface BatchInputs {
  c: bigint;
  r: bigint;
  y: bigint;
  header: bigint[];
  l1: bigint[][];
  exits: bigint[][];
  ops: bigint[][];
  index: bigint[];
  balance: bigint[];
  claimed: bigint[];
  nonce: bigint[];
  token: bigint[];
  kind: bigint[];
  a: bigint[];
  b: bigint[];
  cc: bigint[];
  oldLive: bigint[];
  born: bigint[];
  birth: bigint[];
  claimedEnd: bigint[];
  children: bigint[][][];
  subroots: bigint[];
  sigEnabled: bigint[];
  sigVoucher: bigint[];
  sigSigner: bigint[];
  sigNonce: bigint[];
  sigValidUntil: bigint[];
  sigChain: bigint[];
  sigChannel: bigint[];
  sigTotal: bigint[];
  sigReceipts: bigint[];
  sigClaimed: bigint[];
  sigRoyalty: bigint[];
  sigAx: bigint[];
  sigAy: bigint[];
  sigR8x: bigint[];
  sigR8y: bigint[];
  sigS: bigint[];
  laneToken: bigint[];
  exitUsed: bigint[];
}

export function inputsOf(closed: ClosedBatch): BatchInputs {
  // batchInput's record holds exactly these names: the circuit's own check of its inputs would notice otherwise.
  return structuredClone(batchInput(closed)) as unknown as BatchInputs;
}

const mod = (x: bigint): bigint => ((x % R_FIELD) + R_FIELD) % R_FIELD;
const bits = (word: bigint, from: bigint, width: bigint): bigint => (word >> from) & ((1n << width) - 1n);

/** A sparse tree of raw leaf hashes; unlike AccountTree it holds whatever a forger likes. */
class RawTree {
  readonly #levels: Map<number, bigint>[] = Array.from({ length: 9 }, () => new Map<number, bigint>());
  readonly #empty: bigint[] = [0n];

  constructor(tree: AccountTree) {
    for (let d = 0; d < 8; d++) this.#empty.push(poseidon(new Array<bigint>(8).fill(this.#empty[d] ?? 0n)));
    for (const [index, account] of tree.entries()) this.write(index, leafHash(account));
  }

  /** The paths' lower `levels`. */
  children(index: number, levels: number): bigint[][] {
    return Array.from({ length: levels }, (_, d) => {
      const first = Math.floor(index / 8 ** (d + 1)) * 8;
      return Array.from({ length: 8 }, (_, k) => this.#node(d, first + k));
    });
  }

  write(index: number, leaf: bigint): void {
    this.#levels[0]?.set(index, leaf);
    for (let d = 0; d < 8; d++) {
      const parent = Math.floor(index / 8 ** (d + 1));
      this.#levels[d + 1]?.set(parent, poseidon(Array.from({ length: 8 }, (_, k) => this.#node(d, parent * 8 + k))));
    }
  }

  /** All nodes at a height. */
  nodes(height: number): bigint[] {
    return Array.from({ length: 8 ** (8 - height) }, (_, i) => this.#node(height, i));
  }

  get root(): bigint {
    return this.#node(8, 0);
  }

  #node(level: number, at: number): bigint {
    return this.#levels[level]?.get(at) ?? this.#empty[level] ?? 0n;
  }
}

/** Balances and nonces after the batch as the circuit's arithmetic yields them, no rule applied. */
function simulate(inputs: BatchInputs): { balances: bigint[]; nonces: bigint[] } {
  const slotOf = (index: bigint): number => inputs.index.indexOf(index);
  const balances = [...inputs.balance];
  const add = (slot: number, amount: bigint): void => {
    if (slot >= 0) balances[slot] = mod((balances[slot] ?? 0n) + amount);
  };
  for (const [w0 = 0n] of inputs.l1) {
    const opcode = bits(w0, 0n, 8n);
    const isVoid = bits(w0, 8n, 1n) === 1n;
    const amount = bits(w0, 64n, 96n);
    if (opcode === 0n) continue;
    const slot = slotOf(bits(w0, 16n, 24n));
    if (opcode === 3n) add(slot, -amount);
    else if (opcode === 1n || !isVoid) add(slot, amount);
  }
  const lanes = Array.from({ length: 4 }, (_, k) => bits(inputs.header[6] ?? 0n, 32n * BigInt(k), 32n));
  const fees = [0n, 0n, 0n, 0n];
  for (const [w0 = 0n, , , p3 = 0n] of inputs.ops) {
    const opcode = bits(w0, 0n, 8n);
    if (opcode === 0n) continue;
    const from = slotOf(bits(w0, 16n, 32n));
    const amount = bits(w0, 80n, 96n);
    const fee = bits(w0, 176n, 64n);
    add(from, -(amount + fee + (opcode === 6n ? p3 : 0n)));
    if (opcode !== 3n) add(slotOf(bits(w0, 48n, 32n)), amount);
    const lane = lanes.findIndex((index, k) => index !== 0n && inputs.laneToken[k] === inputs.token[from]);
    if (lane >= 0) fees[lane] = (fees[lane] ?? 0n) + fee;
  }
  inputs.sigChannel.forEach((channel, s) => {
    const model = bits(channel, 24n, 24n);
    if (model !== 0n) add(slotOf(model), inputs.sigRoyalty[s] ?? 0n);
  });
  lanes.forEach((index, k) => {
    if (index !== 0n) add(slotOf(index), fees[k] ?? 0n);
  });
  const nonces = inputs.nonce.map((nonce, j) =>
    mod(nonce + BigInt(inputs.sigSigner.filter((s, k) => s === inputs.index[j] && inputs.sigEnabled[k] === 1n).length)),
  );
  return { balances, nonces };
}

/** Recomputes roots, paths, C, r and y from the edited words and slots. `tree` is the state before the batch. */
export function settle(inputs: BatchInputs, tree: AccountTree, shape: Shape): BatchInputs {
  const raw = new RawTree(tree);
  const { balances, nonces } = simulate(inputs);
  const levels = 8 - sharedLevels(shape.A);
  inputs.header[1] = raw.root;
  inputs.subroots = raw.nodes(levels);
  inputs.index.forEach((index, j) => {
    inputs.children[j] = raw.children(Number(index), levels);
    if (inputs.oldLive[j] === 0n && inputs.born[j] === 0n) return;
    const state =
      (balances[j] ?? 0n) +
      ((inputs.claimedEnd[j] ?? 0n) << 96n) +
      ((nonces[j] ?? 0n) << 192n) +
      ((inputs.token[j] ?? 0n) << 224n) +
      ((inputs.kind[j] ?? 0n) << 240n);
    raw.write(Number(index), poseidon([mod(state), inputs.a[j] ?? 0n, inputs.b[j] ?? 0n, inputs.cc[j] ?? 0n]));
  });
  inputs.header[2] = raw.root;
  return bind(inputs, shape);
}

/** Recomputes C, r and y only. */
export function bind(inputs: BatchInputs, shape: Shape): BatchInputs {
  const words = [inputs.header, ...inputs.l1, ...inputs.exits, ...inputs.ops].flat().map(mod) as Field[];
  const c = spongeCommitment(words, shape);
  // Any value that depends on C serves here: what L1 hashes beside C is a matter of the contract's tests.
  const r = (keccak256(new TextEncoder().encode(c.toString())) & ((1n << 248n) - 1n)) as Field;
  inputs.c = c;
  inputs.r = r;
  inputs.y = evaluateAt(words, r);
  return inputs;
}
