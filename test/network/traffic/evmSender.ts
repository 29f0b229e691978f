import type { Hex } from 'viem';
import type { DevAccount } from '../../../node/devnet/accounts.ts';
import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import { CheckError } from '../errors.ts';
import { ethCall } from '../ethCall.ts';
import { newCounts, pause, type Sender, type Targets } from './traffic.ts';

const PATIENCE_MS = 15_000;
const LOOK_MS = 300;
const PAUSE_MS = 700;
const GWEI = 10n ** 9n;

/** Payments of one account on the EVM lane, one after the other. */
export function evmSender(
  { account, to, chainId }: { readonly account: DevAccount; readonly to: Hex; readonly chainId: number },
  { targets }: { readonly targets: Targets },
): Sender {
  const counts = newCounts();
  const target = (): NetworkNode => {
    const all = targets();
    const node = all[Math.floor(Math.random() * all.length)];
    if (node === undefined) throw new CheckError('NOT_DONE', 'no node runs');
    return node;
  };
  return {
    name: `EVM payments of ${account.name}`,
    counts,
    pauseMs: PAUSE_MS,
    step: async (signal) => {
      const { rpcUrl } = target();
      const nonce = Number(await ethCall<Hex>(rpcUrl, 'eth_getTransactionCount', [account.l1.address, 'latest']));
      const fees = { maxFeePerGas: 2n * GWEI, maxPriorityFeePerGas: 0n, gas: 21_000n };
      const raw = await account.l1.signTransaction({ type: 'eip1559', chainId, to, value: 1n, nonce, ...fees });
      const hash = await ethCall<Hex>(rpcUrl, 'eth_sendRawTransaction', [raw]);
      const start = performance.now();
      while (performance.now() - start < PATIENCE_MS && !signal.aborted) {
        const receipt = await ethCall<object | null>(rpcUrl, 'eth_getTransactionReceipt', [hash]);
        if (receipt !== null) {
          counts.included += 1;
          return;
        }
        await pause(LOOK_MS, signal);
      }
      if (!signal.aborted) throw new CheckError('NOT_REACHED', 'the transaction is in no block');
    },
  };
}
