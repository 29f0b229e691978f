import { describe, expect, it } from 'vitest';
import { ACCOUNT_LIMIT, accountIndex } from '../protocol/ids.ts';
import { actor, open, register, signed, transfer } from '../protocol/testing/actors.ts';
import { expectCode } from '../protocol/testing/expectCode.ts';
import { Kind } from '../protocol/types.ts';
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

  describe('for channels', () => {
    const channel = (provider: number) => open(2, 0, { provider, voucherKey: actor(9), amount: 1n });
    const opening = (...providers: number[]) =>
      signed(ALICE, { signer: 2, nonce: 0, ops: providers.map((provider) => channel(provider)) });
    const given = (indices: IndexAllocator, ...providers: number[]) =>
      indices.assign(opening(...providers)).ops.map((op) => op.to);

    it('keeps those of one provider under one node of the tree, each provider in its own', () => {
      const live = new Set<number>([1, 2, 3, 4]);
      const indices = new IndexAllocator({ isLive: (index) => live.has(index) });
      const first = given(indices, 3, 4, 3, 4);
      expect(first).toEqual([8, 16, 9, 17]);
      for (const index of first) live.add(index);
      expect(given(indices, 4, 3)).toEqual([18, 10]);
    });

    it('goes on in another group when one is full, and takes any index when no group is empty', () => {
      const live = new Set<number>([1, 8, 9, 10, 11, 12, 13, 14]);
      const indices = new IndexAllocator({ isLive: (index) => live.has(index) || index > 40 });
      expect(given(indices, 3)).toEqual([16]);
      live.add(16);
      expect(given(indices, 3, 3, 3, 3, 3, 3, 3, 3)).toEqual([17, 18, 19, 20, 21, 22, 23, 24]);
      for (let i = 16; i < 40; i += 8) live.add(i);
      expect(given(indices, 5)).toEqual([2]);
    });

    it('gives the same indices again if nothing came of them', () => {
      const indices = new IndexAllocator({ isLive: (index) => index < 5 });
      expect(given(indices, 3, 4)).toEqual([8, 16]);
      expect(given(indices, 3, 4)).toEqual([8, 16]);
    });

    it('goes on after a restart where the channels are', () => {
      const live = new Set<number>([1, 2, 3, 40]);
      const indices = new IndexAllocator({ isLive: (index) => live.has(index) });
      const c = channel(3).payload[2];
      if (c === undefined) throw new TypeError('a channel has terms');
      const account = { kind: Kind.CHANNEL, token: 0, nonce: 0, balance: 0n, claimed: 0n, a: c, b: c, c };
      indices.learn(accountIndex(40), account);
      expect(given(indices, 3, 1)).toEqual([41, 8]);
    });

    it('treats terms that mean nothing like any account: the rules refuse them', () => {
      const indices = new IndexAllocator({ isLive: (index) => index < 5 });
      const broken = { ...channel(3), payload: [0n, 0n, -1n] } as unknown as ReturnType<typeof channel>; // an attack
      const tx = opening(3);
      expect(indices.assign({ ...tx, ops: [broken] }).ops[0]?.to).toBe(5);
    });
  });
});
