/** What the escrow knows, as the node says it. */
import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem';
import { getBlockNumber, getContractEvents, readContract } from 'viem/actions';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { DATA_ESCROW } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { type AnyClient, engramError } from '../request.ts';
import {
  type CurvePoint,
  type DataDelivery,
  type DataPurchase,
  PURCHASE_STATUSES,
  type PurchaseStatus,
  purchaseId,
} from './purchase.ts';

/** Blocks of one search: the node takes no more (node/rpc/eth/logs). */
const RANGE = 50_000n;
const at = { address: DATA_ESCROW, abi: DATA_ESCROW_ABI } as const;

export interface PurchaseState {
  readonly status: PurchaseStatus;
  /** Last second of a dispute; 0 before the delivery. */
  readonly disputeUntil: number;
  /** Hash of the delivery; 0 before it. */
  readonly delivery: Hex;
}

export async function getPurchaseState(client: AnyClient, id: Hex): Promise<PurchaseState> {
  const [status, disputeUntil, delivery] = await asked(() =>
    readContract(client, { ...at, functionName: 'stateOf', args: [id] }),
  );
  const name = PURCHASE_STATUSES[status];
  if (name === undefined) throw new SdkError('BAD_ANSWER', `no such status: ${status}`, { status });
  return { status: name, disputeUntil, delivery };
}

/** Base units that an address can withdraw from the escrow. */
export async function getDataCredit(
  client: AnyClient,
  { owner, token = 0 }: { readonly owner: Address; readonly token?: number },
): Promise<bigint> {
  return asked(() => readContract(client, { ...at, functionName: 'credit', args: [token, owner] }));
}

export interface FoundPurchase {
  readonly id: Hex;
  readonly purchase: DataPurchase;
  /** Of the EVM lane. */
  readonly block: bigint;
}

export interface PurchaseFilter {
  readonly seller?: Address;
  readonly buyer?: Address;
  readonly id?: Hex;
  /** Where the search begins; default the first block. */
  readonly fromBlock?: bigint;
}

/** Purchases, earliest first. Their ids are checked: what a node made up is not among them. @throws SdkError BAD_ANSWER */
export async function findPurchases(client: AnyClient, filter: PurchaseFilter = {}): Promise<readonly FoundPurchase[]> {
  const { fromBlock = 0n, ...args } = filter;
  const events = await searched(fromBlock, client, (range) =>
    getContractEvents(client, { ...at, eventName: 'Bought', args, strict: true, ...range }),
  );
  return events.map(({ args: { id, purchase }, blockNumber: block }) => {
    if (purchaseId(purchase) !== id) throw new SdkError('BAD_ANSWER', `this is not purchase ${id}`, { id });
    return { id, purchase, block };
  });
}

/**
 * What the seller delivered, checked against the hash in the contract's state.
 * @throws SdkError NOT_FOUND before the delivery; BAD_ANSWER
 */
export async function getDelivery(
  client: AnyClient,
  id: Hex,
  { fromBlock = 0n }: { readonly fromBlock?: bigint } = {},
): Promise<DataDelivery> {
  const { delivery: expected, status } = await getPurchaseState(client, id);
  const events = await searched(fromBlock, client, (range) =>
    getContractEvents(client, { ...at, eventName: 'Delivered', args: { id }, strict: true, ...range }),
  );
  const found = events.map(({ args }) => args.delivery).find((delivery) => deliveryHash(delivery) === expected);
  if (found !== undefined) return found;
  if (status === 'delivered' || status === 'released')
    throw new SdkError('BAD_ANSWER', `where is the delivery?`, { id });
  throw new SdkError('NOT_FOUND', `nothing was delivered for purchase ${id}`, { id });
}

function deliveryHash({ masked, key }: { readonly masked: Hex; readonly key: CurvePoint }): Hex {
  const word = { type: 'uint256' } as const;
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, word, word], [masked, key.x, key.y]));
}

async function searched<T>(
  fromBlock: bigint,
  client: AnyClient,
  search: (range: { readonly fromBlock: bigint; readonly toBlock: bigint }) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  return asked(async () => {
    const latest = await getBlockNumber(client, { cacheTime: 0 });
    const found: T[] = [];
    for (let from = fromBlock; from <= latest; from += RANGE) {
      const end = from + RANGE - 1n;
      found.push(...(await search({ fromBlock: from, toBlock: end < latest ? end : latest })));
    }
    return found;
  });
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw engramError(error);
  }
}
