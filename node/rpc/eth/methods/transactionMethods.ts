import { bytesHex } from '../../../../chain/evm/crypto.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { optional, readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import type { EthHandlers } from '../ethContext.ts';
import { EthCode, EthRpcError } from '../ethError.ts';
import { placeOf } from '../format/blockJson.ts';
import { receiptJson } from '../format/receiptJson.ts';
import { transactionJson } from '../format/transactionJson.ts';
import { bytesValue, hashValue, uint64Value } from '../values.ts';

const SYNC_MS = 20_000;
const MAX_SYNC_MS = 60_000;

/** Transactions by hash, and the way in. */
export function transactionMethods(backend: EvmBackend): EthHandlers {
  const receipt = async (hash: Hex): Promise<unknown> => {
    const at = await backend.location(hash);
    const block = at === undefined ? undefined : await backend.block(at.block);
    return at === undefined || block === undefined ? undefined : receiptJson(block, at.position);
  };
  const oneHash = [required(hashValue)] as const;

  return {
    eth_getTransactionByHash: async (params) => {
      const [hash] = readArgs(params, oneHash);
      const at = await backend.location(hash);
      if (at !== undefined) {
        const block = await backend.block(at.block);
        const tx = block === undefined ? undefined : backend.transaction(block, at.position);
        if (block !== undefined && tx !== undefined) return transactionJson(tx, placeOf(block, at.position));
      }
      const waiting = backend.pool.get(hash);
      return waiting === undefined ? null : transactionJson(waiting, undefined);
    },
    eth_getTransactionReceipt: async (params) => (await receipt(...readArgs(params, oneHash))) ?? null,
    eth_getRawTransactionByHash: async (params) => {
      const [hash] = readArgs(params, oneHash);
      const at = await backend.location(hash);
      const mined = at === undefined ? undefined : (await backend.block(at.block))?.txs[at.position];
      return bytesHex(mined ?? backend.pool.get(hash)?.raw ?? new Uint8Array());
    },
    eth_sendRawTransaction: (params) => backend.sendRaw(...readArgs(params, [required(bytesValue)])),
    eth_sendRawTransactionSync: async (params) => {
      const [raw, timeout] = readArgs(params, [required(bytesValue), optional(uint64Value)]);
      const timeoutMs = timeout === undefined || timeout === 0n ? SYNC_MS : Math.min(Number(timeout), MAX_SYNC_MS);
      return sendAndWait(backend, raw, { timeoutMs, receipt });
    },
  };
}

/** The receipt, once the transaction is in a block. */
async function sendAndWait(
  backend: EvmBackend,
  raw: Uint8Array,
  { timeoutMs, receipt }: { timeoutMs: number; receipt: (hash: Hex) => Promise<unknown> },
): Promise<unknown> {
  let onBlock = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  const remove = backend.on('block', () => onBlock());
  try {
    const hash = await backend.sendRaw(raw);
    const isLate = new Promise<true>((resolve) => {
      timer = setTimeout(resolve, timeoutMs, true);
    });
    for (;;) {
      const nextBlock = new Promise<false>((resolve) => {
        onBlock = () => resolve(false);
      });
      const found = await receipt(hash);
      if (found !== undefined) return found;
      if (await Promise.race([nextBlock, isLate])) {
        const seconds = `${timeoutMs / 1000}s`;
        const message = `The transaction was added to the transaction pool but wasn't processed in ${seconds}.`;
        throw new EthRpcError(EthCode.TIMEOUT, message, hash);
      }
    }
  } finally {
    clearTimeout(timer);
    remove();
  }
}
