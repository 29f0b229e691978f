/** What no client asks of its own: the rest of the methods the node serves, so that every answer is seen once. */
import { concat, type Hex, keccak256, parseGwei, toHex, toRlp } from 'viem';
import { WebSocket } from 'ws';
import { ethMethods } from '../../node/rpc/eth/ethMethods.ts';
import { holds, same, until } from './check.ts';
import { encodeReceipt, type RpcReceipt } from './headers.ts';
import { type Network, person } from './network.ts';
import { RawRpc } from './rawRpc.ts';

/** Names of all Ethereum methods. The table is made without a node behind it: no handler runs. */
export function servedMethods(): string[] {
  const nothing = { info: { chainId: 0n } } as unknown as Parameters<typeof ethMethods>[0]; // see above
  return Object.keys(ethMethods(nothing, {} as Parameters<typeof ethMethods>[1]));
}

/** Somebody with money. */
const { account } = person('viem');

async function signed(rpc: RawRpc, network: Network): Promise<Hex> {
  const nonce = Number(await rpc.result<Hex>('eth_getTransactionCount', [account.address, 'pending']));
  const fees = { maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: parseGwei('1') };
  return account.signTransaction({ chainId: network.chainId, nonce, to: account.address, gas: 21_000n, ...fees });
}

export async function askRareMethods(network: Network): Promise<void> {
  const rpc = new RawRpc(network.url);
  const raw = await signed(rpc, network);
  type Mined = RpcReceipt & { blockNumber: Hex; blockHash: Hex; transactionHash: Hex };
  const receipt = await rpc.result<Mined>('eth_sendRawTransactionSync', [raw]);
  const { blockNumber, blockHash, transactionHash } = receipt;
  same(transactionHash, keccak256(raw), 'hash of the transaction');
  same(await rpc.result('eth_getRawTransactionByHash', [transactionHash]), raw, 'its bytes');
  same(await rpc.result('debug_getRawTransaction', [transactionHash]), raw, 'its bytes again');

  const header = await rpc.result<Hex>('debug_getRawHeader', [blockNumber]);
  same(keccak256(header), blockHash, 'hash of the raw header');
  same((await rpc.result<{ hash: Hex }>('eth_getHeaderByNumber', [blockNumber])).hash, blockHash, 'the header');
  const block = await rpc.result<Hex>('debug_getRawBlock', [blockNumber]);
  holds(block.includes(header.slice(2)), 'the raw block begins with its header');
  holds(block.includes(raw.slice(2)), 'the raw block holds the transaction');
  const receipts = await rpc.result<readonly Hex[]>('debug_getRawReceipts', [blockNumber]);
  const told = await rpc.result<readonly RpcReceipt[]>('eth_getBlockReceipts', [blockNumber]);
  same(receipts, told.map(encodeReceipt), 'the raw receipts');

  for (const id of [blockNumber, blockHash]) {
    const method = id === blockNumber ? 'eth_getUncleByBlockNumberAndIndex' : 'eth_getUncleByBlockHashAndIndex';
    same(await rpc.result(method, [id, '0x0']), null, 'an uncle');
  }
  const { baseFeePerGas } = await rpc.result<{ baseFeePerGas: Hex }>('eth_getBlockByNumber', [blockNumber, true]);
  holds(BigInt(await rpc.result<Hex>('eth_baseFee', [])) > 0n && BigInt(baseFeePerGas) > 0n, 'base fees');
  same(await rpc.result('web3_sha3', [concat([toRlp('0x'), '0x']) as Hex]), keccak256('0x80'), 'a hash');
  same(await rpc.result('eth_getUncleCountByBlockNumber', [toHex(0)]), '0x0', 'uncles of block 0');
}

/** Subscriptions the clients do not make: whole pending transactions, and whether the node catches up. */
export async function subscribeRarely(network: Network): Promise<void> {
  const socket = new WebSocket(network.wsUrl);
  const seen: string[] = [];
  socket.on('message', (data) => seen.push(String(data)));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  try {
    const kinds = [['newPendingTransactions', true], ['syncing']];
    for (const [id, params] of kinds.entries()) {
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, method: 'eth_subscribe', params }));
    }
    await until(async () => (seen.length >= kinds.length ? true : undefined));
    const rpc = new RawRpc(network.url);
    const hash = await rpc.result<Hex>('eth_sendRawTransaction', [await signed(rpc, network)]);
    await until(async () =>
      seen.some((text) => text.includes('eth_subscription') && text.includes(hash)) ? true : undefined,
    );
  } finally {
    socket.close();
  }
}
