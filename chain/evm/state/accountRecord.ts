import { RLP } from '@ethereumjs/rlp';
import { KECCAK256_NULL, KECCAK256_RLP } from '@ethereumjs/util';
import { encodeBytes, encodeInteger, encodeList } from './rlpWriter.ts';

/** An account as the state holds it; never changed, only replaced. */
export interface AccountRecord {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly storageRoot: Uint8Array;
  readonly codeHash: Uint8Array;
}

export function isEmptyHash(hash: Uint8Array, empty: Uint8Array): boolean {
  return hash === empty || Buffer.compare(hash, empty) === 0;
}

export function hasStorage(account: AccountRecord): boolean {
  return !isEmptyHash(account.storageRoot, KECCAK256_RLP);
}

export function hasCode(account: AccountRecord): boolean {
  return !isEmptyHash(account.codeHash, KECCAK256_NULL);
}

/** EIP-161. */
export function isEmptyAccount(account: AccountRecord): boolean {
  return account.nonce === 0n && account.balance === 0n && !hasCode(account);
}

export function encodeAccount({ nonce, balance, storageRoot, codeHash }: AccountRecord): Uint8Array {
  return encodeList([encodeInteger(nonce), encodeInteger(balance), encodeBytes(storageRoot), encodeBytes(codeHash)]);
}

/** Of a value in the state trie. */
export function decodeAccount(bytes: Uint8Array): AccountRecord {
  const [nonce, balance, storageRoot, codeHash] = RLP.decode(bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  return {
    nonce: integerOf(nonce),
    balance: integerOf(balance),
    // The two constants are shared, so that most comparisons end at identity.
    storageRoot: isEmptyHash(storageRoot, KECCAK256_RLP) ? KECCAK256_RLP : storageRoot.slice(),
    codeHash: isEmptyHash(codeHash, KECCAK256_NULL) ? KECCAK256_NULL : codeHash.slice(),
  };
}

function integerOf(bytes: Uint8Array): bigint {
  return bytes.length === 0
    ? 0n
    : BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')}`);
}
