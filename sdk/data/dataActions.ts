import type { Address, Hex } from 'viem';
import type { LaneWallet } from '../lane/sendOnLane.ts';
import type { AnyClient } from '../request.ts';
import {
  type BuyDataParameters,
  buyData,
  type DeliverDataParameters,
  type DisputeKeyParameters,
  deliverData,
  disputeChunk,
  disputeKey,
  type EscrowResult,
  refundData,
  releaseData,
  withdrawData,
} from './escrowCalls.ts';
import {
  type FoundPurchase,
  findPurchases,
  getDataCredit,
  getDelivery,
  getPurchaseState,
  type PurchaseFilter,
  type PurchaseState,
} from './escrowReads.ts';
import type { ChunkComplaint, DataDelivery, DataPurchase } from './purchase.ts';

export type DataActions = {
  /** See `getPurchaseState`. */
  readonly getPurchaseState: (id: Hex) => Promise<PurchaseState>;
  /** See `getDataCredit`. */
  readonly getDataCredit: (parameters: { readonly owner: Address; readonly token?: number }) => Promise<bigint>;
  /** See `findPurchases`. */
  readonly findPurchases: (filter?: PurchaseFilter) => Promise<readonly FoundPurchase[]>;
  /** See `getDelivery`. */
  readonly getDelivery: (id: Hex, options?: { readonly fromBlock?: bigint }) => Promise<DataDelivery>;
};

/** For `extend` of any viem client of an Engram chain. */
export function dataActions(client: AnyClient): DataActions {
  return {
    getPurchaseState: (id) => getPurchaseState(client, id),
    getDataCredit: (parameters) => getDataCredit(client, parameters),
    findPurchases: (filter) => findPurchases(client, filter),
    getDelivery: (id, options) => getDelivery(client, id, options),
  };
}

export type DataWalletActions = {
  /** See `buyData`. */
  readonly buyData: (parameters: BuyDataParameters) => Promise<EscrowResult & { readonly purchase: DataPurchase }>;
  /** See `deliverData`. */
  readonly deliverData: (
    parameters: DeliverDataParameters,
  ) => Promise<EscrowResult & { readonly delivery: DataDelivery }>;
  /** See `disputeKey`. */
  readonly disputeKey: (parameters: DisputeKeyParameters) => Promise<EscrowResult>;
  /** See `disputeChunk`. */
  readonly disputeChunk: (parameters: {
    readonly purchase: DataPurchase;
    readonly complaint: ChunkComplaint;
  }) => Promise<EscrowResult>;
  /** See `releaseData`. */
  readonly releaseData: (purchase: DataPurchase) => Promise<EscrowResult>;
  /** See `refundData`. */
  readonly refundData: (purchase: DataPurchase) => Promise<EscrowResult>;
  /** See `withdrawData`. */
  readonly withdrawData: (parameters?: {
    readonly token?: number;
    readonly to?: Address;
  }) => Promise<Omit<EscrowResult, 'id'>>;
};

/** For `extend` of a viem wallet client of the EVM lane. */
export function dataWalletActions(client: LaneWallet): DataWalletActions {
  return {
    buyData: (parameters) => buyData(client, parameters),
    deliverData: (parameters) => deliverData(client, parameters),
    disputeKey: (parameters) => disputeKey(client, parameters),
    disputeChunk: (parameters) => disputeChunk(client, parameters),
    releaseData: (purchase) => releaseData(client, purchase),
    refundData: (purchase) => refundData(client, purchase),
    withdrawData: (parameters) => withdrawData(client, parameters),
  };
}
