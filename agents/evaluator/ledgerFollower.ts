import { type Db, type DbOp, put } from '../../chain/db.ts';
import { EpochError } from '../../protocol/epochs/epochError.ts';
import type { EpochBatch } from '../../protocol/epochs/serviceAccounts.ts';
import { ServiceLedger, type ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { big, fieldWord, index, int, type Json, list, object } from '../../protocol/json.ts';
import type { SettledClaim } from '../../protocol/receipts/settledClaims.ts';
import { type AccountIndex, type Field, Opcode } from '../../protocol/types.ts';
import { EvaluatorError } from './evaluatorError.ts';
import type { LedgerSource } from './ledgerSource.ts';

/** A claim that nobody has looked at yet. */
export interface FoundClaim extends Pick<SettledClaim, 'channel' | 'provider' | 'total' | 'receiptsRoot'> {
  readonly batch: number;
}

export interface FollowerOptions extends ServiceLedgerOptions {
  /** Claims are kept for the evaluator to sample. Default false. */
  readonly keepClaims?: boolean;
}

export interface FollowerDeps {
  readonly source: LedgerSource;
  /** Where the snapshot stands; absent: every start begins with batch 1. */
  readonly db?: Db;
  readonly onBatch?: (number: number, last: number) => void;
}

/** Claims that wait to be sampled; of more the newest are kept. */
const MAX_CLAIMS = 4_096;
/** Batches after which the snapshot is written: those since are replayed after a restart. */
const SNAPSHOT_EVERY = 50;
const LEDGER = 'ledger';
const CLAIMS = 'claims';

const claims = list(
  object<FoundClaim>({ channel: index, provider: index, total: big, receiptsRoot: fieldWord, batch: int }),
);

/** A ServiceLedger that keeps up with a source, and with itself over restarts. */
export class LedgerFollower {
  readonly ledger: ServiceLedger;
  readonly #keepClaims: boolean;
  readonly #deps: FollowerDeps;
  #claims: FoundClaim[];
  /** Of the last snapshot that this process wrote. */
  #stored: { readonly batch: number; readonly epoch: number } | undefined;

  private constructor(
    ledger: ServiceLedger,
    claims: readonly FoundClaim[],
    options: FollowerOptions,
    deps: FollowerDeps,
  ) {
    this.ledger = ledger;
    this.#claims = [...claims];
    this.#keepClaims = options.keepClaims ?? false;
    this.#deps = deps;
  }

  /** @throws EvaluatorError BAD_STORE (damaged, or of another service or deployment) */
  static async open(options: FollowerOptions, deps: FollowerDeps): Promise<LedgerFollower> {
    const { keepClaims: _, ...ledgerOptions } = options;
    const stored = await deps.db?.get(LEDGER);
    if (stored === undefined) return new LedgerFollower(new ServiceLedger(ledgerOptions), [], options, deps);
    try {
      const ledger = ServiceLedger.restore(ledgerOptions, JSON.parse(stored) as Json); // its codec checks it
      const found = claims.decode(JSON.parse((await deps.db?.get(CLAIMS)) ?? '[]'));
      return new LedgerFollower(ledger, found, options, deps);
    } catch (cause) {
      const isDamaged = [EpochError, ProtocolError, SyntaxError].some((kind) => cause instanceof kind);
      if (!isDamaged) throw cause;
      throw new EvaluatorError('BAD_STORE', 'the stored ledger is not of this service', {}, { cause });
    }
  }

  /** Claims found and not taken yet, oldest first. */
  get claims(): readonly FoundClaim[] {
    return this.#claims;
  }

  /** They have been looked at. */
  async drop(done: readonly FoundClaim[]): Promise<void> {
    const gone = new Set(done);
    this.#claims = this.#claims.filter((claim) => !gone.has(claim));
    await this.#deps.db?.write([this.#claimsOp()]);
  }

  /** Takes every batch that there is by now; returns how many. @throws what the source throws; EpochError WRONG_DOCUMENT */
  async sync(signal?: AbortSignal): Promise<number> {
    const { source, onBatch } = this.#deps;
    const last = await source.last(signal);
    const first = this.ledger.batch + 1;
    for await (const batch of readAhead(source, first, last, signal)) {
      this.ledger.apply(batch);
      this.#collect(batch);
      onBatch?.(batch.number, last);
      if (this.#isDue()) await this.#store();
    }
    return Math.max(0, last - first + 1);
  }

  /** Claims of providers of the service's current epoch. */
  #collect({ number, ops }: EpochBatch): void {
    if (!this.#keepClaims) return;
    const providers = new Set(
      this.ledger.participants.flatMap(({ account, isProvider }) => (isProvider ? [account] : [])),
    );
    for (const op of ops.flat()) {
      if (op.opcode !== Opcode.CLAIM || !providers.has(op.to)) continue;
      const [total, receiptsRoot] = op.payload;
      if (total === undefined || receiptsRoot === undefined || receiptsRoot === 0n) continue;
      this.#add({ channel: op.from, provider: op.to, total, receiptsRoot, batch: number });
    }
    this.#claims = this.#claims.slice(-MAX_CLAIMS);
  }

  /** A later claim's root is over the earlier one's receipts, too. */
  #add(claim: {
    channel: AccountIndex;
    provider: AccountIndex;
    total: bigint;
    receiptsRoot: Field;
    batch: number;
  }): void {
    this.#claims = this.#claims.filter(({ channel }) => channel !== claim.channel);
    this.#claims.push(claim);
  }

  /** A large service's snapshot is megabytes: not every batch is worth one. */
  #isDue(): boolean {
    const { batch, currentEpoch } = this.ledger;
    return this.#stored?.epoch !== currentEpoch || batch - this.#stored.batch >= SNAPSHOT_EVERY;
  }

  async #store(): Promise<void> {
    const { batch, currentEpoch: epoch } = this.ledger;
    await this.#deps.db?.write([put(LEDGER, JSON.stringify(this.ledger.toJson())), this.#claimsOp()]);
    this.#stored = { batch, epoch };
  }

  #claimsOp(): DbOp {
    return put(CLAIMS, JSON.stringify(claims.encode(this.#claims)));
  }
}

/** Batches asked for ahead of the one that is applied. */
const READ_AHEAD = 4;

async function* readAhead(
  source: LedgerSource,
  first: number,
  last: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<EpochBatch> {
  const coming: Promise<EpochBatch>[] = [];
  for (let now = first, next = first; now <= last; now += 1) {
    signal?.throwIfAborted();
    for (; next <= last && next < now + READ_AHEAD; next += 1) {
      const read = source.batch(next, signal);
      // Whoever awaits it gets the failure; until then it must not count as unhandled.
      read.catch(() => undefined);
      coming.push(read);
    }
    const batch = await coming.shift();
    if (batch !== undefined) yield batch;
  }
}
