/** Calls of DataEscrow, one function an operation. All wait until the transaction is in a block. */
import { type Address, encodeFunctionData, erc20Abi, type Hex, type TransactionReceipt } from 'viem';
import { readContract } from 'viem/actions';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';
import { DATA_ESCROW } from '../../protocol/lane/addresses.ts';
import { SdkError } from '../errors.ts';
import { laneTokenAddress } from '../lane/contracts.ts';
import { type LaneWallet, sendOnLane } from '../lane/sendOnLane.ts';
import { engramError, request } from '../request.ts';
import { getPurchaseState } from './escrowReads.ts';
import { keyHash, maskKey, newOneTimeKey, type OneTimeKey, sharedPoint, unmaskKey } from './oneTimeKey.ts';
import {
  type ChunkComplaint,
  type CurvePoint,
  type DataDelivery,
  type DataOffer,
  type DataPurchase,
  purchaseId,
} from './purchase.ts';

/** What every call returns. */
export interface EscrowResult {
  readonly id: Hex;
  readonly transactionHash: Hex;
  /** Of the EVM lane. */
  readonly block: bigint;
  readonly gasUsed: bigint;
  /** Wei paid for the transaction. */
  readonly fee: bigint;
}

export interface BuyDataParameters {
  readonly offer: DataOffer;
  /** The point of a key made for this purchase (`newOneTimeKey`): store its secret before you buy. */
  readonly key: CurvePoint;
  /** Unix seconds of the last moment to deliver; at most 30 days ahead. */
  readonly deliverBy: number;
  /** 1 to 30 days; default 1 day. */
  readonly disputeSeconds?: number;
}

const DEFAULT_DISPUTE_SECONDS = 86_400;
/** Twice what `release` and `refund` cost at most. */
const SETTLING_GAS = 160_000n;

/** What `buyData` will have bought; pure, so that it can be stored before. */
export function purchaseOf(buyer: Address, parameters: BuyDataParameters): DataPurchase {
  const { offer, key, deliverBy, disputeSeconds = DEFAULT_DISPUTE_SECONDS } = parameters;
  return { offer, buyer, key, deliverBy, disputeSeconds };
}

/**
 * Puts the price into escrow. Check both trees of the offer and its manifest first: nobody can afterwards. A token is approved if it must be.
 * @throws SdkError LANE_REVERTED with the contract's error in `details`
 */
export async function buyData(
  client: LaneWallet,
  parameters: BuyDataParameters,
): Promise<EscrowResult & { readonly purchase: DataPurchase }> {
  const purchase = purchaseOf(client.account.address, parameters);
  const { offer, key, deliverBy, disputeSeconds } = purchase;
  if (offer.token !== 0) await approve(client, offer);
  const data = encodeFunctionData({
    abi: DATA_ESCROW_ABI,
    functionName: 'buy',
    args: [offer, key, deliverBy, disputeSeconds],
  });
  const value = offer.token === 0 ? offer.price : 0n;
  return { ...(await sendToEscrow(client, purchase, { data, value })), purchase };
}

export interface DeliverDataParameters {
  readonly purchase: DataPurchase;
  /** 32 bytes. */
  readonly key: Hex;
  /** Default: a new one. */
  readonly own?: OneTimeKey;
}

/**
 * The seller's part. Compare the purchase's offer with your own and its times with what you accept before.
 * @throws SdkError INVALID_ARGUMENT: the key is not the offer's (the buyer would have its money back); LANE_REVERTED
 */
export async function deliverData(
  client: LaneWallet,
  { purchase, key, own = newOneTimeKey() }: DeliverDataParameters,
): Promise<EscrowResult & { readonly delivery: DataDelivery }> {
  if (keyHash(key) !== purchase.offer.keyHash) throw new SdkError('INVALID_ARGUMENT', 'not the key of this offer');
  const delivery = maskKey(key, purchaseId(purchase), { own, buyer: purchase.key });
  const data = encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName: 'deliver', args: [purchase, delivery] });
  return { ...(await sendToEscrow(client, purchase, { data })), delivery };
}

export interface DisputeKeyParameters {
  readonly purchase: DataPurchase;
  readonly delivery: DataDelivery;
  /** Of the buyer's one-time key; public from then on. */
  readonly secret: bigint;
}

/**
 * Money back for a key that is not the one sold.
 * @throws SdkError INVALID_ARGUMENT: it is the one sold, and sending the secret would publish it; LANE_REVERTED
 */
export async function disputeKey(
  client: LaneWallet,
  { purchase, delivery, secret }: DisputeKeyParameters,
): Promise<EscrowResult> {
  if (keyHash(unmaskKey(delivery, purchaseId(purchase), { secret })) === purchase.offer.keyHash) {
    throw new SdkError('INVALID_ARGUMENT', 'the delivered key is the one that was sold');
  }
  const shared = sharedPoint({ secret }, delivery.key);
  const data = encodeFunctionData({
    abi: DATA_ESCROW_ABI,
    functionName: 'disputeKey',
    args: [purchase, delivery, secret, shared],
  });
  return sendToEscrow(client, purchase, { data });
}

/** Money back for a chunk that does not decrypt to what was sold; publishes the key. @throws SdkError LANE_REVERTED */
export async function disputeChunk(
  client: LaneWallet,
  { purchase, complaint }: { readonly purchase: DataPurchase; readonly complaint: ChunkComplaint },
): Promise<EscrowResult> {
  const data = encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName: 'disputeChunk', args: [purchase, complaint] });
  return sendToEscrow(client, purchase, { data });
}

/** The price becomes the seller's: by the buyer at once, by anyone once the time for disputes is over. @throws SdkError LANE_REVERTED */
export async function releaseData(client: LaneWallet, purchase: DataPurchase): Promise<EscrowResult> {
  const data = encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName: 'release', args: [purchase] });
  return sendWhenDue(client, purchase, {
    data,
    until: async () => (await getPurchaseState(client, purchaseId(purchase))).disputeUntil,
  });
}

/** The price becomes the buyer's: by the seller at once, by anyone after `deliverBy`. @throws SdkError LANE_REVERTED */
export async function refundData(client: LaneWallet, purchase: DataPurchase): Promise<EscrowResult> {
  const data = encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName: 'refund', args: [purchase] });
  return sendWhenDue(client, purchase, { data, until: async () => purchase.deliverBy });
}

/**
 * A node estimates at the time of its newest block, which may be long ago: what is due by its clock is sent without an estimate.
 * @param until last second at which it is too early
 */
async function sendWhenDue(
  client: LaneWallet,
  purchase: DataPurchase,
  { data, until }: { readonly data: Hex; readonly until: () => Promise<number> },
): Promise<EscrowResult> {
  try {
    return await sendToEscrow(client, purchase, { data });
  } catch (error) {
    if (!(error instanceof SdkError) || error.details.error !== 'TooEarly') throw error;
    const { time } = await request(client, 'engram_chainInfo', []);
    if (time <= (await until())) throw error;
    return sendToEscrow(client, purchase, { data, gas: SETTLING_GAS });
  }
}

/** Pays all that the wallet is owed. @throws SdkError LANE_REVERTED (`NothingOwed`) */
export async function withdrawData(
  client: LaneWallet,
  { token = 0, to = client.account.address }: { readonly token?: number; readonly to?: Address } = {},
): Promise<Omit<EscrowResult, 'id'>> {
  const data = encodeFunctionData({ abi: DATA_ESCROW_ABI, functionName: 'withdraw', args: [token, to] });
  return resultOf(await send(client, { to: DATA_ESCROW, data }));
}

async function approve(client: LaneWallet, { token, price }: DataOffer): Promise<void> {
  const address = laneTokenAddress(token);
  const args = [client.account.address, DATA_ESCROW] as const;
  const allowed = await readContract(client, { address, abi: erc20Abi, functionName: 'allowance', args }).catch(
    (error: unknown) => {
      throw engramError(error);
    },
  );
  if (allowed >= price) return;
  const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [DATA_ESCROW, price] });
  await send(client, { to: address, data });
}

async function sendToEscrow(
  client: LaneWallet,
  purchase: DataPurchase,
  call: { readonly data: Hex; readonly value?: bigint; readonly gas?: bigint },
): Promise<EscrowResult> {
  return { id: purchaseId(purchase), ...resultOf(await send(client, { to: DATA_ESCROW, ...call })) };
}

function resultOf({ transactionHash, blockNumber: block, gasUsed, effectiveGasPrice }: TransactionReceipt) {
  return { transactionHash, block, gasUsed, fee: gasUsed * effectiveGasPrice };
}

function send(
  client: LaneWallet,
  call: { readonly to: Hex; readonly data: Hex; readonly value?: bigint; readonly gas?: bigint },
): Promise<TransactionReceipt> {
  return sendOnLane(client, { ...call, errors: DATA_ESCROW_ABI });
}
