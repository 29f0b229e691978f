import { EVMError } from '@ethereumjs/evm';
import { keccak } from '../crypto.ts';
import { LaneState } from '../state/laneState.ts';
import { textOf } from '../state/stateStore.ts';
import { analysisOf, pushAt } from './codeAnalysis.ts';
import { FastMemory } from './fastMemory.ts';
import { FastStack, STACK_LIMIT } from './fastStack.ts';
import type { EvmInside, Interpreter, InterpreterClass, InterpreterResult } from './interpreterTypes.ts';
import { loadWord, shortBytes, storeWord, wordBytes, wordOf } from './words.ts';

const { errorMessages } = EVMError;
/** What the synchronous loop returns when the frame is over; else the opcode it leaves to EthereumJS. */
const DONE = -1;
/** More gas than this is not counted exactly by a number. */
export const MAX_COUNTED_GAS = 2n ** 50n;
/** Memory beyond this costs more gas than `MAX_COUNTED_GAS`. */
const MAX_MEMORY = 2 ** 32;
/** Jumps until one is left to EthereumJS's handler, which does nothing. */
const JUMPS_BY_HANDLER = 4_096;
/** Costs and refunds of SSTORE in Prague (EIP-2200, 2929, 3529). */
const COLD_SLOT = 2_100;
const WARM = 100;
const SENTRY = 2_300;
const SET = 20_000;
const RESET = 2_900;
const CLEAR_REFUND = 4_800n;
const SET_REFUND = 19_900n;
const RESET_REFUND = 2_800n;

function fail(error: EVMError['error']): never {
  throw new EVMError(error);
}

/**
 * EthereumJS's interpreter, with a synchronous loop for the opcodes that make up nearly all of what contracts run: gas is counted in a
 * number, code is analysed once, nothing is awaited. What the loop does not know it leaves to EthereumJS's own handlers, with the state
 * of the frame written back. When steps are traced, all is left to EthereumJS.
 */
export function fastInterpreterClass(base: InterpreterClass): InterpreterClass {
  return class FastInterpreter extends base {
    readonly #stack = new FastStack();
    readonly #memory = new FastMemory();
    #addressKey = '';

    override async run(code: Uint8Array, options: Parameters<Interpreter['run']>[1] = {}): Promise<InterpreterResult> {
      const state = this._runState;
      if (options.pc !== undefined || state.gasLeft > MAX_COUNTED_GAS) return super.run(code, options);
      state.code = code;
      // The casts: both have all that handlers call, but not the private fields of the classes they stand for.
      state.stack = this.#stack as unknown as typeof state.stack;
      state.memory = this.#memory as unknown as typeof state.memory;
      this.#addressKey = textOf(this._env.address.bytes);
      let exceptionError: EVMError | undefined;
      try {
        for (let op = this.#loop(); op !== DONE; op = this.#loop()) await this.#byHandler(op);
      } catch (error) {
        if (!(error instanceof EVMError)) throw error;
        if (error.error !== errorMessages.STOP) exceptionError = error;
      }
      return exceptionError === undefined ? { runState: state } : { runState: state, exceptionError };
    }

    async #byHandler(op: number): Promise<void> {
      const state = this._runState;
      const evm = this._evm as unknown as EvmInside; // for its protected table
      const { opcodeInfo, opHandler, gasHandler } = evm._opcodeMap[op] as EvmInside['_opcodeMap'][number]; // has 256 entries
      state.opCode = op;
      let gas = opcodeInfo.feeBigInt;
      if (opcodeInfo.dynamicGas) gas = await gasHandler(state, gas, this.common);
      if (opcodeInfo.isInvalid) fail(errorMessages.INVALID_OPCODE);
      this.useGas(gas);
      state.programCounter++;
      const done = opHandler(state, this.common);
      if (opcodeInfo.isAsync) await done;
    }

    /** Runs until the frame is over or an opcode is not one of its own. A failing frame loses all its gas: nothing is written back then. */
    #loop(): number {
      const state = this._runState;
      const env = this._env;
      const stack = this.#stack;
      const memory = this.#memory;
      const { items } = stack;
      const { code } = state;
      const { jumps, pushes } = analysisOf(code);
      const { length } = code;
      let pc = state.programCounter;
      let size = stack.size;
      let gas = Number(state.gasLeft);
      const wordsBefore = Number(state.memoryWordCount);
      let words = wordsBefore;
      let untilHandler = JUMPS_BY_HANDLER;

      const leave = (op: number): number => {
        state.programCounter = pc;
        state.gasLeft = BigInt(gas);
        stack.size = size;
        if (words !== wordsBefore) {
          state.memoryWordCount = BigInt(words);
          state.highestMemCost = BigInt(memoryCost(words));
        }
        return op;
      };
      const use = (amount: number): void => {
        gas -= amount;
        if (gas < 0) fail(errorMessages.OUT_OF_GAS);
      };
      /** Pays for a range of memory and returns where it begins. */
      const range = (offset: bigint, bytes: number): number => {
        if (bytes === 0) return 0;
        if (offset > MAX_MEMORY) fail(errorMessages.OUT_OF_GAS);
        const at = Number(offset);
        const needed = Math.ceil((at + bytes) / 32);
        if (needed > words) {
          use(memoryCost(needed) - memoryCost(words));
          words = needed;
          memory.extend(0, 32 * needed);
        }
        return at;
      };
      const bytesOf = (count: bigint): number => {
        if (count > MAX_MEMORY) fail(errorMessages.OUT_OF_GAS);
        return Number(count);
      };
      const need = (count: number): void => {
        if (size < count) fail(errorMessages.STACK_UNDERFLOW);
      };
      const top = (depth: number): bigint => items[size - 1 - depth] as bigint; // callers need()ed it
      const push = (value: bigint, cost: number): void => {
        use(cost);
        if (size >= STACK_LIMIT) fail(errorMessages.STACK_OVERFLOW);
        items[size++] = value;
      };
      const jump = (to: bigint): void => {
        if (to >= length || jumps[Number(to)] !== 1) fail(errorMessages.INVALID_JUMP);
        pc = Number(to);
      };

      while (pc < length) {
        const op = code[pc] as number; // pc < length
        if (op >= 0x5f && op <= 0x7f) {
          if (op === 0x5f) {
            push(0n, 2);
            pc++;
            continue;
          }
          let value = pushes[pc];
          if (value === undefined) {
            value = pushAt(code, pc, op - 0x5f);
            pushes[pc] = value;
          }
          push(value, 3);
          pc += op - 0x5e;
          continue;
        }
        if (op >= 0x80 && op <= 0x9f) {
          if (op <= 0x8f) {
            need(op - 0x7f);
            push(top(op - 0x80), 3);
          } else {
            use(3);
            need(op - 0x8e);
            const other = size - (op - 0x8e);
            const value = items[size - 1] as bigint; // need()ed
            items[size - 1] = items[other] as bigint; // as above
            items[other] = value;
          }
          pc++;
          continue;
        }
        switch (op) {
          case 0x00:
            return leave(DONE);
          case 0x01:
          case 0x02:
          case 0x03:
          case 0x04:
          case 0x06:
          case 0x10:
          case 0x11:
          case 0x12:
          case 0x13:
          case 0x14:
          case 0x16:
          case 0x17:
          case 0x18:
          case 0x1b:
          case 0x1c: {
            use(op === 0x02 || op === 0x04 || op === 0x06 ? 5 : 3);
            need(2);
            const a = items[--size] as bigint; // need()ed
            items[size - 1] = binary(op, a, items[size - 1] as bigint); // as above
            break;
          }
          case 0x15:
          case 0x19: {
            use(3);
            need(1);
            const a = top(0);
            items[size - 1] = op === 0x15 ? (a === 0n ? 1n : 0n) : BigInt.asUintN(256, ~a);
            break;
          }
          case 0x20: {
            use(30);
            need(2);
            const bytes = bytesOf(top(1));
            use(6 * Math.ceil(bytes / 32));
            const at = range(top(0), bytes);
            items[--size - 1] = wordOf(keccak(memory._store.subarray(at, at + bytes)));
            break;
          }
          case 0x30:
            push(wordOf(env.address.bytes), 2);
            break;
          case 0x33:
            push(wordOf(env.caller.bytes), 2);
            break;
          case 0x34:
            push(env.callValue, 2);
            break;
          case 0x35:
            use(3);
            need(1);
            items[size - 1] = calldataWord(env.callData, top(0));
            break;
          case 0x36:
            push(BigInt(env.callData.length), 2);
            break;
          case 0x3d:
            push(BigInt(state.returnBytes.length), 2);
            break;
          case 0x50:
            use(2);
            need(1);
            size--;
            break;
          case 0x51:
            use(3);
            need(1);
            items[size - 1] = loadWord(memory.view, range(top(0), 32));
            break;
          case 0x52: {
            use(3);
            need(2);
            // First the range: it may replace the view.
            const at = range(top(0), 32);
            storeWord(memory.view, at, top(1));
            size -= 2;
            break;
          }
          case 0x54: {
            need(1);
            const slot = wordBytes(top(0));
            const value = this.#peek(slot);
            if (value === undefined) return leave(op);
            use(this.#warm(slot) ? WARM : COLD_SLOT);
            items[size - 1] = wordOf(value);
            break;
          }
          case 0x55: {
            need(2);
            if (env.isStatic) fail(errorMessages.STATIC_STATE_CHANGE);
            if (gas <= SENTRY) fail(errorMessages.OUT_OF_GAS);
            const cost = this.#store(wordBytes(top(0)), top(1));
            if (cost === undefined) return leave(op);
            use(cost);
            size -= 2;
            break;
          }
          case 0x56:
            use(8);
            need(1);
            jump(items[--size] as bigint); // need()ed
            continue;
          case 0x57: {
            use(10);
            need(2);
            size -= 2;
            if (items[size] === 0n) break;
            jump(items[size + 1] as bigint); // need()ed
            continue;
          }
          case 0x5a:
            // Its own cost is gone before it looks.
            push(BigInt(gas - 2), 2);
            break;
          case 0x5b:
            // Now and then by its handler: who put a hook there (calls of the RPC) can stop a loop, or make way for others.
            if (--untilHandler === 0) return leave(op);
            use(1);
            break;
          case 0xa0:
          case 0xa1:
          case 0xa2:
          case 0xa3:
          case 0xa4: {
            const count = op - 0xa0;
            need(2 + count);
            if (env.isStatic) fail(errorMessages.STATIC_STATE_CHANGE);
            const bytes = bytesOf(top(1));
            use(375 + 375 * count + 8 * bytes);
            const at = range(top(0), bytes);
            const topics: Uint8Array[] = [];
            for (let i = 0; i < count; i++) topics.push(wordBytes(top(2 + i)));
            this._result.logs.push([env.address.bytes, topics, memory._store.slice(at, at + bytes)]);
            size -= 2 + count;
            break;
          }
          case 0xf3:
          case 0xfd: {
            need(2);
            const bytes = bytesOf(top(1));
            const at = range(top(0), bytes);
            this._result.returnValue = memory._store.slice(at, at + bytes);
            size -= 2;
            leave(DONE);
            if (op === 0xfd) fail(errorMessages.REVERT);
            return DONE;
          }
          default:
            return leave(op);
        }
        pc++;
      }
      return leave(DONE);
    }

    /** A slot's value, if the state has it in memory. */
    #peek(slot: Uint8Array): Uint8Array | undefined {
      const state = this._stateManager;
      return state instanceof LaneState ? state.peekSlot(this.#addressKey, textOf(slot)) : undefined;
    }

    /** Whether the slot was warm; now it is. */
    #warm(slot: Uint8Array): boolean {
      const address = this._env.address.bytes;
      if (this.journal.isWarmedStorage(address, slot)) return true;
      this.journal.addWarmedStorage(address, slot);
      return false;
    }

    /** SSTORE: its gas, or undefined if the state has to be asked for the slot first. */
    #store(slot: Uint8Array, value: bigint): number | undefined {
      const state = this._stateManager;
      if (!(state instanceof LaneState)) return undefined;
      const slotKey = textOf(slot);
      const before = state.peekSlot(this.#addressKey, slotKey);
      if (before === undefined) return undefined;
      const current = wordOf(before);
      const original = wordOf(state.originalSlot(this.#addressKey, slotKey, before));
      const access = this.#warm(slot) ? 0 : COLD_SLOT;
      if (current === value) return access + WARM;
      state.storeSlot(this.#addressKey, slotKey, shortBytes(value));
      const run = this._runState;
      if (original === current) {
        if (value === 0n) run.gasRefund += CLEAR_REFUND;
        return access + (original === 0n ? SET : RESET);
      }
      if (original !== 0n && current === 0n) run.gasRefund -= CLEAR_REFUND;
      if (original !== 0n && value === 0n) run.gasRefund += CLEAR_REFUND;
      if (original === value) run.gasRefund += original === 0n ? SET_REFUND : RESET_REFUND;
      return access + WARM;
    }
  };
}

function memoryCost(words: number): number {
  return 3 * words + Math.floor((words * words) / 512);
}

function binary(op: number, a: bigint, b: bigint): bigint {
  switch (op) {
    case 0x01:
      return BigInt.asUintN(256, a + b);
    case 0x02:
      return BigInt.asUintN(256, a * b);
    case 0x03:
      return BigInt.asUintN(256, a - b);
    case 0x04:
      return b === 0n ? 0n : a / b;
    case 0x06:
      return b === 0n ? 0n : a % b;
    case 0x10:
      return a < b ? 1n : 0n;
    case 0x11:
      return a > b ? 1n : 0n;
    case 0x12:
      return BigInt.asIntN(256, a) < BigInt.asIntN(256, b) ? 1n : 0n;
    case 0x13:
      return BigInt.asIntN(256, a) > BigInt.asIntN(256, b) ? 1n : 0n;
    case 0x14:
      return a === b ? 1n : 0n;
    case 0x16:
      return a & b;
    case 0x17:
      return a | b;
    case 0x18:
      return a ^ b;
    case 0x1b:
      return a > 255n ? 0n : BigInt.asUintN(256, b << a);
    default:
      return a > 255n ? 0n : b >> a;
  }
}

/** The word at a position of the call's data; what lies behind it is 0. */
function calldataWord(data: Uint8Array, position: bigint): bigint {
  if (position >= data.length) return 0n;
  const at = Number(position);
  const bytes = data.subarray(at, at + 32);
  const value = wordOf(bytes);
  return bytes.length === 32 ? value : value << BigInt(8 * (32 - bytes.length));
}
