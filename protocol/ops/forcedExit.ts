import { controllerOf, isOver, unpackChannel } from '../account.ts';
import { ProtocolError } from '../errors.ts';
import { ZERO } from '../field.ts';
import { accountIndex } from '../ids.ts';
import type { Stage } from '../stage.ts';
import { type Account, type AccountIndex, Kind, type L1Op, L1Opcode, type QueueItem } from '../types.ts';

/**
 * FORCED_EXIT: the whole balance of an account leaves to the Ethereum address of its controller, without a signature. Void unless
 * the account is live, its controller has the address that asked on L1, and a channel is over (before that the money may be its
 * provider's); the op records what was found.
 * @throws ProtocolError INDEX_OUT_OF_RANGE (0 or ≥ 2^24: the contract refuses those)
 */
export function applyForcedExit(stage: Stage, item: Extract<QueueItem, { opcode: 3 }>): L1Op {
  const index = accountIndex(item.index);
  if (index === 0) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
  stage.touch(index);
  const account = stage.get(index);
  const common = { opcode: L1Opcode.FORCED_EXIT, index, x: ZERO, y: ZERO, address: item.address };
  if (account === undefined || addressOf(stage, index, account) !== item.address || isHeld(stage, account)) {
    return { ...common, isVoid: true, token: 0, amount: 0n };
  }
  stage.set(index, { ...account, balance: 0n });
  return { ...common, isVoid: false, token: account.token, amount: account.balance };
}

/** The Ethereum address of the account's controller, which takes a slot even if the exit turns out void. */
function addressOf(stage: Stage, index: AccountIndex, account: Account): bigint | undefined {
  const controller = controllerOf(index, account);
  stage.touch(controller);
  const found = stage.get(controller);
  return found?.kind === Kind.KEY ? found.c : undefined;
}

function isHeld(stage: Stage, account: Account): boolean {
  return account.kind === Kind.CHANNEL && !isOver(unpackChannel(account.c), stage.timestamp);
}
