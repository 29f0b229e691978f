import type { PublicClient } from 'viem';
import { BridgeError } from '../../bridge/client/errors.ts';
import { readParameters } from '../../bridge/client/parameters.ts';
import { NetworkFileError } from './errors.ts';
import type { NetworkFile } from './networkFile.ts';

/**
 * Whether L1 is the file's, and its contracts are there: a wrong file or a wrong L1 endpoint should end a node at once, by name, not
 * make it wait for what never comes.
 * @throws NetworkFileError NETWORK_L1_UNREACHABLE, WRONG_L1, NO_CONTRACT, WRONG_L2
 */
export async function checkNetwork(
  { name, l1ChainId, l2ChainId, l1 }: NetworkFile,
  { publicClient }: { readonly publicClient: PublicClient },
): Promise<void> {
  const ask = async <T>(question: () => Promise<T>): Promise<T> =>
    question().catch((cause: unknown) => {
      throw new NetworkFileError('NETWORK_L1_UNREACHABLE', 'L1 does not answer', {}, { cause });
    });
  const found = await ask(() => publicClient.getChainId());
  if (found !== l1ChainId) {
    throw new NetworkFileError('WRONG_L1', `${name} is on L1 chain ${l1ChainId}, the L1 node is of chain ${found}`, {
      expected: l1ChainId,
      found,
    });
  }
  const { rollup, attestations, evmLane, registry } = l1;
  for (const [contract, address] of Object.entries({ rollup, attestations, evmLane, registry })) {
    if (address === undefined) continue;
    const code = await ask(() => publicClient.getCode({ address }));
    if (code === undefined || code === '0x') throw noContract(contract, address);
  }
  const parameters = await readParameters(rollup, publicClient).catch((cause: unknown) => {
    if (cause instanceof BridgeError && cause.code === 'NOT_A_ROLLUP') throw noContract('rollup', rollup, cause);
    throw new NetworkFileError('NETWORK_L1_UNREACHABLE', 'L1 does not answer', {}, { cause });
  });
  if (parameters.l2ChainId !== BigInt(l2ChainId)) {
    throw new NetworkFileError('WRONG_L2', `${name} is chain ${l2ChainId}, the rollup is of ${parameters.l2ChainId}`, {
      expected: l2ChainId,
      found: Number(parameters.l2ChainId),
    });
  }
}

function noContract(contract: string, address: string, cause?: unknown): NetworkFileError {
  const message = `at l1.${contract}, ${address}, is not the contract that the network file names`;
  return new NetworkFileError('NO_CONTRACT', message, { contract, address }, { cause });
}
