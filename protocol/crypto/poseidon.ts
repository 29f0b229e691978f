import { ProtocolError } from '../errors.ts';
import { field, R_FIELD } from '../field.ts';
import type { Field } from '../types.ts';
import { derivePoseidonConstants, FULL_ROUNDS, MAX_ARITY, type PoseidonConstants } from './poseidonConstants.ts';

const cache: (PoseidonConstants | undefined)[] = [];

/** circomlib's Poseidon of 1 … 16 canonical inputs, initial state 0. */
export function poseidon(inputs: readonly bigint[]): Field {
  if (inputs.length < 1 || inputs.length > MAX_ARITY) {
    throw new ProtocolError('INVALID_ARGUMENT', { inputs: inputs.length });
  }
  const c = cache[inputs.length] ?? derivePoseidonConstants(inputs.length);
  cache[inputs.length] = c;
  let state: bigint[] = [0n, ...inputs.map(field)];
  c.roundConstants.forEach((row, round) => {
    const isFull = round < FULL_ROUNDS / 2 || round >= FULL_ROUNDS / 2 + c.partialRounds;
    const boxed = state.map((x, i) => {
      const y = (x + (row[i] ?? 0n)) % R_FIELD;
      if (!isFull && i > 0) return y;
      const y2 = (y * y) % R_FIELD;
      return (((y2 * y2) % R_FIELD) * y) % R_FIELD;
    });
    state = c.matrix.map((m) => boxed.reduce((sum, x, j) => sum + x * (m[j] ?? 0n), 0n) % R_FIELD);
  });
  return field(state[0] ?? 0n);
}

/** Hashes `inputs.length / arity` nodes that lie one after the other. */
export function poseidonMany(arity: number, inputs: readonly bigint[]): Field[] {
  if (inputs.length % arity !== 0) throw new ProtocolError('INVALID_ARGUMENT', { inputs: inputs.length, arity });
  return Array.from({ length: inputs.length / arity }, (_, i) => poseidon(inputs.slice(i * arity, (i + 1) * arity)));
}
