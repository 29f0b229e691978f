import { createMPT } from '@ethereumjs/mpt';
import { hexToBytes } from '@ethereumjs/util';
import { type Hex, toHex, toRlp } from 'viem';
import { failureOf, holds, present, same } from '../check.ts';
import type { Features } from '../features.ts';
import { encodeReceipt, type RpcBlock, type RpcReceipt, verifyHeader } from '../headers.ts';
import type { ViemWorld } from './world.ts';

/** Blocks by every name, and that they commit to what they hold. */
export function viemChain(world: ViemWorld): Features {
  const { client } = world;
  return {
    'blocks and headers': async () => {
      const receipt = await world.anotherBlock();
      for (const blockTag of ['earliest', 'safe', 'finalized', 'latest'] as const) {
        const block = await client.getBlock({ blockTag });
        const raw = await world.raw<RpcBlock>('eth_getBlockByHash', [block.hash, false]);
        verifyHeader(raw);
        same((await client.getBlock({ blockNumber: block.number })).hash, block.hash, `${blockTag} by its number`);
      }
      const order = [];
      for (const blockTag of ['earliest', 'finalized', 'safe', 'latest'] as const) {
        order.push((await client.getBlock({ blockTag })).number);
      }
      same(
        [...order].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        order,
        'order of the tags',
      );
      const pending = await client.getBlock({ blockTag: 'pending' });
      holds((pending.number ?? order[3] ?? 0n) >= (order[3] ?? 0n), 'pending is not behind latest');

      const { blockNumber, blockHash, transactionHash, transactionIndex } = receipt;
      const block = await client.getBlock({ blockNumber, includeTransactions: true });
      const parent = await client.getBlock({ blockNumber: blockNumber - 1n });
      same(block.parentHash, parent.hash, 'the chain holds together');
      holds(block.timestamp >= parent.timestamp, 'time does not go back');
      const found = present(block.transactions[transactionIndex], 'the transaction in its block');
      same(found.hash, transactionHash, 'its hash');
      const index = transactionIndex;
      same((await client.getTransaction({ blockNumber, index })).hash, transactionHash, 'by number and index');
      same((await client.getTransaction({ blockHash, index })).hash, transactionHash, 'by hash and index');
      const count = block.transactions.length;
      same(await client.getBlockTransactionCount({ blockNumber }), count, 'count by number');
      same(await client.getBlockTransactionCount({ blockHash }), count, 'count by hash');
      same(await world.raw('eth_getUncleCountByBlockNumber', [toHex(blockNumber)]), '0x0', 'uncles');
      same(await world.raw('eth_getUncleCountByBlockHash', [blockHash]), '0x0', 'uncles by hash');
      await verifyReceipts(world, blockHash);

      await failureOf(() => client.getBlock({ blockNumber: 1_000_000_000n }), 'a block of the future');
      same(await world.raw('eth_getBlockByHash', [toHex(5, { size: 32 }), false]), null, 'a block nobody knows');
      same(await world.raw('eth_getTransactionByHash', [toHex(5, { size: 32 })]), null, 'a transaction nobody knows');
      same(await world.raw('eth_syncing', []), false, 'syncing');
      same(await world.raw('net_version', []), String(world.network.chainId), 'net_version');
      same(await world.raw('net_listening', []), true, 'net_listening');
      holds((await world.raw<string>('web3_clientVersion', [])).length > 3, 'client version');
      const keccakOfNothing = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
      same(await world.raw('web3_sha3', ['0x']), keccakOfNothing, 'web3_sha3');
      for (const method of ['eth_accounts', 'eth_coinbase']) await world.raw(method, []).catch(() => undefined);
      if (world.network.target === 'devnet') await world.raw('net_peerCount', []);
    },
  };
}

/** The receipts that are told are those the header commits to. */
async function verifyReceipts(world: ViemWorld, blockHash: Hex): Promise<void> {
  const block = await world.raw<RpcBlock>('eth_getBlockByHash', [blockHash, false]);
  const receipts = await world.raw<readonly RpcReceipt[]>('eth_getBlockReceipts', [blockHash]);
  const trie = await createMPT();
  for (const [index, receipt] of receipts.entries()) {
    await trie.put(hexToBytes(toRlp(index === 0 ? '0x' : toHex(index))), hexToBytes(encodeReceipt(receipt)));
  }
  same(toHex(trie.root()), block.receiptsRoot, 'root of the receipts');
  same(receipts.at(-1)?.cumulativeGasUsed, block.gasUsed, 'gas of the block');
}
