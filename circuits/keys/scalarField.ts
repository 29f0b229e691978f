import { R_BN254 } from './r1cs.ts';

/** Adicity of the scalar field: 2^28 divides r − 1. */
const TWO_ADICITY = 28;

export function mod(x: bigint): bigint {
  const m = x % R_BN254;
  return m < 0n ? m + R_BN254 : m;
}

export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let b = mod(base), e = exponent; e > 0n; e >>= 1n, b = (b * b) % R_BN254) {
    if (e & 1n) result = (result * b) % R_BN254;
  }
  return result;
}

export function inverse(x: bigint): bigint {
  return power(x, R_BN254 - 2n);
}

/** The 2^bits-th root of unity snarkjs uses: powers of 5, the smallest non-residue. */
export function rootOfUnity(bits: number): bigint {
  const root = power(5n, (R_BN254 - 1n) >> BigInt(TWO_ADICITY));
  return power(root, 1n << BigInt(TWO_ADICITY - bits));
}

/** log2 of the evaluation domain snarkjs chooses: the least power of two above constraints + public signals. */
export function domainBits(constraints: number, publicSignals: number): number {
  return Math.floor(Math.log2(constraints + publicSignals)) + 1;
}
