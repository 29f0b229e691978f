import { describe, expect, it } from 'vitest';
import type { Hex } from '../protocol/lane/types.ts';
import { Duties } from './duties.ts';

const OWN: Hex = `0x${'11'.repeat(20)}`;
const OTHER: Hex = `0x${'22'.repeat(20)}`;
const REGISTRY: Hex = `0x${'33'.repeat(20)}`;
const NOW_MS = 1_000_000_000;
const NOW = NOW_MS / 1000;

type Seat = 'ours' | 'theirs' | 'rotating' | 'vacant';

interface Situation {
  readonly enabled?: boolean;
  readonly fallback?: boolean;
  readonly seat?: Seat;
  readonly isOpen?: boolean;
  /** Of the slot; null: the chain has no registry. */
  readonly leader?: Hex | null;
  readonly isSynced?: boolean;
  /** How long something has waited. */
  readonly waitedMs?: number;
  readonly own?: Hex | null;
  readonly headTimestamp?: number;
  /** Who leads from this time on, in seconds. */
  readonly next?: { readonly from: number; readonly leader: Hex };
}

/** What `Leadership` says in that situation. */
function dutiesIn(situation: Situation): Duties {
  const { enabled = false, fallback = false, seat = 'theirs', isOpen = false, leader = null } = situation;
  const { isSynced = true, waitedMs, own = OWN, headTimestamp = 0, next } = situation;
  const holder = { ours: OWN, theirs: OTHER, rotating: REGISTRY, vacant: undefined }[seat];
  const isRotating = seat === 'rotating';
  const leaderAt = (time: number): Hex | undefined => {
    if (leader === null) return undefined;
    return next !== undefined && time >= next.from ? next.leader : leader;
  };
  const isOurTurn = (time: number): boolean => {
    if (own === null) return false;
    if (isOpen && leader === null) return true;
    return (!isRotating && holder === own) || ((isRotating || isOpen) && leaderAt(time) === own);
  };
  return new Duties(
    { enabled, fallback },
    {
      leadership: { isOpen, isRotating, seat: holder, isOurSeat: !isRotating && holder === own, leaderAt, isOurTurn },
      own: own ?? undefined,
      sync: () => ({ isSynced }),
      headTimestamp: () => headTimestamp,
      waitingSinceMs: () => (waitedMs === undefined ? undefined : NOW_MS - waitedMs),
    },
  );
}

const LONG = 10_000;

describe('who builds', () => {
  it.each<[string, Situation, boolean]>([
    ['the holder of the seat', { enabled: true, seat: 'ours' }, true],
    ['the holder of the seat on a path that its silence opened', { enabled: true, seat: 'ours', isOpen: true }, true],
    ['not the holder of the seat that does not sequence', { fallback: true, seat: 'ours' }, false],
    ['not who sequences without the seat', { enabled: true, seat: 'theirs', waitedMs: LONG }, false],
    ['not who sequences while the seat is vacant and the path closed', { enabled: true, seat: 'vacant' }, false],
    ['the leader of the slot', { enabled: true, seat: 'rotating', leader: OWN }, true],
    ['not another leader', { enabled: true, seat: 'rotating', leader: OTHER, waitedMs: LONG }, false],
    ['not a leader that only stands by', { fallback: true, seat: 'rotating', leader: OWN, waitedMs: LONG }, false],
    // An idle chain opens its path, too: that takes nothing from who leads.
    [
      'the leader of the slot on an open path, at once',
      { enabled: true, seat: 'rotating', leader: OWN, isOpen: true },
      true,
    ],
    ['not who stands by on a closed path', { fallback: true, leader: OWN, waitedMs: LONG }, false],
    [
      'who stands by and leads, once something waited long',
      { fallback: true, leader: OWN, isOpen: true, waitedMs: LONG },
      true,
    ],
    ['not who stands by while nothing waits', { fallback: true, leader: OWN, isOpen: true }, false],
    ['not who stands by before its time', { fallback: true, leader: OWN, isOpen: true, waitedMs: LONG - 1 }, false],
    ['not who stands by in another’s slot', { fallback: true, leader: OTHER, isOpen: true, waitedMs: LONG }, false],
    ['who stands by where nobody takes turns', { fallback: true, isOpen: true, waitedMs: LONG }, true],
    [
      'who stands by at once if the seat is vacant',
      { fallback: true, seat: 'vacant', leader: OWN, isOpen: true },
      true,
    ],
    ['nobody that is not in step with L1', { enabled: true, seat: 'ours', isSynced: false }, false],
    ['nobody without a key', { enabled: true, seat: 'vacant', isOpen: true, own: null }, false],
    ['nobody that only follows', { seat: 'ours', isOpen: true, waitedMs: LONG }, false],
  ])('%s', (_, situation, mayBuild) => {
    expect(dutiesIn(situation).mayBuild(NOW_MS)).toBe(mayBuild);
  });

  it('not who leads now if its block would have the time of another’s slot', () => {
    const rotating = { enabled: true, seat: 'rotating', leader: OWN, next: { from: NOW + 10, leader: OTHER } } as const;
    expect(dutiesIn({ ...rotating, headTimestamp: NOW + 9 }).mayBuild(NOW_MS)).toBe(true);
    expect(dutiesIn({ ...rotating, headTimestamp: NOW + 10 }).mayBuild(NOW_MS)).toBe(false);
  });
});

describe('who publishes and proves', () => {
  it('whoever sequences or stands by, and has a key', () => {
    expect(dutiesIn({ enabled: true }).mayPublish()).toBe(true);
    expect(dutiesIn({ fallback: true }).mayPublish()).toBe(true);
    expect(dutiesIn({}).mayPublish()).toBe(false);
    expect(dutiesIn({ enabled: true, own: null }).mayPublish()).toBe(false);
  });

  it('proofs are made in one’s turn, in step with L1 or not', () => {
    expect(dutiesIn({ enabled: true, seat: 'ours', isSynced: false }).proves(NOW_MS)).toBe(true);
    expect(dutiesIn({ enabled: true, seat: 'theirs' }).proves(NOW_MS)).toBe(false);
    expect(dutiesIn({ seat: 'ours' }).proves(NOW_MS)).toBe(false);
  });
});
