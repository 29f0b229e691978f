import {
  create1559FeeMarketTxFromBytesArray,
  createAccessList2930TxFromBytesArray,
  createEOACode7702TxFromBytesArray,
  createLegacyTxFromBytesArray,
  type TxOptions,
  type TxValuesArray,
  type TypedTransaction,
} from '@ethereumjs/tx';
import type { EngramCommon } from './common.ts';
import { decodeRlp } from './rlp.ts';
import { asSystemTx } from './sender.ts';
import { EvmTxError } from './txRules.ts';

type Fields = readonly unknown[];

/** Number of fields of a signed transaction, where its signature starts, and where its fee fields are. */
const LAYOUT = {
  0: { fields: 9, signature: 6 },
  1: { fields: 11, signature: 8 },
  2: { fields: 12, signature: 9 },
  4: { fields: 13, signature: 10 },
} as const;
type TxType = keyof typeof LAYOUT;

/** A transaction's fields, its access list, an entry of that, its slots. */
const MAX_DEPTH = 4;

const HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/**
 * A signed user transaction from its EIP-2718 bytes, in exactly one encoding. Says nothing about the state; whether the signature
 * recovers to anybody is for `senderOf`.
 * @throws EvmTxError MALFORMED, TYPE_NOT_SUPPORTED {type}, WRONG_CHAIN_ID {chainId, expected}, UNPROTECTED, INVALID_SIGNATURE,
 * TIP_ABOVE_FEE_CAP {tip, feeCap}, EMPTY_AUTHORIZATION_LIST
 */
export function decodeEvmTx(raw: Uint8Array, common: EngramCommon): TypedTransaction {
  const type = typeOf(raw);
  const fields = decodeFields(type === 0 ? raw : raw.subarray(1));
  const layout = LAYOUT[type];
  if (fields.length !== layout.fields) throw new EvmTxError('MALFORMED', { fields: fields.length });
  checkChain(type, fields, common.chainId());
  checkSignature(fields, layout.signature);
  if (type === 2 || type === 4) checkFees(fields);
  if (type === 4 && Array.isArray(fields[9]) && fields[9].length === 0) {
    throw new EvmTxError('EMPTY_AUTHORIZATION_LIST');
  }
  return construct(type, fields, common, raw);
}

/** A system transaction (docs/protocol.md section 8) from a stored block. @throws EvmTxError MALFORMED */
export function decodeSystemTx(raw: Uint8Array, common: EngramCommon): TypedTransaction {
  if (raw[0] !== 2) throw new EvmTxError('MALFORMED', { type: raw[0] ?? -1 });
  return asSystemTx(construct(2, decodeFields(raw.subarray(1)), common, raw));
}

function typeOf(raw: Uint8Array): TxType {
  const first = raw[0];
  if (first === undefined) throw new EvmTxError('MALFORMED', { reason: 'empty' });
  if (first >= 0xc0) return 0;
  if (first === 1 || first === 2 || first === 4) return first;
  if (first < 0x80) throw new EvmTxError('TYPE_NOT_SUPPORTED', { type: first });
  throw new EvmTxError('MALFORMED', { type: first });
}

function decodeFields(bytes: Uint8Array): Fields {
  let decoded: unknown;
  try {
    decoded = decodeRlp(bytes, MAX_DEPTH);
  } catch (cause) {
    throw new EvmTxError('MALFORMED', { reason: 'RLP' }, { cause });
  }
  if (!Array.isArray(decoded)) throw new EvmTxError('MALFORMED', { reason: 'not a list' });
  return decoded;
}

/** An unsigned integer of at most 32 bytes. */
function integer(field: unknown): bigint {
  if (!(field instanceof Uint8Array) || field.length > 32 || field[0] === 0) throw new EvmTxError('MALFORMED');
  return field.length === 0 ? 0n : BigInt(`0x${Buffer.from(field).toString('hex')}`);
}

function checkChain(type: TxType, fields: Fields, expected: bigint): void {
  let chainId: bigint;
  if (type === 0) {
    const v = integer(fields[6]);
    if (v === 27n || v === 28n) throw new EvmTxError('UNPROTECTED');
    if (v < 35n) throw new EvmTxError('INVALID_SIGNATURE', { v });
    chainId = (v - 35n) / 2n;
  } else {
    chainId = integer(fields[0]);
  }
  if (chainId !== expected) throw new EvmTxError('WRONG_CHAIN_ID', { chainId, expected });
}

function checkSignature(fields: Fields, at: number): void {
  const v = integer(fields[at]);
  const r = integer(fields[at + 1]);
  const s = integer(fields[at + 2]);
  // EIP-2: the other s of a signature would be a second transaction with the same effect.
  const isValid = r !== 0n && r < ORDER && s !== 0n && s <= HALF_ORDER && (at === LAYOUT[0].signature || v <= 1n);
  if (!isValid) throw new EvmTxError('INVALID_SIGNATURE');
}

function checkFees(fields: Fields): void {
  const tip = integer(fields[2]);
  const cap = integer(fields[3]);
  if (tip > cap) throw new EvmTxError('TIP_ABOVE_FEE_CAP', { tip, feeCap: cap });
}

function construct(type: TxType, fields: Fields, common: EngramCommon, raw: Uint8Array): TypedTransaction {
  // Init code is bounded by checkStatic, which has a code for it.
  const options: TxOptions = { common, allowUnlimitedInitCodeSize: true };
  let tx: TypedTransaction;
  try {
    // The casts: each constructor checks the shape of what it is given.
    switch (type) {
      case 0:
        tx = createLegacyTxFromBytesArray(fields as TxValuesArray[0], options);
        break;
      case 1:
        tx = createAccessList2930TxFromBytesArray(fields as TxValuesArray[1], options);
        break;
      case 2:
        tx = create1559FeeMarketTxFromBytesArray(fields as TxValuesArray[2], options);
        break;
      case 4:
        tx = createEOACode7702TxFromBytesArray(fields as TxValuesArray[4], options);
        break;
    }
    if (Buffer.compare(tx.serialize(), raw) === 0) return tx;
  } catch (cause) {
    throw new EvmTxError('MALFORMED', {}, { cause });
  }
  // Some field has a second encoding: its hash would not be the one it is known by.
  throw new EvmTxError('MALFORMED', { reason: 'not canonical' });
}
