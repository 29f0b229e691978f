import type { VM } from '@ethereumjs/vm';
import { serverError } from '../../rpc/eth/ethError.ts';
import { CALLS, CREATES, hookOpcodes, isWatchedClosely, Op } from './opcodeHooks.ts';

/** After this long other work gets its turn. */
const SLICE_MS = 8;
/** Jumps between two looks at the clock, for a machine that comes by at each of them; the fast loop does it once in a while anyway. */
const JUMPS = 256;

/**
 * Keeps a machine from holding the thread: code that goes on must jump or call, and there it makes way for others now and then, and is
 * stopped when its time is up.
 */
export class CallGuard {
  readonly #timeoutMs: number;
  readonly #endsMs: number;
  #sliceEndsMs: number;
  #jumps = 0;

  constructor({ timeoutMs }: { timeoutMs: number }) {
    const now = performance.now();
    this.#timeoutMs = timeoutMs;
    this.#endsMs = now + timeoutMs;
    this.#sliceEndsMs = now + SLICE_MS;
  }

  /** The machine must be one that is thrown away: a stop leaves its checkpoints open. */
  watch(vm: VM): void {
    hookOpcodes(vm, [Op.JUMPDEST], () => {
      this.#jumps += 1;
      return !isWatchedClosely(vm) || this.#jumps % JUMPS === 0 ? this.check() : undefined;
    });
    hookOpcodes(vm, [...CALLS, ...CREATES], () => this.check());
  }

  /** @throws EthRpcError SERVER once the time is up */
  check(): Promise<void> | undefined {
    const now = performance.now();
    if (now > this.#endsMs) throw serverError(`execution aborted (timeout = ${durationText(this.#timeoutMs)})`);
    return now < this.#sliceEndsMs ? undefined : this.#makeWay();
  }

  async #makeWay(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#sliceEndsMs = performance.now() + SLICE_MS;
  }
}

function durationText(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
