/**
 * KEYSTORE_EXISTS: a key is never written over. KEYSTORE_UNREADABLE: the file cannot be read or written.
 * KEYSTORE_INVALID: it is no keystore, or its address is not its key's. KEYSTORE_UNSUPPORTED: version, cipher, or work that is out of bounds.
 * WRONG_PASSPHRASE: or the file is damaged. NO_PASSPHRASE: none was given. PASSPHRASE_UNREADABLE: its file cannot be read, or is empty.
 */
export type KeystoreErrorCode =
  | 'KEYSTORE_EXISTS'
  | 'KEYSTORE_UNREADABLE'
  | 'KEYSTORE_INVALID'
  | 'KEYSTORE_UNSUPPORTED'
  | 'WRONG_PASSPHRASE'
  | 'NO_PASSPHRASE'
  | 'PASSPHRASE_UNREADABLE';

export class KeystoreError extends Error {
  override readonly name = 'KeystoreError';
  readonly code: KeystoreErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: KeystoreErrorCode,
    message: string,
    data: Readonly<Record<string, string | number>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.data = data;
  }
}
