import type { Hex } from '../lane/types.ts';

/** A seat of the registry as it counts in one epoch. */
export interface Seat {
  /** Lower case. */
  readonly signer: Hex;
  /** Wei; 0: slashed, or it does not count in this epoch. */
  readonly weight: bigint;
}

/** What a leader follows from, as the registry has it in one epoch (docs/protocol.md section 15). Times in seconds. */
export interface LeaderSchedule {
  readonly epoch: number;
  readonly start: number;
  readonly epochSeconds: number;
  readonly slotSeconds: number;
  /** All seats ever used as of the epoch's start; undefined: nobody sits there. */
  readonly seats: readonly (Seat | undefined)[];
}

/** `start`: timestamp of the registry's deployment. */
export function epochAt({ start, epochSeconds }: Pick<LeaderSchedule, 'start' | 'epochSeconds'>, time: number): number {
  return time <= start ? 0 : Math.floor((time - start) / epochSeconds);
}

export function slotAt({ slotSeconds }: Pick<LeaderSchedule, 'slotSeconds'>, time: number): number {
  return Math.floor(time / slotSeconds);
}

/** The epoch whose seats decide about the slot of this time. */
export function epochOfSlot(schedule: Omit<LeaderSchedule, 'epoch' | 'seats'>, time: number): number {
  return epochAt(schedule, slotAt(schedule, time) * schedule.slotSeconds);
}

/** The leader of the slot of this time, which must be one of the schedule's epoch; undefined: no seat counts. */
export function leaderAt(schedule: LeaderSchedule, time: number): Hex | undefined {
  const { seats } = schedule;
  const slot = slotAt(schedule, time);
  for (let i = 0; i < seats.length; i += 1) {
    const seat = seats[(slot + i) % seats.length];
    if (seat !== undefined && seat.weight > 0n) return seat.signer;
  }
  return undefined;
}
