import { bytesHex } from '../../../../chain/evm/crypto.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import { type BlockRef, blockValue } from '../blockParam.ts';
import { type EthHandlers, stateBlock } from '../ethContext.ts';
import { invalidParams } from '../ethError.ts';
import { quantity } from '../quantity.ts';
import { addressValue, listValue, type Reader } from '../values.ts';

const MAX_PROOF_KEYS = 1_024;
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421';
const EMPTY_CODE = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';

interface StorageKey {
  /** 32 bytes. */
  readonly slot: Hex;
  /** As go-ethereum repeats it: a number, unless the caller gave all 32 bytes. */
  readonly shown: Hex;
}

/** A slot with any number of digits up to 64. */
const storageKeyValue: Reader<StorageKey> = (value, at) => {
  if (typeof value !== 'string')
    throw invalidParams(`invalid argument ${at.arg}: json: cannot unmarshal non-string into Go value of type string`);
  const digits = value.startsWith('0x') || value.startsWith('0X') ? value.slice(2) : value;
  const quoted = JSON.stringify(value.slice(0, 100));
  if (digits.length > 64) throw invalidParams(`storage key too long (want at most 32 bytes): ${quoted}`);
  if (!/^[0-9a-fA-F]*$/.test(digits)) throw invalidParams(`invalid hex in storage key: ${quoted}`);
  const slot: Hex = `0x${digits.toLowerCase().padStart(64, '0')}`;
  return { slot, shown: digits.length === 64 ? slot : quantity(BigInt(slot)) };
};

/** Accounts, code and storage as of a block. */
export function stateMethods(backend: EvmBackend): EthHandlers {
  const account = [required(addressValue), required(blockValue)] as const;
  const stateAt = async (ref: BlockRef) => backend.state(await stateBlock(backend, ref));

  return {
    eth_getBalance: async (params) => {
      const [address, ref] = readArgs(params, account);
      return quantity((await (await stateAt(ref)).account(address))?.balance ?? 0n);
    },
    eth_getTransactionCount: async (params) => {
      const [address, ref] = readArgs(params, account);
      const nonce = (await (await stateAt(ref)).account(address))?.nonce ?? 0n;
      const isPending = ref.kind === 'tag' && ref.tag === 'pending';
      return quantity(isPending ? backend.pool.nextNonce(address, nonce) : nonce);
    },
    eth_getCode: async (params) => {
      const [address, ref] = readArgs(params, account);
      return bytesHex(await (await stateAt(ref)).code(address));
    },
    eth_getStorageAt: async (params) => {
      const [address, key, ref] = readArgs(params, [
        required(addressValue),
        required(storageKeyValue),
        required(blockValue),
      ]);
      return (await stateAt(ref)).storage(address, key.slot);
    },
    eth_getProof: async (params) => {
      const [address, keys, ref] = readArgs(params, [
        required(addressValue),
        required(listValue('[]string', storageKeyValue)),
        required(blockValue),
      ]);
      if (keys.length > MAX_PROOF_KEYS) throw invalidParams(`too many slots (max ${MAX_PROOF_KEYS})`);
      const state = await stateAt(ref);
      const [found, proof] = await Promise.all([
        state.account(address),
        state.proof(
          address,
          keys.map(({ slot }) => slot),
        ),
      ]);
      return {
        address,
        accountProof: proof.accountProof,
        balance: quantity(found?.balance ?? 0n),
        codeHash: found?.codeHash ?? EMPTY_CODE,
        nonce: quantity(found?.nonce ?? 0n),
        storageHash: found?.storageRoot ?? EMPTY_ROOT,
        storageProof: proof.storageProof.map(({ value, proof: nodes }, i) => ({
          key: keys[i]?.shown,
          value: quantity(value),
          proof: nodes,
        })),
      };
    },
    eth_accounts: async (params) => {
      readArgs(params, []);
      return [];
    },
    eth_coinbase: async (params) => {
      readArgs(params, []);
      const { header } = await stateBlock(backend, { kind: 'tag', tag: 'latest' });
      return bytesHex(header.coinbase.bytes);
    },
    eth_chainId: async (params) => {
      readArgs(params, []);
      return quantity(backend.info.chainId);
    },
  };
}
