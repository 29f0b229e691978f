import { ProtocolError } from '../errors.ts';
import { ZERO } from '../field.ts';
import { accountIndex } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { Kind, type L1Op, L1Opcode, type QueueItem } from '../types.ts';

/**
 * FORCED_EXIT: the whole balance of a KEY account leaves to its Ethereum address, without the key's signature. Void unless
 * the account is live and belongs to the address that asked on L1; the op records what was found.
 * @throws ProtocolError INDEX_OUT_OF_RANGE (0 or ≥ 2^24: the contract refuses those)
 */
export function applyForcedExit(stage: Stage, item: Extract<QueueItem, { opcode: 3 }>): L1Op {
  const index = accountIndex(item.index);
  if (index === 0) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
  stage.touch(index);
  const account = stage.get(index);
  const common = { opcode: L1Opcode.FORCED_EXIT, index, x: ZERO, y: ZERO, address: item.address };
  if (account === undefined || account.kind !== Kind.KEY || account.c !== item.address) {
    return { ...common, isVoid: true, token: 0, amount: 0n };
  }
  stage.set(index, { ...account, balance: 0n });
  return { ...common, isVoid: false, token: account.token, amount: account.balance };
}
