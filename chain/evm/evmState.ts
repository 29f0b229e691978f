import type { Proof } from '@ethereumjs/common';
import type { Hex } from '../../protocol/lane/types.ts';
import { bytesHex, hexBytes, keccak } from './crypto.ts';
import { EMPTY_ACCOUNT } from './state/laneState.ts';
import type { StateView } from './state/stateStore.ts';
import { keyOf } from './state/trieNode.ts';

/** EIP-1186: what `eth_getProof` answers. Quantities are hex. */
export type Eip1186Proof = Proof;

export interface EvmAccount {
  readonly nonce: bigint;
  readonly balance: bigint;
  readonly codeHash: Hex;
  readonly storageRoot: Hex;
}

/** The state after one block, for reading. It stays what it is when the head moves on; all methods may throw EvmError STATE_MISSING. */
export class EvmState {
  readonly #view: StateView;

  constructor(view: StateView) {
    this.#view = view;
  }

  async account(address: Hex): Promise<EvmAccount | undefined> {
    const record = await this.#view.account(hexBytes(address));
    if (record === null) return undefined;
    const { nonce, balance, codeHash, storageRoot } = record;
    return { nonce, balance, codeHash: bytesHex(codeHash), storageRoot: bytesHex(storageRoot) };
  }

  async code(address: Hex): Promise<Uint8Array> {
    return this.#view.code(await this.#view.account(hexBytes(address)));
  }

  /** @param slot a 32-byte word. @returns a 32-byte word */
  async storage(address: Hex, slot: Hex): Promise<Hex> {
    return wordOf(await this.#view.slot(hexBytes(address), hexBytes(slot)));
  }

  /** @param slots 32-byte words */
  async proof(address: Hex, slots: readonly Hex[]): Promise<Eip1186Proof> {
    const { nodes } = this.#view.store;
    const bytes = hexBytes(address);
    const record = (await this.#view.account(bytes)) ?? EMPTY_ACCOUNT;
    const accountProof = await nodes.proof(keyOf(this.#view.root), keccak(bytes));
    const storageProof = await Promise.all(
      slots.map(async (key) => {
        const slot = hexBytes(key);
        const proof = await nodes.proof(keyOf(record.storageRoot), keccak(slot));
        return { key, value: quantity(await this.#view.slot(bytes, slot)), proof: proof.map(bytesHex) };
      }),
    );
    return {
      address,
      balance: `0x${record.balance.toString(16)}`,
      codeHash: bytesHex(record.codeHash),
      nonce: `0x${record.nonce.toString(16)}`,
      storageHash: bytesHex(record.storageRoot),
      accountProof: accountProof.map(bytesHex),
      storageProof,
    };
  }
}

function wordOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex').padStart(64, '0')}`;
}

function quantity(bytes: Uint8Array): Hex {
  return bytes.length === 0 ? '0x0' : `0x${BigInt(bytesHex(bytes)).toString(16)}`;
}
