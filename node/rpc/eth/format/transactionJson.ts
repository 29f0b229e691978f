import {
  isAccessList2930Tx,
  isEOACode7702Tx,
  isFeeMarket1559Tx,
  isLegacyTx,
  type TypedTransaction,
} from '@ethereumjs/tx';
import { bytesHex } from '../../../../chain/evm/crypto.ts';
import { effectiveGasPrice, feeCap } from '../../../../chain/evm/fees.ts';
import type { EvmTx } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { quantity } from '../quantity.ts';

/** Where a transaction is; undefined: in the pool. */
export interface TransactionPlace {
  readonly blockHash: Hex;
  readonly blockNumber: bigint;
  readonly timestamp: bigint;
  readonly baseFee: bigint;
  readonly position: number;
}

export type TransactionJson = Readonly<Record<string, unknown>>;

/** What a transaction pays for a unit of gas; outside of a block: what it would pay at most. */
export function gasPriceOf(tx: TypedTransaction, baseFee: bigint | undefined): bigint {
  return baseFee === undefined ? feeCap(tx) : effectiveGasPrice(tx, baseFee);
}

function feesJson(tx: TypedTransaction, baseFee: bigint | undefined): Record<string, unknown> {
  return {
    gasPrice: quantity(gasPriceOf(tx, baseFee)),
    ...('maxFeePerGas' in tx && {
      maxFeePerGas: quantity(tx.maxFeePerGas),
      maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas),
    }),
  };
}

function typedJson(tx: TypedTransaction): Record<string, unknown> {
  const v = quantity(tx.v ?? 0n);
  if (isLegacyTx(tx)) {
    const isProtected = (tx.v ?? 0n) >= 35n;
    return { ...(isProtected && { chainId: quantity(tx.common.chainId()) }), v };
  }
  if (!isAccessList2930Tx(tx) && !isFeeMarket1559Tx(tx) && !isEOACode7702Tx(tx)) return { v };
  return {
    accessList: tx.accessList.map(([address, slots]) => ({
      address: bytesHex(address),
      storageKeys: slots.map(bytesHex),
    })),
    chainId: quantity(tx.chainId),
    ...(isEOACode7702Tx(tx) && {
      authorizationList: tx.authorizationList.map(([chainId, address, nonce, yParity, r, s]) => ({
        chainId: bytesQuantity(chainId),
        address: bytesHex(address),
        nonce: bytesQuantity(nonce),
        yParity: bytesQuantity(yParity),
        r: bytesQuantity(r),
        s: bytesQuantity(s),
      })),
    }),
    v,
    yParity: v,
  };
}

function bytesQuantity(bytes: Uint8Array): Hex {
  return bytes.length === 0 ? '0x0' : quantity(BigInt(bytesHex(bytes)));
}

export function transactionJson({ tx, hash, sender }: EvmTx, place: TransactionPlace | undefined): TransactionJson {
  return {
    blockHash: place?.blockHash ?? null,
    blockNumber: place === undefined ? null : quantity(place.blockNumber),
    blockTimestamp: place === undefined ? null : quantity(place.timestamp),
    from: sender,
    gas: quantity(tx.gasLimit),
    ...feesJson(tx, place?.baseFee),
    hash,
    input: bytesHex(tx.data),
    nonce: quantity(tx.nonce),
    to: tx.to === undefined ? null : bytesHex(tx.to.bytes),
    transactionIndex: place === undefined ? null : quantity(place.position),
    value: quantity(tx.value),
    type: quantity(tx.type),
    ...typedJson(tx),
    r: quantity(tx.r ?? 0n),
    s: quantity(tx.s ?? 0n),
  };
}
