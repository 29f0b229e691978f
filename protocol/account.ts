import { poseidon } from './crypto/poseidon.ts';
import { ProtocolError } from './errors.ts';
import { field, ZERO } from './field.ts';
import { ACCOUNT_LIMIT, accountIndex } from './ids.ts';
import {
  type Account,
  type AccountIndex,
  type AttestationTerms,
  type ChannelTerms,
  type Field,
  Kind,
  type Point,
} from './types.ts';

export const AMOUNT_LIMIT = 1n << 96n;
export const ADDRESS_LIMIT = 1n << 160n;
export const TOKEN_LIMIT = 2 ** 16;
/** The last nonce: an account that reached it can no longer sign. */
export const LAST_NONCE = 2 ** 32 - 1;
/** After a channel's expiry its provider can still claim for this long (seconds). */
export const GRACE_SECONDS = 86_400;
/** The whole, in basis points. */
export const BPS = 10_000;

const EXPIRY_LIMIT = 2 ** 40;
const SUBTYPE_LIMIT = 2 ** 8;

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

/** An index at `bit` of a word. @throws ProtocolError BAD_PAYLOAD if it is over the tree */
function indexAt(word: bigint, bit: bigint): AccountIndex {
  const index = Number((word >> bit) & 0xffffffffn);
  if (index >= ACCOUNT_LIMIT) throw new ProtocolError('BAD_PAYLOAD', { index });
  // The cast: just checked.
  return index as AccountIndex;
}

/**
 * `c` of a CHANNEL: `provider(32) | payer(32) | model(32) | expiry(40)`.
 * @throws ProtocolError INDEX_OUT_OF_RANGE, BAD_PAYLOAD (expiry over 40 bits)
 */
export function packChannel(terms: ChannelTerms): Field {
  const { expiry } = terms;
  if (!isUint(expiry, EXPIRY_LIMIT)) throw new ProtocolError('BAD_PAYLOAD', { expiry });
  const [provider, payer, model] = [terms.provider, terms.payer, terms.model].map((index) =>
    BigInt(accountIndex(index)),
  ) as [bigint, bigint, bigint];
  // 136 bits are always below the field's order.
  return (provider | (payer << 32n) | (model << 64n) | (BigInt(expiry) << 96n)) as Field;
}

/** @throws ProtocolError BAD_PAYLOAD (bits above the layout, an index over the tree) */
export function unpackChannel(c: bigint): ChannelTerms {
  if (c < 0n || c >> 136n !== 0n) throw new ProtocolError('BAD_PAYLOAD', { c });
  return { provider: indexAt(c, 0n), payer: indexAt(c, 32n), model: indexAt(c, 64n), expiry: Number(c >> 96n) };
}

/**
 * `c` of an ATTEST account: `owner(32) | parent(32) | royaltyBps(16) | subtype(8)`.
 * @throws ProtocolError BAD_ROYALTY (over 10000), INDEX_OUT_OF_RANGE, BAD_PAYLOAD (subtype over 8 bits)
 */
export function packAttestation(terms: AttestationTerms): Field {
  const { royaltyBps, subtype } = terms;
  if (!isUint(royaltyBps, BPS + 1)) throw new ProtocolError('BAD_ROYALTY', { royaltyBps });
  if (!isUint(subtype, SUBTYPE_LIMIT)) throw new ProtocolError('BAD_PAYLOAD', { subtype });
  const owner = BigInt(accountIndex(terms.owner));
  const parent = BigInt(accountIndex(terms.parent));
  // 88 bits are always below the field's order.
  return (owner | (parent << 32n) | (BigInt(royaltyBps) << 64n) | (BigInt(subtype) << 80n)) as Field;
}

/** @throws ProtocolError BAD_PAYLOAD (bits above the layout, an index over the tree), BAD_ROYALTY (over 10000) */
export function unpackAttestation(c: bigint): AttestationTerms {
  if (c < 0n || c >> 88n !== 0n) throw new ProtocolError('BAD_PAYLOAD', { c });
  const [owner, parent] = [indexAt(c, 0n), indexAt(c, 32n)];
  const royaltyBps = Number((c >> 64n) & 0xffffn);
  if (royaltyBps > BPS) throw new ProtocolError('BAD_ROYALTY', { royaltyBps });
  return { owner, parent, royaltyBps, subtype: Number(c >> 80n) };
}

/** Whether a channel belongs to its payer again: its provider had until `expiry` and the grace after it (seconds). */
export function isOver(terms: ChannelTerms, timestamp: number): boolean {
  return timestamp >= terms.expiry + GRACE_SECONDS;
}

/** The KEY account whose key moves the account's funds (those of a channel only once it is over). */
export function controllerOf(index: AccountIndex, account: Account): AccountIndex {
  if (account.kind === Kind.CHANNEL) return unpackChannel(account.c).payer;
  return account.kind === Kind.ATTEST ? unpackAttestation(account.c).owner : index;
}

/** The model's share of a claim, rounded down. */
export function royaltyOf(delta: bigint, royaltyBps: number): bigint {
  return (delta * BigInt(royaltyBps)) / BigInt(BPS);
}
