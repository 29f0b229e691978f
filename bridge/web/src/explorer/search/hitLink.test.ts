import { describe, expect, it } from 'vitest';
import { type Hit, hitLink, narrowed } from './hitLink.ts';

const BLOCK: Hit = { kind: 'block', number: '12' };
const BATCH: Hit = { kind: 'batch', number: 12 };

describe('narrowed', () => {
  it('leaves what the text says it wants', () => expect(narrowed([BLOCK, BATCH], 'batch')).toEqual([BATCH]));
  it('leaves everything where nothing was said', () => expect(narrowed([BLOCK, BATCH], undefined)).toHaveLength(2));
  it('leaves the others rather than nothing', () => expect(narrowed([BLOCK], 'account')).toEqual([BLOCK]));
});

describe('hitLink', () => {
  it('a node’s text cannot leave the page', () => {
    expect(hitLink({ kind: 'block', number: '../../javascript:alert(1)' })).toBe(
      '#/explorer/block/..%2F..%2Fjavascript%3Aalert(1)',
    );
    expect(hitLink({ kind: 'address', address: '0x"><script>' })).not.toMatch(/[<>"]/);
  });
});
