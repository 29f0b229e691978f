import { AMOUNT_LIMIT, keyAccount, TOKEN_LIMIT } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import { ZERO } from '../field.ts';
import { accountIndex } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type AccountIndex, type L1Op, L1Opcode, type QueueItem } from '../types.ts';
import { credited } from './balance.ts';

type DepositNew = Extract<QueueItem, { opcode: 1 }>;
type DepositTo = Extract<QueueItem, { opcode: 2 }>;

function checkMoney(item: DepositNew | DepositTo): void {
  if (item.amount < 0n || item.amount >= AMOUNT_LIMIT)
    throw new ProtocolError('AMOUNT_OUT_OF_RANGE', { amount: item.amount });
  if (!Number.isInteger(item.token) || item.token < 0 || item.token >= TOKEN_LIMIT) {
    throw new ProtocolError('WRONG_TOKEN', { token: item.token });
  }
}

/**
 * DEPOSIT_NEW: a KEY account appears at the index the sequencer chose. Never void: what L1 fixes cannot fail (the contract
 * checked the key's point and the address), and a bad index is the sequencer's error.
 * @throws ProtocolError INDEX_OUT_OF_RANGE, INDEX_TAKEN, AMOUNT_OUT_OF_RANGE, WRONG_TOKEN, WORD_NOT_CANONICAL, BAD_ADDRESS
 */
export function applyDepositNew(stage: Stage, item: DepositNew, assigned: AccountIndex): L1Op {
  checkMoney(item);
  const index = accountIndex(assigned);
  if (index === 0) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
  if (stage.get(index) !== undefined) throw new ProtocolError('INDEX_TAKEN', { index });
  const { key, address, token, amount } = item;
  const account = keyAccount({ key, address, token, balance: amount });
  stage.touch(index);
  stage.create(index, account);
  return { opcode: L1Opcode.DEPOSIT_NEW, isVoid: false, index, token, amount, x: account.a, y: account.b, address };
}

/**
 * DEPOSIT_TO: credits a live account of the same token; void otherwise (L1 then refunds the depositor).
 * @throws ProtocolError INDEX_OUT_OF_RANGE (0 or ≥ 2^24: the contract refuses those), AMOUNT_OUT_OF_RANGE, WRONG_TOKEN
 */
export function applyDepositTo(stage: Stage, item: DepositTo): L1Op {
  checkMoney(item);
  const index = accountIndex(item.index);
  if (index === 0) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
  stage.touch(index);
  const account = stage.get(index);
  const isVoid = account === undefined || account.token !== item.token;
  if (account !== undefined && !isVoid) stage.set(index, credited(account, item.amount));
  const { token, amount, address } = item;
  return { opcode: L1Opcode.DEPOSIT_TO, isVoid, index, token, amount, x: ZERO, y: ZERO, address };
}
