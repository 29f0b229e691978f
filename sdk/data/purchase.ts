/** What is sold and bought through DataEscrow (docs/ai.md section 7). */
import { type Address, encodeAbiParameters, type Hex, keccak256 } from 'viem';
import { DATA_ESCROW_ABI } from '../../genesis/predeploys/dataEscrowAbi.ts';

/** Bytes of every chunk but the last. */
export const CHUNK_BYTES = 1_024;
/** What a purchase may say, seconds. */
export const DISPUTE_SECONDS = { least: 86_400, most: 30 * 86_400 } as const;
export const MAX_DELIVERY_SECONDS = 30 * 86_400;

/** A point of secp256k1. */
export interface CurvePoint {
  readonly x: bigint;
  readonly y: bigint;
}

export interface DataOffer {
  /** The ATTEST account, 0 if there is none. */
  readonly dataset: number;
  readonly plainRoot: Hex;
  readonly cipherRoot: Hex;
  /** Leaves of either tree. */
  readonly chunks: number;
  /** Bytes of the last chunk. */
  readonly lastLength: number;
  /** keccak256(0x02 ‖ key). */
  readonly keyHash: Hex;
  /** Of the bridge; 0 is ETH. */
  readonly token: number;
  /** Base units. */
  readonly price: bigint;
  readonly seller: Address;
}

export interface DataPurchase {
  readonly offer: DataOffer;
  readonly buyer: Address;
  /** The buyer's one-time key. */
  readonly key: CurvePoint;
  /** Unix seconds. */
  readonly deliverBy: number;
  readonly disputeSeconds: number;
}

export interface DataDelivery {
  readonly masked: Hex;
  /** The seller's one-time key. */
  readonly key: CurvePoint;
}

/** A chunk that does not decrypt to what was sold. Who sends it publishes the key. */
export interface ChunkComplaint {
  readonly key: Hex;
  readonly index: number;
  readonly cipherChunk: Hex;
  readonly cipherProof: readonly Hex[];
  readonly plainLeaf: Hex;
  readonly plainProof: readonly Hex[];
}

/** In the contract's order. */
export const PURCHASE_STATUSES = ['unknown', 'bought', 'delivered', 'released', 'refunded'] as const;
export type PurchaseStatus = (typeof PURCHASE_STATUSES)[number];

const idOf = DATA_ESCROW_ABI.find((item) => item.type === 'function' && item.name === 'idOf');

/** The purchase's id: the hash of all that it says. Whoever delivers to it delivers to this buyer, for this offer, on any chain of blocks. */
export function purchaseId(purchase: DataPurchase): Hex {
  if (idOf?.type !== 'function') throw new TypeError('the ABI has no idOf');
  // the ABI's struct is the interface above
  return keccak256(encodeAbiParameters(idOf.inputs as readonly [(typeof idOf.inputs)[number]], [purchase] as never));
}
