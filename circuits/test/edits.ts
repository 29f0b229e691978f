/** Edits of a batch's words, and new signatures over them. */

import { sign } from '../../protocol/crypto/eddsa.ts';
import { poseidon } from '../../protocol/crypto/poseidon.ts';
import { R_FIELD } from '../../protocol/field.ts';
import type { Actor } from '../../protocol/testing/actors.ts';
import type { BatchInputs } from './forge.ts';
import type { Scenario } from './scenario.ts';

const OFFSET = { opcode: 0n, flags: 8n, from: 16n, to: 48n, amount: 80n, fee: 176n } as const;
const WIDTH = { opcode: 8n, flags: 8n, from: 32n, to: 32n, amount: 96n, fee: 64n } as const;
const L1_OFFSET = { opcode: 0n, flags: 8n, index: 16n, token: 48n, amount: 64n } as const;
const L1_WIDTH = { opcode: 8n, flags: 8n, index: 32n, token: 16n, amount: 96n } as const;

function put(word: bigint, offset: bigint, width: bigint, value: bigint): bigint {
  const mask = ((1n << width) - 1n) << offset;
  return (word & ~mask) | (value << offset);
}

export function setOp(inputs: BatchInputs, i: number, fields: Partial<Record<keyof typeof OFFSET, bigint>>): void {
  const words = inputs.ops[i] ?? [];
  for (const [name, value] of Object.entries(fields) as [keyof typeof OFFSET, bigint][]) {
    words[0] = put(words[0] ?? 0n, OFFSET[name], WIDTH[name], value);
  }
}

export function setL1(inputs: BatchInputs, i: number, fields: Partial<Record<keyof typeof L1_OFFSET, bigint>>): void {
  const words = inputs.l1[i] ?? [];
  for (const [name, value] of Object.entries(fields) as [keyof typeof L1_OFFSET, bigint][]) {
    words[0] = put(words[0] ?? 0n, L1_OFFSET[name], L1_WIDTH[name], value);
  }
}

/** Signs slot `s` again over ops `first … last` as they stand in the inputs, so that the signature is not what fails. */
export function resign(inputs: BatchInputs, s: number, who: Actor, first: number, last: number): void {
  let chain: bigint = inputs.header[0] ?? 0n;
  for (let i = first; i <= last; i++) {
    const [w0 = 0n, w1 = 0n, w2 = 0n, w3 = 0n] = inputs.ops[i] ?? [];
    const isAssigned = [2n, 4n, 5n].includes(w0 & 255n);
    chain = poseidon([chain, isAssigned ? put(w0, 48n, 32n, 0n) : w0, w1, w2, w3].map((w) => w % R_FIELD));
  }
  inputs.sigChain[s] = chain;
  const signerAndNonce = (inputs.sigSigner[s] ?? 0n) + ((inputs.sigNonce[s] ?? 0n) << 32n);
  putSignature(inputs, s, who, [chain, signerAndNonce, inputs.sigValidUntil[s] ?? 0n, inputs.header[0] ?? 0n]);
}

/** Lets `who`, the key of account `signer`, sign slot `s` in place of whoever did, at nonce `nonce`. */
export function signAs(
  inputs: BatchInputs,
  s: number,
  by: { who: Actor; signer: number; nonce?: bigint },
  [first, last]: readonly [number, number],
): void {
  inputs.sigSigner[s] = BigInt(by.signer);
  inputs.sigNonce[s] = by.nonce ?? 0n;
  inputs.sigAx[s] = by.who.key[0];
  inputs.sigAy[s] = by.who.key[1];
  resign(inputs, s, by.who, first, last);
}

/** Signs the voucher of slot `s` again, as it stands in the inputs. */
export function revouch(inputs: BatchInputs, s: number, who: Actor, domain: bigint = inputs.header[0] ?? 0n): void {
  const first = poseidon([domain, 1n]);
  putSignature(inputs, s, who, [first, inputs.sigSigner[s], inputs.sigTotal[s], inputs.sigReceipts[s]]);
}

function putSignature(inputs: BatchInputs, s: number, who: Actor, words: readonly (bigint | undefined)[]): void {
  const message = poseidon(words.map((word) => (word ?? 0n) % R_FIELD));
  const signature = sign(who.seed, message);
  inputs.sigR8x[s] = signature.r8[0];
  inputs.sigR8y[s] = signature.r8[1];
  inputs.sigS[s] = signature.s;
}

/** A forged batch that breaks one rule; `rule` matches the signals of a constraint of that rule. */
export interface Attack {
  readonly name: string;
  readonly rule: RegExp;
  readonly edit: (inputs: BatchInputs) => void;
  readonly start?: () => Scenario;
  /** false: keep roots and paths as they are after the edit (the edit is about them). */
  readonly settle?: boolean;
}

/** The inputs that describe the account slots, one list a field: to move, swap or copy whole slots. */
export function slotColumns(x: BatchInputs): bigint[][] {
  const state = [x.balance, x.claimed, x.claimedEnd, x.nonce, x.token, x.kind];
  return [x.index, ...state, x.a, x.b, x.cc, x.oldLive, x.born, x.birth];
}
