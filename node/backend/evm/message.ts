import type { TypedTransaction } from '@ethereumjs/tx';
import { bytesHex } from '../../../chain/evm/crypto.ts';
import { feeCap } from '../../../chain/evm/fees.ts';
import type { EvmTx } from '../../../chain/evm/types.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { invalidParams, serverError } from '../../rpc/eth/ethError.ts';
import type { AccessListItem, Authorization, CallRequest } from '../../rpc/eth/request.ts';

/** A transaction as the machine takes it: everything is decided, no signature is needed. */
export interface Message {
  readonly from: Hex;
  readonly to: Hex | undefined;
  readonly gas: bigint;
  /** What a unit of gas costs, wei. */
  readonly gasPrice: bigint;
  /** The most a unit of gas may cost, wei: the sender must own that much. */
  readonly feeCap: bigint;
  readonly value: bigint;
  readonly data: Uint8Array;
  readonly accessList: readonly AccessListItem[];
  readonly authorizations: readonly Authorization[];
}

const ZERO: Hex = `0x${'00'.repeat(20)}`;

export interface MessageDefaults {
  /** Gas where the request names none; more than this is cut. */
  readonly gasCap: bigint;
  readonly baseFee: bigint;
}

/** @throws EthRpcError for fees that contradict each other */
export function messageOf(request: CallRequest, { gasCap, baseFee }: MessageDefaults): Message {
  const { gas, value, data, to } = request;
  return {
    from: request.from ?? ZERO,
    to,
    gas: gas === undefined || gas > gasCap ? gasCap : gas,
    ...feesOf(request, baseFee),
    value,
    data,
    accessList: request.accessList ?? [],
    authorizations: request.authorizationList ?? [],
  };
}

function feesOf(
  { gasPrice, maxFeePerGas, maxPriorityFeePerGas }: CallRequest,
  baseFee: bigint,
): Pick<Message, 'gasPrice' | 'feeCap'> {
  if (gasPrice !== undefined) {
    if (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined) {
      throw serverError('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified');
    }
    return { gasPrice, feeCap: gasPrice };
  }
  const cap = maxFeePerGas ?? 0n;
  const tip = maxPriorityFeePerGas ?? 0n;
  if (cap === 0n && tip === 0n) return { gasPrice: 0n, feeCap: 0n };
  if (maxFeePerGas !== undefined && cap < tip) {
    throw invalidParams(`maxFeePerGas (${cap}) < maxPriorityFeePerGas (${tip})`);
  }
  const wanted = tip + baseFee;
  return { gasPrice: smaller(wanted, cap), feeCap: cap };
}

/** A transaction of a block, to be run again. */
export function messageOfTx({ tx, sender }: EvmTx, baseFee: bigint): Message {
  const cap = feeCap(tx);
  const tip = 'maxPriorityFeePerGas' in tx ? tx.maxPriorityFeePerGas : cap - baseFee;
  const wanted = baseFee + tip;
  return {
    from: sender,
    to: tx.to === undefined ? undefined : bytesHex(tx.to.bytes),
    gas: tx.gasLimit,
    gasPrice: smaller(wanted, cap),
    feeCap: cap,
    value: tx.value,
    data: tx.data,
    accessList: accessListOf(tx),
    authorizations: authorizationsOf(tx),
  };
}

function accessListOf(tx: TypedTransaction): AccessListItem[] {
  if (!('accessList' in tx)) return [];
  return tx.accessList.map(([address, slots]) => ({ address: bytesHex(address), storageKeys: slots.map(bytesHex) }));
}

function authorizationsOf(tx: TypedTransaction): Authorization[] {
  if (!('authorizationList' in tx)) return [];
  return tx.authorizationList.map(([chainId, address, nonce, yParity, r, s]) => ({
    chainId: number(chainId),
    address: bytesHex(address),
    nonce: number(nonce),
    yParity: number(yParity),
    r: number(r),
    s: number(s),
  }));
}

function number(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(bytesHex(bytes));
}

export function smaller(x: bigint, y: bigint): bigint {
  if (x < y) return x;
  return y;
}
