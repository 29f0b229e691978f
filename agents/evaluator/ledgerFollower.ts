import { type Db, type DbOp, put } from '../../chain/db.ts';
import { EpochError } from '../../protocol/epochs/epochError.ts';
import type { EpochBatch } from '../../protocol/epochs/serviceAccounts.ts';
import { ServiceLedger, type ServiceLedgerOptions } from '../../protocol/epochs/serviceLedger.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { big, fieldWord, index, int, type Json, type JsonCodec, list, object, optional } from '../../protocol/json.ts';
import type { SettledClaim } from '../../protocol/receipts/settledClaims.ts';
import { type AccountIndex, type Field, Opcode } from '../../protocol/types.ts';
import { EvaluatorError } from './evaluatorError.ts';
import type { LedgerSource, SourceBatch } from './ledgerSource.ts';

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

const raw: JsonCodec<Json> = { encode: (value) => value, decode: (json) => json as Json }; // the ledger's own codec checks it
const identified = object<{ readonly batch: number; readonly id: Field }>({ batch: int, id: fieldWord });
interface Snapshot {
  readonly ledger: Json;
  readonly root: Field | undefined;
  readonly unsettled: readonly { readonly batch: number; readonly id: Field }[];
}
const snapshot = object<Snapshot>({ ledger: raw, root: optional(fieldWord), unsettled: list(identified) });

function idsOf(unsettled: Snapshot['unsettled']): Map<number, Field> {
  return new Map(unsettled.map(({ batch, id }) => [batch, id]));
}

interface FollowerState {
  readonly ledger: ServiceLedger;
  readonly claims: readonly FoundClaim[];
  readonly root?: Field | undefined;
  readonly unsettled?: ReadonlyMap<number, Field>;
}

function ledgerOptions({ keepClaims: _, ...options }: FollowerOptions): ServiceLedgerOptions {
  return options;
}

function fresh(options: FollowerOptions): ServiceLedger {
  return new ServiceLedger(ledgerOptions(options));
}

/** A ServiceLedger that keeps up with a source, and with itself over restarts. */
export class LedgerFollower {
  readonly #options: FollowerOptions;
  readonly #deps: FollowerDeps;
  #ledger: ServiceLedger;
  #claims: FoundClaim[];
  /** The ledger's root after the last batch; undefined before the first. */
  #root: Field | undefined;
  /** Batches taken that may be given up, by number. */
  #unsettled: Map<number, Field>;
  /** Of the last snapshot that this process wrote. */
  #stored: { readonly batch: number; readonly epoch: number } | undefined;

  private constructor(options: FollowerOptions, deps: FollowerDeps, state: FollowerState) {
    this.#options = options;
    this.#deps = deps;
    this.#ledger = state.ledger;
    this.#claims = [...state.claims];
    this.#root = state.root;
    this.#unsettled = new Map(state.unsettled);
  }

  /** @throws EvaluatorError BAD_STORE (damaged, or of another service or deployment) */
  static async open(options: FollowerOptions, deps: FollowerDeps): Promise<LedgerFollower> {
    const stored = await deps.db?.get(LEDGER);
    if (stored === undefined) return new LedgerFollower(options, deps, { ledger: fresh(options), claims: [] });
    try {
      const { ledger: json, root, unsettled } = snapshot.decode(JSON.parse(stored));
      const ledger = ServiceLedger.restore(ledgerOptions(options), json);
      const found = claims.decode(JSON.parse((await deps.db?.get(CLAIMS)) ?? '[]'));
      return new LedgerFollower(options, deps, { ledger, claims: found, root, unsettled: idsOf(unsettled) });
    } catch (cause) {
      const isDamaged = [EpochError, ProtocolError, SyntaxError].some((kind) => cause instanceof kind);
      if (!isDamaged) throw cause;
      throw new EvaluatorError('BAD_STORE', 'the stored ledger is not of this service', {}, { cause });
    }
  }

  get ledger(): ServiceLedger {
    return this.#ledger;
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

  /**
   * Takes every batch that there is by now; returns how many. Where the chain went back behind what was taken (batches that are not yet
   * proven can be given up) it begins anew.
   * @throws what the source throws; EvaluatorError BAD_SOURCE (batches that do not follow each other); EpochError WRONG_DOCUMENT
   */
  async sync(signal?: AbortSignal): Promise<number> {
    const last = await this.#deps.source.last(signal);
    if (last < this.ledger.batch || !(await this.#isStillThere(signal))) this.#reset();
    const taken = await this.#take(last, signal);
    if (taken !== undefined) return taken;
    this.#reset();
    const again = await this.#take(await this.#deps.source.last(signal), signal);
    if (again !== undefined) return again;
    throw new EvaluatorError('BAD_SOURCE', 'batches that do not follow each other', { batch: this.ledger.batch + 1 });
  }

  /** Undefined where the next batch does not follow the last one taken. */
  async #take(last: number, signal?: AbortSignal): Promise<number | undefined> {
    const { source, onBatch } = this.#deps;
    const first = this.ledger.batch + 1;
    for await (const batch of readAhead(source, first, last, signal)) {
      if (this.#root !== undefined && batch.oldRoot !== this.#root) return undefined;
      this.ledger.apply(batch);
      this.#root = batch.newRoot;
      if (source.unsettled !== undefined && batch.id !== undefined) this.#unsettled.set(batch.number, batch.id);
      this.#collect(batch);
      onBatch?.(batch.number, last);
      if (this.#isDue()) await this.#store();
    }
    return Math.max(0, last - first + 1);
  }

  /** Roots alone do not tell: a batch built anew may do the same at another time, and be of another epoch. */
  async #isStillThere(signal?: AbortSignal): Promise<boolean> {
    const { unsettled } = this.#deps.source;
    if (unsettled === undefined) return true;
    // Asked first: what is final now and is the one that was taken stays it.
    const final = await unsettled.final(signal);
    for (const [number, id] of this.#unsettled) {
      if ((await unsettled.id(number, signal)) !== id) return false;
      if (number <= final) this.#unsettled.delete(number);
    }
    return true;
  }

  #reset(): void {
    this.#ledger = fresh(this.#options);
    this.#root = undefined;
    this.#unsettled = new Map();
    this.#claims = [];
    this.#stored = undefined;
  }

  /** Claims of providers of the service's current epoch. */
  #collect({ number, ops }: EpochBatch): void {
    if (this.#options.keepClaims !== true) return;
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
    const text = JSON.stringify(
      snapshot.encode({
        ledger: this.ledger.toJson(),
        root: this.#root,
        unsettled: [...this.#unsettled].map(([batch, id]) => ({ batch, id })),
      }),
    );
    await this.#deps.db?.write([put(LEDGER, text), this.#claimsOp()]);
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
): AsyncGenerator<SourceBatch> {
  const coming: Promise<SourceBatch>[] = [];
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
