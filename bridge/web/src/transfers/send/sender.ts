/** Sends one transaction of a wallet: checked first, written down before the wallet is asked, resolved with its hash. */
import { type Address, type Chain, defineChain, encodeFunctionData, type Hex, type TransactionReceipt } from 'viem';
import { estimateGas, getBalance, getGasPrice, getTransactionCount, sendTransaction } from 'viem/actions';
import type { L1Wallet } from '../../../../../sdk/bridge/l1Wallet.ts';
import { type LaneCall, type LaneWallet, laneError } from '../../../../../sdk/lane/sendOnLane.ts';
import type { AnyClient } from '../../../../../sdk/request.ts';
import { erc20Abi } from '../../../../client/abi.ts';
import { gasLimitOf } from '../../../../client/gasLimit.ts';
import { bridgeError } from '../../../../client/revert.ts';
import type { L1Call } from '../../../../client/types.ts';
import type { ActOptions, Sent } from '../api.ts';
import type { L1Chain } from '../l1/l1Chain.ts';
import { TransferError, walletRefusal, walletTrouble } from '../trouble.ts';
import type { Intent, Token } from '../types.ts';
import { type Intents, newIntentId } from './intents.ts';
import { checkWallet } from './walletChecks.ts';

/** What an intent is before it has an id, a time and a state. */
export type Draft = Omit<Intent, 'id' | 'at' | 'state' | 'chain' | 'nonce'>;

export interface SenderDeps {
  readonly l1: L1Chain;
  readonly intents: Intents;
  /** Seconds. */
  readonly now: () => number;
  readonly l1ChainId: number;
  readonly l2ChainId: number;
}

/** An approval that is not mined by then is not waited for any longer; the next attempt finds it. */
const MINED_TIMEOUT_MS = 30 * 60_000;

export class Sender {
  readonly #deps: SenderDeps;
  /** Of this page: the wallet has not answered yet. */
  readonly asking = new Set<string>();

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /**
   * A call of a contract on L1.
   * @throws TransferError WRONG_NETWORK, ACCOUNT_CHANGED, INSUFFICIENT_FUNDS, REJECTED …; BridgeError by the contract's error
   */
  async onL1(
    call: L1Call,
    { wallet, draft, onProgress }: { wallet: L1Wallet; draft: Draft } & ActOptions,
  ): Promise<Sent> {
    const { l1, l1ChainId } = this.#deps;
    onProgress?.({ stage: 'checking' });
    await checkWallet(wallet, { chainId: l1ChainId, owner: draft.owner });
    const gas = await this.#affordable(l1.client, call, draft.owner);
    const nonce = await this.#nonce(l1.client, draft.owner);
    const intent = this.#intent(draft, { chain: 'l1', nonce });
    const ask = () => sendTransaction(wallet, { ...this.#signed(wallet, l1ChainId), ...call, gas });
    return this.#ask(intent, { ask, wallet, chainId: l1ChainId, onProgress });
  }

  /** A call of a contract of the EVM lane, by the wallet's word about that chain. @throws as `onL1`; SdkError LANE_REVERTED */
  async onLane(
    call: LaneCall,
    { wallet, client, draft, onProgress }: { wallet: LaneWallet; client: AnyClient; draft: Draft } & ActOptions,
  ): Promise<Sent> {
    const { l2ChainId } = this.#deps;
    onProgress?.({ stage: 'checking' });
    await checkWallet(wallet, { chainId: l2ChainId, owner: draft.owner });
    const { errors: _, ...plain } = call;
    let gas: bigint;
    try {
      gas = await this.#affordable(client, { value: 0n, ...plain }, draft.owner);
    } catch (error) {
      if (error instanceof TransferError) throw error;
      throw laneError(error, []);
    }
    const nonce = await this.#nonce(client, draft.owner);
    const intent = this.#intent(draft, { chain: 'lane', nonce });
    const ask = () => sendTransaction(wallet, { ...this.#signed(wallet, l2ChainId), ...plain, gas });
    return this.#ask(intent, { ask, wallet, chainId: l2ChainId, onProgress });
  }

  /** Lets `spender` take the amount, if it may not yet; resolves once that is mined. @throws as `onL1` */
  async approve(
    token: Token,
    {
      spender,
      amount,
      wallet,
      owner,
      onProgress,
    }: { spender: Address; amount: bigint; wallet: L1Wallet; owner: Address } & ActOptions,
  ): Promise<void> {
    const { l1 } = this.#deps;
    const args = [owner, spender] as const;
    const read = { address: token.address, abi: erc20Abi, functionName: 'allowance', args } as const;
    const allowance = await l1.ask(() => l1.client.readContract(read));
    if (allowance >= amount) return;
    const approve = async (value: bigint): Promise<void> => {
      const data = encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, value] });
      const draft: Draft = { kind: 'approve', owner, token: token.id, amount: value, recipient: spender };
      onProgress?.({ stage: 'approving' });
      const sent = await this.onL1({ to: token.address, data, value: 0n }, { wallet, draft });
      onProgress?.({ stage: 'approving', hash: sent.hash });
      await this.#mined(sent);
    };
    try {
      await approve(amount);
    } catch (error) {
      // some tokens only change an allowance from or to 0
      if (allowance === 0n || bridgeError(error).code !== 'L1_REVERTED' || walletTrouble(error) !== undefined)
        throw error;
      await approve(0n);
      await approve(amount);
    }
  }

  async #mined({ hash, intent }: Sent): Promise<TransactionReceipt> {
    const { l1, intents } = this.#deps;
    const receipt = await l1.ask(() => l1.client.waitForTransactionReceipt({ hash, timeout: MINED_TIMEOUT_MS }));
    intents.remove(intent);
    if (receipt.status !== 'success') throw new TransferError('TRANSACTION_FAILED', { hash });
    return receipt;
  }

  /** The gas limit. What the call brings and what its gas may cost must be there before anybody is asked to sign. */
  async #affordable(
    client: AnyClient,
    call: { to: Address; data: Hex; value: bigint },
    owner: Address,
  ): Promise<bigint> {
    const [have, price] = await this.#read(() =>
      Promise.all([getBalance(client, { address: owner }), getGasPrice(client)]),
    );
    if (have < call.value) throw new TransferError('INSUFFICIENT_FUNDS', { token: 0, need: call.value, have });
    const gas = gasLimitOf(await this.#read(() => estimateGas(client, { account: owner, ...call })));
    const need = call.value + gas * price;
    if (have < need) throw new TransferError('INSUFFICIENT_FUNDS', { token: 0, need, have });
    return gas;
  }

  #nonce(client: AnyClient, address: Address): Promise<number> {
    return this.#read(() => getTransactionCount(client, { address, blockTag: 'pending' }));
  }

  async #read<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw bridgeError(error);
    }
  }

  #intent(draft: Draft, more: Pick<Intent, 'chain' | 'nonce'>): Intent {
    return { ...draft, ...more, id: newIntentId(), at: this.#deps.now(), state: 'asking' };
  }

  /** viem compares the wallet's chain with this once more right before it asks, and signs for no other. */
  #signed(wallet: L1Wallet | LaneWallet, id: number): { account: L1Wallet['account']; chain: Chain } {
    const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 };
    const chain =
      wallet.chain?.id === id
        ? wallet.chain
        : defineChain({ id, name: `${id}`, nativeCurrency, rpcUrls: { default: { http: [] } } });
    return { account: wallet.account, chain };
  }

  async #ask(
    intent: Intent,
    {
      ask,
      wallet,
      chainId,
      onProgress,
    }: { ask: () => Promise<Hex>; wallet: L1Wallet | LaneWallet; chainId: number } & ActOptions,
  ): Promise<Sent> {
    const { intents } = this.#deps;
    this.asking.add(intent.id);
    intents.put(intent);
    onProgress?.({ stage: 'asking' });
    let hash: Hex;
    try {
      hash = await ask();
      if (!/^0x[0-9a-fA-F]{64}$/.test(hash)) throw new TransferError('WALLET_UNSUPPORTED');
    } catch (error) {
      // only an answer that is surely a refusal means that nothing was sent
      const refused = walletRefusal(error);
      if (refused !== undefined) {
        intents.remove(intent.id);
        // it moved to another network after it was looked at: which one, the same question says
        if (refused.code === 'WRONG_NETWORK') await checkWallet(wallet, { chainId, owner: intent.owner });
        throw error;
      }
      intents.put({ ...intent, state: 'lost' });
      throw new TransferError('MAYBE_SENT', { intent: intent.id }, { cause: error });
    } finally {
      this.asking.delete(intent.id);
    }
    intents.put({ ...intent, state: 'sent', hash });
    onProgress?.({ stage: 'sent', hash });
    return { intent: intent.id, hash };
  }
}
