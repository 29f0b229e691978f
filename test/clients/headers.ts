/** Recomputes what a block commits to from what the JSON-RPC says of it. */
import { createBlockHeaderFromRPC } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet } from '@ethereumjs/common';
import { bytesToHex } from '@ethereumjs/util';
import { concat, type Hex, toRlp } from 'viem';
import { same } from './check.ts';

/** A block as eth_getBlockBy… gives it. */
export interface RpcBlock {
  readonly hash: Hex;
  readonly number: Hex;
  readonly parentHash: Hex;
  readonly timestamp: Hex;
  readonly transactionsRoot: Hex;
  readonly receiptsRoot: Hex;
  readonly stateRoot: Hex;
  readonly logsBloom: Hex;
  readonly gasUsed: Hex;
  readonly transactions: readonly Hex[];
}

const common = new Common({ chain: Mainnet, hardfork: Hardfork.Prague });

/** The hash of a block is that of its header in RLP. */
export function verifyHeader(block: RpcBlock): void {
  // Its type asks for every member of an answer; what is missing would change the hash.
  const header = createBlockHeaderFromRPC(block as Parameters<typeof createBlockHeaderFromRPC>[0], { common });
  same(bytesToHex(header.hash()), block.hash, `hash of block ${block.number}`);
}

export interface RpcReceipt {
  readonly type: Hex;
  readonly status: Hex;
  readonly cumulativeGasUsed: Hex;
  readonly logsBloom: Hex;
  readonly logs: readonly { readonly address: Hex; readonly topics: readonly Hex[]; readonly data: Hex }[];
}

/** EIP-2718 bytes of a receipt. */
export function encodeReceipt({ type, status, cumulativeGasUsed, logsBloom, logs }: RpcReceipt): Hex {
  const body = toRlp([
    status === '0x1' ? '0x01' : '0x',
    even(cumulativeGasUsed),
    logsBloom,
    logs.map(({ address, topics, data }) => [address, [...topics], data]),
  ]);
  return type === '0x0' ? body : concat([`0x0${type.slice(2)}`, body]);
}

function even(quantity: Hex): Hex {
  return quantity.length % 2 === 0 ? quantity : `0x0${quantity.slice(2)}`;
}
