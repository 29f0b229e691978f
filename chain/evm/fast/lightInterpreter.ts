import type { InterpreterClass } from './interpreterTypes.ts';

const NO_BYTES = new Uint8Array(0);

/** EthereumJS's class with a constructor that allocates neither stack nor memory, whose 8 kB are most of what a small call costs. */
export function lightClass(base: InterpreterClass): InterpreterClass {
  // A function, as a class would have to call the constructor that is not wanted.
  const Light = function (this: object, ...args: ConstructorParameters<InterpreterClass>): void {
    const [evm, stateManager, blockchain, env, gasLeft, journal, performanceLogger] = args;
    const runState = {
      programCounter: 0,
      opCode: 0xfe,
      memory: undefined,
      memoryWordCount: 0n,
      highestMemCost: 0n,
      stack: undefined,
      code: NO_BYTES,
      validJumps: NO_BYTES,
      cachedPushes: {},
      stateManager,
      blockchain,
      env,
      shouldDoJumpAnalysis: true,
      interpreter: this,
      gasRefund: env.gasRefund,
      gasLeft,
      stateGasSpilled: 0n,
      returnBytes: NO_BYTES,
    };
    Object.assign(this, {
      _evm: evm,
      _stateManager: stateManager,
      common: evm.common,
      _runState: runState,
      journal,
      _env: env,
      _result: { logs: [], returnValue: undefined, selfdestruct: new Map() },
      opDebuggers: {},
      performanceLogger,
    });
  };
  Light.prototype = base.prototype;
  // The cast: it is called with `new` only, by the class that extends it.
  return Light as unknown as InterpreterClass;
}
