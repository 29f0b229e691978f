import type { Account, Chain, PublicClient, TransactionReceipt, Transport, WalletClient } from 'viem';
import { erc20Abi } from './abi.ts';
import { BridgeError } from './errors.ts';
import { gasLimitOf } from './gasLimit.ts';
import { bridgeError } from './revert.ts';
import type { Address, L1Call } from './types.ts';

export type Wallet = WalletClient<Transport, Chain, Account>;

/** Sends from one L1 account, one transaction after the other: two pending ones would race for a nonce. */
export class Sender {
  readonly #deps: { readonly publicClient: PublicClient; readonly wallet: Wallet };
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: { publicClient: PublicClient; wallet: Wallet }) {
    this.#deps = deps;
  }

  /** Sends, waits for the receipt. @throws BridgeError with the contract's error name if it reverts */
  send(call: L1Call): Promise<TransactionReceipt> {
    const turn = this.#queue.then(() => this.#sendNow(call));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Lets `spender` take `amount` of an ERC-20, if it may not yet. */
  async approve(erc20: Address, spender: Address, amount: bigint): Promise<void> {
    const { publicClient, wallet } = this.#deps;
    try {
      const args = [wallet.account.address, spender] as const;
      const allowance = await publicClient.readContract({
        address: erc20,
        abi: erc20Abi,
        functionName: 'allowance',
        args,
      });
      if (allowance >= amount) return;
      const hash = await wallet.writeContract({
        address: erc20,
        abi: erc20Abi,
        functionName: 'approve',
        args: [spender, amount],
      });
      await publicClient.waitForTransactionReceipt({ hash });
    } catch (error) {
      throw bridgeError(error);
    }
  }

  async #sendNow(call: L1Call): Promise<TransactionReceipt> {
    const { publicClient, wallet } = this.#deps;
    try {
      const estimate = await publicClient.estimateGas({ account: wallet.account, ...call });
      const hash = await wallet.sendTransaction({ ...call, gas: gasLimitOf(estimate) });
      const receipt = await publicClient.waitForTransactionReceipt({ hash });
      if (receipt.status !== 'success') {
        // Ask again at that block for the reason.
        await publicClient.call({ account: wallet.account, ...call, blockNumber: receipt.blockNumber });
        throw new BridgeError('L1_REVERTED', { hash });
      }
      return receipt;
    } catch (error) {
      throw bridgeError(error);
    }
  }
}
