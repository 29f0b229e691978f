import type { BlockHeader } from '@ethereumjs/block';
import type { VM } from '@ethereumjs/vm';
import { addressOf } from '../../../chain/evm/address.ts';
import type { EvmLane } from '../../../chain/evm/evmLane.ts';
import type { EvmBlockRecord } from '../../../chain/evm/types.ts';
import { SYSTEM_SENDER } from '../../../protocol/lane/addresses.ts';
import type { AccessListOutcome, CallOutcome, CallPlace, EvmRunner } from '../../rpc/eth/backend.ts';
import { serverError } from '../../rpc/eth/ethError.ts';
import type { CallRequest, SimulateRequest } from '../../rpc/eth/request.ts';
import type { TraceOptions } from '../../rpc/eth/traceOptions.ts';
import { accessListOf } from './accessList.ts';
import { applyMessage, VagueFailure } from './applyMessage.ts';
import { CallGuard } from './callGuard.ts';
import { blockContext, overrideState } from './callState.ts';
import { estimateGas } from './estimateGas.ts';
import type { EvmBlockContext } from './evmTypes.ts';
import { Machines } from './machines.ts';
import { type Message, messageOf, messageOfTx } from './message.ts';
import { watchClosely } from './opcodeHooks.ts';
import { simulate } from './simulate.ts';
import { Slots } from './slots.ts';
import { stateErrors } from './stateErrors.ts';
import { messageTracer } from './trace/messageTracer.ts';
import { visibleHeader } from './visibleHeader.ts';

export interface CallLimits {
  /** Gas of one call. */
  readonly gasCap: bigint;
  /** Gas of one transaction that the pool takes: no estimate is higher. */
  readonly txGas: bigint;
  readonly timeoutMs: number;
  /** Calls at the same time. */
  readonly concurrency: number;
  /** Calls that may wait. */
  readonly queue: number;
}

export const DEFAULT_CALL_LIMITS: CallLimits = {
  gasCap: 50_000_000n,
  txGas: 2n ** 24n,
  timeoutMs: 5_000,
  concurrency: 2,
  queue: 512,
};

/** The longest a trace may be asked to take. */
const MAX_TRACE_MS = 30_000;

export interface CallRunnerDependencies {
  readonly lane: EvmLane;
  /** A stored block's header. */
  readonly header: (number: bigint) => Promise<BlockHeader | undefined>;
}

interface Prepared {
  readonly vm: VM;
  readonly block: EvmBlockContext;
  readonly message: Message;
}

/** Calls, estimates, simulations and traces, each on a machine of its own over a state nobody else sees. */
export class CallRunner implements EvmRunner {
  readonly #limits: CallLimits;
  readonly #deps: CallRunnerDependencies;
  readonly #slots: Slots;
  readonly #machines: Machines;

  constructor(limits: CallLimits, deps: CallRunnerDependencies) {
    this.#limits = limits;
    this.#deps = deps;
    this.#slots = new Slots(limits);
    this.#machines = new Machines({ keep: limits.concurrency }, deps);
  }

  call(request: CallRequest, place: CallPlace): Promise<CallOutcome> {
    return this.#exactly(async (isClose) => {
      const { vm, block, message } = await this.#prepare(request, place, isClose);
      const { returnData, failure, isVague } = await applyMessage(vm, block, message);
      if (isVague) throw new VagueFailure();
      if (!isClose) this.#machines.release(vm);
      return { returnData, failure };
    });
  }

  estimateGas(request: CallRequest, place: CallPlace): Promise<bigint> {
    return this.#exactly(async (isClose) => {
      const { vm, block, message } = await this.#prepare(request, place, isClose);
      const gasLimit = place.blockOverrides.gasLimit ?? place.block.header.gasLimit;
      const { gasCap, txGas } = this.#limits;
      const limits = { gasLimit, gasCap, txGas, asked: request.gas };
      const estimate = await estimateGas(vm, block, message, limits);
      if (!isClose) this.#machines.release(vm);
      return estimate;
    });
  }

  createAccessList(request: CallRequest, place: CallPlace): Promise<AccessListOutcome> {
    return this.#run(async () => {
      const { vm, block, message } = await this.#prepare(request, place, true);
      return accessListOf(vm, block, message);
    });
  }

  simulate(request: SimulateRequest, base: EvmBlockRecord): Promise<readonly unknown[]> {
    return this.#run(async () => {
      const vm = await this.#deps.lane.vmAt(base.header.stateRoot);
      if (request.traceTransfers) watchClosely(vm);
      new CallGuard(this.#limits).watch(vm);
      return simulate(vm, request, { base, common: this.#deps.lane.common, gasCap: this.#limits.gasCap });
    });
  }

  traceCall(request: CallRequest, place: CallPlace, options: TraceOptions): Promise<unknown> {
    return this.#run(async () => {
      const { vm, block, message } = await this.#prepare(request, place, true, traceMs(options, this.#limits));
      return messageTracer(vm, options)(block, message);
    });
  }

  traceBlock(
    record: EvmBlockRecord,
    { from, to }: { from: number; to: number },
    options: TraceOptions,
  ): Promise<readonly unknown[]> {
    const { lane, header } = this.#deps;
    return this.#run(async () => {
      const parent = await header(record.header.number - 1n);
      if (parent === undefined) throw serverError(`parent ${record.header.number - 1n} not found`);
      const { vm, block } = await lane.replay(parent, record, from);
      watchClosely(vm);
      const guard = new CallGuard({ timeoutMs: traceMs(options, this.#limits) });
      guard.watch(vm);
      const trace = messageTracer(vm, options);
      const results: unknown[] = [];
      for (let position = from; position < to; position++) {
        await guard.check();
        const message = messageOfTx(lane.txOf(record, position), record.header.baseFeePerGas ?? 0n);
        if (position < record.systemTxs) await setSystemBalance(vm, message.gas * message.feeCap + message.value);
        results.push(await trace(block, message));
        if (position < record.systemTxs) await setSystemBalance(vm, 0n);
      }
      return results;
    });
  }

  #run<T>(action: () => Promise<T>): Promise<T> {
    return this.#slots.run(() => stateErrors(action));
  }

  /** Runs fast; once more, slowly, if what failed has numbers that only then are known. */
  #exactly<T>(action: (isClose: boolean) => Promise<T>): Promise<T> {
    return this.#run(() =>
      action(false).catch((error: unknown) => {
        if (error instanceof VagueFailure) return action(true);
        throw error;
      }),
    );
  }

  async #prepare(
    request: CallRequest,
    { block: { header }, overrides, blockOverrides }: CallPlace,
    isClose: boolean,
    timeoutMs = this.#limits.timeoutMs,
  ): Promise<Prepared> {
    const vm = await (isClose ? this.#deps.lane.vmAt(header.stateRoot) : this.#machines.at(header.stateRoot));
    if (isClose) watchClosely(vm);
    new CallGuard({ timeoutMs }).watch(vm);
    await overrideState(vm, overrides);
    const visible = visibleHeader(header);
    const baseFee = blockOverrides.baseFeePerGas ?? visible.baseFeePerGas;
    const message = messageOf(request, { gasCap: this.#limits.gasCap, baseFee });
    const isFree = message.gasPrice === 0n && message.feeCap === 0n;
    return { vm, block: blockContext(visible, blockOverrides, isFree), message };
  }
}

function traceMs({ timeoutMs }: TraceOptions, limits: CallLimits): number {
  return Math.min(timeoutMs ?? limits.timeoutMs, MAX_TRACE_MS);
}

/** As the executor does around a system transaction (docs/protocol.md section 8). */
async function setSystemBalance(vm: VM, balance: bigint): Promise<void> {
  await vm.stateManager.modifyAccountFields(addressOf(SYSTEM_SENDER), { balance });
}
