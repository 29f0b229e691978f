import { type LocalL1, localClients } from '../../bridge/deploy/localL1.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import type { DevnetDir } from './dataDir.ts';

/** The time of a devnet, L1's and L2's together. It can be ahead of the real one, and stays so after a restart. */
export class DevnetTime {
  readonly clock: ShiftableClock;
  readonly #l1: LocalL1;
  readonly #dir: DevnetDir;
  #aheadSeconds: number;

  private constructor(aheadSeconds: number, deps: { l1: LocalL1; dir: DevnetDir }) {
    this.#aheadSeconds = aheadSeconds;
    this.#l1 = deps.l1;
    this.#dir = deps.dir;
    this.clock = new ShiftableClock(systemClock, aheadSeconds * 1000);
  }

  /** L1 has just been started: it forgets its offset when it ends. */
  static async start(deps: { l1: LocalL1; dir: DevnetDir }): Promise<DevnetTime> {
    const aheadSeconds = await deps.dir.aheadSeconds();
    const time = new DevnetTime(aheadSeconds, deps);
    if (aheadSeconds > 0) await time.#moveL1(aheadSeconds);
    return time;
  }

  async advance(seconds: number): Promise<void> {
    this.#aheadSeconds += seconds;
    // first on disk: a restart must never set the time back
    await this.#dir.saveAheadSeconds(this.#aheadSeconds);
    await this.#moveL1(seconds);
    this.clock.advance(seconds * 1000);
  }

  async #moveL1(seconds: number): Promise<void> {
    const { testClient } = localClients(this.#l1);
    await testClient.increaseTime({ seconds });
    await testClient.mine({ blocks: 1 });
  }
}
