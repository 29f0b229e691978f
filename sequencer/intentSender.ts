import type { Clock } from '../chain/clock.ts';
import type { Logger } from '../chain/logger.ts';
import type { StatusChange } from '../chain/store.ts';
import type { BatchStatus } from '../chain/types.ts';
import { cappedFees, isOutbidding, raisedFees } from './l1Fees.ts';
import { type Hex, L1Error, type L1Fees, type L1Port, type SignedL1Tx } from './l1Port.ts';
import type { PublisherRecord } from './publisherRecord.ts';
import type { Action, Intent } from './publisherState.ts';
import type { Timetable } from './timetable.ts';

export interface IntentSenderOptions {
  /** Wei a gas unit. */
  readonly maxFeePerGas: bigint;
}

export interface IntentSenderDeps {
  readonly l1: L1Port;
  readonly record: PublisherRecord;
  readonly sign: (action: Action, options: { nonce: number; fees: L1Fees }) => Promise<SignedL1Tx>;
  readonly clock: Clock;
  readonly timetable: Timetable;
  readonly log: Logger;
}

/** What became of the transaction under way. failed: it was mined and reverted. */
export type Fate = 'waiting' | 'mined' | 'failed' | 'abandoned';

/**
 * The one L1 transaction that is under way: its bytes are on disk before they are sent, and it is replaced only under its own nonce. So a
 * crash or a reorg at any point can cost time, but neither lose nor double it.
 */
export class IntentSender {
  readonly #options: IntentSenderOptions;
  readonly #deps: IntentSenderDeps;
  /** The intent came from the disk: whether its bytes ever left is not known. */
  #isUnsent = false;

  constructor(options: IntentSenderOptions, deps: IntentSenderDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** To be called when the record was read from disk. */
  onLoaded(): void {
    this.#isUnsent = this.#deps.record.state.intent !== undefined;
  }

  /** Finds out what became of the transaction under way, and forgets it if that is known. @throws L1Error */
  async settle(intent: Intent): Promise<Fate> {
    const { l1, log } = this.#deps;
    // The nonce before the receipts: if it is used up and there is no receipt, none of our versions was mined.
    const nonce = await l1.nonce();
    for (const hash of [...intent.hashes].reverse()) {
      const receipt = await l1.receipt(hash);
      if (receipt === undefined) continue;
      const { kind, first, last } = intent;
      const fields = { kind, first, last, hash, l1Block: receipt.blockNumber, gasUsed: receipt.gasUsed };
      await this.#finish(intent, receipt.isSuccess ? hash : undefined);
      if (!receipt.isSuccess) return 'failed';
      log.info(fields, 'L1 transaction mined');
      return 'mined';
    }
    if (nonce === intent.nonce) return 'waiting';
    // Higher: something else was mined under this nonce. Lower: a reorg dropped what came before it. Either way L1's heads say
    // what to do next, and the nonces that count are L1's.
    log.warn({ kind: intent.kind, nonce: intent.nonce, l1Nonce: nonce }, 'L1 transaction abandoned');
    await this.#finish(intent, undefined);
    return 'abandoned';
  }

  /** Sends again what waits, if it is time: as it is if it may never have left, else with more fee. @throws L1Error */
  async push(intent: Intent): Promise<void> {
    const { clock, timetable } = this.#deps;
    if (this.#isUnsent) await this.#broadcast(intent);
    else if (timetable.isResubmitDue(intent.submittedAtMs, clock.nowMs())) await this.#resubmit(intent);
  }

  /** @throws L1Error */
  async submit(action: Action): Promise<void> {
    const { l1 } = this.#deps;
    const nonce = await l1.nonce();
    const fees = cappedFees(await l1.suggestFees(), this.#options.maxFeePerGas);
    const signed = await this.#deps.sign(action, { nonce, fees });
    await this.#send({ ...action, nonce, fees, hashes: [signed.hash], raw: signed.raw, submittedAtMs: 0 });
  }

  /**
   * Forgets the transaction under way if it is about a batch above `batch`. If it is mined all the same, L1 says so; if it waits, the next
   * one has its nonce and outbids it.
   */
  async dropAbove(batch: number): Promise<void> {
    const { record } = this.#deps;
    const { intent } = record.state;
    if (intent === undefined || intent.last <= batch) return;
    await record.change({ intent: undefined });
    this.#isUnsent = false;
  }

  async #finish(intent: Intent, hash: Hex | undefined): Promise<void> {
    const { record } = this.#deps;
    const changes: StatusChange[] = [];
    for (let batch = intent.first; hash !== undefined && batch <= intent.last; batch += 1) {
      const status = statusOf(batch, record.state);
      if (intent.kind === 'commit' || intent.kind === 'submit') changes.push({ batch, status, commitTx: hash });
      if (intent.kind === 'prove' || intent.kind === 'submit') changes.push({ batch, status, proveTx: hash });
    }
    await record.change({ intent: undefined }, changes);
    this.#isUnsent = false;
  }

  /** The same again with a higher fee, under the same nonce: only one of them can be mined. */
  async #resubmit(old: Intent): Promise<void> {
    const fees = raisedFees(old.fees, await this.#deps.l1.suggestFees(), this.#options.maxFeePerGas);
    if (!isOutbidding(fees, old.fees)) {
      this.#deps.log.warn(
        { nonce: old.nonce, maxFeePerGas: old.fees.maxFeePerGas },
        'L1 fee is at its cap, sending the same again',
      );
      await this.#broadcast(old);
      return;
    }
    let signed: SignedL1Tx;
    try {
      signed = await this.#deps.sign(old, { nonce: old.nonce, fees });
    } catch (error) {
      // It would fail now: L1 moved on without it, and waiting for it would be waiting for ever.
      if (error instanceof L1Error && error.code === 'REVERTED') await this.#finish(old, undefined);
      throw error;
    }
    await this.#send({ ...old, fees, hashes: [...old.hashes, signed.hash], raw: signed.raw });
  }

  /** First on disk, then on the wire. */
  async #send(unsent: Intent): Promise<void> {
    const intent: Intent = { ...unsent, submittedAtMs: this.#deps.clock.nowMs() };
    await this.#deps.record.change({ intent });
    this.#isUnsent = true;
    await this.#broadcast(intent);
  }

  async #broadcast(intent: Intent): Promise<void> {
    const { kind, first, last, nonce, fees } = intent;
    try {
      await this.#deps.l1.broadcast(intent.raw);
    } catch (error) {
      if (!(error instanceof L1Error)) throw error;
      if (error.code === 'UNDERPRICED') {
        // Something of ours waits under this nonce (from before a crash or a reorg): outbid it at the next step.
        this.#deps.record.note({ intent: { ...intent, submittedAtMs: 0 } });
        this.#isUnsent = false;
      }
      if (error.code !== 'ALREADY_KNOWN') throw error;
    }
    this.#isUnsent = false;
    this.#deps.log.info({ kind, first, last, nonce, hash: intent.hashes.at(-1), ...fees }, 'L1 transaction sent');
  }
}

/** What a batch's status is when L1 has that many. */
export function statusOf(batch: number, counts: { committed: number; proven: number }): BatchStatus {
  if (batch <= counts.proven) return 'proven';
  return batch <= counts.committed ? 'committed' : 'closed';
}
