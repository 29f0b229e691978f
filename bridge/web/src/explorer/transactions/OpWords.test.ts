import { createElement as h } from 'react';
import { describe, expect, it } from 'vitest';
import { EVM_LANE, markup, words } from '../testing/markup.ts';
import { OpDetails } from './OpDetails.tsx';
import { OpWords } from './OpWords.tsx';

const ADDRESS = `0x${'11'.repeat(20)}`;
const ETHER = 10n ** 18n;

function op(opcode: Parameters<typeof OpWords>[0]['op']['opcode'], from: number, to: number, details = {}) {
  return { opcode, from, to, amount: String(ETHER), fee: '0', details };
}

describe('each op in words', () => {
  it.each([
    [op('TRANSFER', 3, 4), 'account 3 pays 1 ETH to account 4.'],
    [op('TRANSFER', 3, 3), 'account 3 pays 1 ETH to itself.'],
    [op('REGISTER', 3, 9, { address: ADDRESS }), 'account 3 opens account 9 with 1 ETH, owned by 0x111111…111111.'],
    [op('EXIT', 3, 0, { recipient: ADDRESS }), 'account 3 sends 1 ETH to 0x111111…111111 on Ethereum.'],
    [op('EXIT', 3, 0, { recipient: EVM_LANE }), 'account 3 moves 1 ETH to its owner’s address on the EVM lane.'],
    [op('ATTEST', 3, 9, { subtype: '1' }), 'account 3 attests a file (model) as account 9, with 1 ETH.'],
    [
      op('ATTEST', 3, 9, { subtype: '77' }),
      'account 3 attests a file (artefact of another kind) as account 9, with 1 ETH.',
    ],
    [
      op('OPEN', 3, 9, { provider: '7' }),
      'account 3 opens the payment channel 9 to provider account 7 and puts 1 ETH in.',
    ],
    [op('OPEN', 3, 0, { provider: '7' }), 'account 3 opens a payment channel to provider account 7 and puts 1 ETH in.'],
    [
      op('CLAIM', 9, 7, { royalty: String(ETHER / 4n) }),
      'Provider account 7 is paid 1 ETH out of channel 9; the model earns 0.25 ETH.',
    ],
    [op('CLOSE', 9, 3), 'Payer account 3 takes back 1 ETH that was left in channel 9.'],
  ])('%j', (view, text) => expect(words(h(OpWords, { op: view, token: 0 }))).toBe(text));

  it('shows amounts of a token that nobody described in base units, with its number', () => {
    expect(words(h(OpWords, { op: op('TRANSFER', 3, 4), token: 5 }))).toContain('base units of token 5');
  });
});

describe('what a node makes up', () => {
  const hostile = '"><img src=x onerror=alert(1)>';
  it('is text in a sentence and in the details', () => {
    const view = op('EXIT', 3, 0, { recipient: hostile, [hostile]: hostile });
    const html = markup(h('div', null, h(OpWords, { op: view, token: 0 }), h(OpDetails, { op: view, token: 0 })));
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/href="(?!#\/)/);
  });
  it('takes no more lines than an op has', () => {
    const details = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, 'v']));
    expect(markup(h(OpDetails, { op: op('EXIT', 3, 0, details), token: 0 })).match(/<dt>/g)).toHaveLength(17);
  });
});
