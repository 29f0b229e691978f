/** What DataEscrow has ECRECOVER compute, in the node's implementation and in EthereumJS's: a scalar times a point. */
import { ecrecover } from '@ethereumjs/util';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, it } from 'vitest';
import { nativeCrypto } from '../../chain/evm/crypto.ts';
import { seededRandom } from '../../genesis/testing/random.ts';
import { bigintToBytes, bytesToBigint, bytesToHex } from '../../protocol/bytes.ts';

const { Point } = secp256k1;
const N = Point.Fn.ORDER;
const ZERO = new Uint8Array(32);
const random = seededRandom(7);
const scalarOf = () => (bytesToBigint(Uint8Array.from({ length: 32 }, () => random(256))) % (N - 1n)) + 1n;
const edges = [1n, 2n, 3n, N / 2n, N / 2n + 1n, N - 2n, N - 1n];
const cases = [...edges.flatMap((a) => edges.map((b) => [a, b] as const)), ...many(40)];

function many(count: number): (readonly [bigint, bigint])[] {
  return Array.from({ length: count }, () => [scalarOf(), scalarOf()] as const);
}

describe.each([
  ['the node', nativeCrypto.ecrecover ?? ecrecover],
  ['EthereumJS', ecrecover],
])('ECRECOVER of %s', (_name, recover) => {
  it('multiplies points, high signatures and all', () => {
    let high = 0;
    for (const [scalar, secret] of cases) {
      const point = Point.BASE.multiply(secret);
      const { x, y } = point.toAffine();
      const s = (scalar * x) % N;
      if (s > N / 2n) high += 1;
      const found = recover(ZERO, 27n + (y & 1n), bigintToBytes(x, 32), bigintToBytes(s, 32));
      expect(bytesToHex(found)).toBe(bytesToHex(point.multiply(scalar).toBytes(false).slice(1)));
    }
    expect(high).toBeGreaterThan(20);
  });

  it('has no result for s = 0', () => {
    const { x, y } = Point.BASE.toAffine();
    expect(() => recover(ZERO, 27n + (y & 1n), bigintToBytes(x, 32), ZERO)).toThrow();
  });
});
