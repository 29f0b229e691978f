import { describe, expect, it } from 'vitest';
import { parsePlace } from '../app/router.ts';
import { links, parseExplorer } from './places.ts';

const HASH = `0x${'ab'.repeat(32)}`;
const ADDRESS = `0x${'cd'.repeat(20)}`;

function at(link: string) {
  return parseExplorer(parsePlace(link).path);
}

describe('every link leads to its page', () => {
  it.each([
    [links.overview(), { page: 'overview' }],
    [links.blocks(), { page: 'blocks' }],
    [links.batches(), { page: 'batches' }],
    [links.block(12n), { page: 'block', block: '12' }],
    [links.batch(3), { page: 'batch', batch: 3 }],
    [links.transaction(HASH.toUpperCase().replace('X', 'x')), { page: 'transaction', hash: HASH }],
    [links.account(7), { page: 'account', index: 7 }],
    ['#/explorer/channel/7', { page: 'account', index: 7 }],
    [links.address(ADDRESS), { page: 'address', address: ADDRESS }],
    [links.search('a b/"c"?#'), { page: 'search', text: 'a b/"c"?#' }],
  ])('%s', (link, place) => expect(at(link)).toEqual(place));
});

describe('what names nothing that can exist is not asked of the node', () => {
  it.each([
    '#/explorer/block',
    '#/explorer/block/-1',
    '#/explorer/block/1e9',
    '#/explorer/block/1/2',
    '#/explorer/block/9999999999999999999',
    '#/explorer/batch/latest',
    '#/explorer/account/16777216',
    '#/explorer/account/1.5',
    '#/explorer/tx/0x12',
    `#/explorer/tx/${HASH}00`,
    '#/explorer/address/0xzz',
    '#/explorer/__proto__/1',
    '#/explorer/constructor',
  ])('%s', (link) => expect(at(link)).toEqual({ page: 'nothing' }));
});
