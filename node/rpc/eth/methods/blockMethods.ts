import { optional, readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import { type BlockRef, blockNumberValue, blockValue } from '../blockParam.ts';
import { type EthHandlers, findBlock } from '../ethContext.ts';
import { blockJson, pendingBlockJson, placeOf } from '../format/blockJson.ts';
import { receiptsJson } from '../format/receiptJson.ts';
import { transactionJson } from '../format/transactionJson.ts';
import { quantity } from '../quantity.ts';
import { booleanValue, hashValue, type Reader, uint64Value } from '../values.ts';

const hashRef: Reader<BlockRef> = (value, at) => ({ kind: 'hash', hash: hashValue(value, at) });

/** Blocks, and transactions by their place in one. */
export function blockMethods(backend: EvmBackend): EthHandlers {
  const getBlock = async (ref: BlockRef, isFull: boolean): Promise<unknown> => {
    const block = await findBlock(backend, ref);
    if (block === undefined) return null;
    if (ref.kind === 'tag' && ref.tag === 'pending') return pendingBlockJson(block, backend.nextBaseFee(block));
    return blockJson(block, isFull ? backend.transactions(block) : undefined);
  };
  const count = async (ref: BlockRef): Promise<unknown> => {
    if (ref.kind === 'tag' && ref.tag === 'pending') return '0x0';
    const block = await findBlock(backend, ref);
    return block === undefined ? null : quantity(block.txs.length);
  };
  const uncles = async (ref: BlockRef): Promise<unknown> =>
    (await findBlock(backend, ref)) === undefined ? null : '0x0';
  const transactionAt = async (ref: BlockRef, index: bigint): Promise<unknown> => {
    const block = await findBlock(backend, ref);
    const position = Number(index);
    const tx = block === undefined ? undefined : backend.transaction(block, position);
    return block === undefined || tx === undefined ? null : transactionJson(tx, placeOf(block, position));
  };
  const byNumber = [required(blockNumberValue)] as const;
  const byHash = [required(hashRef)] as const;

  return {
    eth_blockNumber: async (params) => {
      readArgs(params, []);
      return quantity(backend.heads.latest);
    },
    eth_getBlockByNumber: (params) => getBlock(...readArgs(params, [...byNumber, required(booleanValue)])),
    eth_getBlockByHash: (params) => getBlock(...readArgs(params, [...byHash, required(booleanValue)])),
    eth_getBlockTransactionCountByNumber: (params) => count(...readArgs(params, byNumber)),
    eth_getBlockTransactionCountByHash: (params) => count(...readArgs(params, byHash)),
    eth_getUncleCountByBlockNumber: (params) => uncles(...readArgs(params, byNumber)),
    eth_getUncleCountByBlockHash: (params) => uncles(...readArgs(params, byHash)),
    eth_getUncleByBlockNumberAndIndex: async (params) => {
      readArgs(params, [...byNumber, required(uint64Value)]);
      return null;
    },
    eth_getUncleByBlockHashAndIndex: async (params) => {
      readArgs(params, [...byHash, required(uint64Value)]);
      return null;
    },
    eth_getTransactionByBlockNumberAndIndex: (params) =>
      transactionAt(...readArgs(params, [...byNumber, required(uint64Value)])),
    eth_getTransactionByBlockHashAndIndex: (params) =>
      transactionAt(...readArgs(params, [...byHash, required(uint64Value)])),
    eth_getBlockReceipts: async (params) => {
      const [ref] = readArgs(params, [required(blockValue)]);
      const block = await findBlock(backend, ref);
      return block === undefined ? null : receiptsJson(block);
    },
    eth_getHeaderByNumber: async (params) => {
      const block = await findBlock(backend, ...readArgs(params, byNumber));
      if (block === undefined) return null;
      const {
        size: _size,
        transactions: _txs,
        uncles: _uncles,
        withdrawals: _ws,
        ...header
      } = blockJson(block, undefined);
      return header;
    },
    eth_syncing: async (params) => {
      readArgs(params, [optional(booleanValue)]);
      const behind = backend.syncing();
      if (behind === undefined) return false;
      const { current, highest } = behind;
      return { startingBlock: '0x0', currentBlock: quantity(current), highestBlock: quantity(highest) };
    },
  };
}
