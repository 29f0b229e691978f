/** Web3 Secret Storage, version 3: what geth, ethers and others read and write. */
import {
  createCipheriv,
  createDecipheriv,
  pbkdf2Sync,
  randomBytes,
  randomUUID,
  scryptSync,
  timingSafeEqual,
} from 'node:crypto';
import { scrypt } from '@noble/hashes/scrypt.js';
import { keccak256 } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { KeystoreError } from './errors.ts';
import { type Kdf, parseKeystore } from './keystoreSchema.ts';

type Hex = `0x${string}`;

export interface EncryptOptions {
  /** scrypt's N, a power of two. Default 2^18: a guess takes 256 MiB and most of a second. Tests take less. */
  readonly work?: number | undefined;
}

/** The keystore of a private key, as it is written to a file. @throws KeystoreError NO_PASSPHRASE */
export function encryptKey(privateKey: Hex, passphrase: string, { work = 2 ** 18 }: EncryptOptions = {}): object {
  if (passphrase === '') throw new KeystoreError('NO_PASSPHRASE', 'a keystore needs a passphrase');
  const [salt, iv] = [randomBytes(32), randomBytes(16)];
  const kdf: Kdf = { kdf: 'scrypt', kdfparams: { dklen: 32, n: work, r: 8, p: 1, salt } };
  const derived = derivedKey(kdf, passphrase);
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(Buffer.from(privateKey.slice(2), 'hex')), cipher.final()]);
  return {
    version: 3,
    id: randomUUID(),
    address: privateKeyToAddress(privateKey).slice(2).toLowerCase(),
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams: { ...kdf.kdfparams, salt: salt.toString('hex') },
      mac: macOf(derived, ciphertext).toString('hex'),
    },
  };
}

/**
 * The private key in a keystore, which must be the one of the address it names.
 * @throws KeystoreError WRONG_PASSPHRASE, KEYSTORE_INVALID, KEYSTORE_UNSUPPORTED
 */
export function decryptKey(keystore: unknown, passphrase: string): Hex {
  const { kdf, iv, ciphertext, mac, address } = parseKeystore(keystore);
  for (const words of spellings(passphrase)) {
    const derived = derivedKey(kdf, words);
    if (!timingSafeEqual(macOf(derived, ciphertext), mac)) continue;
    const decipher = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
    const key = prefixedHex(Buffer.concat([decipher.update(ciphertext), decipher.final()]));
    const own = addressOf(key);
    if (address !== undefined && own !== address) {
      throw new KeystoreError('KEYSTORE_INVALID', 'the keystore names another address than its key’s', { address });
    }
    return key;
  }
  throw new KeystoreError('WRONG_PASSPHRASE', 'wrong passphrase, or the keystore is damaged');
}

function addressOf(key: Hex): string {
  try {
    return privateKeyToAddress(key).toLowerCase();
  } catch {
    // 0 and numbers from the curve's order on. No cause: it could show what was decrypted
    throw new KeystoreError('KEYSTORE_INVALID', 'what the keystore holds is no private key');
  }
}

/** geth takes a passphrase as it was typed, ethers in the normal form NFKC; for most they are the same. */
function spellings(passphrase: string): string[] {
  return [...new Set([passphrase, passphrase.normalize('NFKC')])];
}

function derivedKey({ kdf, kdfparams }: Kdf, passphrase: string): Buffer {
  const { salt, dklen } = kdfparams;
  if (kdf === 'pbkdf2') return pbkdf2Sync(passphrase, salt, kdfparams.c, dklen, 'sha256');
  const { n: N, r, p } = kdfparams;
  const maxmem = 128 * r * (N + p) + 2 ** 20;
  // OpenSSL follows the RFC's bound of N. Old keystores (r = 1) do not: those take a few seconds.
  if (N >= 2 ** (16 * r)) return Buffer.from(scrypt(passphrase, salt, { N, r, p, dkLen: dklen, maxmem }));
  return scryptSync(passphrase, salt, dklen, { N, r, p, maxmem });
}

function macOf(derived: Buffer, ciphertext: Buffer): Buffer {
  return Buffer.from(keccak256(Buffer.concat([derived.subarray(16, 32), ciphertext]), 'bytes'));
}
