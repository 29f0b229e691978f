import { checksumAddress } from 'viem';
import { bytesHex } from '../../../../chain/evm/crypto.ts';
import { feeCap } from '../../../../chain/evm/fees.ts';
import type { EvmTx } from '../../../../chain/evm/types.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import type { EthHandlers } from '../ethContext.ts';
import { transactionJson } from '../format/transactionJson.ts';
import { quantity } from '../quantity.ts';
import { addressValue } from '../values.ts';

/** Transactions listed at most; the pool may hold many more. */
const MAX_LISTED = 20_000;

type Lists = ReadonlyMap<Hex, readonly EvmTx[]>;

function byNonce<T>(txs: readonly EvmTx[], show: (tx: EvmTx) => T): Record<string, T> {
  return Object.fromEntries(txs.map((tx) => [String(tx.tx.nonce), show(tx)]));
}

function bySender<T>(lists: Lists, show: (tx: EvmTx) => T): Record<string, Record<string, T>> {
  const shown: Record<string, Record<string, T>> = {};
  let left = MAX_LISTED;
  for (const [sender, txs] of lists) {
    if (left <= 0) break;
    shown[checksumAddress(sender)] = byNonce(txs.slice(0, left), show);
    left -= txs.length;
  }
  return shown;
}

function summary({ tx }: EvmTx): string {
  const to = tx.to === undefined ? 'contract creation' : checksumAddress(bytesHex(tx.to.bytes));
  return `${to}: ${tx.value} wei + ${tx.gasLimit} gas × ${feeCap(tx)} wei`;
}

const whole = (tx: EvmTx): unknown => transactionJson(tx, undefined);

/** The transaction pool. */
export function poolMethods({ pool }: EvmBackend): EthHandlers {
  return {
    txpool_status: async (params) => {
      readArgs(params, []);
      const { pending, queued } = pool.status();
      return { pending: quantity(pending), queued: quantity(queued) };
    },
    txpool_content: async (params) => {
      readArgs(params, []);
      const { pending, queued } = pool.content();
      return { pending: bySender(pending, whole), queued: bySender(queued, whole) };
    },
    txpool_contentFrom: async (params) => {
      const [address] = readArgs(params, [required(addressValue)]);
      const { pending, queued } = pool.contentFrom(address);
      return { pending: byNonce(pending, whole), queued: byNonce(queued, whole) };
    },
    txpool_inspect: async (params) => {
      readArgs(params, []);
      const { pending, queued } = pool.content();
      return { pending: bySender(pending, summary), queued: bySender(queued, summary) };
    },
  };
}
