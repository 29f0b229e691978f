import { expect } from 'vitest';
import type { OpenBatch } from '../openBatch.ts';
import { expectCode } from './expectCode.ts';

/** A refused operation must leave the batch as it was. */
export function expectRefused(batch: OpenBatch, code: string, act: () => unknown): void {
  const before = { counts: batch.counts, root: batch.previewRoot() };
  expectCode(code, act);
  expect({ counts: batch.counts, root: batch.previewRoot() }).toEqual(before);
}
