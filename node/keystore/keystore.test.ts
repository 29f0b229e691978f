import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wallet } from 'ethers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeystoreError, type KeystoreErrorCode } from './errors.ts';
import { decryptKey, encryptKey } from './keystore.ts';
import { readKeystore, writeKeystore } from './keystoreFile.ts';

const KEY = `0x${'4c'.repeat(32)}` as const;
/** Quick enough for a test; the default takes most of a second. */
const QUICK = { work: 2 ** 12 };

/** The two vectors of the standard (Web3 Secret Storage Definition): the same key under both key derivations. */
const STANDARD_KEY = '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d';
const PBKDF2 = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};
const SCRYPT = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262144,
      p: 8,
      r: 1,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engram-keystore-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function codeOf(run: () => unknown): KeystoreErrorCode {
  try {
    run();
  } catch (error) {
    if (error instanceof KeystoreError) return error.code;
    throw error;
  }
  throw new TypeError('nothing was thrown');
}

describe('Web3 Secret Storage', () => {
  it.each([
    ['pbkdf2', PBKDF2],
    ['scrypt', SCRYPT],
  ])('reads the standard’s vector for %s', (_kdf, keystore) => {
    expect(decryptKey(keystore, 'testpassword')).toBe(STANDARD_KEY);
  });

  it('is read by ethers', async () => {
    const wallet = await Wallet.fromEncryptedJson(
      JSON.stringify(encryptKey(KEY, 'correct horse', QUICK)),
      'correct horse',
    );
    expect(wallet.privateKey).toBe(KEY);
  });

  it('reads what ethers writes, with letters that can be written in two ways', async () => {
    const { encryptKeystoreJson } = await import('ethers');
    const account = { address: new Wallet(KEY).address, privateKey: KEY };
    const passphrase = 'ﬁne Ａ';
    const json = await encryptKeystoreJson(account, passphrase.normalize('NFKC'), { scrypt: { N: 4096 } });
    expect(decryptKey(JSON.parse(json), passphrase)).toBe(KEY);
  });

  it('takes geth’s work by default', () => {
    expect(encryptKey(KEY, 'x')).toMatchObject({
      version: 3,
      address: new Wallet(KEY).address.slice(2).toLowerCase(),
      crypto: { cipher: 'aes-128-ctr', kdf: 'scrypt', kdfparams: { n: 2 ** 18, r: 8, p: 1, dklen: 32 } },
    });
  });

  it('never repeats salt, iv or id', () => {
    expect(encryptKey(KEY, 'x', QUICK)).not.toEqual(encryptKey(KEY, 'x', QUICK));
  });
});

describe('a keystore', () => {
  const keystore = () => JSON.parse(JSON.stringify(encryptKey(KEY, 'right', QUICK)));

  it('opens with its passphrase only', () => {
    expect(decryptKey(keystore(), 'right')).toBe(KEY);
    for (const wrong of ['wrong', 'Right', 'right ', '']) {
      expect(codeOf(() => decryptKey(keystore(), wrong))).toBe('WRONG_PASSPHRASE');
    }
  });

  it('that was changed does not open', () => {
    for (const field of ['ciphertext', 'mac'] as const) {
      const changed = keystore();
      changed.crypto[field] = changed.crypto[field].replace(/^../, (digits: string) => (digits === '00' ? '01' : '00'));
      expect(codeOf(() => decryptKey(changed, 'right'))).toBe('WRONG_PASSPHRASE');
    }
  });

  it('cannot pass for the keystore of another address', () => {
    expect(codeOf(() => decryptKey({ ...keystore(), address: '00'.repeat(20) }, 'right'))).toBe('KEYSTORE_INVALID');
    const changed = keystore();
    // the MAC does not cover the iv: another one gives another key
    changed.crypto.cipherparams.iv = '00'.repeat(16);
    expect(codeOf(() => decryptKey(changed, 'right'))).toBe('KEYSTORE_INVALID');
  });

  it.each<[string, (keystore: ReturnType<typeof JSON.parse>) => void, KeystoreErrorCode]>([
    ['of another version', (k) => Object.assign(k, { version: 1 }), 'KEYSTORE_INVALID'],
    ['without its secret', (k) => delete k.crypto, 'KEYSTORE_INVALID'],
    ['with a short iv', (k) => Object.assign(k.crypto.cipherparams, { iv: '00' }), 'KEYSTORE_INVALID'],
    ['with another cipher', (k) => Object.assign(k.crypto, { cipher: 'aes-128-cbc' }), 'KEYSTORE_INVALID'],
    ['that takes all memory', (k) => Object.assign(k.crypto.kdfparams, { n: 2 ** 22, r: 64 }), 'KEYSTORE_UNSUPPORTED'],
    ['that takes for ever', (k) => Object.assign(k.crypto.kdfparams, { n: 2 ** 20, p: 16 }), 'KEYSTORE_UNSUPPORTED'],
    ['with an N that scrypt has not', (k) => Object.assign(k.crypto.kdfparams, { n: 1000 }), 'KEYSTORE_UNSUPPORTED'],
    ['with a short derived key', (k) => Object.assign(k.crypto.kdfparams, { dklen: 16 }), 'KEYSTORE_UNSUPPORTED'],
    ['with another derivation', (k) => Object.assign(k.crypto, { kdf: 'argon2id' }), 'KEYSTORE_UNSUPPORTED'],
  ])('%s is refused before any work', (_name, change, code) => {
    const changed = keystore();
    change(changed);
    expect(codeOf(() => decryptKey(changed, 'right'))).toBe(code);
  });

  it('needs a passphrase', () => {
    expect(codeOf(() => encryptKey(KEY, ''))).toBe('NO_PASSPHRASE');
  });
});

describe('keystore files', () => {
  it('can be read by their owner only, and come back', () => {
    const file = join(folder, 'key.json');
    writeKeystore(file, KEY, 'right', QUICK);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, 'utf8')).not.toContain('4c4c');
    expect(readKeystore(file, 'right')).toBe(KEY);
  });

  it('are never written over', () => {
    const file = join(folder, 'key.json');
    writeFileSync(file, 'precious');
    expect(codeOf(() => writeKeystore(file, KEY, 'right', QUICK))).toBe('KEYSTORE_EXISTS');
    expect(readFileSync(file, 'utf8')).toBe('precious');
  });

  it('name the file when they cannot be used, and never what it holds', () => {
    const file = join(folder, 'plain');
    writeFileSync(file, KEY);
    const failure = (run: () => unknown): unknown => {
      try {
        return run();
      } catch (error) {
        return error;
      }
    };
    const error = failure(() => readKeystore(file, 'x'));
    expect(error).toMatchObject({ code: 'KEYSTORE_INVALID', data: { file } });
    expect(`${error} ${JSON.stringify(error)} ${(error as Error).cause}`).not.toContain('4c4c');
    expect(codeOf(() => readKeystore(join(folder, 'none'), 'x'))).toBe('KEYSTORE_UNREADABLE');
  });
});
