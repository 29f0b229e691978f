import { ADDRESS_LIMIT, AMOUNT_LIMIT, TOKEN_LIMIT } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import { field } from '../field.ts';
import { accountIndex } from '../ids.ts';
import { type Exit, type Field, type L1Op, L1Opcode } from '../types.ts';

const VOID = 1;

function checkToken(token: number): void {
  if (!Number.isInteger(token) || token < 0 || token >= TOKEN_LIMIT) throw new ProtocolError('WRONG_TOKEN', { token });
}

function checkAmount(amount: bigint): void {
  if (amount < 0n || amount >= AMOUNT_LIMIT) throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { amount });
}

function checkAddress(address: bigint): Field {
  if (address < 0n || address >= ADDRESS_LIMIT) throw new ProtocolError('BAD_ADDRESS', { address });
  return field(address);
}

/** `l0 … l3`. @throws ProtocolError INDEX_OUT_OF_RANGE, WRONG_TOKEN, AMOUNT_OUT_OF_RANGE, BAD_ADDRESS, WORD_NOT_CANONICAL */
export function l1OpWords(op: L1Op): readonly [Field, Field, Field, Field] {
  accountIndex(op.index);
  checkToken(op.token);
  checkAmount(op.amount);
  const flags = op.isVoid ? VOID : 0;
  const low = BigInt(op.opcode | (flags << 8)) | (BigInt(op.index) << 16n) | (BigInt(op.token) << 48n);
  return [field(low | (op.amount << 64n)), field(op.x), field(op.y), checkAddress(op.address)];
}

/** @throws ProtocolError MALFORMED_BYTES, UNKNOWN_OPCODE, INDEX_OUT_OF_RANGE, BAD_ADDRESS, WORD_NOT_CANONICAL */
export function l1OpFromWords(words: readonly bigint[]): L1Op {
  const [l0, x, y, address] = words;
  if (l0 === undefined || x === undefined || y === undefined || address === undefined || words.length !== 4) {
    throw new ProtocolError('MALFORMED_BYTES', { words: words.length });
  }
  if (l0 < 0n || l0 >> 160n !== 0n) throw new ProtocolError('MALFORMED_BYTES', { l0 });
  const opcode = Number(l0 & 0xffn);
  const flags = Number((l0 >> 8n) & 0xffn);
  if (opcode !== L1Opcode.DEPOSIT_NEW && opcode !== L1Opcode.DEPOSIT_TO && opcode !== L1Opcode.FORCED_EXIT) {
    throw new ProtocolError('UNKNOWN_OPCODE', { opcode });
  }
  if (flags > VOID) throw new ProtocolError('MALFORMED_BYTES', { flags });
  return {
    opcode,
    isVoid: flags === VOID,
    index: accountIndex(Number((l0 >> 16n) & 0xffffffffn)),
    token: Number((l0 >> 48n) & 0xffffn),
    amount: l0 >> 64n,
    x: field(x),
    y: field(y),
    address: checkAddress(address),
  };
}

/** `e0 = recipient`, `e1 = amount(96) | token(16)`. @throws ProtocolError WRONG_TOKEN, AMOUNT_OUT_OF_RANGE, BAD_ADDRESS */
export function exitWords(exit: Exit): readonly [Field, Field] {
  checkToken(exit.token);
  checkAmount(exit.amount);
  return [checkAddress(exit.recipient), field((BigInt(exit.token) << 96n) | exit.amount)];
}

/** @throws ProtocolError MALFORMED_BYTES, BAD_ADDRESS */
export function exitFromWords(words: readonly bigint[]): Exit {
  const [recipient, e1] = words;
  if (recipient === undefined || e1 === undefined || words.length !== 2 || e1 < 0n || e1 >> 112n !== 0n) {
    throw new ProtocolError('MALFORMED_BYTES', { words: words.length });
  }
  return { recipient: checkAddress(recipient), token: Number(e1 >> 96n), amount: e1 & (AMOUNT_LIMIT - 1n) };
}
