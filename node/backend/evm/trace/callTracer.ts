import type { EVMResult, Message as EvmMessage } from '@ethereumjs/evm';
import type { VM } from '@ethereumjs/vm';
import { bytesHex } from '../../../../chain/evm/crypto.ts';
import { wordHex } from '../../../../protocol/bytes.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { serverError } from '../../../rpc/eth/ethError.ts';
import { quantity } from '../../../rpc/eth/quantity.ts';
import type { Applied } from '../applyMessage.ts';
import type { RunState } from '../evmTypes.ts';
import type { Message } from '../message.ts';
import { CALLS, CREATES, hookOpcodes, LOGS, Op, operand } from '../opcodeHooks.ts';
import { type FailedFrame, failureText, revertReason } from '../vmFailure.ts';
import { watchFrames } from './frames.ts';
import type { Tracer } from './tracer.ts';

interface Frame {
  from: Hex;
  gas: Hex;
  gasUsed: Hex;
  to?: Hex;
  input: Hex;
  output?: Hex;
  error?: string;
  revertReason?: string;
  calls?: Frame[];
  logs?: { address: Hex; topics: Hex[]; data: Hex; position: Hex; index: Hex }[];
  value?: Hex;
  type: string;
}

/** Frames and bytes that one trace may have. */
const MAX_FRAMES = 50_000;
const MAX_BYTES = 64 * 2 ** 20;

const TYPES: Readonly<Record<number, string>> = {
  [Op.CALL]: 'CALL',
  [Op.CALLCODE]: 'CALLCODE',
  [Op.DELEGATECALL]: 'DELEGATECALL',
  [Op.STATICCALL]: 'STATICCALL',
  [Op.CREATE]: 'CREATE',
  [Op.CREATE2]: 'CREATE2',
};

export interface CallTracerOptions {
  readonly withLog: boolean;
  readonly onlyTopCall: boolean;
}

/** The tree of calls, as go-ethereum's tracer of this name gives it. */
export class CallTracer implements Tracer {
  readonly #options: CallTracerOptions;
  #stack: Frame[] = [];
  #root: Frame | undefined;
  #message: Message | undefined;
  /** The opcode that is about to make a frame, and who runs it. */
  #opcode: number = Op.CALL;
  #runner: Hex | undefined;
  #frames = 0;
  #bytes = 0;
  #logs = 0;

  constructor(vm: VM, options: CallTracerOptions) {
    this.#options = options;
    watchFrames(vm, { enter: (message) => this.#enter(message), leave: (result) => this.#leave(result) });
    hookOpcodes(vm, [...CALLS, ...CREATES], ({ opCode, env }) => {
      this.#opcode = opCode;
      this.#runner = bytesHex(env.address.bytes);
    });
    hookOpcodes(vm, [Op.SELFDESTRUCT], (state) => this.#selfDestruct(vm, state));
    if (options.withLog) hookOpcodes(vm, LOGS, (state) => this.#log(state));
  }

  begin(message: Message): void {
    this.#stack = [];
    this.#root = undefined;
    this.#message = message;
    this.#frames = 0;
    this.#bytes = 0;
    this.#logs = 0;
  }

  result({ gasUsed, failure, returnData, created }: Applied): unknown {
    const root = this.#root;
    const message = this.#message;
    if (root === undefined || message === undefined) throw serverError('incorrect number of top-level calls');
    root.gas = quantity(message.gas);
    root.gasUsed = quantity(gasUsed);
    if (created !== undefined && failure === undefined) root.to = created;
    if (failure !== undefined) {
      root.error = failure.isRevert ? 'execution reverted' : failure.text;
      if (returnData.length > 0) root.output = bytesHex(returnData);
    }
    if (this.#options.withLog) dropFailedLogs(root, false);
    return root;
  }

  #enter(message: EvmMessage): void {
    const { depth, to, delegatecall, data, gasLimit, value } = message;
    this.#count(data.length);
    const isTop = depth === 0;
    const opcode = isTop ? (to === undefined ? Op.CREATE : Op.CALL) : this.#opcode;
    const isForeignCode = delegatecall || opcode === Op.CALLCODE;
    const target = isForeignCode && to !== undefined ? message.codeAddress : to;
    const frame: Frame = {
      from: isTop ? bytesHex(message.caller.bytes) : (this.#runner ?? bytesHex(message.caller.bytes)),
      gas: quantity(gasLimit),
      gasUsed: '0x0',
      ...(target !== undefined && { to: bytesHex(target.bytes) }),
      input: bytesHex(data),
      type: TYPES[opcode] ?? 'CALL',
    };
    if (opcode !== Op.STATICCALL) frame.value = quantity(value);
    const parent = this.#stack.at(-1);
    this.#stack.push(frame);
    if (parent === undefined) this.#root = frame;
    else if (!this.#options.onlyTopCall) addCall(parent, frame);
  }

  #leave({ execResult, createdAddress }: EVMResult): void {
    const frame = this.#stack.pop();
    if (frame === undefined) return;
    const { exceptionError: error, returnValue, executionGasUsed, runState } = execResult;
    frame.gasUsed = quantity(executionGasUsed);
    if (createdAddress !== undefined && error === undefined) frame.to = bytesHex(createdAddress.bytes);
    if (returnValue.length > 0 && (error === undefined || error.error === 'revert')) {
      this.#count(returnValue.length);
      frame.output = bytesHex(returnValue);
    }
    if (error === undefined) return;
    // the machine adds the result's own members to the state of the frame
    frame.error = failureText(error.error, runState as FailedFrame | undefined);
    if (frame.type.startsWith('CREATE')) delete frame.to;
    const reason = error.error === 'revert' ? revertReason(returnValue) : undefined;
    if (reason !== undefined) frame.revertReason = reason;
  }

  async #selfDestruct(vm: VM, state: RunState): Promise<void> {
    const frame = this.#stack.at(-1);
    if (frame === undefined || this.#options.onlyTopCall) return;
    this.#count(0);
    const account = await vm.stateManager.getAccount(state.env.address);
    addCall(frame, {
      from: bytesHex(state.env.address.bytes),
      gas: '0x0',
      gasUsed: '0x0',
      to: `0x${(operand(state, 0) & (2n ** 160n - 1n)).toString(16).padStart(40, '0')}`,
      input: '0x',
      value: quantity(account?.balance ?? 0n),
      type: 'SELFDESTRUCT',
    });
  }

  #log(state: RunState): void {
    const frame = this.#stack.at(-1);
    if (frame === undefined || (this.#options.onlyTopCall && this.#stack.length > 1)) return;
    const { opCode, memory, env } = state;
    const length = Number(operand(state, 1));
    this.#count(length);
    const topics = Array.from({ length: opCode - Op.LOG0 }, (_, i) => wordHex(operand(state, 2 + i)));
    frame.logs ??= [];
    frame.logs.push({
      address: bytesHex(env.address.bytes),
      topics,
      data: length === 0 ? '0x' : bytesHex(memory.read(Number(operand(state, 0)), length)),
      position: quantity(frame.calls?.length ?? 0),
      index: quantity(this.#logs),
    });
    this.#logs += 1;
  }

  #count(bytes: number): void {
    this.#frames += 1;
    this.#bytes += bytes;
    if (this.#frames > MAX_FRAMES || this.#bytes > MAX_BYTES) throw serverError('trace is too large');
  }
}

function addCall(frame: Frame, call: Frame): void {
  frame.calls ??= [];
  frame.calls.push(call);
}

/** Logs of frames that failed, or whose callers did, were never written. */
function dropFailedLogs(frame: Frame, hasParentFailed: boolean): void {
  const hasFailed = hasParentFailed || frame.error !== undefined;
  if (hasFailed) delete frame.logs;
  for (const call of frame.calls ?? []) dropFailedLogs(call, hasFailed);
}
