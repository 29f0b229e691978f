import type { EVMResult, Message as EvmMessage } from '@ethereumjs/evm';
import type { VM } from '@ethereumjs/vm';

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
