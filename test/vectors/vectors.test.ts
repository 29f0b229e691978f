import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { hexToBytes } from '../../protocol/bytes.ts';
import { decodeTx } from '../../protocol/codec/tx.ts';
import { signedTxToJson } from '../../protocol/serialize.ts';
import { expectCode } from '../../protocol/testing/expectCode.ts';
import { batchVectors } from './batchVectors.ts';
import { codecVectors } from './codecVectors.ts';
import { hexExamples } from './hexExamples.ts';

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

describe('shared vectors', () => {
  test('codec.json is what the code makes today', () => {
    expect(codecVectors()).toEqual(JSON.parse(read('codec.json')));
  });

  test('batch.json is what the code makes today', () => {
    expect(batchVectors()).toEqual(JSON.parse(read('batch.json')));
  });

  test('docs/protocol.md shows the bytes the code makes', () => {
    expect(read('../../docs/protocol.md')).toContain(hexExamples());
  });
});

describe('wire vectors', () => {
  const { txs, refused } = codecVectors();

  test.each(txs)('$name decodes to the transaction', ({ wire, tx }) => {
    expect(signedTxToJson(decodeTx(hexToBytes(wire)))).toEqual(tx);
  });

  test.each(refused)('$name → $code', ({ wire, code }) => {
    expectCode(code, () => decodeTx(hexToBytes(wire)));
  });
});
