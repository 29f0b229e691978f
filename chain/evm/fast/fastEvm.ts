import { createEVM, type EVM, EVMError, type ExecResult, type Message } from '@ethereumjs/evm';
import { Account, createZeroAddress } from '@ethereumjs/util';
import type { EngramCommon } from '../common.ts';
import type { LaneState } from '../state/laneState.ts';
import { fastInterpreterClass } from './fastInterpreter.ts';
import { FastJournal } from './fastJournal.ts';
import { LogList, OwnMap, SharedSet } from './frameResults.ts';
import type { EvmInside, Interpreter, InterpreterClass, RunState } from './interpreterTypes.ts';

let known: Promise<InterpreterClass> | undefined;

/** The interpreter's class: not exported, so it is asked for in a frame of its own. */
async function interpreterClass(common: EngramCommon): Promise<InterpreterClass> {
  let found: Interpreter | undefined;
  const opcode = 0x0c;
  const logicFunction = (state: RunState): void => {
    found = state.interpreter;
  };
  const probe = await createEVM({
    common: common.detached(),
    customOpcodes: [{ opcode, opcodeName: 'PROBE', baseFee: 0, logicFunction }],
  });
  await probe.runCode({ code: Uint8Array.of(opcode), gasLimit: 1n });
  // The cast: a constructor is typed as any function.
  return fastInterpreterClass((found as Interpreter | undefined)?.constructor as InterpreterClass);
}

/** Gives an EVM the fast journal, and lets it run its frames in the fast interpreter, but for those whose steps are watched. */
export async function accelerate(
  evm: EVM,
  { state, common }: { state: LaneState; common: EngramCommon },
): Promise<void> {
  // The cast: all that the EVM and `runTx` call of a journal, without its private fields.
  evm.journal = new FastJournal(state, evm.precompiles.keys()) as unknown as EVM['journal'];
  known ??= interpreterClass(common);
  const Fast = await known;
  const inside = evm as unknown as EvmInside; // for its protected members
  let created = new SharedSet<`0x${string}`>();
  inside.runInterpreter = async (message) => {
    if (message.depth === 0) created = new SharedSet();
    return runFrame(evm, { inside, Fast, created }, message);
  };
}

interface FrameParts {
  readonly inside: EvmInside;
  readonly Fast: InterpreterClass;
  /**
   * What the transaction created (EIP-6780). Nothing leaves it: where a creation failed there is no code, unless it is created again in
   * the same transaction.
   */
  readonly created: SharedSet<`0x${string}`>;
}

/** A frame, and what it leaves as EthereumJS's `runInterpreter` reports it. */
async function runFrame(evm: EVM, { inside, Fast, created }: FrameParts, message: Message): Promise<ExecResult> {
  for (const address of message.createdAddresses ?? []) created.add(address);
  const to = message.to ?? createZeroAddress();
  const code = message.code as Uint8Array; // precompiles do not get here
  const env = {
    address: to,
    caller: message.caller,
    callData: message.data,
    callValue: message.value,
    code,
    isStatic: message.isStatic,
    isCreate: message.isCreate ?? false,
    depth: message.depth,
    gasPrice: inside._tx?.gasPrice ?? 0n,
    origin: inside._tx?.origin ?? message.caller,
    block: inside._block as RunState['env']['block'], // runCall and runCode set it
    contract: (await evm.stateManager.getAccount(to)) ?? new Account(),
    codeAddress: message.codeAddress,
    gasRefund: message.gasRefund,
    blobVersionedHashes: message.blobVersionedHashes ?? [],
    createdAddresses: created,
  };
  const { stateManager, blockchain, journal } = evm;
  const interpreter = new Fast(evm, stateManager, blockchain, env, message.gasLimit, journal, inside.performanceLogger);
  const selfdestruct = new OwnMap<`0x${string}`, `0x${string}`>();
  Object.assign(interpreter._result, { logs: new LogList(), selfdestruct, createdAddresses: created });
  const { runState, exceptionError } = await interpreter.run(code);
  const result = interpreter._result;
  const isRevert = exceptionError?.error === EVMError.errorMessages.REVERT;
  const isFailed = exceptionError !== undefined;
  const destroyed = message.selfdestruct ?? new Map<`0x${string}`, `0x${string}`>();
  if (!isFailed) for (const [address, beneficiary] of selfdestruct.entries()) destroyed.set(address, beneficiary);
  return {
    ...result,
    selfdestruct: destroyed,
    ...(isFailed && { logs: [], selfdestruct: new Map(), createdAddresses: new Set<`0x${string}`>(), exceptionError }),
    runState,
    gas: runState.gasLeft,
    executionGasUsed: isFailed && !isRevert ? message.gasLimit : message.gasLimit - runState.gasLeft,
    gasRefund: runState.gasRefund,
    stateGasSpilled: 0n,
    returnValue: result.returnValue ?? new Uint8Array(0),
  };
}
