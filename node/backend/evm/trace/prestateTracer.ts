import type { VM } from '@ethereumjs/vm';
import { addressOf } from '../../../../chain/evm/address.ts';
import { bytesHex, hexBytes } from '../../../../chain/evm/crypto.ts';
import { createdBy } from '../../../../chain/evm/receipts.ts';
import { wordHex } from '../../../../protocol/bytes.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { quantity } from '../../../rpc/eth/quantity.ts';
import { watchAccess } from '../accessList.ts';
import { type Applied, applyMessage } from '../applyMessage.ts';
import type { EvmBlockContext } from '../evmTypes.ts';
import type { Message } from '../message.ts';
import { watchFrames } from './frames.ts';

interface AccountState {
  balance?: Hex;
  nonce?: number;
  code?: Hex;
  storage?: Record<Hex, Hex>;
}
type States = Record<Hex, AccountState>;

const ZERO_WORD = wordHex(0n);

export interface PrestateOptions {
  readonly diffMode: boolean;
  readonly disableCode: boolean;
  readonly disableStorage: boolean;
}

/** Remembers what the messages on a machine touch. */
export class TouchRecorder {
  #touched = new Map<Hex, Set<Hex>>();

  constructor(vm: VM) {
    watchAccess(vm, (address, slot) => this.#touch(address, slot));
    watchFrames(vm, {
      enter: ({ to }) => to !== undefined && this.#touch(bytesHex(to.bytes)),
      leave: ({ createdAddress }) => createdAddress !== undefined && this.#touch(bytesHex(createdAddress.bytes)),
    });
  }

  begin(addresses: readonly Hex[]): void {
    this.#touched = new Map(addresses.map((address) => [address, new Set()]));
  }

  get touched(): ReadonlyMap<Hex, ReadonlySet<Hex>> {
    return this.#touched;
  }

  #touch(address: Hex, slot?: Hex): void {
    const slots = this.#touched.get(address) ?? new Set();
    if (slot !== undefined) slots.add(slot);
    this.#touched.set(address, slots);
  }
}

/**
 * The state a message starts from, as far as it touches it; in diff mode also what it makes of it.
 * It runs twice: which accounts to read before it runs is only known afterwards.
 */
export async function tracePrestate(
  vm: VM,
  recorder: TouchRecorder,
  { block, message, options }: { block: EvmBlockContext; message: Message; options: PrestateOptions },
): Promise<{ applied: Applied; result: unknown }> {
  const nonce = (await vm.stateManager.getAccount(addressOf(message.from)))?.nonce ?? 0n;
  const target = message.to ?? bytesHex(createdBy(hexBytes(message.from), nonce));
  recorder.begin([message.from, target, bytesHex(block.header.coinbase.bytes)]);
  await vm.stateManager.checkpoint();
  await applyMessage(vm, block, message);
  await vm.stateManager.revert();
  const { touched } = recorder;
  const pre = await readStates(vm, touched, options);
  const applied = await applyMessage(vm, block, message);
  if (!options.diffMode) return { applied, result: withoutEmpty(pre) };
  const post = await readStates(vm, touched, options);
  return { applied, result: difference(pre, post) };
}

async function readStates(
  vm: VM,
  touched: ReadonlyMap<Hex, ReadonlySet<Hex>>,
  { disableCode, disableStorage }: PrestateOptions,
): Promise<States> {
  const states: States = {};
  for (const [address, slots] of touched) {
    const at = addressOf(address);
    const account = await vm.stateManager.getAccount(at);
    if (account === undefined) {
      states[address] = { balance: '0x0' };
      continue;
    }
    const state: AccountState = { balance: quantity(account.balance) };
    if (account.nonce > 0n) state.nonce = Number(account.nonce);
    const code = await vm.stateManager.getCode(at);
    if (code.length > 0 && !disableCode) state.code = bytesHex(code);
    if (slots.size > 0 && !disableStorage) {
      state.storage = {};
      for (const slot of slots) {
        const value = await vm.stateManager.getStorage(at, hexBytes(slot));
        state.storage[slot] = wordHex(BigInt(`0x0${Buffer.from(value).toString('hex')}`));
      }
    }
    states[address] = state;
  }
  return states;
}

function isEmpty({ balance, nonce, code, storage }: AccountState): boolean {
  return (balance ?? '0x0') === '0x0' && nonce === undefined && code === undefined && storage === undefined;
}

function withoutEmpty(states: States): States {
  return Object.fromEntries(Object.entries(states).filter(([, state]) => !isEmpty(state)));
}

/** Of each account only what changed; slots that are zero are absent. */
function difference(pre: States, post: States): { pre: States; post: States } {
  const before: States = {};
  const after: States = {};
  // the casts: the keys of `pre` are addresses, those of a storage are slots
  for (const address of Object.keys(pre) as Hex[]) {
    const [from = {}, to = {}] = [pre[address], post[address]];
    const changed: AccountState = {};
    if (from.balance !== to.balance) changed.balance = to.balance ?? '0x0';
    if (from.nonce !== to.nonce) changed.nonce = to.nonce ?? 0;
    if (from.code !== to.code) changed.code = to.code ?? '0x';
    const slots = Object.keys(from.storage ?? {}) as Hex[];
    const moved = slots.filter((slot) => from.storage?.[slot] !== (to.storage?.[slot] ?? ZERO_WORD));
    const [old, fresh] = [pickSlots(from, moved), pickSlots(to, moved)];
    if (Object.keys(changed).length === 0 && moved.length === 0) continue;
    if (!isEmpty(from)) {
      const { storage: _all, ...rest } = from;
      before[address] = { ...rest, ...(Object.keys(old).length > 0 && { storage: old }) };
    }
    if (!isEmpty(to)) after[address] = { ...changed, ...(Object.keys(fresh).length > 0 && { storage: fresh }) };
  }
  return { pre: before, post: after };
}

function pickSlots({ storage = {} }: AccountState, slots: readonly Hex[]): Record<Hex, Hex> {
  const picked: Record<Hex, Hex> = {};
  for (const slot of slots) {
    const value = storage[slot];
    if (value !== undefined && value !== ZERO_WORD) picked[slot] = value;
  }
  return picked;
}
