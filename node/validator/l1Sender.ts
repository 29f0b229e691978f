import { keccak256, type PublicClient } from 'viem';
import type { PrivateKeyAccount } from 'viem/accounts';
import { gasLimitOf } from '../../bridge/client/gasLimit.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import { type Clock, systemClock } from '../../chain/clock.ts';
import { cappedFees, isOutbidding, raisedFees } from '../../sequencer/l1Fees.ts';
import { type Hex, L1Error, type L1Fees } from '../../sequencer/l1Port.ts';
import { broadcastError, isNotFound, l1Error } from '../l1/errors.ts';
import { AccountTurn } from './accountTurn.ts';

export interface L1SenderOptions {
  /** How long a transaction may wait before it is sent again for more. Default 90,000. */
  readonly patienceMs?: number;
  /** Between looks for the receipt. Default 2,000. */
  readonly pollMs?: number;
  /** Highest maxFeePerGas ever offered, in wei. Default 500 gwei. */
  readonly maxFeePerGas?: bigint;
}

export interface L1SenderDeps {
  readonly publicClient: PublicClient;
  /** Used by nobody else, or in turns: it sends under the account's next nonce. */
  readonly account: PrivateKeyAccount;
  /** Whose turn it is to use the account; absent: it is nobody else's. */
  readonly turn?: Pick<AccountTurn, 'wait' | 'release'> | undefined;
  /** Throws BridgeError with the contract's error name if the call would fail; returns a gas estimate. */
  readonly simulate: (call: L1Call, from: Hex) => Promise<bigint>;
  readonly clock?: Clock;
}

export interface SentCall {
  readonly hash: Hex;
  readonly blockNumber: bigint;
  readonly gasUsed: bigint;
}

/**
 * Sends one call at a time from an L1 account, always under the first nonce that is not mined: what is stuck there is outbid, never
 * joined by a second. Calls must be harmless to repeat, since one that was given up may still be mined. Calls at once wait for each other.
 */
export class L1Sender {
  readonly #options: Required<L1SenderOptions>;
  readonly #deps: L1SenderDeps & { readonly clock: Clock };
  /** One after the other, whoever asks. */
  readonly #own = new AccountTurn();
  #last: { readonly nonce: number; readonly fees: L1Fees } | undefined;
  #chainId: number | undefined;

  constructor(options: L1SenderOptions, deps: L1SenderDeps) {
    this.#options = { patienceMs: 90_000, pollMs: 2_000, maxFeePerGas: 500n * 10n ** 9n, ...options };
    this.#deps = { clock: systemClock, ...deps };
  }

  get address(): Hex {
    return this.#deps.account.address;
  }

  /**
   * Resolves once it is mined and succeeded. After an error it may be called again, at once or later.
   * @throws L1Error REVERTED (now, or when it was mined), UNAVAILABLE (also: not mined in time), UNDERPRICED, INSUFFICIENT_FUNDS;
   * BridgeError with the contract's error name: the call would fail
   */
  async send(call: L1Call, signal?: AbortSignal): Promise<SentCall> {
    const { turn } = this.#deps;
    for (const each of [this.#own, turn]) {
      if (each === undefined || (await each.wait(signal))) continue;
      if (each === turn) this.#own.release();
      throw new L1Error('UNAVAILABLE', { reason: 'told to stop' });
    }
    try {
      return await this.#send(call, signal);
    } finally {
      turn?.release();
      this.#own.release();
    }
  }

  async #send(call: L1Call, signal: AbortSignal | undefined): Promise<SentCall> {
    const { publicClient, account, simulate, clock } = this.#deps;
    // In the turn: what was sent before may have made it pointless.
    const estimate = await simulate(call, account.address);
    const { nonce, fees, raw } = await this.#sign(call, estimate);
    this.#last = { nonce, fees };
    const hash = keccak256(raw);
    try {
      await publicClient.sendRawTransaction({ serializedTransaction: raw });
    } catch (cause) {
      const error = broadcastError(cause);
      if (error.code !== 'ALREADY_KNOWN') throw error;
    }
    const deadline = clock.nowMs() + this.#options.patienceMs;
    for (;;) {
      const mined = await this.#receipt(hash);
      if (mined?.isSuccess) return mined;
      if (mined !== undefined) throw new L1Error('REVERTED', { hash });
      if (signal?.aborted || clock.nowMs() >= deadline) throw new L1Error('UNAVAILABLE', { hash, reason: 'not mined' });
      await clock.sleep(this.#options.pollMs, signal);
    }
  }

  async #sign(call: L1Call, estimate: bigint): Promise<{ nonce: number; fees: L1Fees; raw: Hex }> {
    const { publicClient, account } = this.#deps;
    try {
      const [nonce, suggested] = await Promise.all([
        publicClient.getTransactionCount({ address: account.address, blockTag: 'latest' }),
        publicClient.estimateFeesPerGas(),
      ]);
      this.#chainId ??= await publicClient.getChainId();
      const chainId = this.#chainId;
      const fees = this.#fees(nonce, suggested);
      const gas = gasLimitOf(estimate);
      const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce, ...call, gas, ...fees });
      return { nonce, fees, raw };
    } catch (error) {
      throw l1Error(error);
    }
  }

  /** The market's, or enough to replace what was sent under this nonce. At the cap nothing can be outbid: it is sent as it was. */
  #fees(nonce: number, { maxFeePerGas, maxPriorityFeePerGas }: L1Fees): L1Fees {
    const cap = this.#options.maxFeePerGas;
    const suggested = { maxFeePerGas, maxPriorityFeePerGas };
    const old = this.#last?.nonce === nonce ? this.#last.fees : undefined;
    if (old === undefined) return cappedFees(suggested, cap);
    const raised = raisedFees(old, suggested, cap);
    return isOutbidding(raised, old) ? raised : old;
  }

  async #receipt(hash: Hex): Promise<(SentCall & { isSuccess: boolean }) | undefined> {
    try {
      const { status, blockNumber, gasUsed } = await this.#deps.publicClient.getTransactionReceipt({ hash });
      return { hash, blockNumber, gasUsed, isSuccess: status === 'success' };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw l1Error(error);
    }
  }
}
