import { describe, expect, it } from 'vitest';
import { ACCOUNT_LIMIT } from '../protocol/ids.ts';
import { actor, register, signed, transfer } from '../protocol/testing/actors.ts';
import { expectCode } from '../protocol/testing/expectCode.ts';
import { IndexAllocator } from './indexAllocator.ts';

const ALICE = actor(2);

describe('IndexAllocator', () => {
  it('gives the lowest free indices from 1 on, and the same again while they are free', () => {
    const live = new Set<number>([1, 2, 4]);
    const indices = new IndexAllocator({ isLive: (index) => live.has(index) });
    expect(indices.free(3)).toEqual([3, 5, 6]);
    expect(indices.free(1)).toEqual([3]);
    live.add(3);
    expect(indices.free(1)).toEqual([5]);
  });

  it('fills assigned indices in order and leaves everything else', () => {
    const indices = new IndexAllocator({ isLive: (index) => index === 1 || index === 2 });
    const ops = [register(2, 0, actor(5), 1n), transfer(2, 1, 1n), register(2, 0, actor(6), 1n)];
    const tx = signed(ALICE, { signer: 2, nonce: 0, ops });
    expect(indices.assign(tx).ops.map((op) => op.to)).toEqual([3, 1, 4]);
    const plain = signed(ALICE, { signer: 2, nonce: 0, ops: [transfer(2, 1, 1n)] });
    expect(indices.assign(plain)).toBe(plain);
  });

  it('says when the tree is full', () => {
    const indices = new IndexAllocator({ isLive: (index) => index !== ACCOUNT_LIMIT - 1 });
    expect(indices.free(1)).toEqual([ACCOUNT_LIMIT - 1]);
    expectCode('INDEX_OUT_OF_RANGE', () => indices.free(2));
  });
});
