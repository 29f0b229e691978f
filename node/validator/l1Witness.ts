import { decodeFunctionData, hexToBytes } from 'viem';
import { evmLaneAbi } from '../../bridge/client/evmLaneAbi.ts';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Attestation } from './attestation.ts';

export interface L1WitnessDeps {
  readonly lane: Pick<EvmLaneReader, 'readEvents' | 'address'>;
  readonly l1: {
    getTransaction(of: { hash: Hex }): Promise<{ readonly input: Hex; readonly to: Hex | null }>;
  };
}

/** L1 blocks that are looked at when it starts. */
const BLOCKS_BACK = 256n;

/** Reads what was signed from the transactions that brought it to L1: who tells others something else has signed twice. */
export class L1Witness {
  readonly #deps: L1WitnessDeps;
  #nextBlock: bigint | undefined;

  constructor(deps: L1WitnessDeps) {
    this.#deps = deps;
  }

  /** Signatures that came to L1 since the last look, whoever's they are. @throws BridgeError, or what the L1 client throws; tried again then */
  async look(toBlock: bigint): Promise<Attestation[]> {
    const { lane, l1 } = this.#deps;
    const from = this.#nextBlock ?? (toBlock > BLOCKS_BACK ? toBlock - BLOCKS_BACK : 0n);
    if (from > toBlock) return [];
    const events = await lane.readEvents(from, toBlock);
    const hashes = new Set(events.flatMap((event) => (event.type === 'counted' ? [event.l1.transactionHash] : [])));
    const found: Attestation[] = [];
    for (const hash of hashes) {
      const { input, to } = await l1.getTransaction({ hash });
      if (to?.toLowerCase() === lane.address.toLowerCase()) found.push(...attestationsIn(input));
    }
    this.#nextBlock = toBlock + 1n;
    return found;
  }
}

/** Of a call of `attest`; what went through another contract is left alone. */
function attestationsIn(input: Hex): Attestation[] {
  const { functionName, args } = decodeFunctionData({ abi: evmLaneAbi, data: input });
  if (functionName !== 'attest') return [];
  const [{ number, evmCommitment }, , , signatures] = args;
  const commitment = BigInt(evmCommitment);
  return signatures.map((signature) => ({ batch: Number(number), commitment, signature: hexToBytes(signature) }));
}
