import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import type { NetworkLimits } from './limits.ts';
import type { Topic, Verdict } from './types.ts';

const BUSY: Verdict = { outcome: 'ignore', reason: 'BUSY' };
const LATE: Verdict = { outcome: 'ignore', reason: 'TIMEOUT' };
const FAILED: Verdict = { outcome: 'ignore', reason: 'FAILED' };

/** How much is looked at at once, for each topic: a flood of transactions takes no place of a block, and one peer never all places. */
export class Validations {
  readonly #limits: NetworkLimits;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #active: Readonly<Record<Topic, { total: number; readonly byPeer: Map<string, number> }>>;

  constructor(options: { limits: NetworkLimits }, deps: { clock: Clock; log: Logger }) {
    this.#limits = options.limits;
    this.#clock = deps.clock;
    this.#log = deps.log;
    const none = () => ({ total: 0, byPeer: new Map<string, number>() });
    this.#active = { block: none(), 'ledger-tx': none(), 'evm-tx': none(), attestation: none(), announcement: none() };
  }

  /** Never rejects. The place is free again when `check` has ended, however long ago its verdict was given up. */
  async run(topic: Topic, peer: string, check: () => Promise<Verdict>): Promise<Verdict> {
    const active = this.#active[topic];
    const most = this.#limits.validations[topic];
    const ofPeer = active.byPeer.get(peer) ?? 0;
    if (active.total >= most || ofPeer >= Math.ceil(most / 2)) return BUSY;
    active.total += 1;
    active.byPeer.set(peer, ofPeer + 1);

    const timer = new AbortController();
    const checked = this.#settle(topic, check).finally(() => {
      active.total -= 1;
      const left = (active.byPeer.get(peer) ?? 1) - 1;
      if (left > 0) active.byPeer.set(peer, left);
      else active.byPeer.delete(peer);
    });
    const late = this.#clock.sleep(this.#limits.validationMs, timer.signal).then(() => LATE);
    const verdict = await Promise.race([checked, late]);
    timer.abort();
    return verdict;
  }

  async #settle(topic: Topic, check: () => Promise<Verdict>): Promise<Verdict> {
    try {
      return await check();
    } catch (err) {
      this.#log.error({ err, topic }, 'validation failed');
      return FAILED;
    }
  }
}
