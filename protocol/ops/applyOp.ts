import { ProtocolError } from '../errors.ts';
import type { Stage } from '../stage.ts';
import { type AccountIndex, type L1Op, L1Opcode, type Op, Opcode, type QueueItem } from '../types.ts';
import { applyAttest } from './attest.ts';
import { applyClaim } from './claim.ts';
import { applyClose } from './close.ts';
import { applyDepositNew, applyDepositTo } from './deposit.ts';
import { applyExit } from './exit.ts';
import { applyForcedExit } from './forcedExit.ts';
import { applyOpen } from './open.ts';
import { applyRegister } from './register.ts';
import { applyTransfer } from './transfer.ts';

type OpRule = (stage: Stage, op: Op, signer: AccountIndex) => void;

const RULES: Partial<Record<Opcode, OpRule>> = {
  [Opcode.TRANSFER]: applyTransfer,
  [Opcode.REGISTER]: applyRegister,
  [Opcode.EXIT]: applyExit,
  [Opcode.ATTEST]: applyAttest,
  [Opcode.OPEN]: applyOpen,
  [Opcode.CLAIM]: applyClaim,
  [Opcode.CLOSE]: applyClose,
};

/** @throws ProtocolError UNKNOWN_OPCODE and those of the op's rule */
export function applyOp(stage: Stage, op: Op, signer: AccountIndex): void {
  const rule = RULES[op.opcode];
  if (rule === undefined) throw new ProtocolError('UNKNOWN_OPCODE', { opcode: op.opcode });
  stage.touch(op.from);
  stage.touch(op.to);
  rule(stage, op, signer);
}

/** @throws ProtocolError those of the operation's rule */
export function applyL1Op(stage: Stage, item: QueueItem, assigned: AccountIndex): L1Op {
  if (item.opcode === L1Opcode.DEPOSIT_NEW) return applyDepositNew(stage, item, assigned);
  if (item.opcode === L1Opcode.DEPOSIT_TO) return applyDepositTo(stage, item);
  return applyForcedExit(stage, item);
}
