import type { VM } from '@ethereumjs/vm';
import type { EvmLane } from '../../../chain/evm/evmLane.ts';

/** What calls change of a machine, besides its state: tables without a public name. */
interface Tables {
  _opcodeMap: unknown;
  _precompiles: unknown;
}

/**
 * Machines for calls. Making one costs more than most calls do, so those that ended well are used again, on the state of the next
 * call and with the tables they were made with.
 */
export class Machines {
  readonly #lane: Pick<EvmLane, 'vmAt'>;
  readonly #keep: number;
  readonly #idle: VM[] = [];
  readonly #tables = new WeakMap<VM, Tables>();

  /** @param keep machines kept for later */
  constructor({ keep }: { keep: number }, { lane }: { lane: Pick<EvmLane, 'vmAt'> }) {
    this.#lane = lane;
    this.#keep = keep;
  }

  /** A machine on a state, nobody else's until `release`. @throws EvmError STATE_MISSING */
  async at(stateRoot: Uint8Array): Promise<VM> {
    const used = this.#idle.pop();
    if (used !== undefined && (await used.stateManager.hasStateRoot(stateRoot))) {
      await used.stateManager.setStateRoot(stateRoot);
      Object.assign(used.evm, this.#tables.get(used));
      return used;
    }
    const vm = await this.#lane.vmAt(stateRoot);
    const { _opcodeMap, _precompiles } = vm.evm as unknown as Tables;
    this.#tables.set(vm, { _opcodeMap, _precompiles });
    return vm;
  }

  /** Only a machine whose call came to an end: one that was stopped on its way is in no known state. */
  release(vm: VM): void {
    if (this.#idle.length < this.#keep) this.#idle.push(vm);
  }
}
