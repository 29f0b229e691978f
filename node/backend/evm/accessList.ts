import type { VM } from '@ethereumjs/vm';
import { addressOf } from '../../../chain/evm/address.ts';
import { bytesHex, hexBytes } from '../../../chain/evm/crypto.ts';
import { createdBy } from '../../../chain/evm/receipts.ts';
import { wordHex } from '../../../protocol/bytes.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import type { AccessListOutcome } from '../../rpc/eth/backend.ts';
import { applyMessage } from './applyMessage.ts';
import type { EvmBlockContext } from './evmTypes.ts';
import type { Message } from './message.ts';
import { CALLS, hookOpcodes, Op, operand } from './opcodeHooks.ts';

/** Runs until the list it makes is the one it was run with; more rounds than this mean that code looks at its gas. */
const MAX_ROUNDS = 16;
const ADDRESS_MASK = 2n ** 160n - 1n;

type Touched = Map<Hex, Set<Hex>>;

/** The accounts and slots a message touches, beyond those that are warm anyway. */
export async function accessListOf(vm: VM, block: EvmBlockContext, message: Message): Promise<AccessListOutcome> {
  const nonce = (await vm.stateManager.getAccount(addressOf(message.from)))?.nonce ?? 0n;
  const warm = new Set<Hex>([
    message.from,
    message.to ?? bytesHex(createdBy(hexBytes(message.from), nonce)),
    ...[...vm.evm.precompiles.keys()].map((address): Hex => `0x${address}`),
  ]);
  let touched: Touched = new Map();
  watchAccess(vm, (address, slot) => {
    if (slot === undefined && warm.has(address)) return;
    const slots = touched.get(address) ?? new Set();
    if (slot !== undefined) slots.add(slot);
    touched.set(address, slots);
  });
  let { accessList } = message;
  for (let round = 0; ; round++) {
    touched = new Map(accessList.map(({ address, storageKeys }) => [address, new Set(storageKeys)]));
    await vm.stateManager.checkpoint();
    const applied = await applyMessage(vm, block, { ...message, accessList });
    await vm.stateManager.revert();
    const found = [...touched].map(([address, slots]) => ({ address, storageKeys: [...slots] }));
    if (sizeOf(found) === sizeOf(accessList) || round === MAX_ROUNDS) {
      return { accessList: found, gasUsed: applied.gasUsed, failure: applied.failure };
    }
    accessList = found;
  }
}

function sizeOf(list: AccessListOutcome['accessList']): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0);
}

/** Tells of every account and slot that code reaches for. */
export function watchAccess(vm: VM, touch: (address: Hex, slot: Hex | undefined) => void): void {
  const accountOf = (word: bigint): Hex => `0x${(word & ADDRESS_MASK).toString(16).padStart(40, '0')}`;
  hookOpcodes(vm, [Op.SLOAD, Op.SSTORE], (state) =>
    touch(bytesHex(state.env.address.bytes), wordHex(operand(state, 0))),
  );
  const byFirst = [Op.BALANCE, Op.EXTCODESIZE, Op.EXTCODECOPY, Op.EXTCODEHASH, Op.SELFDESTRUCT];
  hookOpcodes(vm, byFirst, (state) => touch(accountOf(operand(state, 0)), undefined));
  hookOpcodes(vm, CALLS, (state) => touch(accountOf(operand(state, 1)), undefined));
}
