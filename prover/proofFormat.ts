import type { Groth16Proof } from '../chain/types.ts';
import { ProverError } from './errors.ts';

/** snarkjs's JSON: projective coordinates as decimal strings, the third one 1. */
export interface SnarkjsProof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
}

/**
 * A proof as the Solidity verifier takes it. The precompile wants the imaginary part of a G2 coordinate first, snarkjs writes the
 * real part first: each pair of `b` is swapped.
 * @throws ProverError PROVE_FAILED if it is not such a proof
 */
export function solidityProof(proof: SnarkjsProof): Groth16Proof {
  const [bx, by] = proof.pi_b;
  return { a: pair(proof.pi_a), b: [swapped(pair(bx)), swapped(pair(by))], c: pair(proof.pi_c) };
}

/** The inverse, for verifying with snarkjs. */
export function snarkjsProof(proof: Groth16Proof): SnarkjsProof & { protocol: 'groth16'; curve: 'bn128' } {
  const g1 = ([x, y]: [bigint, bigint]): string[] => [x.toString(), y.toString(), '1'];
  const g2 = ([im, re]: [bigint, bigint]): string[] => [re.toString(), im.toString()];
  return {
    pi_a: g1(proof.a),
    pi_b: [g2(proof.b[0]), g2(proof.b[1]), ['1', '0']],
    pi_c: g1(proof.c),
    protocol: 'groth16',
    curve: 'bn128',
  };
}

/** @throws ProverError PROVE_FAILED unless there are exactly the batch circuit's three */
export function threeSignals(signals: readonly string[]): readonly [bigint, bigint, bigint] {
  const [c, r, y] = signals;
  if (c === undefined || r === undefined || y === undefined || signals.length !== 3) {
    throw new ProverError('PROVE_FAILED', { publicSignals: signals.length });
  }
  return [BigInt(c), BigInt(r), BigInt(y)];
}

function pair(coordinates: readonly string[] | undefined): [bigint, bigint] {
  const [x, y] = coordinates ?? [];
  if (x === undefined || y === undefined) throw new ProverError('PROVE_FAILED', { proof: 'malformed' });
  return [BigInt(x), BigInt(y)];
}

function swapped([x, y]: [bigint, bigint]): [bigint, bigint] {
  return [y, x];
}
