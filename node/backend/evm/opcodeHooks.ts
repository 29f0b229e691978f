import type { Common } from '@ethereumjs/common';
import type { VM } from '@ethereumjs/vm';
import type { RunState } from './evmTypes.ts';

/** An entry of the machine's list of opcodes. */
interface OpcodeMapEntry {
  readonly opcodeInfo: { readonly isAsync: boolean };
  readonly opHandler: (state: RunState, common: Common) => void | Promise<void>;
}

/** Runs before an opcode's own action; its gas is taken already, its operands are still on the stack. */
export type OpcodeHook = (state: RunState) => void | Promise<void>;

export const Op = {
  BALANCE: 0x31,
  EXTCODESIZE: 0x3b,
  EXTCODECOPY: 0x3c,
  EXTCODEHASH: 0x3f,
  SLOAD: 0x54,
  SSTORE: 0x55,
  JUMPDEST: 0x5b,
  LOG0: 0xa0,
  CREATE: 0xf0,
  CALL: 0xf1,
  CALLCODE: 0xf2,
  DELEGATECALL: 0xf4,
  CREATE2: 0xf5,
  STATICCALL: 0xfa,
  SELFDESTRUCT: 0xff,
} as const;

export const CALLS = [Op.CALL, Op.CALLCODE, Op.DELEGATECALL, Op.STATICCALL] as const;
export const CREATES = [Op.CREATE, Op.CREATE2] as const;
export const LOGS = [0, 1, 2, 3, 4].map((topics) => Op.LOG0 + topics);

/**
 * Makes the machine run everything opcode by opcode, through its list of them: the fast loop passes by the hooks of all but calls,
 * creations and some of the jumps.
 */
export function watchClosely(vm: VM): void {
  // the fast loop stands in front of the method of the class
  delete (vm.evm as { runInterpreter?: unknown }).runInterpreter;
}

/** Whether the machine runs every opcode through its list. */
export function isWatchedClosely(vm: VM): boolean {
  return !Object.hasOwn(vm.evm, 'runInterpreter');
}

/**
 * Puts a hook in front of some opcodes of this machine. EthereumJS's `step` event comes for every opcode with a copy of all memory;
 * this costs nothing where nothing is hooked.
 */
export function hookOpcodes(vm: VM, opcodes: readonly number[], hook: OpcodeHook): void {
  // The interpreter looks its opcodes up in this list of the machine, which has no public name.
  const evm = vm.evm as unknown as { _opcodeMap: OpcodeMapEntry[] };
  const map = evm._opcodeMap.slice();
  for (const opcode of opcodes) {
    const entry = map[opcode];
    if (entry === undefined) continue;
    const { opcodeInfo, opHandler } = entry;
    map[opcode] = {
      ...entry,
      opcodeInfo: { ...opcodeInfo, isAsync: true },
      opHandler: async (state, common) => {
        await hook(state);
        await opHandler(state, common);
      },
    };
  }
  evm._opcodeMap = map;
}

/** An operand, counted from the top of the stack. */
export function operand(state: RunState, index: number): bigint {
  return state.stack.getStack().at(-1 - index) ?? 0n;
}
