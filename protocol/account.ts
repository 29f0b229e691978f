import { poseidon } from './crypto/poseidon.ts';
import { ProtocolError } from './errors.ts';
import { field, ZERO } from './field.ts';
import { type Account, type Field, Kind, type Point } from './types.ts';

export const AMOUNT_LIMIT = 1n << 96n;
export const ADDRESS_LIMIT = 1n << 160n;
export const TOKEN_LIMIT = 2 ** 16;
/** The last nonce: an account that reached it can no longer sign. */
export const LAST_NONCE = 2 ** 32 - 1;

const MASK_96 = AMOUNT_LIMIT - 1n;

type State = Omit<Account, 'a' | 'b' | 'c'>;

function isUint(value: number, limit: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < limit;
}

/**
 * `balance(96) | claimed(96) | nonce(32) | token(16) | kind(8)`, lowest bits first.
 * @throws ProtocolError AMOUNT_OUT_OF_RANGE, INVALID_ARGUMENT
 */
export function packState(account: State): Field {
  const { balance, claimed, nonce, token, kind } = account;
  if (balance < 0n || balance >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { balance });
  if (claimed < 0n || claimed >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { claimed });
  if (!isUint(nonce, LAST_NONCE + 1) || !isUint(token, TOKEN_LIMIT)) {
    throw new ProtocolError('INVALID_ARGUMENT', { nonce, token });
  }
  const high = (BigInt(kind) << 48n) | (BigInt(token) << 32n) | BigInt(nonce);
  // 248 bits are always below the field's order.
  return ((high << 192n) | (claimed << 96n) | balance) as Field;
}

/**
 * The inverse of `packState` for a live leaf.
 * @throws ProtocolError WRONG_KIND for kinds that no live leaf has, MALFORMED_BYTES for bits above the layout
 */
export function unpackState(state: bigint): State {
  if (state < 0n || state >> 248n !== 0n) throw new ProtocolError('MALFORMED_BYTES', { state });
  const kind = Number((state >> 240n) & 0xffn);
  if (kind !== Kind.KEY && kind !== Kind.CHANNEL && kind !== Kind.ATTEST)
    throw new ProtocolError('WRONG_KIND', { kind });
  return {
    kind,
    token: Number((state >> 224n) & 0xffffn),
    nonce: Number((state >> 192n) & 0xffffffffn),
    claimed: (state >> 96n) & MASK_96,
    balance: state & MASK_96,
  };
}

/** `Poseidon4(state, a, b, c)`; an empty leaf is 0. */
export function leafHash(account: Account | undefined): Field {
  if (account === undefined) return ZERO;
  return poseidon([packState(account), account.a, account.b, account.c]);
}

/**
 * A new KEY account (nonce 0, nothing claimed).
 * @throws ProtocolError WORD_NOT_CANONICAL (key), BAD_ADDRESS (0 or over 160 bits)
 */
export function keyAccount(parts: { key: Point; address: bigint; token: number; balance: bigint }): Account {
  const { key, address, token, balance } = parts;
  if (address <= 0n || address >= ADDRESS_LIMIT) throw new ProtocolError('BAD_ADDRESS', { address });
  return {
    kind: Kind.KEY,
    token,
    nonce: 0,
    balance,
    claimed: 0n,
    a: field(key[0]),
    b: field(key[1]),
    c: field(address),
  };
}
