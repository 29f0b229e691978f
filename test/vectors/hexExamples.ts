import { bytesToHex } from '../../protocol/bytes.ts';
import { opWords } from '../../protocol/codec/opWords.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { closedBatches } from '../../protocol/testing/exampleBatches.ts';
import { txHash } from '../../protocol/tx.ts';
import { CLAIM_TX, EXAMPLE_TX } from './codecVectors.ts';
import { word } from './hex.ts';

export const START = '<!-- hex examples: written by test/vectors/make.ts -->';
export const END = '<!-- end of hex examples -->';

/** Cuts a byte string at the given lengths; the rest is the last piece. */
function pieces(bytes: Uint8Array, lengths: readonly number[]): string[] {
  let at = 0;
  const cut = lengths.map((length) => {
    at += length;
    return bytesToHex(bytes.subarray(at - length, at));
  });
  return at < bytes.length ? [...cut, bytesToHex(bytes.subarray(at))] : cut;
}

function table(rows: readonly (readonly [string, string])[]): string {
  return ['| part | hex |', '|---|---|', ...rows.map(([part, value]) => `| ${part} | \`${value}\` |`)].join('\n');
}

function txExample(): string {
  const labels = ['signer', 'nonce', 'validUntil', 'k', 'w0', 'p1', 'R8x', 'R8y', 'S'];
  const parts = pieces(encodeTx(EXAMPLE_TX), [4, 4, 5, 1, 30, 32, 32, 32, 32]);
  return table(labels.map((label, i) => [label, parts[i] ?? '']));
}

function claimExample(): string {
  const signature = (of: string) => ['R8x', 'R8y', 'S'].map((part) => `${of} ${part}`);
  const labels = [
    'head',
    ...[
      'CLAIM w0',
      'total',
      'receipts root',
      'royalty',
      'TRANSFER w0',
      'CLAIM w0',
      'total',
      'receipts root',
      'royalty',
    ],
    ...['transaction', 'voucher 1', 'voucher 2'].flatMap(signature),
  ];
  const lengths = [14, 30, 32, 32, 32, 30, 30, 32, 32, 32, ...new Array<number>(9).fill(32)];
  const parts = pieces(encodeTx(CLAIM_TX), lengths);
  return table([
    ...labels.map((label, i): [string, string] => [label, parts[i] ?? '']),
    ['M', word(txHash(CLAIM_TX, TEST_DOMAIN))],
  ]);
}

function bodyExample(): string {
  const { body } = closedBatches().second.commitment;
  const labels = ['l0', 'l1', 'l2', 'l3', 'e0', 'e1', 'e0', 'e1', 'TRANSFER', 'EXIT', 'EXIT', 'TRANSFER'];
  const parts = pieces(body, [32, 32, 32, 32, 32, 32, 32, 32, 30, 62, 62, 30]);
  return table(labels.map((label, i) => [label, parts[i] ?? '']));
}

/** The "Hex examples" section of docs/protocol.md, between its markers. */
export function hexExamples(): string {
  const [op] = EXAMPLE_TX.ops;
  const words = op === undefined ? [] : opWords(op, true);
  const { commitment } = closedBatches().second;
  const values: [string, bigint][] = [
    ['bodyHash', commitment.bodyHash],
    ['dataHash', commitment.dataHash],
    ['C', commitment.c],
    ['r', commitment.r],
    ['y', commitment.y],
  ];
  return [
    START,
    `Domain \`${word(TEST_DOMAIN)}\` (L1 chain 31337, rollup 0x5fbdb2315678afecb367f032d93f642f64180aa3, L2 chain 7001).`,
    '',
    'One TRANSFER of 1.5 · 10^18 from account 1 to account 2 with fee 21000 and the memo `hello`, on the wire:',
    '',
    txExample(),
    '',
    'Its words and the message M:',
    '',
    table([
      ...words.map((value, i): [string, string] => [`w${i}`, word(value)]),
      ['M', word(txHash(EXAMPLE_TX, TEST_DOMAIN))],
    ]),
    '',
    'A provider (account 1) claims twice from channel 30, whose model earns 1234 basis points: totals 1001 and 3000, on the wire:',
    '',
    claimExample(),
    '',
    'The body of the second batch in `test/vectors/batch.json` (a DEPOSIT_TO, two exits, two transactions):',
    '',
    bodyExample(),
    '',
    table(values.map(([name, value]): [string, string] => [name, word(value)])),
    END,
  ].join('\n');
}
