import { wordHex } from '../bytes.ts';
import { keccak256, keccakWords } from '../crypto/keccak.ts';
import type { EvmBatch, EvmOutput } from './types.ts';

/** `keccak256(abi.encode(blockHash, outboxRoot, outboxCount, inboxCount))`. */
export function evmOutputHash({ blockHash, outboxRoot, outboxCount, inboxCount }: EvmOutput): bigint {
  return keccakWords([BigInt(blockHash), BigInt(outboxRoot), outboxCount, inboxCount]);
}

/** `keccak256(evmOutput ‖ keccak256(evmData))`: what L1 writes into the header's words 8 and 9. */
export function evmBatchOf(output: EvmOutput, data: Uint8Array): EvmBatch {
  const outputHash = evmOutputHash(output);
  const dataHash = keccak256(data);
  return {
    output,
    data,
    outputHash: wordHex(outputHash),
    dataHash: wordHex(dataHash),
    commitment: keccakWords([outputHash, dataHash]),
  };
}
