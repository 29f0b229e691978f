import type { VM } from '@ethereumjs/vm';
import { bytesHex } from '../../../chain/evm/crypto.ts';
import type { EvmLog } from '../../../chain/evm/types.ts';
import { wordHex } from '../../../protocol/bytes.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { hookOpcodes, LOGS, Op, operand } from './opcodeHooks.ts';
import { watchFrames } from './trace/frames.ts';

const TRANSFER_ADDRESS: Hex = `0x${'ee'.repeat(20)}`;
const TRANSFER_TOPIC: Hex = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef';

/** Logs of a message with one more for every transfer of ETH, as ERC-20s tell of theirs. */
export class TransferLogs {
  /** One list a frame that is open; the first is the message's. */
  #frames: EvmLog[][] = [[]];

  constructor(vm: VM) {
    watchFrames(vm, {
      enter: ({ value, delegatecall, caller, to }) => {
        const logs: EvmLog[] = [];
        this.#frames.push(logs);
        if (value === 0n || delegatecall || to === undefined) return;
        const topics = [TRANSFER_TOPIC, addressWord(caller.bytes), addressWord(to.bytes)];
        logs.push({ address: TRANSFER_ADDRESS, topics, data: wordHex(value) });
      },
      leave: ({ execResult }) => {
        const logs = this.#frames.pop() ?? [];
        if (execResult.exceptionError === undefined) this.#frames.at(-1)?.push(...logs);
      },
    });
    hookOpcodes(vm, LOGS, (state) => {
      const length = Number(operand(state, 1));
      this.#frames.at(-1)?.push({
        address: bytesHex(state.env.address.bytes),
        topics: Array.from({ length: state.opCode - Op.LOG0 }, (_, i) => wordHex(operand(state, 2 + i))),
        data: length === 0 ? '0x' : bytesHex(state.memory.read(Number(operand(state, 0)), length)),
      });
    });
  }

  begin(): void {
    this.#frames = [[]];
  }

  get logs(): readonly EvmLog[] {
    return this.#frames[0] ?? [];
  }
}

function addressWord(bytes: Uint8Array): Hex {
  return wordHex(BigInt(bytesHex(bytes)));
}
