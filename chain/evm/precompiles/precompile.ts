import { EVMError, type ExecResult, type Log } from '@ethereumjs/evm';
import type { Field } from '../../../protocol/types.ts';
import { isStateError } from '../errors.ts';
import { CallReader, CallReverted, selectorOf } from './abi.ts';
import { PrecompileFault } from './fault.ts';
import { GAS, GasMeter, OutOfGas } from './gas.ts';
import { type ContractStorage, MeteredStorage } from './storage.ts';

/** A call of a precompile, as the frame it runs in has it. */
export interface CallFrame {
  /** 160 bits. */
  readonly caller: bigint;
  readonly value: bigint;
  readonly isStatic: boolean;
  /** DELEGATECALL: the value is that of the frame above and goes nowhere. */
  readonly isDelegateCall: boolean;
  /** DELEGATECALL or CALLCODE: the frame's storage and name are those of another contract. */
  readonly isBorrowed: boolean;
  readonly data: Uint8Array;
  readonly gasLimit: bigint;
}

/** What a function of a precompile gets. */
export interface Call {
  readonly frame: CallFrame;
  readonly input: CallReader;
  readonly gas: GasMeter;
  readonly storage: MeteredStorage;
  /** Of the deployment. */
  readonly domain: Field;
  /** Kept if the call succeeds. */
  log(log: Log): void;
}

export interface PrecompileFunction {
  /** As Solidity writes it for the selector. */
  readonly signature: string;
  /** Changes state: only by CALL, never in a static frame. */
  readonly isWrite?: boolean;
  /** @returns ABI-encoded results. @throws CallReverted, OutOfGas, errors of the state */
  run(call: Call): Uint8Array | Promise<Uint8Array>;
}

export type Precompile = (
  frame: CallFrame,
  context: { storage: ContractStorage; domain: Field },
) => Promise<ExecResult>;

/**
 * Makes a precompile of functions. A refused call reverts with a custom error and costs what it used; nothing but PrecompileFault and
 * errors of the state (EvmError) are ever thrown, because whatever else escapes would leave the journal open (a user's transaction could stop the chain).
 */
export function precompile(functions: readonly PrecompileFunction[]): Precompile {
  const bySelector = new Map(functions.map((item) => [selectorOf(item.signature), item]));
  return async (frame, { storage, domain }) => {
    const gas = new GasMeter(frame.gasLimit);
    const input = new CallReader(frame.data);
    const logs: Log[] = [];
    const call: Call = {
      frame,
      input,
      gas,
      storage: new MeteredStorage(storage, gas),
      domain,
      log: (log) => void logs.push(log),
    };
    try {
      gas.use(GAS.base + GAS.inputWord * BigInt(input.words));
      const returnValue = await chosen(bySelector, call).run(call);
      return { executionGasUsed: gas.used, returnValue, logs };
    } catch (error) {
      return failed(error, gas, frame);
    }
  };
}

function chosen(functions: ReadonlyMap<number, PrecompileFunction>, { frame, input }: Call): PrecompileFunction {
  const { selector } = input;
  const found = selector === undefined ? undefined : functions.get(selector);
  if (found === undefined) {
    // bytes4 stands in the upper bytes of its word
    throw new CallReverted('UnknownFunction(bytes4)', [BigInt(selector ?? 0) << 224n]);
  }
  if (frame.value !== 0n && !frame.isDelegateCall) throw new CallReverted('ValueSent(uint256)', [frame.value]);
  if (found.isWrite === true) {
    if (frame.isBorrowed) throw new CallReverted('DelegateCall()');
    if (frame.isStatic) throw new CallReverted('StaticCall()');
  }
  return found;
}

function failed(error: unknown, gas: GasMeter, frame: CallFrame): ExecResult {
  if (error instanceof CallReverted) {
    const exceptionError = new EVMError(EVMError.errorMessages.REVERT);
    return { executionGasUsed: gas.used, returnValue: error.data, exceptionError };
  }
  if (error instanceof OutOfGas) {
    const exceptionError = new EVMError(EVMError.errorMessages.OUT_OF_GAS);
    return { executionGasUsed: frame.gasLimit, returnValue: new Uint8Array(0), exceptionError };
  }
  throw isStateError(error) ? error : new PrecompileFault('UNEXPECTED', { cause: error });
}
