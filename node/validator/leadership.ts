import type { RollupReader } from '../../bridge/client/interface.ts';
import type { RegistryReader } from '../../bridge/client/registryReader.ts';
import type { RollupState } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { epochAt, epochOfSlot, type LeaderSchedule, leaderAt, slotAt } from '../../protocol/network/leadership.ts';
import { l1Error } from '../l1/errors.ts';

export interface LeadershipOptions {
  /** This node's L1 account, if it has one. */
  readonly own?: Hex | undefined;
  /** Schedules are read again after this long: a slashing shows at once. Default 10,000. */
  readonly renewMs?: number;
}

export interface LeadershipDeps {
  readonly rollup: Pick<RollupReader, 'state' | 'parameters'>;
  /** Absent: nobody takes turns. */
  readonly registry?: Pick<RegistryReader, 'schedule' | 'parameters'> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Looks at L1's clock that its offset is taken from. */
const SAMPLES = 16;
/** Epochs before the present one whose schedule stays: blocks of theirs may still come. */
const KEPT_EPOCHS = 2;
const NOBODY = /^0x0{40}$/;

/**
 * Who may propose blocks and commit batches (docs/protocol.md section 15), from what was last read of L1: `refresh` reads, everything else answers
 * at once. While L1 is away, what was known goes on to hold as long as the epochs it is of. Times are L1's, in seconds of Unix time.
 */
export class Leadership {
  readonly #own: Hex | undefined;
  readonly #renewMs: number;
  readonly #deps: LeadershipDeps;
  readonly #schedules = new Map<number, LeaderSchedule>();
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #state: RollupState | undefined;
  #graceSeconds = 0;
  #times: Omit<LeaderSchedule, 'epoch' | 'seats'> | undefined;
  /** L1's time less ours, in seconds, at the newest looks. */
  #offsets: number[] = [];

  constructor({ own, renewMs = 10_000 }: LeadershipOptions, deps: LeadershipDeps) {
    this.#own = own && lower(own);
    this.#renewMs = renewMs;
    this.#deps = deps;
  }

  /** Reads L1 once. Never throws: without L1, what was known stays. */
  async refresh(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      const { code, data } = l1Error(error);
      this.#deps.log.warn({ code, error: data }, 'who leads could not be read from L1');
    }
  }

  /** Whether anything is known of L1 yet. */
  get isReady(): boolean {
    return this.#state !== undefined;
  }

  /** Whether validators take turns as sequencer. */
  get isRotating(): boolean {
    return this.#state?.isRotating ?? false;
  }

  /** The seat's holder, in lower case; the registry if it rotates, undefined if it is vacant. */
  get seat(): Hex | undefined {
    const seat = this.#state?.sequencer;
    return seat === undefined || NOBODY.test(seat) ? undefined : lower(seat);
  }

  /** Whether anyone may submit batches with their proof, as L1 last said. */
  get isOpen(): boolean {
    return this.#state?.isOpen ?? false;
  }

  /** Whose block counts first, if it is of this time; lower case. undefined: nobody's, or it is not known. */
  proposerAt(timeSeconds: number): Hex | undefined {
    const state = this.#state;
    if (state === undefined) return undefined;
    return state.isRotating || this.#isOpenAt(timeSeconds) ? this.leaderAt(timeSeconds) : this.seat;
  }

  /** The leader of a slot, whether the seat rotates or not; lower case. undefined: nobody, or it is not known. */
  leaderAt(timeSeconds: number): Hex | undefined {
    if (this.#times === undefined) return undefined;
    const schedule = this.#schedules.get(epochOfSlot(this.#times, timeSeconds));
    return schedule && leaderAt(schedule, timeSeconds);
  }

  /** Whether this signer's block counts. Who holds the seat may always propose: its next commit ends the silence that opened the path. */
  mayPropose(signer: Hex, timeSeconds: number): boolean {
    const isSeats = !this.isRotating && signer === this.seat;
    return isSeats || this.proposerAt(timeSeconds) === signer;
  }

  /** Whether this node proposes now. Where nobody takes turns, the open path is everybody's. */
  isOurTurn(timeSeconds: number): boolean {
    if (this.#own === undefined) return false;
    const isAnybodys = this.isOpen && this.#deps.registry === undefined;
    return isAnybodys || this.mayPropose(this.#own, timeSeconds);
  }

  /** Whether the seat is this node's own account. */
  get isOurSeat(): boolean {
    return !this.isRotating && this.#own !== undefined && this.seat === this.#own;
  }

  /** Whether L1 would take a commit of this node at this time of its clock. */
  canCommitAt(timeSeconds: number): boolean {
    const state = this.#state;
    if (state === undefined || this.#own === undefined || timeSeconds < state.closedUntil) return false;
    return (state.isRotating ? this.leaderAt(timeSeconds) : this.seat) === this.#own;
  }

  /**
   * Whether this signer may propose at some time: it holds the seat, or a seat of the registry. Nodes look at L1 at different moments; who is
   * none of these cannot be another node's leader.
   */
  isProposer(signer: Hex): boolean {
    if (signer === this.seat) return true;
    return [...this.#schedules.values()].some(({ seats }) => seats.some((seat) => seat?.signer === signer));
  }

  /** The slot of a time; 0 where there are none. */
  slotAt(timeSeconds: number): number {
    return this.#times === undefined ? 0 : slotAt(this.#times, timeSeconds);
  }

  /** L1's clock, in seconds, when ours says this. A block's timestamp is old by up to the time between blocks: the newest looks' best counts. */
  l1Seconds(nowMs: number): number {
    const offset = this.#offsets.reduce((best, one) => (one > best ? one : best), Number.NEGATIVE_INFINITY);
    return Math.floor(nowMs / 1000 + (this.#offsets.length === 0 ? 0 : offset));
  }

  #isOpenAt(timeSeconds: number): boolean {
    const state = this.#state;
    // What L1 has not seen yet is not predicted: the sequencer may have committed since.
    if (state === undefined || !state.isOpen) return false;
    if (this.seat === undefined || timeSeconds < state.closedUntil) return true;
    return timeSeconds > state.sequencerSeenAt + this.#graceSeconds;
  }

  async #refresh(): Promise<void> {
    const { rollup, registry, clock } = this.#deps;
    if (this.#state === undefined) this.#graceSeconds = (await rollup.parameters()).graceSeconds;
    if (this.#times === undefined && registry !== undefined) {
      const { start, epochSeconds, slotSeconds } = await registry.parameters();
      this.#times = { start, epochSeconds, slotSeconds };
    }
    const state = await rollup.state();
    const nowMs = clock.nowMs();
    this.#offsets = [...this.#offsets, state.l1Timestamp - nowMs / 1000].slice(-SAMPLES);
    await this.#readSchedules(this.l1Seconds(nowMs), nowMs);
    this.#state = state;
  }

  /** Of this epoch and the next one, which may begin before L1 is looked at again. */
  async #readSchedules(l1Seconds: number, nowMs: number): Promise<void> {
    const { registry } = this.#deps;
    if (registry === undefined || this.#times === undefined) return;
    const epoch = epochAt(this.#times, l1Seconds);
    const isDue = nowMs - this.#renewedAtMs >= this.#renewMs || !this.#schedules.has(epoch + 1);
    if (!isDue) return;
    // The slot that runs may have begun in the epoch before.
    const wanted = [epoch - 1, epoch, epoch + 1].filter(
      (one) => one >= 0 && (one >= epoch || !this.#schedules.has(one)),
    );
    for (const schedule of await Promise.all(wanted.map((one) => registry.schedule(one)))) {
      this.#schedules.set(schedule.epoch, schedule);
    }
    for (const known of this.#schedules.keys()) if (known < epoch - KEPT_EPOCHS) this.#schedules.delete(known);
    this.#renewedAtMs = nowMs;
  }
}

function lower(address: Hex): Hex {
  return address.toLowerCase() as Hex; // still an address
}
