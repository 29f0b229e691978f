import { EVMError } from '@ethereumjs/evm';
import { keccak } from '../crypto.ts';
import { LaneState } from '../state/laneState.ts';
import { textOf } from '../state/stateStore.ts';
import { analysisOf, pushAt } from './codeAnalysis.ts';
import { FastMemory } from './fastMemory.ts';
import { FastStack, STACK_LIMIT } from './fastStack.ts';
import type { EvmInside, Interpreter, InterpreterClass, InterpreterResult } from './interpreterTypes.ts';
import { lightClass } from './lightInterpreter.ts';
import { COST, NEEDED } from './opcodeCosts.ts';
import { binary, calldataWord } from './wordOps.ts';
import { copyTo, loadWord, shortBytes, storeWord, wordBytes, wordOf } from './words.ts';

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
  return class FastInterpreter extends lightClass(base) {
    readonly #stack = new FastStack();
    readonly #memory = new FastMemory();
    readonly #constants = new Map<number, bigint>();
    #addressKey = '';
    /** Of memory that was paid for. */
    #words = 0;

    override async run(code: Uint8Array, options: Parameters<Interpreter['run']>[1] = {}): Promise<InterpreterResult> {
      const state = this._runState;
      // The casts: both have all that handlers call, but not the private fields of the classes they stand for.
      state.stack = this.#stack as unknown as typeof state.stack;
      state.memory = this.#memory as unknown as typeof state.memory;
      const isWatched = this._evm.DEBUG || this._evm.events.listenerCount('step') > 0;
      if (isWatched || options.pc !== undefined || state.gasLeft > MAX_COUNTED_GAS) return super.run(code, options);
      state.code = code;
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

    /** Of a step that is watched: what REVERT gives back is read for it, but must not be before it is known to be paid for. */
    override async _runStepHook(gas: bigint, gasLeft: bigint, words: bigint): Promise<void> {
      const memory = this.#memory;
      memory.extend(0, 32 * Number(words));
      // The frame fails after this step.
      if (this._runState.opCode === 0xfd && gas > gasLeft) memory.read = () => new Uint8Array(0);
      return super._runStepHook(gas, gasLeft, words);
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

    /**
     * Runs until the frame is over or an opcode is not one of its own. A failing frame loses all its gas: nothing is written back then.
     * No closures, and nothing that is not a local variable: this is where contracts spend their time.
     */
    #loop(): number {
      const state = this._runState;
      const env = this._env;
      const memory = this.#memory;
      const { items } = this.#stack;
      const { code } = state;
      const { jumps, pushes } = analysisOf(code);
      const { length } = code;
      let pc = state.programCounter;
      let { size } = this.#stack;
      let gas = Number(state.gasLeft);
      this.#words = Number(state.memoryWordCount);
      // Handlers pay for memory without making it: what a call may write to, but did not.
      memory.extend(0, 32 * this.#words);
      let untilHandler = JUMPS_BY_HANDLER;

      while (pc < length) {
        const op = code[pc] as number; // pc < length
        if (size < (NEEDED[op] as number)) fail(errorMessages.STACK_UNDERFLOW); // has 256 entries
        gas -= COST[op] as number; // as above
        if (gas < 0) fail(errorMessages.OUT_OF_GAS);
        // From here on the stack has what the opcode takes: reads of it are in range.
        if (op >= 0x5f && op <= 0x8f) {
          if (size >= STACK_LIMIT) fail(errorMessages.STACK_OVERFLOW);
          if (op >= 0x80) {
            items[size] = items[size - (op - 0x7f)] as bigint;
            pc++;
          } else {
            let value = pushes[pc];
            if (value === undefined) {
              value = pushAt(code, pc, op - 0x5f);
              pushes[pc] = value;
            }
            items[size] = value;
            pc += op - 0x5e;
          }
          size++;
          continue;
        }
        if (op >= 0x90 && op <= 0x9f) {
          const other = size - (op - 0x8e);
          const value = items[size - 1] as bigint;
          items[size - 1] = items[other] as bigint;
          items[other] = value;
          pc++;
          continue;
        }
        switch (op) {
          case 0x00:
            return this.#leave(DONE, pc, size, gas);
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
            const a = items[--size] as bigint;
            items[size - 1] = binary(op, a, items[size - 1] as bigint);
            break;
          }
          case 0x15:
            items[size - 1] = items[size - 1] === 0n ? 1n : 0n;
            break;
          case 0x19:
            items[size - 1] = BigInt.asUintN(256, ~(items[size - 1] as bigint));
            break;
          case 0x20: {
            const offset = items[size - 1] as bigint;
            const bytes = bytesOf(items[size - 2] as bigint);
            gas -= 6 * Math.ceil(bytes / 32);
            gas -= this.#expand(offset, bytes, gas);
            const at = bytes === 0 ? 0 : Number(offset);
            items[--size - 1] = wordOf(keccak(memory._store.subarray(at, at + bytes)));
            break;
          }
          case 0x30:
          case 0x32:
          case 0x33:
          case 0x34:
          case 0x36:
          case 0x38:
          case 0x3a:
          case 0x3d:
          case 0x41:
          case 0x42:
          case 0x43:
          case 0x44:
          case 0x45:
          case 0x46:
          case 0x48:
          case 0x4a:
            if (size >= STACK_LIMIT) fail(errorMessages.STACK_OVERFLOW);
            items[size++] = this.#environment(op);
            break;
          case 0x37:
          case 0x39: {
            const to = items[size - 1] as bigint;
            const bytes = bytesOf(items[size - 3] as bigint);
            gas -= 3 * Math.ceil(bytes / 32);
            gas -= this.#expand(to, bytes, gas);
            if (bytes > 0)
              copyTo(memory._store, Number(to), bytes, op === 0x37 ? env.callData : code, items[size - 2] as bigint);
            size -= 3;
            break;
          }
          case 0x35:
            items[size - 1] = calldataWord(env.callData, items[size - 1] as bigint);
            break;
          case 0x50:
            size--;
            break;
          case 0x51: {
            const offset = items[size - 1] as bigint;
            gas -= this.#expand(offset, 32, gas);
            items[size - 1] = loadWord(memory.view, Number(offset));
            break;
          }
          case 0x52: {
            const offset = items[size - 1] as bigint;
            gas -= this.#expand(offset, 32, gas);
            storeWord(memory.view, Number(offset), items[size - 2] as bigint);
            size -= 2;
            break;
          }
          case 0x53: {
            const offset = items[size - 1] as bigint;
            gas -= this.#expand(offset, 1, gas);
            memory._store[Number(offset)] = Number((items[size - 2] as bigint) & 255n);
            size -= 2;
            break;
          }
          case 0x54: {
            const slot = wordBytes(items[size - 1] as bigint);
            const value = this.#peek(slot);
            if (value === undefined) return this.#leave(op, pc, size, gas);
            gas -= this.#warm(slot) ? WARM : COLD_SLOT;
            if (gas < 0) fail(errorMessages.OUT_OF_GAS);
            items[size - 1] = wordOf(value);
            break;
          }
          case 0x55: {
            if (env.isStatic) fail(errorMessages.STATIC_STATE_CHANGE);
            if (gas <= SENTRY) fail(errorMessages.OUT_OF_GAS);
            const cost = this.#store(wordBytes(items[size - 1] as bigint), items[size - 2] as bigint);
            if (cost === undefined) return this.#leave(op, pc, size, gas);
            gas -= cost;
            if (gas < 0) fail(errorMessages.OUT_OF_GAS);
            size -= 2;
            break;
          }
          case 0x57:
            size -= 2;
            if (items[size] === 0n) break;
            pc = target(jumps, items[size + 1] as bigint);
            continue;
          case 0x56:
            pc = target(jumps, items[--size] as bigint);
            continue;
          case 0x58:
          case 0x59:
            if (size >= STACK_LIMIT) fail(errorMessages.STACK_OVERFLOW);
            items[size++] = BigInt(op === 0x58 ? pc : 32 * this.#words);
            break;
          case 0x5a:
            if (size >= STACK_LIMIT) fail(errorMessages.STACK_OVERFLOW);
            items[size++] = BigInt(gas);
            break;
          case 0x5b:
            // Now and then by its handler: who put a hook there (calls of the RPC) can stop a loop, or make way for others.
            if (--untilHandler === 0) return this.#leave(op, pc, size, gas + 1);
            break;
          case 0xa0:
          case 0xa1:
          case 0xa2:
          case 0xa3:
          case 0xa4: {
            if (env.isStatic) fail(errorMessages.STATIC_STATE_CHANGE);
            const offset = items[--size] as bigint;
            const bytes = bytesOf(items[--size] as bigint);
            gas -= 8 * bytes;
            gas -= this.#expand(offset, bytes, gas);
            const at = bytes === 0 ? 0 : Number(offset);
            const topics: Uint8Array[] = [];
            for (let i = op - 0xa0; i > 0; i--) topics.push(wordBytes(items[--size] as bigint));
            this._result.logs.push([env.address.bytes, topics, memory._store.slice(at, at + bytes)]);
            break;
          }
          case 0xf3:
          case 0xfd: {
            const offset = items[size - 1] as bigint;
            const bytes = bytesOf(items[size - 2] as bigint);
            gas -= this.#expand(offset, bytes, gas);
            const at = bytes === 0 ? 0 : Number(offset);
            this._result.returnValue = memory._store.slice(at, at + bytes);
            this.#leave(DONE, pc, size - 2, gas);
            if (op === 0xfd) fail(errorMessages.REVERT);
            return DONE;
          }
          default:
            return this.#leave(op, pc, size, gas);
        }
        pc++;
      }
      return this.#leave(DONE, pc, size, gas);
    }

    /** Writes the frame's state back. */
    #leave(op: number, pc: number, size: number, gas: number): number {
      const state = this._runState;
      state.programCounter = pc;
      state.gasLeft = BigInt(gas);
      this.#stack.size = size;
      const words = BigInt(this.#words);
      if (words !== state.memoryWordCount) {
        state.memoryWordCount = words;
        state.highestMemCost = BigInt(memoryCost(this.#words));
      }
      return op;
    }

    /** What a range of memory costs beyond what there is; it is there then. `gas` is what is left. */
    #expand(offset: bigint, bytes: number, gas: number): number {
      if (gas < 0) fail(errorMessages.OUT_OF_GAS);
      if (bytes === 0) return 0;
      if (offset > MAX_MEMORY) fail(errorMessages.OUT_OF_GAS);
      const needed = Math.ceil((Number(offset) + bytes) / 32);
      if (needed <= this.#words) return 0;
      const cost = memoryCost(needed) - memoryCost(this.#words);
      if (cost > gas) fail(errorMessages.OUT_OF_GAS);
      this.#words = needed;
      this.#memory.extend(0, 32 * needed);
      return cost;
    }

    /** What pushes a word that is the same as long as the frame runs; and RETURNDATASIZE. */
    #environment(op: number): bigint {
      if (op === 0x3d) return BigInt(this._runState.returnBytes.length);
      const known = this.#constants.get(op);
      if (known !== undefined) return known;
      const value = this.#constant(op);
      this.#constants.set(op, value);
      return value;
    }

    #constant(op: number): bigint {
      const env = this._env;
      switch (op) {
        case 0x30:
          return wordOf(env.address.bytes);
        case 0x32:
          return this.getTxOrigin();
        case 0x33:
          return wordOf(env.caller.bytes);
        case 0x34:
          return env.callValue;
        case 0x36:
          return BigInt(env.callData.length);
        case 0x38:
          return this.getCodeSize();
        case 0x3a:
          return this.getTxGasPrice();
        case 0x41:
          return this.getBlockCoinbase();
        case 0x42:
          return this.getBlockTimestamp();
        case 0x43:
          return this.getBlockNumber();
        case 0x44:
          return this.getBlockPrevRandao();
        case 0x45:
          return this.getBlockGasLimit();
        case 0x46:
          return this.getChainId();
        case 0x48:
          return this.getBlockBaseFee();
        default:
          return this.getBlobBaseFee();
      }
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

/** Where a jump goes. */
function target(jumps: Uint8Array, to: bigint): number {
  if (to >= jumps.length || jumps[Number(to)] !== 1) fail(errorMessages.INVALID_JUMP);
  return Number(to);
}

/** A length in memory. */
function bytesOf(count: bigint): number {
  if (count > MAX_MEMORY) fail(errorMessages.OUT_OF_GAS);
  return Number(count);
}

function memoryCost(words: number): number {
  return 3 * words + Math.floor((words * words) / 512);
}
