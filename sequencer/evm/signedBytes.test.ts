import { expect, test } from 'vitest';
import { bytesHex, keccakHex } from '../../chain/evm/crypto.ts';
import { signedBytes } from './signedBytes.ts';
import { accessListTx, authorization, delegatingTx, feeTx, legacyTx, Wallet } from './testing/txs.ts';

const alice = new Wallet(1);

test('are what the signer hashed, for every type and every length of header', () => {
  const lengths = [0, 1, 10, 20, 30, 40, 55, 56, 100, 200, 255, 256, 300, 65_000, 66_000];
  const txs = lengths.flatMap((length) => {
    const tx = { data: new Uint8Array(length).fill(length), gas: 30_000_000n, nonce: length };
    return [
      feeTx(alice, tx),
      legacyTx(alice, tx),
      accessListTx(alice, tx),
      delegatingTx(alice, [authorization(alice)], tx),
    ];
  });
  for (const tx of txs) {
    const bytes = signedBytes(tx.serialize(), tx.v ?? 0n);
    expect(bytes === undefined ? undefined : keccakHex(bytes)).toBe(bytesHex(tx.getHashedMessageToSign()));
  }
});

test('of anything that is no transaction there are none', () => {
  const raw = feeTx(alice).serialize();
  const list = [2, 0xc1, 0x80];
  const truncated = raw.subarray(0, raw.length - 1);
  const longer = new Uint8Array([...raw, 0]);
  const endless = new Uint8Array([2, 0xff, ...new Array<number>(8).fill(0xff)]);
  const overhang = new Uint8Array([2, 0xc2, 0x80, 0xb8]);
  const bytes = new Uint8Array([2, 0x82, 1, 1]);
  for (const broken of [
    new Uint8Array(),
    new Uint8Array([2]),
    new Uint8Array(list),
    truncated,
    longer,
    endless,
    overhang,
    bytes,
  ]) {
    expect(signedBytes(broken, 0n)).toBeUndefined();
  }
});
