import type { Clock } from '../../chain/clock.ts';
import type { Hex } from '../../protocol/lane/types.ts';

/** Who may attest in an epoch, as L1 says now. */
export interface AttestorReading {
  /** Counting on L1 begins anew with every epoch; a fixed set has only 0. */
  readonly epoch: number;
  /** Two thirds of this are needed. It can be more than the sum: what was slashed still counts. */
  readonly total: bigint;
  /** In an order that is the same for all nodes. `weight` 0: known, but it does not count now. */
  readonly members: readonly { readonly signer: Hex; readonly weight: bigint }[];
}

export interface AttestorSource {
  /** @throws BridgeError, L1Error */
  read(): Promise<AttestorReading>;
}

export interface AttestorSetOptions {
  /** A reading is renewed after this long. Default 10,000. */
  readonly renewMs?: number;
  /** After this long without L1, what is not in the set may well be in L1's. Default 60,000. */
  readonly staleMs?: number;
}

/** The attestors, kept in memory: gossip is judged without asking L1. */
export class AttestorSet {
  readonly #options: Required<AttestorSetOptions>;
  readonly #deps: { readonly source: AttestorSource; readonly clock: Clock };
  #weights = new Map<Hex, bigint>();
  #reading: AttestorReading = { epoch: 0, total: 0n, members: [] };
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: AttestorSetOptions, deps: { source: AttestorSource; clock: Clock }) {
    this.#options = { renewMs: 10_000, staleMs: 60_000, ...options };
    this.#deps = deps;
  }

  get epoch(): number {
    return this.#reading.epoch;
  }

  /** Those who count now. */
  get activeCount(): number {
    return this.#active().length;
  }

  /** Asks L1 if it is time, or at once. @throws BridgeError, L1Error; what was known stays */
  async refresh({ isForced = false } = {}): Promise<void> {
    const { source, clock } = this.#deps;
    if (!isForced && clock.nowMs() - this.#readAtMs < this.#options.renewMs) return;
    const reading = await source.read();
    this.#reading = reading;
    this.#weights = new Map(
      // a lower-case address is one
      reading.members.map(({ signer, weight }) => [signer.toLowerCase() as Hex, weight]),
    );
    this.#readAtMs = clock.nowMs();
  }

  /** False: L1 has not answered for so long that nobody can be said not to be in the set. */
  get isFresh(): boolean {
    return this.#deps.clock.nowMs() - this.#readAtMs < this.#options.staleMs;
  }

  /** undefined: not a member. `signer` in lower case. */
  weightOf(signer: Hex): bigint | undefined {
    return this.#weights.get(signer);
  }

  /** Whether these signers, each named once, have two thirds of all weight. */
  isQuorum(signers: Iterable<Hex>): boolean {
    const { total } = this.#reading;
    let weight = 0n;
    for (const signer of signers) weight += this.#weights.get(signer) ?? 0n;
    return weight > 0n && weight * 3n >= total * 2n;
  }

  /** How many of those who count come before the first of `signers` in a round that begins at another member each `turn`. */
  rank(signers: readonly Hex[], turn: number): number {
    const active = this.#active();
    const positions = signers.map((signer) => active.indexOf(signer)).filter((position) => position >= 0);
    const ranks = positions.map((position) => (position + active.length - (turn % active.length)) % active.length);
    return ranks.reduce((least, rank) => (rank < least ? rank : least), active.length);
  }
  #active(): Hex[] {
    return [...this.#weights].filter(([, weight]) => weight > 0n).map(([signer]) => signer);
  }
}
