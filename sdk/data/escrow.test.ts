/** What the escrow's actions make of a node that lies, and of mistakes that would cost money. */
import {
  createPublicClient,
  createWalletClient,
  custom,
  encodeAbiParameters,
  encodeEventTopics,
  type Hex,
  keccak256,
  numberToHex,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { DATA_ESCROW } from '../../protocol/lane/addresses.ts';
import { engramChain } from '../chain.ts';
import { dataActions, dataWalletActions } from './dataActions.ts';
import { keyHash, maskKey, oneTimeKey } from './oneTimeKey.ts';
import { type DataDelivery, type DataPurchase, purchaseId } from './purchase.ts';

const chain = engramChain({ id: 7171, rpcUrl: 'http://127.0.0.1:1', l1: { id: 1 }, rollup: `0x${'aa'.repeat(20)}` });
const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
const word = (byte: string): Hex => `0x${byte.repeat(32)}`;
const KEY = word('4b');
const [buyer, seller] = [oneTimeKey(3n), oneTimeKey(4n)];
const purchase: DataPurchase = {
  offer: {
    dataset: 1,
    ...{ plainRoot: word('01'), cipherRoot: word('02'), chunks: 3, lastLength: 40, keyHash: keyHash(KEY) },
    ...{ token: 0, price: 7n, seller: `0x${'5e'.repeat(20)}` },
  },
  buyer: `0x${'b0'.repeat(20)}`,
  key: buyer.point,
  deliverBy: 1_800_000_000,
  disputeSeconds: 86_400,
};
const ID = purchaseId(purchase);
const delivery = maskKey(KEY, ID, { own: seller, buyer: buyer.point });
const POINT = {
  type: 'tuple',
  components: [
    { name: 'x', type: 'uint256' },
    { name: 'y', type: 'uint256' },
  ],
} as const;

interface Node {
  readonly status?: number;
  readonly deliveryHash?: Hex;
  readonly logs?: readonly object[];
  readonly head?: bigint;
}

/** A node that says what a test wants, and writes down which blocks it was asked for. */
function clientOf({ status = 2, deliveryHash = word('00'), logs = [], head = 5n }: Node) {
  const ranges: [bigint, bigint][] = [];
  const request = async ({ method, params }: { method: string; params?: unknown }) => {
    if (method === 'eth_blockNumber') return numberToHex(head);
    if (method === 'eth_call') {
      const types = [{ type: 'uint8' }, { type: 'uint40' }, { type: 'bytes32' }];
      return encodeAbiParameters(types, [status, 9, deliveryHash]);
    }
    if (method !== 'eth_getLogs') throw new TypeError(`not asked for: ${method}`);
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: Hex; toBlock: Hex }]; // viem's own request
    ranges.push([BigInt(fromBlock), BigInt(toBlock)]);
    return ranges.length === 1 ? logs : [];
  };
  const client = createPublicClient({ chain, transport: custom({ request }, { retryCount: 0 }) }).extend(dataActions);
  return { client, ranges };
}

function logOf(topics: readonly unknown[], data: Hex): object {
  const at = { blockNumber: '0x2', blockHash: word('00'), transactionHash: word('00') };
  return { address: DATA_ESCROW, topics, data, ...at, transactionIndex: '0x0', logIndex: '0x0', removed: false };
}

function boughtLog(id: Hex, of: DataPurchase): object {
  const { inputs } = DATA_ESCROW_ABI.find((item) => item.type === 'event' && item.name === 'Bought') ?? { inputs: [] };
  const args = { id, buyer: of.buyer, seller: of.offer.seller };
  const topics = encodeEventTopics({ abi: DATA_ESCROW_ABI, eventName: 'Bought', args });
  return logOf(topics, encodeAbiParameters(inputs.slice(3), [of] as never)); // the purchase itself
}

const deliveryBytes = ({ masked, key }: DataDelivery): Hex =>
  encodeAbiParameters([{ type: 'bytes32' }, POINT], [masked, key]);

function deliveredLog(of: DataDelivery): object {
  const topics = encodeEventTopics({ abi: DATA_ESCROW_ABI, eventName: 'Delivered', args: { id: ID } });
  return logOf(topics, `${deliveryBytes(of)}${numberToHex(9, { size: 32 }).slice(2)}`);
}

describe('purchases', () => {
  it('are those of the logs', async () => {
    const { client } = clientOf({ logs: [boughtLog(ID, purchase)] });
    const [found, ...more] = await client.findPurchases();
    expect([found?.id, found?.block, more]).toEqual([ID, 2n, []]);
    expect(purchaseId(found?.purchase ?? purchase)).toBe(ID);
  });

  it('that are not what their id says are refused', async () => {
    const cheaper = { ...purchase, offer: { ...purchase.offer, price: 1n } };
    const { client } = clientOf({ logs: [boughtLog(ID, cheaper)] });
    await expect(client.findPurchases()).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('are searched in ranges that a node takes', async () => {
    const { client, ranges } = clientOf({ head: 120_000n });
    await client.findPurchases({ fromBlock: 10n });
    expect(ranges).toEqual([
      [10n, 50_009n],
      [50_010n, 100_009n],
      [100_010n, 120_000n],
    ]);
  });

  it('have one of five statuses', async () => {
    await expect(clientOf({ status: 5 }).client.getPurchaseState(ID)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
    expect(await clientOf({ status: 4 }).client.getPurchaseState(ID)).toMatchObject({ status: 'refunded' });
  });
});

describe('a delivery', () => {
  const hash = keccak256(deliveryBytes(delivery));

  it('is the one whose hash the contract keeps', async () => {
    const { client } = clientOf({ deliveryHash: hash, logs: [deliveredLog(delivery)] });
    expect(await client.getDelivery(ID)).toEqual(delivery);
  });

  it('that the node made up is refused: a wrong one would make the buyer publish its secret for nothing', async () => {
    const forged = { ...delivery, masked: word('66') };
    const { client } = clientOf({ deliveryHash: hash, logs: [deliveredLog(forged)] });
    await expect(client.getDelivery(ID)).rejects.toMatchObject({ code: 'BAD_ANSWER' });
  });

  it('that is not there yet is not found', async () => {
    await expect(clientOf({ status: 1 }).client.getDelivery(ID)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('mistakes', () => {
  const silent = custom({ request: async () => Promise.reject(new TypeError('nothing may be asked')) });
  const wallet = createWalletClient({ account, chain, transport: silent }).extend(dataWalletActions);

  it('are refused before anything is sent: another key, and a dispute about a right one', async () => {
    await expect(wallet.deliverData({ purchase, key: word('4c') })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const dispute = wallet.disputeKey({ purchase, delivery, secret: buyer.secret });
    await expect(dispute).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
