import { bigintToBytes, bytesToBigint } from '../../../protocol/bytes.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { EvmError, isStateError } from '../errors.ts';
import { GAS, type GasMeter } from './gas.ts';

/** Contract storage: values are big-endian without leading zeros, keys have 32 bytes. */
export interface ContractStorage {
  getStorage(address: Hex, slot: Uint8Array): Promise<Uint8Array>;
  putStorage(address: Hex, slot: Uint8Array, value: Uint8Array): Promise<void>;
}

export async function loadWord(state: ContractStorage, address: Hex, slot: bigint): Promise<bigint> {
  return bytesToBigint(await state.getStorage(address, bigintToBytes(slot, 32)));
}

export async function storeWord(state: ContractStorage, address: Hex, slot: bigint, value: bigint): Promise<void> {
  const bytes = bigintToBytes(value, 32);
  const first = bytes.findIndex((byte) => byte !== 0);
  await state.putStorage(address, bigintToBytes(slot, 32), first < 0 ? new Uint8Array(0) : bytes.subarray(first));
}

/** Storage as a call pays for it. */
export class MeteredStorage {
  readonly #state: ContractStorage;
  readonly #gas: GasMeter;

  constructor(state: ContractStorage, gas: GasMeter) {
    this.#state = state;
    this.#gas = gas;
  }

  /** @throws OutOfGas; EvmError STATE_UNAVAILABLE, STATE_MISSING */
  async read(address: Hex, slot: bigint): Promise<bigint> {
    this.#gas.use(GAS.read);
    return guarded(loadWord(this.#state, address, slot));
  }

  /** @param before what the slot holds. @throws OutOfGas; EvmError STATE_UNAVAILABLE, STATE_MISSING */
  async write(address: Hex, slot: bigint, before: bigint, value: bigint): Promise<void> {
    if (before === value) return;
    this.#gas.use(before === 0n ? GAS.writeNew : GAS.write);
    await guarded(storeWord(this.#state, address, slot, value));
  }
}

async function guarded<T>(access: Promise<T>): Promise<T> {
  try {
    return await access;
  } catch (cause) {
    throw isStateError(cause) ? cause : new EvmError('STATE_UNAVAILABLE', {}, { cause });
  }
}
