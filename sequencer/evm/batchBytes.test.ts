import { expect, it } from 'vitest';
import { SHAPES } from '../../protocol/shapes.ts';
import { evmBytesBeside } from './batchBytes.ts';

const SHAPE_NAMES = ['small', 'dev', 'medium', 'large'] as const;
/** What Ethereum's nodes take in one transaction. */
const L1_TX_BYTES = 131_072;
/** Selector, words, offsets and lengths of the call, and the transaction around it. */
const CALL_BYTES = 4 + 11 * 32 + 4 * 32 + 2 * 31 + 200;

it.each(SHAPE_NAMES)('the fullest batch of the shape %s is one transaction on L1', (name) => {
  const { L, N, E } = SHAPES[name];
  const body = L * 128 + E * 64 + N * 126;
  expect(evmBytesBeside(SHAPES[name], 120_000) + body + CALL_BYTES).toBeLessThanOrEqual(L1_TX_BYTES);
});

it('shapes whose ledger part fits beside them anyway leave the bytes as they are', () => {
  expect(evmBytesBeside(SHAPES.dev, 120_000)).toBe(120_000);
  expect(evmBytesBeside(SHAPES.medium, 1_000_000)).toBe(1_000_000);
  expect(evmBytesBeside(SHAPES.large, 16_384)).toBe(16_384);
});
