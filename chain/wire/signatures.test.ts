import { recoverAddress, serializeSignature } from 'viem';
import { privateKeyToAccount, sign } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { wordHex } from '../../protocol/bytes.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { bytesHex, hexBytes } from '../evm/crypto.ts';
import { recoverSigner, signDigest } from './signatures.ts';

const KEY: Hex = `0x${'1c'.repeat(32)}`;
const ADDRESS = privateKeyToAccount(KEY).address.toLowerCase();
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

describe('signatures of digests', () => {
  it('are those that viem makes and recovers, also of digests that begin with zeros', async () => {
    for (const digest of [0n, 1n, (1n << 256n) - 1n, 0x1234n << 200n]) {
      const signature = signDigest(digest, KEY);
      const hash = wordHex(digest);
      const theirs = serializeSignature(await sign({ hash, privateKey: KEY }));
      expect(recoverSigner(digest, hexBytes(theirs))).toBe(ADDRESS);
      expect(recoverSigner(digest, signature)).toBe(ADDRESS);
      expect((await recoverAddress({ hash, signature: bytesHex(signature) })).toLowerCase()).toBe(ADDRESS);
    }
  });

  it('say somebody else under another digest', () => {
    expect(recoverSigner(2n, signDigest(1n, KEY))).not.toBe(ADDRESS);
  });

  it('with high s, another v, another length, or of nothing are none', () => {
    const signature = signDigest(5n, KEY);
    const s = BigInt(bytesHex(signature.subarray(32, 64)));
    const high = Uint8Array.from(signature);
    high.set(hexBytes(wordHex(N - s)), 32);
    high[64] = signature[64] === 27 ? 28 : 27;
    const v = (value: number): Uint8Array => Uint8Array.from(signature, (byte, i) => (i === 64 ? value : byte));
    const nothing = new Uint8Array(65);
    nothing[64] = 27;
    const all = Uint8Array.from(nothing, (byte, i) => (i === 64 ? byte : 255));
    for (const bad of [high, v(0), v(1), v(29), signature.subarray(1), new Uint8Array(), nothing, all]) {
      expect(recoverSigner(5n, bad)).toBeUndefined();
    }
    expect(recoverSigner(5n, Buffer.from(signature))).toBe(ADDRESS);
  });
});
