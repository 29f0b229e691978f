import type { EVM, EVMOpts, ExecResult, Message } from '@ethereumjs/evm';

type CustomOpcode = NonNullable<EVMOpts['customOpcodes']>[number];
type AddOpcode = Extract<CustomOpcode, { logicFunction: unknown }>;

/** EthereumJS exports neither its interpreter nor its state; both are the arguments of what it does export. */
export type RunState = Parameters<AddOpcode['logicFunction']>[0];
export type Interpreter = RunState['interpreter'];
export type InterpreterResult = Awaited<ReturnType<Interpreter['run']>>;
export type InterpreterClass = new (
  evm: EVM,
  stateManager: EVM['stateManager'],
  blockchain: EVM['blockchain'],
  env: RunState['env'],
  gasLeft: bigint,
  journal: EVM['journal'],
  performanceLogs: unknown,
) => Interpreter;

/** What the fast path reaches of an EVM beyond its public face; all of it is `protected` there. */
export interface EvmInside {
  _tx?: { gasPrice: bigint; origin: Message['caller'] };
  _block?: RunState['env']['block'];
  readonly _opcodeMap: readonly OpcodeEntry[];
  readonly performanceLogger: unknown;
  runInterpreter(message: Message, opts?: object): Promise<ExecResult>;
}

export interface OpcodeEntry {
  readonly opcodeInfo: {
    readonly feeBigInt: bigint;
    readonly dynamicGas: boolean;
    readonly isInvalid: boolean;
    readonly isAsync: boolean;
  };
  readonly opHandler: (state: RunState, common: EVM['common']) => void | Promise<void>;
  readonly gasHandler: (state: RunState, gas: bigint, common: EVM['common']) => bigint | Promise<bigint>;
}
