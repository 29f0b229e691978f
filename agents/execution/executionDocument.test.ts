import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { executionOf } from './executionDocument.ts';

const facts = {
  modelSha256: new Uint8Array(32).fill(0xab),
  wasmSha256: new Uint8Array(32).fill(1),
  runtimeVersion: '1.30.0',
  threads: 1,
};

describe('executionOf', () => {
  it('writes the document of docs/ai.md to the letter', () => {
    expect(executionOf(facts, 'public').document).toBe(
      `{"audit":"public","graphOptimization":"basic","model":"0x${'ab'.repeat(32)}","nan":"canonical","provider":"wasm",` +
        `"runtime":"onnxruntime-web","simd":true,"threads":1,"version":"1.30.0","wasm":"0x${'01'.repeat(32)}"}`,
    );
  });

  it('makes the word from the tag and the SHA-256 of the document, below 2^248', () => {
    const { document, word } = executionOf(facts, 'private');
    const sha256 = createHash('sha256').update(document).digest();
    expect(word).toBe(keccak256(Buffer.concat([Buffer.from('engram.execution'), sha256])) & (2n ** 248n - 1n));
  });

  it('has another word for whatever may change the bits, and for who may see them', () => {
    const words = [
      executionOf(facts, 'private'),
      executionOf(facts, 'public'),
      executionOf({ ...facts, threads: 2 }, 'private'),
      executionOf({ ...facts, runtimeVersion: '1.30.1' }, 'private'),
      executionOf({ ...facts, wasmSha256: new Uint8Array(32) }, 'private'),
      executionOf({ ...facts, modelSha256: new Uint8Array(32) }, 'private'),
    ].map(({ word }) => word);
    expect(new Set(words).size).toBe(6);
  });
});
