import { describe, expect, it } from 'vitest';
import { memoText, opSentence } from './opSentence.ts';

const LANE = `0x${'Ab'.repeat(20)}`;

function op(opcode: Parameters<typeof opSentence>[0]['opcode'], from: number, to: number, details = {}) {
  return { opcode, from, to, amount: '5', fee: '1', details };
}

describe('opSentence', () => {
  it.each([
    [op('TRANSFER', 3, 4), { say: 'TRANSFER', from: 3, to: 4 }],
    [op('TRANSFER', 3, 3), { say: 'TRANSFER_SELF', from: 3, to: 3 }],
    [op('REGISTER', 3, 9, { address: '0x1' }), { say: 'REGISTER', from: 3, to: 9, address: '0x1' }],
    [op('REGISTER', 3, 0, { address: '0x1' }), { say: 'REGISTER_PENDING', from: 3, to: 0, address: '0x1' }],
    [op('EXIT', 3, 0, { recipient: '0x1' }), { say: 'EXIT', from: 3, recipient: '0x1' }],
    [
      op('EXIT', 3, 0, { recipient: LANE.toLowerCase() }),
      { say: 'EXIT_TO_LANE', from: 3, recipient: LANE.toLowerCase() },
    ],
    [op('ATTEST', 3, 9, { subtype: '1' }), { say: 'ATTEST', from: 3, to: 9, subtype: 1 }],
    [op('OPEN', 3, 9, { provider: '7' }), { say: 'OPEN', from: 3, to: 9, provider: 7 }],
    [op('OPEN', 3, 0, { provider: '7' }), { say: 'OPEN_PENDING', from: 3, to: 0, provider: 7 }],
    [op('CLAIM', 9, 7, { royalty: '0' }), { say: 'CLAIM', from: 9, to: 7, royalty: '0' }],
    [op('CLAIM', 9, 7, { royalty: '2' }), { say: 'CLAIM_ROYALTY', from: 9, to: 7, royalty: '2' }],
    [op('CLOSE', 9, 3), { say: 'CLOSE', from: 9, to: 3 }],
  ])('%j', (view, sentence) => expect(opSentence(view, LANE)).toEqual(sentence));

  it('does not fail over what a node leaves out or makes up', () => {
    expect(opSentence(op('OPEN', 3, 9))).toMatchObject({ provider: 0 });
    expect(opSentence(op('OPEN', 3, 9, { provider: '1e3' }))).toMatchObject({ provider: 0 });
    expect(opSentence(op('EXIT', 3, 0))).toMatchObject({ say: 'EXIT', recipient: '' });
  });
});

describe('memoText', () => {
  const hex = (text: string) => `0x${Buffer.from(text).toString('hex')}`;
  it.each([
    [`0x${'00'.repeat(26)}${hex('invoice').slice(2)}`, 'invoice'],
    [hex('réponse n° 7'), 'réponse n° 7'],
  ])('%s', (memo, text) => expect(memoText(memo)).toBe(text));
  it.each([
    ['no UTF-8', '0xff00fe'],
    ['text that reorders', hex('\u202egnp.exe')],
    ['controls', hex('a\u0007b')],
    ['zeros', `0x${'00'.repeat(32)}`],
    ['no bytes', '0x'],
    ['no hexadecimal', 'hello'],
  ])('%s is shown as bytes', (_, memo) => expect(memoText(memo)).toBeUndefined());
});
