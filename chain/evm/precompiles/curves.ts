import { EVMError, NobleBLS, NobleBN254 } from '@ethereumjs/evm';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bn254 } from '@noble/curves/bn254.js';
import { bigintToBytes, bytesToBigint } from '../../../protocol/bytes.ts';

/** Ethereum's own curve precompiles where EthereumJS takes many times what the gas is worth; the answers are the same. */

const WORD = 32;
/** A coordinate of BLS12-381 on the wire. */
const PADDED = 64;

const isInfinity = (input: Uint8Array): boolean => input.every((byte) => byte === 0);

/** Scalars are public here: EthereumJS multiplies in constant time, which takes longer. */
export class FastBn254 extends NobleBN254 {
  /** @throws EVMError for a point that is none */
  override mul(input: Uint8Array): Uint8Array {
    if (isInfinity(input.subarray(0, 2 * WORD))) return new Uint8Array(2 * WORD);
    const [x, y] = [bytesToBigint(input.subarray(0, WORD)), bytesToBigint(input.subarray(WORD, 2 * WORD))];
    const { Fp, Fr } = bn254.fields;
    const isPoint = x < Fp.ORDER && y < Fp.ORDER && Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 3n));
    if (!isPoint) throw invalid();
    const scalar = bytesToBigint(input.subarray(2 * WORD, 3 * WORD)) % Fr.ORDER;
    const product = bn254.G1.Point.fromAffine({ x, y }).multiplyUnsafe(scalar).toAffine();
    return concat([product.x, product.y], WORD);
  }
}

/** Additions without the subgroup check, which EIP-2537 does not ask for and EthereumJS makes in vain: 3 ms for 375 gas. */
export class FastBls extends NobleBLS {
  /** @throws EVMError for a point that is none */
  override addG1(input: Uint8Array): Uint8Array {
    const half = 2 * PADDED;
    const { x, y } = g1(input.subarray(0, half))
      .add(g1(input.subarray(half, 2 * half)))
      .toAffine();
    return concat([x, y], PADDED);
  }

  /** @throws EVMError for a point that is none */
  override addG2(input: Uint8Array): Uint8Array {
    const half = 4 * PADDED;
    const { x, y } = g2(input.subarray(0, half))
      .add(g2(input.subarray(half, 2 * half)))
      .toAffine();
    return concat([x.c0, x.c1, y.c0, y.c1], PADDED);
  }
}

function g1(input: Uint8Array) {
  if (isInfinity(input)) return bls12_381.G1.Point.ZERO;
  const { Fp } = bls12_381.fields;
  const [x, y] = [blsCoordinate(input, 0), blsCoordinate(input, 1)];
  if (!Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 4n))) throw invalid();
  return bls12_381.G1.Point.fromAffine({ x, y });
}

function g2(input: Uint8Array) {
  if (isInfinity(input)) return bls12_381.G2.Point.ZERO;
  const { Fp2 } = bls12_381.fields;
  const x = { c0: blsCoordinate(input, 0), c1: blsCoordinate(input, 1) };
  const y = { c0: blsCoordinate(input, 2), c1: blsCoordinate(input, 3) };
  if (!Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), { c0: 4n, c1: 4n }))) throw invalid();
  return bls12_381.G2.Point.fromAffine({ x, y });
}

function blsCoordinate(input: Uint8Array, at: number): bigint {
  const value = bytesToBigint(input.subarray(PADDED * at, PADDED * (at + 1)));
  if (value >= bls12_381.fields.Fp.ORDER) throw invalid();
  return value;
}

function concat(values: readonly bigint[], size: number): Uint8Array {
  const bytes = new Uint8Array(size * values.length);
  values.forEach((value, i) => {
    bytes.set(bigintToBytes(value, size), size * i);
  });
  return bytes;
}

/** Which error it is makes no difference: all gas of the call is gone. */
function invalid(): EVMError {
  return new EVMError(EVMError.errorMessages.BLS_12_381_POINT_NOT_ON_CURVE);
}
