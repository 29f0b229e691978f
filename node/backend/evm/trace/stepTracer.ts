import type { InterpreterStep } from '@ethereumjs/evm';
import type { VM } from '@ethereumjs/vm';
import { bytesHex, hexBytes } from '../../../../chain/evm/crypto.ts';
import { wordHex } from '../../../../protocol/bytes.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { serverError } from '../../../rpc/eth/ethError.ts';
import { quantity } from '../../../rpc/eth/quantity.ts';
import type { TraceOptions } from '../../../rpc/eth/traceOptions.ts';
import type { Applied } from '../applyMessage.ts';
import { hookOpcodes, Op } from '../opcodeHooks.ts';
import { type FailedFrame, failureText } from '../vmFailure.ts';
import { watchFrames } from './frames.ts';
import type { Tracer } from './tracer.ts';

interface Step {
  pc: number;
  op: string;
  gas: number;
  gasCost: number;
  depth: number;
  error?: string;
  refund?: number;
  stack?: Hex[];
  memory?: Hex[];
  returnData?: Hex;
  storage?: Record<Hex, Hex>;
}

/** Steps of one trace, and characters in it. */
const MAX_STEPS = 500_000;
const MAX_CHARACTERS = 128 * 2 ** 20;

export type StepOptions = Omit<TraceOptions, 'tracer' | 'config'>;

/** Every opcode with its operands, as go-ethereum's struct logger gives it. */
export class StepTracer implements Tracer {
  readonly #options: StepOptions;
  #failure: { readonly error: unknown } | undefined;
  #steps: Step[] = [];
  #characters = 0;
  #depth = 0;
  /** Slots seen, by account. */
  #storage = new Map<Hex, Record<Hex, Hex>>();
  #returnData: Hex = '0x';
  /** The newest step of each frame that is open. */
  #newest: (Step | undefined)[] = [];

  constructor(vm: VM, options: StepOptions) {
    this.#options = options;
    watchFrames(vm, {
      enter: () => {
        this.#depth += 1;
        this.#newest[this.#depth] = undefined;
      },
      leave: ({ execResult }) => {
        const step = this.#newest[this.#depth];
        const { exceptionError: error, returnValue, runState } = execResult;
        if (step !== undefined && error !== undefined && error.error !== 'revert') {
          // the machine adds the result's own members to the state of the frame
          step.error = failureText(error.error, runState as FailedFrame | undefined);
        }
        this.#returnData = error === undefined || error.error === 'revert' ? bytesHex(returnValue) : '0x';
        this.#depth -= 1;
      },
    });
    vm.evm.events?.on('step', (event, done) => {
      this.#step(event)
        .then(() => done?.())
        .catch((error: unknown) => {
          this.#failure ??= { error };
          done?.();
        });
    });
    // an opcode's own action is where a failure of the tracer can leave the machine
    hookOpcodes(vm, ALL_OPCODES, () => {
      if (this.#failure !== undefined) throw this.#failure.error;
    });
  }

  begin(): void {
    this.#steps = [];
    this.#characters = 0;
    this.#depth = 0;
    this.#storage = new Map();
    this.#returnData = '0x';
    this.#newest = [];
  }

  result({ gasUsed, failure, returnData }: Applied): unknown {
    return {
      gas: Number(gasUsed),
      failed: failure !== undefined,
      returnValue: bytesHex(returnData),
      structLogs: this.#steps,
    };
  }

  async #step(event: InterpreterStep): Promise<void> {
    const { limit, enableMemory, disableStack, disableStorage, enableReturnData } = this.#options;
    if (limit > 0 && this.#steps.length >= limit) return;
    const step: Step = {
      pc: event.pc,
      op: event.opcode.name,
      gas: Number(event.gasLeft),
      gasCost: Number(event.opcode.dynamicFee ?? 0n) + forwardedGas(event),
      depth: event.depth + 1,
    };
    if (event.gasRefund > 0n) step.refund = Number(event.gasRefund);
    if (!disableStack) step.stack = event.stack.map(quantity);
    if (enableMemory) step.memory = memoryWords(event);
    if (enableReturnData && this.#returnData !== '0x') step.returnData = this.#returnData;
    if (!disableStorage) await this.#addStorage(step, event);
    this.#steps.push(step);
    this.#newest[this.#depth] = step;
    this.#count(step);
  }

  async #addStorage(step: Step, { opcode, address, stack, stateManager }: InterpreterStep): Promise<void> {
    if (opcode.code !== Op.SLOAD && opcode.code !== Op.SSTORE) return;
    const slot = stack.at(-1);
    if (slot === undefined) return;
    const at = bytesHex(address.bytes);
    const key = wordHex(slot);
    const stored = opcode.code === Op.SSTORE ? stack.at(-2) : undefined;
    const value =
      stored ?? BigInt(`0x0${Buffer.from(await stateManager.getStorage(address, hexBytes(key))).toString('hex')}`);
    const known = { ...this.#storage.get(at), [key]: wordHex(value) };
    this.#storage.set(at, known);
    step.storage = known;
  }

  #count({ stack = [], memory = [], storage = {} }: Step): void {
    this.#characters += 128 + 24 * stack.length + 70 * memory.length + 140 * Object.keys(storage).length;
    if (this.#steps.length > MAX_STEPS || this.#characters > MAX_CHARACTERS) {
      throw serverError('trace is too large: set a limit, or use a tracer');
    }
  }
}

const ALL_OPCODES = Array.from({ length: 256 }, (_, i) => i);

/** go-ethereum counts what a call passes on as its cost. */
function forwardedGas({ opcode, gasLeft, stack }: InterpreterStep): number {
  const { code, dynamicFee = 0n } = opcode;
  if (code !== Op.CALL && code !== Op.CALLCODE && code !== Op.DELEGATECALL && code !== Op.STATICCALL) return 0;
  const left = gasLeft - dynamicFee;
  if (left <= 0n) return 0;
  const most = left - left / 64n;
  const asked = stack.at(-1) ?? 0n;
  return Number(asked < most ? asked : most);
}

function memoryWords({ memory }: InterpreterStep): Hex[] {
  const words: Hex[] = [];
  for (let at = 0; at < memory.length; at += 32) words.push(bytesHex(memory.subarray(at, at + 32)));
  return words;
}
