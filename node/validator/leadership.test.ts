import { beforeEach, describe, expect, it } from 'vitest';
import type { RollupState } from '../../bridge/client/types.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { LeaderSchedule, Seat } from '../../protocol/network/leadership.ts';
import { Leadership } from './leadership.ts';
import { signerOf } from './testing/signers.ts';

const SEQUENCER: Hex = `0x${'5e'.repeat(20)}`;
const REGISTRY: Hex = `0x${'4e'.repeat(20)}`;
const NOBODY: Hex = `0x${'00'.repeat(20)}`;
const START = 1_700_000_000;
const GRACE = 60;
const PARAMETERS = { start: START, epochSeconds: 100, slotSeconds: 10 };

let clock: FakeClock;
let state: Pick<
  RollupState,
  'sequencer' | 'isRotating' | 'closedUntil' | 'sequencerSeenAt' | 'isOpen' | 'isFrozen' | 'l1Timestamp'
>;
let seats: Map<number, readonly (Seat | undefined)[]>;
let isAway: boolean;
let asked: number[];
beforeEach(() => {
  clock = new FakeClock(START * 1000);
  state = {
    ...{ sequencer: SEQUENCER, isRotating: false, closedUntil: 0, sequencerSeenAt: START },
    ...{ isOpen: false, isFrozen: false, l1Timestamp: START },
  };
  seats = new Map();
  isAway = false;
  asked = [];
});

function leadership({ own, hasRegistry = true }: { own?: Hex; hasRegistry?: boolean } = {}): Leadership {
  const answer = async <T>(value: T): Promise<T> => {
    if (isAway) throw new TypeError('fetch failed');
    return value;
  };
  const rollup = {
    state: () => answer(state),
    parameters: () => answer({ graceSeconds: GRACE }),
  } as unknown as ConstructorParameters<typeof Leadership>[1]['rollup']; // what is looked at
  const registry = {
    parameters: () => answer(PARAMETERS),
    schedule: (epoch: number) => {
      asked.push(epoch);
      return answer<LeaderSchedule>({ ...PARAMETERS, epoch, seats: seats.get(epoch) ?? everybody() });
    },
  } as unknown as NonNullable<ConstructorParameters<typeof Leadership>[1]['registry']>; // what is looked at
  return new Leadership({ own }, { rollup, registry: hasRegistry ? registry : undefined, clock, log: silentLogger });
}

function everybody(): (Seat | undefined)[] {
  return [1, 2, 3, 4].map((n) => ({ signer: signerOf(n), weight: 1n }));
}

/** L1's clock and ours. */
function pass(seconds: number): void {
  clock.advance(seconds * 1000);
  state = { ...state, l1Timestamp: state.l1Timestamp + seconds };
}

/** Of the slot of this time, by the rule itself. */
function turnOf(time: number): Hex {
  return signerOf((Math.floor(time / 10) % 4) + 1);
}

describe('while the seat is an account’s', () => {
  it('its holder proposes and commits, until the path is open', async () => {
    const lead = leadership({ own: SEQUENCER.toUpperCase().replace('0X', '0x') as Hex });
    expect(lead.proposerAt(START)).toBeUndefined();
    expect(lead.isReady).toBe(false);
    await lead.refresh();
    expect(lead.isReady).toBe(true);
    expect(lead.proposerAt(START + 5)).toBe(SEQUENCER);
    expect(lead.isOurTurn(START + 5)).toBe(true);
    expect(lead.canCommitAt(START + 5)).toBe(true);
    expect(lead.isOpen).toBe(false);
  });

  it('leaders of slots propose while it is open, and it may still commit', async () => {
    const lead = leadership({ own: SEQUENCER });
    pass(GRACE + 1);
    state = { ...state, isOpen: true };
    await lead.refresh();
    const now = START + GRACE + 1;
    expect(lead.isOpen).toBe(true);
    for (let time = now; time < now + 40; time += 10) expect(lead.proposerAt(time)).toBe(turnOf(time));
    expect(lead.isOurTurn(now)).toBe(true);
    expect(lead.canCommitAt(now)).toBe(true);
    // blocks from before it was open are its holder's
    expect(lead.proposerAt(START + GRACE)).toBe(SEQUENCER);
    // it is back
    state = { ...state, isOpen: false, sequencerSeenAt: now };
    await lead.refresh();
    expect(lead.proposerAt(now + 1)).toBe(SEQUENCER);
  });

  it('does not take L1’s silence for the sequencer’s', async () => {
    const lead = leadership({ own: signerOf(1) });
    await lead.refresh();
    isAway = true;
    pass(10 * GRACE);
    await lead.refresh();
    expect(lead.isOpen).toBe(false);
    expect(lead.proposerAt(START + 10 * GRACE)).toBe(SEQUENCER);
    expect(lead.isOurTurn(START + 10 * GRACE)).toBe(false);
  });

  it('leaders propose at all times once it is vacant', async () => {
    state = { ...state, sequencer: NOBODY, isOpen: true };
    const lead = leadership({ own: signerOf(2) });
    await lead.refresh();
    expect(lead.seat).toBeUndefined();
    expect(lead.proposerAt(START + 1)).toBe(turnOf(START + 1));
    expect(lead.canCommitAt(START + 1)).toBe(false);
  });

  it('without a registry the open path is everybody’s, and nobody’s blocks count before they are on L1', async () => {
    const lead = leadership({ own: signerOf(7), hasRegistry: false });
    await lead.refresh();
    expect(lead.isOurTurn(START + 1)).toBe(false);
    expect(lead.slotAt(START + 1)).toBe(0);
    pass(GRACE + 1);
    state = { ...state, isOpen: true };
    await lead.refresh();
    expect(lead.proposerAt(START + GRACE + 1)).toBeUndefined();
    expect(lead.isOurTurn(START + GRACE + 1)).toBe(true);
    const watcher = leadership({ hasRegistry: false });
    await watcher.refresh();
    expect(watcher.isOurTurn(START + GRACE + 1)).toBe(false);
    expect(watcher.canCommitAt(START + GRACE + 1)).toBe(false);
  });
});

describe('while the seat rotates', () => {
  beforeEach(() => {
    state = { ...state, sequencer: REGISTRY, isRotating: true };
  });

  it('the leader of the slot proposes and commits', async () => {
    const lead = leadership({ own: signerOf(1) });
    await lead.refresh();
    expect(lead.isRotating).toBe(true);
    for (let time = START; time < START + 150; time += 5) {
      expect(lead.proposerAt(time)).toBe(turnOf(time));
      expect(lead.isOurTurn(time)).toBe(turnOf(time) === signerOf(1));
      expect(lead.canCommitAt(time)).toBe(turnOf(time) === signerOf(1));
      expect(lead.slotAt(time)).toBe(Math.floor(time / 10));
    }
  });

  it('nobody commits after a revert, and leaders go on proposing', async () => {
    state = { ...state, closedUntil: START + 50, isOpen: true };
    const lead = leadership({ own: turnOf(START + 45) });
    await lead.refresh();
    expect(lead.proposerAt(START + 45)).toBe(turnOf(START + 45));
    expect(lead.isOurTurn(START + 45)).toBe(true);
    expect(lead.canCommitAt(START + 45)).toBe(false);
  });

  it('who was slashed leads no more, at once', async () => {
    const lead = leadership();
    await lead.refresh();
    const victim = [1, 2, 3, 4].find((n) => signerOf(n) === turnOf(START + 20)) ?? expect.unreachable();
    const left = everybody().map((seat, i) =>
      seat !== undefined && i === victim - 1 ? { ...seat, weight: 0n } : seat,
    );
    seats.set(0, left);
    pass(10);
    await lead.refresh();
    expect(lead.proposerAt(START + 20)).toBe(signerOf((victim % 4) + 1));
  });

  it('each epoch has its own seats; the next one is known before it begins', async () => {
    seats.set(1, [{ signer: signerOf(8), weight: 1n }]);
    const lead = leadership();
    await lead.refresh();
    expect(asked).toEqual([0, 1]);
    expect(lead.proposerAt(START + 99)).toBe(turnOf(START + 99));
    expect(lead.proposerAt(START + 100)).toBe(signerOf(8));
    expect(lead.proposerAt(START + 200)).toBeUndefined();
  });

  it('asks again only when it is time, and forgets old epochs', async () => {
    const lead = leadership();
    await lead.refresh();
    asked = [];
    pass(1);
    await lead.refresh();
    expect(asked).toEqual([]);
    pass(99);
    await lead.refresh();
    expect(asked).toEqual([1, 2]);
    pass(300);
    await lead.refresh();
    expect(asked.slice(2)).toEqual([3, 4, 5]);
    expect(lead.proposerAt(START + 50)).toBeUndefined();
    expect(lead.proposerAt(START + 250)).toBe(turnOf(START + 250));
  });

  it('keeps what it knows while L1 is away, and no longer than the epochs it is of', async () => {
    const lead = leadership({ own: signerOf(1) });
    await lead.refresh();
    isAway = true;
    pass(150);
    await lead.refresh();
    expect(lead.proposerAt(START + 150)).toBe(turnOf(START + 150));
    pass(100);
    await lead.refresh();
    expect(lead.proposerAt(START + 250)).toBeUndefined();
    expect(lead.isOurTurn(START + 250)).toBe(false);
    isAway = false;
    await lead.refresh();
    expect(lead.proposerAt(START + 250)).toBe(turnOf(START + 250));
  });

  it('nobody leads where no seat counts', async () => {
    seats.set(0, [undefined, { signer: signerOf(1), weight: 0n }]);
    const lead = leadership();
    await lead.refresh();
    expect(lead.proposerAt(START)).toBeUndefined();
  });
});

describe('L1’s clock', () => {
  it('is told from the newest looks, of which the least delayed counts', async () => {
    const lead = leadership();
    expect(lead.l1Seconds(START * 1000)).toBe(START);
    state = { ...state, l1Timestamp: START + 1_000 };
    await lead.refresh();
    expect(lead.l1Seconds(clock.nowMs())).toBe(START + 1_000);
    // no new L1 block for ten seconds
    clock.advance(10_000);
    await lead.refresh();
    expect(lead.l1Seconds(clock.nowMs())).toBe(START + 1_010);
    for (let i = 0; i < 16; i += 1) await lead.refresh();
    expect(lead.l1Seconds(clock.nowMs())).toBe(START + 1_000);
  });
});
