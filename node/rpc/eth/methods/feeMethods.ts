import type { EvmBlockRecord } from '../../../../chain/evm/types.ts';
import { readArgs, required } from '../args.ts';
import type { EvmBackend } from '../backend.ts';
import { blockNumberValue, LATEST } from '../blockParam.ts';
import { blockNumberOf, type EthHandlers, stateBlock } from '../ethContext.ts';
import { serverError } from '../ethError.ts';
import { quantity } from '../quantity.ts';
import { bareQuantity, invalid, listValue, mistyped, type Reader } from '../values.ts';

const MAX_BLOCKS = 1_024n;
const MAX_PERCENTILES = 100;
/** A block this full lets tips decide who gets in. */
const FULL_PERCENT = 90n;
const SUGGESTED_PERCENTILE = 60;

/** Hex, or a JSON number. */
const countValue: Reader<bigint> = (value, at) => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  if (typeof value !== 'string') throw invalid('invalid hex or decimal integer', at);
  return /^\d+$/.test(value) ? BigInt(value) : bareQuantity(value, at);
};

const percentileValue: Reader<number> = (value, at) => {
  if (typeof value !== 'number') throw mistyped(typeof value, 'float64', at);
  return value;
};

/** Prices of gas. */
export function feeMethods(backend: EvmBackend): EthHandlers {
  const head = () => stateBlock(backend, LATEST);
  const tip = (block: EvmBlockRecord): bigint => suggestedTip(block, backend.info.minTip);

  return {
    eth_gasPrice: async (params) => {
      readArgs(params, []);
      const block = await head();
      // enough for the next block, and for calls, which are made in the newest one
      const [next, now] = [backend.nextBaseFee(block), block.header.baseFeePerGas ?? 0n];
      return quantity((next > now ? next : now) + tip(block));
    },
    eth_maxPriorityFeePerGas: async (params) => {
      readArgs(params, []);
      return quantity(tip(await head()));
    },
    eth_baseFee: async (params) => {
      readArgs(params, []);
      return quantity(backend.nextBaseFee(await head()));
    },
    eth_blobBaseFee: async (params) => {
      readArgs(params, []);
      return '0x1';
    },
    eth_feeHistory: async (params) => {
      const [count, last, percentiles] = readArgs(params, [
        required(countValue),
        required(blockNumberValue),
        required(listValue('[]float64', percentileValue)),
      ]);
      if (last.kind === 'hash') throw invalid('hex string without 0x prefix', { arg: 1 });
      return feeHistory(backend, count, blockNumberOf(backend, last), percentiles);
    },
  };
}

/** What gets a transaction in: the least tip there is, unless blocks are full. */
function suggestedTip(block: EvmBlockRecord, minTip: bigint): bigint {
  const least = minTip > 1n ? minTip : 1n;
  if (block.header.gasUsed * 100n < block.header.gasLimit * FULL_PERCENT) return least;
  const [paid = 0n] = rewards(block, [SUGGESTED_PERCENTILE]);
  return paid > least ? paid : least;
}

/** Tips at the percentiles of the gas that users' transactions used. */
function rewards({ header, receipts, systemTxs }: EvmBlockRecord, percentiles: readonly number[]): bigint[] {
  const baseFee = header.baseFeePerGas ?? 0n;
  const paid = receipts
    .slice(systemTxs)
    .map(({ gasUsed, effectiveGasPrice }) => ({ gas: Number(gasUsed), tip: effectiveGasPrice - baseFee }))
    .sort((x, y) => (x.tip < y.tip ? -1 : x.tip > y.tip ? 1 : 0));
  const total = paid.reduce((sum, { gas }) => sum + gas, 0);
  let at = 0;
  let sum = paid[0]?.gas ?? 0;
  return percentiles.map((percentile) => {
    while (sum < (total * percentile) / 100 && at < paid.length - 1) {
      at += 1;
      sum += paid[at]?.gas ?? 0;
    }
    return paid[at]?.tip ?? 0n;
  });
}

async function feeHistory(
  backend: EvmBackend,
  asked: bigint,
  last: bigint,
  percentiles: readonly number[],
): Promise<unknown> {
  checkPercentiles(percentiles);
  const { latest } = backend.heads;
  if (last > latest) throw serverError(`request beyond head block: requested ${last}, head ${latest}`);
  const limited = asked > MAX_BLOCKS ? MAX_BLOCKS : asked;
  const count = limited > last + 1n ? last + 1n : limited;
  if (count === 0n) return { oldestBlock: '0x0', gasUsedRatio: [], baseFeePerGas: [], baseFeePerBlobGas: [] };
  const oldest = last + 1n - count;
  const numbers = Array.from({ length: Number(count) }, (_, i) => oldest + BigInt(i));
  const blocks: EvmBlockRecord[] = [];
  for (const number of numbers) blocks.push(await stateBlock(backend, { kind: 'number', number }));
  const newest = blocks.at(-1);
  const fees = blocks.map(({ header }) => header.baseFeePerGas ?? 0n);
  if (newest !== undefined) fees.push(backend.nextBaseFee(newest));
  return {
    oldestBlock: quantity(oldest),
    ...(percentiles.length > 0 && { reward: blocks.map((block) => rewards(block, percentiles).map(quantity)) }),
    baseFeePerGas: fees.map(quantity),
    gasUsedRatio: blocks.map(({ header }) => Number(header.gasUsed) / Number(header.gasLimit)),
    baseFeePerBlobGas: fees.map(() => '0x1'),
    blobGasUsedRatio: blocks.map(() => 0),
  };
}

function checkPercentiles(percentiles: readonly number[]): void {
  const fault = (text: string): Error => serverError(`invalid reward percentile: ${text}`);
  if (percentiles.length > MAX_PERCENTILES) throw fault(`over the query limit ${MAX_PERCENTILES}`);
  percentiles.forEach((value, i) => {
    if (!(value >= 0 && value <= 100)) throw fault(value.toFixed(6));
    const before = percentiles[i - 1];
    if (before !== undefined && value <= before) {
      throw fault(`#${i - 1}:${before.toFixed(6)} >= #${i}:${value.toFixed(6)}`);
    }
  });
}
