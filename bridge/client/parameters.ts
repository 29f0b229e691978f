import type { PublicClient } from 'viem';
import type { Field } from '../../protocol/types.ts';
import { rollupAbi } from './abi.ts';
import { BridgeError } from './errors.ts';
import { bridgeError, isForeignAnswer } from './revert.ts';
import type { Address, RollupParameters } from './types.ts';

/** The constants of a deployment. @throws BridgeError NOT_A_ROLLUP, L1_UNREACHABLE */
export async function readParameters(address: Address, publicClient: PublicClient): Promise<RollupParameters> {
  try {
    const [l1ChainId, [domain, p, shapes]] = await Promise.all([
      publicClient.getChainId(),
      publicClient.readContract({ address, abi: rollupAbi, functionName: 'parameters' }),
    ]);
    return {
      domain: domain as Field, // 248 bits
      l1ChainId: BigInt(l1ChainId),
      l2ChainId: p.l2ChainId,
      genesisRoot: p.genesisRoot as Field, // checked by the constructor
      initialSequencer: p.sequencer,
      graceSeconds: p.graceSeconds,
      proveDeadlineSeconds: p.proveDeadlineSeconds,
      queueDeadlineSeconds: p.queueDeadlineSeconds,
      maxDriftSeconds: p.maxDriftSeconds,
      maxAgeSeconds: p.maxAgeSeconds,
      bond: p.bond,
      queueFee: p.queueFee,
      registrationFee: p.registrationFee,
      shapes: shapes
        .map(({ verifier, l1Slots, opSlots, exitSlots }, id) => ({
          id,
          verifier,
          L: l1Slots,
          N: opSlots,
          E: exitSlots,
        }))
        .filter(({ verifier }) => BigInt(verifier) !== 0n),
    };
  } catch (error) {
    throw isForeignAnswer(error) ? new BridgeError('NOT_A_ROLLUP', { address }, { cause: error }) : bridgeError(error);
  }
}
