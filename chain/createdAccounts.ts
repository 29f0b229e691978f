import { L1Opcode, Opcode } from '../protocol/types.ts';
import type { Block } from './block.ts';
import type { CreatedAccount } from './types.ts';

/** KEY accounts that come to be in a block. Key and address of an account never change, and accounts are never deleted. */
export function createdAccounts(block: Block): CreatedAccount[] {
  const created: CreatedAccount[] = [];
  for (const op of block.l1.ops) {
    if (op.opcode === L1Opcode.DEPOSIT_NEW) created.push({ index: op.index, key: [op.x, op.y], address: op.address });
  }
  for (const op of block.txs.flatMap((tx) => tx.ops)) {
    const [x, y, address] = op.payload;
    if (op.opcode !== Opcode.REGISTER || x === undefined || y === undefined || address === undefined) continue;
    created.push({ index: op.to, key: [x, y], address });
  }
  return created;
}
