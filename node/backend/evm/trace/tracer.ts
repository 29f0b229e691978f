import type { EVMResult, Message as EvmMessage } from '@ethereumjs/evm';
import type { VM } from '@ethereumjs/vm';
import { invalidParams } from '../../../rpc/eth/ethError.ts';
import type { TraceOptions } from '../../../rpc/eth/traceOptions.ts';
import type { Applied } from '../applyMessage.ts';
import type { Message } from '../message.ts';
import { CallTracer } from './callTracer.ts';
import { StepTracer } from './stepTracer.ts';

/** Watches one message and says what it saw. */
export interface Tracer {
  /** Before the message. */
  begin(message: Message): void;
  /** After it. */
  result(applied: Applied): unknown;
}

/**
 * A tracer on a machine, for all messages that are to run on it; prestateTracer needs a second state and is made elsewhere.
 * @throws EthRpcError for a name that is not known
 */
export function tracerOn(vm: VM, { tracer, config, ...options }: TraceOptions): Tracer {
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

/** Frames as the machine enters and leaves them. */
export function watchFrames(
  vm: VM,
  { enter, leave }: { enter: (message: EvmMessage) => void; leave: (result: EVMResult) => void },
): void {
  const { events } = vm.evm;
  if (events === undefined) return;
  events.on('beforeMessage', (message) => enter(message));
  events.on('afterMessage', (result) => leave(result));
}
