/** Where things are on the chain, as text whose order is that of the chain. Pure. */
import { RpcCode, RpcError } from '../rpc/errors.ts';

/** L1 operations of a block come first, then its transactions; what the close of a batch credits comes after its last block. */
export const Phase = { L1: 0, TX: 1, CLOSE: 2 } as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

export interface Place {
  readonly block: bigint;
  readonly phase: Phase;
  /** From 0 among those of its phase. */
  readonly position: number;
  /** From 0 in its transaction. */
  readonly op: number;
}

/** block(16) phase(1) position(8) op(2), hexadecimal. */
export function placeText({ block, phase, position, op }: Place): string {
  return `${hex(block, 16)}${phase}${hex(position, 8)}${hex(op, 2)}`;
}

/** The block of a place (`placeText`). */
export function blockOfPlace(text: string): bigint {
  return BigInt(`0x${text.slice(0, 16)}`);
}

export function hex(value: bigint | number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** One list of a kind: the letter its cursors begin with, and how many digits follow. */
export interface ListKind {
  readonly letter: 'b' | 'c' | 'h' | 'x' | 'e';
  readonly digits: number;
}

export const LISTS = {
  blocks: { letter: 'b', digits: 16 },
  batches: { letter: 'c', digits: 16 },
  history: { letter: 'h', digits: 27 },
  exits: { letter: 'x', digits: 27 },
  evmHistory: { letter: 'e', digits: 27 },
} as const satisfies Record<string, ListKind>;

export function cursorOf({ letter }: ListKind, place: string): string {
  return `${letter}${place}`;
}

/** The place a cursor names. Whatever place it is, a page behind it costs no more than any other. @throws RpcError INVALID_PARAMS */
export function placeOfCursor({ letter, digits }: ListKind, cursor: string): string {
  const place = cursor.slice(1);
  if (cursor[0] === letter && place.length === digits && /^[0-9a-f]+$/.test(place)) return place;
  throw new RpcError(RpcCode.INVALID_PARAMS, 'INVALID_PARAMS', 'params: `before` is not from a page of this list');
}
