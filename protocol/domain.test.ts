import { encodePacked, keccak256 } from 'viem';
import { expect, test } from 'vitest';
import { computeDomain } from './domain.ts';
import { expectCode } from './testing/expectCode.ts';

const parts = { l1ChainId: (1n << 255n) + 1n, rollup: 0x5fbdb2315678afecb367f032d93f642f64180aa3n, l2ChainId: 7001n };

test('the domain hashes all three parts at full width, as Solidity packs them', () => {
  const packed = encodePacked(['uint256', 'uint160', 'uint256'], [parts.l1ChainId, parts.rollup, parts.l2ChainId]);
  expect(computeDomain(parts)).toBe(BigInt(keccak256(packed)) % (1n << 248n));
});

test('chain ids that agree in their low bits have different domains', () => {
  expect(computeDomain(parts)).not.toBe(computeDomain({ ...parts, l1ChainId: 1n }));
  expect(computeDomain(parts)).not.toBe(computeDomain({ ...parts, l2ChainId: 7001n + (1n << 64n) }));
});

test('parts out of range → INVALID_ARGUMENT', () => {
  expectCode('INVALID_ARGUMENT', () => computeDomain({ ...parts, rollup: 1n << 160n }));
  expectCode('INVALID_ARGUMENT', () => computeDomain({ ...parts, rollup: 0n }));
  expectCode('INVALID_ARGUMENT', () => computeDomain({ ...parts, l1ChainId: 1n << 256n }));
});
