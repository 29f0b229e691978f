import { readFileSync, writeFileSync } from 'node:fs';
import { KeystoreError } from './errors.ts';
import { decryptKey, type EncryptOptions, encryptKey } from './keystore.ts';

type Hex = `0x${string}`;

/** Writes a keystore that only its owner can read. @throws KeystoreError KEYSTORE_EXISTS, KEYSTORE_UNREADABLE, NO_PASSPHRASE */
export function writeKeystore(file: string, privateKey: Hex, passphrase: string, options: EncryptOptions = {}): void {
  const text = `${JSON.stringify(encryptKey(privateKey, passphrase, options), null, 2)}\n`;
  try {
    writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new KeystoreError('KEYSTORE_EXISTS', `${file} is there already: keys are never written over`, { file });
    }
    throw new KeystoreError('KEYSTORE_UNREADABLE', `${file} cannot be written`, { file }, { cause });
  }
}

/** @throws KeystoreError KEYSTORE_UNREADABLE, KEYSTORE_INVALID, KEYSTORE_UNSUPPORTED, WRONG_PASSPHRASE */
export function readKeystore(file: string, passphrase: string): Hex {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new KeystoreError('KEYSTORE_UNREADABLE', `${file} cannot be read`, { file }, { cause });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // no cause: its message repeats the file, which may be a key in the wrong place
    throw new KeystoreError('KEYSTORE_INVALID', `${file} is no keystore`, { file });
  }
  try {
    return decryptKey(json, passphrase);
  } catch (cause) {
    if (!(cause instanceof KeystoreError)) throw cause;
    throw new KeystoreError(cause.code, `${file}: ${cause.message}`, { ...cause.data, file });
  }
}
