import type { VM } from '@ethereumjs/vm';
import { invalidParams } from '../../../rpc/eth/ethError.ts';
import type { TraceOptions } from '../../../rpc/eth/traceOptions.ts';
import { applyMessage } from '../applyMessage.ts';
import type { EvmBlockContext } from '../evmTypes.ts';
import type { Message } from '../message.ts';
import { CallTracer } from './callTracer.ts';
import { TouchRecorder, tracePrestate } from './prestateTracer.ts';
import { StepTracer } from './stepTracer.ts';
import type { Tracer } from './tracer.ts';

/** Runs a message on the machine, keeps what it did, and says what was seen. */
export type TraceMessage = (block: EvmBlockContext, message: Message) => Promise<unknown>;

/** @throws EthRpcError for a tracer that is not known */
export function messageTracer(vm: VM, options: TraceOptions): TraceMessage {
  if (options.tracer === 'prestateTracer') {
    const recorder = new TouchRecorder(vm);
    const { diffMode, disableCode, disableStorage } = options.config;
    const flags = {
      diffMode: diffMode === true,
      disableCode: disableCode === true,
      disableStorage: disableStorage === true,
    };
    return async (block, message) => (await tracePrestate(vm, recorder, { block, message, options: flags })).result;
  }
  const tracer = tracerOn(vm, options);
  return async (block, message) => {
    tracer.begin(message);
    return tracer.result(await applyMessage(vm, block, message));
  };
}

/**
 * A tracer on a machine, for all messages that are to run on it; prestateTracer needs a second state and is made elsewhere.
 * @throws EthRpcError for a name that is not known
 */
function tracerOn(vm: VM, { tracer, config, ...options }: TraceOptions): Tracer {
  switch (tracer) {
    case undefined:
      return new StepTracer(vm, options);
    case 'callTracer':
      return new CallTracer(vm, { withLog: config.withLog === true, onlyTopCall: config.onlyTopCall === true });
    case 'noopTracer':
      return { begin: () => undefined, result: () => ({}) };
    default:
      throw invalidParams(`ReferenceError: ${tracer.slice(0, 64)} is not defined`);
  }
}
