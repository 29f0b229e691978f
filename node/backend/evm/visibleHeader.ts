import type { BlockHeader } from '@ethereumjs/block';
import type { VisibleHeader } from './callState.ts';

export function visibleHeader(header: BlockHeader): VisibleHeader {
  const { number, coinbase, timestamp, prevRandao, gasLimit, baseFeePerGas = 0n } = header;
  return { number, coinbase, timestamp, prevRandao, gasLimit, baseFeePerGas };
}
