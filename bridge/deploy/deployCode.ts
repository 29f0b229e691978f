import type { PublicClient } from 'viem';
import { BridgeError } from '../client/errors.ts';
import { gasLimitOf } from '../client/gasLimit.ts';
import { bridgeError } from '../client/revert.ts';
import type { Wallet } from '../client/sender.ts';
import type { Address, Hex } from '../client/types.ts';

export interface DeployDependencies {
  readonly wallet: Wallet;
  readonly publicClient: PublicClient;
}

/** Deploys any contract's creation code. @throws BridgeError */
export async function deployCode(
  data: Hex,
  value: bigint,
  { wallet, publicClient }: DeployDependencies,
): Promise<{ address: Address; blockNumber: bigint; gasUsed: bigint }> {
  try {
    // Not to the last unit: what a constructor asks of another contract may cost a little more a second later.
    const gas = gasLimitOf(await publicClient.estimateGas({ account: wallet.account, data, value }));
    const hash = await wallet.sendTransaction({ data, value, to: null, gas });
    const receipt = await publicClient.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success' || !receipt.contractAddress) throw new BridgeError('L1_REVERTED', { hash });
    return { address: receipt.contractAddress, blockNumber: receipt.blockNumber, gasUsed: receipt.gasUsed };
  } catch (error) {
    throw bridgeError(error);
  }
}
