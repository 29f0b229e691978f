import { describe, expect, it } from 'vitest';
import { Heap } from './heap.ts';

describe('Heap', () => {
  it('gives back what was put in, in order', () => {
    const heap = new Heap<number>((x, y) => x < y);
    const values = [5, 3, 8, 1, 9, 2, 2, 7, 0, 4];
    for (const value of values) heap.push(value);
    expect(heap.peek()).toBe(0);
    expect(values.map(() => heap.pop())).toEqual([...values].sort((x, y) => x - y));
    expect(heap.pop()).toBeUndefined();
  });
});
