import type { Db } from '../../chain/db.ts';
import { encodePayout } from '../../protocol/epochs/memo.ts';
import type { EpochResult, Payment } from '../../protocol/epochs/payout.ts';
import type { ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import type { PayoutVerdict } from '../../protocol/epochs/verifyPayout.ts';
import type { AccountIndex, Op } from '../../protocol/types.ts';
import { transfer } from '../../sdk/ops.ts';
import type { ChainPort, WriteLimits } from './chainPort.ts';
import { EvaluatorError } from './evaluatorError.ts';
import { LedgerFollower } from './ledgerFollower.ts';
import type { LedgerSource } from './ledgerSource.ts';
import { Outbox } from './outbox.ts';

export interface KeeperOptions extends ServiceLedgerOptions {
  /** KEY account that owns the service. */
  readonly account: AccountIndex;
  /** How long a payment may wait for a block, seconds; after it what is still due is paid anew. Default 3,600. */
  readonly validForSeconds?: number;
}

export interface KeeperDeps {
  readonly chain: ChainPort;
  /** Proven batches: what is paid must not be undone. */
  readonly source: LedgerSource;
  readonly db: Db;
  readonly onBatch?: (number: number, last: number) => void;
}

/** `waiting`: payments are on their way; `paid`: all of it is in proven batches. */
export interface KeeperReport {
  readonly epoch: number;
  readonly state: 'paid' | 'waiting' | 'nothing due';
  readonly verdict: PayoutVerdict;
}

/** A transaction's ops. */
const MAX_OPS = 255;
/** Accounts that a payment's transaction touches besides those it pays: keeper, service, four fee lanes. */
const OTHER_ACCOUNTS = 6;
const DEFAULT_VALIDITY = 3_600;

/**
 * Pays epochs of a service that are over, by proven batches. It can be killed anywhere: what was signed is stored before it leaves and is
 * only sent again as it is; what is still due is signed anew only once proven batches are past the time until which the old could count.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #deps: KeeperDeps;
  readonly #follower: LedgerFollower;
  readonly #outbox: Outbox;

  private constructor(options: KeeperOptions, deps: KeeperDeps, follower: LedgerFollower) {
    this.#options = options;
    this.#deps = deps;
    this.#follower = follower;
    this.#outbox = new Outbox(deps);
  }

  /** @throws EvaluatorError BAD_STORE */
  static async open(options: KeeperOptions, deps: KeeperDeps): Promise<Keeper> {
    const { service, document, domain, keepEpochs } = options;
    const follower = await LedgerFollower.open(
      { service, document, domain, ...(keepEpochs !== undefined && { keepEpochs }) },
      deps,
    );
    return new Keeper(options, deps, follower);
  }

  get ledger() {
    return this.#follower.ledger;
  }

  /** Pays every epoch that is over and kept, oldest first. */
  async step(signal?: AbortSignal): Promise<KeeperReport[]> {
    await this.#sync(signal);
    const reports: KeeperReport[] = [];
    for (const epoch of this.ledger.epochs) reports.push(await this.#pay(epoch));
    return reports;
  }

  /**
   * Pays one epoch, as far as it is not paid.
   * @throws EvaluatorError NOT_THE_KEEPER, EPOCH_OPEN, POOL_TOO_SMALL, PAID_WRONG; EpochError EPOCH_FORGOTTEN; what the node refuses
   */
  async pay(epoch: number, signal?: AbortSignal): Promise<KeeperReport> {
    await this.#sync(signal);
    return this.#pay(epoch);
  }

  async #sync(signal?: AbortSignal): Promise<void> {
    await this.#follower.sync(signal);
    const { service } = this.ledger;
    const { account, service: index } = this.#options;
    if (service === undefined) throw new EvaluatorError('UNKNOWN_SERVICE', `no service ${index} is proven`, { index });
    if (service.keeper === account) return;
    throw new EvaluatorError('NOT_THE_KEEPER', `the service is account ${service.keeper}’s`, {
      keeper: service.keeper,
    });
  }

  async #pay(epoch: number): Promise<KeeperReport> {
    const { ledger } = this;
    if (epoch >= ledger.currentEpoch) {
      throw new EvaluatorError('EPOCH_OPEN', `epoch ${epoch} is not over by proven batches`, { epoch });
    }
    const result = ledger.payout(epoch);
    const verdict = ledger.verify(epoch);
    if (verdict.status === 'wrong') {
      throw new EvaluatorError('PAID_WRONG', `epoch ${epoch} was paid otherwise than it should be`, { epoch });
    }
    if (verdict.status === 'paid') {
      await this.#outbox.forget(nameOf(epoch));
      return { epoch, state: verdict.due === 0n ? 'nothing due' : 'paid', verdict };
    }
    if (!(await this.#isWaiting(epoch))) await this.#send(result, verdict);
    return { epoch, state: 'waiting', verdict };
  }

  /** Whether something that was signed before may still be taken in. */
  async #isWaiting(epoch: number): Promise<boolean> {
    const sent = await this.#outbox.sent(nameOf(epoch));
    if (sent.length === 0) return false;
    // One of the bundle may have been signed and the others not, so the latest end counts.
    if (sent.some(({ validUntil }) => validUntil >= this.ledger.timestamp)) {
      await this.#outbox.resend(nameOf(epoch));
      return true;
    }
    await this.#outbox.forget(nameOf(epoch));
    return false;
  }

  async #send(result: EpochResult, { differences }: PayoutVerdict): Promise<void> {
    const { chain } = this.#deps;
    const { account: signer, service, validForSeconds = DEFAULT_VALIDITY } = this.#options;
    const token = this.ledger.service?.token ?? 0;
    const due = differences.map(({ account, due: all, paid }): Payment => [account, all - paid]);
    const sum = due.reduce((total, [, amount]) => total + amount, 0n);
    const pool = this.ledger.service?.pool ?? 0n;
    if (pool < sum) {
      const { epoch } = result;
      throw new EvaluatorError('POOL_TOO_SMALL', `epoch ${epoch} needs ${sum}, the pool holds ${pool}`, {
        epoch,
        sum,
        pool,
      });
    }
    const validUntil = (await chain.time()) + validForSeconds;
    const bundles = payoutBundles(result, due, { service, keeper: signer, limits: await chain.limits(token) });
    for (const ops of bundles) await this.#outbox.send(nameOf(result.epoch), { signer, ops, validUntil });
  }
}

function nameOf(epoch: number): string {
  return `payout/${epoch}`;
}

/**
 * The transactions that pay: in each first the keeper's own money for the fees of its payments, with the memo, so that the pool pays
 * nobody but whom it should.
 */
export function payoutBundles(
  { epoch, resultHash }: Pick<EpochResult, 'epoch' | 'resultHash'>,
  due: readonly Payment[],
  { service, keeper, limits }: { service: AccountIndex; keeper: AccountIndex; limits: WriteLimits },
): Op[][] {
  const { fee } = limits;
  const size = Math.max(1, Math.min(MAX_OPS, limits.ops, limits.accounts - OTHER_ACCOUNTS + 1) - 1);
  const parts = Math.ceil(due.length / size);
  return Array.from({ length: parts }, (_, part) => {
    const payments = due.slice(part * size, (part + 1) * size);
    const memo = encodePayout({ epoch, resultHash, part, parts });
    const fees = fee * BigInt(payments.length);
    return [
      transfer({ from: keeper, to: service, amount: fees, fee, memo }),
      ...payments.map(([to, amount]) => transfer({ from: service, to, amount, fee })),
    ];
  });
}
