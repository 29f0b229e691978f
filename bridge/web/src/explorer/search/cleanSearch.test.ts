import { describe, expect, it } from 'vitest';
import { cleanSearch } from './cleanSearch.ts';

const HASH = `0x${'0123456789abcdef'.repeat(4)}`;
const ADDRESS = `0x${'ab'.repeat(20)}`;

describe('cleanSearch', () => {
  it.each([
    [`  "${HASH}" `, HASH],
    [`'${HASH.slice(2)}'`, HASH],
    [`tx: ${HASH.toUpperCase().replace('0X', '0x')},`, HASH],
    [`https://page.example/#/explorer/tx/${HASH}`, HASH],
    [`\u200b\u202e${ADDRESS}\n`, ADDRESS],
    [`Address = ${ADDRESS}.`, ADDRESS],
    ['1 234 567', '1234567'],
    ['1,234', '1234'],
    ['1\u202f234', '1234'],
    ['#12', '12'],
    ['“12”', '12'],
    ['１２', '12'],
    ['', ''],
    ['   ', ''],
    ['"hello world"', 'hello world'],
  ])('%j is a search for %j', (pasted, text) => expect(cleanSearch(pasted)).toEqual({ text, wanted: undefined }));

  it.each([
    ['block 12', 'block'],
    ['Bloc n° 12', 'block'],
    ['Batch #12', 'batch'],
    ['lot 12', 'batch'],
    ['Account 12', 'account'],
    ['canal: 12', 'account'],
    ['http://localhost/#/explorer/batch/12', 'batch'],
  ])('%j says what it wants', (pasted, wanted) => expect(cleanSearch(pasted).wanted).toBe(wanted));

  it('takes no digits out of longer ones', () => {
    expect(cleanSearch(`${HASH}00`).text).toBe(`${HASH}00`);
    expect(cleanSearch('12 apples').text).toBe('12 apples');
  });

  it.each(['a', '1,', '1 234', '"', ' ', 'é', 'a n ', '#/explorer/a/1'])('a million times %j is cut', (text) => {
    expect(cleanSearch(text.repeat(1e6)).text.length).toBeLessThanOrEqual(80);
  });

  it.each(['__proto__ 12', 'constructor 12'])('%s is no word it knows', (text) =>
    expect(cleanSearch(text).wanted).toBeUndefined(),
  );
});
