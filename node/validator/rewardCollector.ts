import type { L1Call } from '../../bridge/client/types.ts';
import { type Db, put } from '../../chain/db.ts';
import type { Logger } from '../../chain/logger.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Send } from './attestationSender.ts';
import { type HistoryOf, historyKeys } from './historyKeys.ts';

export interface RewardRegistry {
  readonly calls: { claimReward(signer: Hex, epoch: number): L1Call };
  /** Wei that can be claimed; 0: nothing, or claimed already. */
  rewardOf(signer: Hex, epoch: number): Promise<bigint>;
}

export interface RewardCollectorOptions {
  /** Ended epochs that are looked at in one step. Default 8. */
  readonly epochsAtOnce?: number;
  /** Ended epochs before now that are looked at if nothing is known. Default 64. */
  readonly epochsBack?: number;
}

export interface RewardCollectorDeps {
  readonly registry: RewardRegistry;
  readonly db: Db;
  readonly send: Send;
  readonly log: Logger;
}

/** Collects the rewards of ended epochs, some epochs at a time, and remembers how far it came. The money waits for the stake's owner. */
export class RewardCollector {
  readonly #options: Required<RewardCollectorOptions>;
  readonly #deps: RewardCollectorDeps;

  constructor(options: RewardCollectorOptions, deps: RewardCollectorDeps) {
    this.#options = { epochsAtOnce: 8, epochsBack: 64, ...options };
    this.#deps = deps;
  }

  /** `epoch`: the one that runs, whose rewards are not known yet. @throws L1Error, BridgeError: goes on there the next time */
  async step(of: HistoryOf, epoch: number, signal?: AbortSignal): Promise<void> {
    const { registry, db, send, log } = this.#deps;
    const { epochsAtOnce, epochsBack } = this.#options;
    const done = Number((await db.get(historyKeys.claimed(of))) ?? -1);
    const first = Math.max(done + 1, epoch - epochsBack, 0);
    const end = Math.min(epoch, first + epochsAtOnce);
    for (let ended = first; ended < end; ended += 1) {
      if ((await registry.rewardOf(of.signer, ended)) > 0n) {
        const { hash } = await send(registry.calls.claimReward(of.signer, ended), signal);
        log.info({ event: 'rewardClaimed', signer: of.signer, epoch: ended, hash }, 'reward of an epoch is claimed');
      }
    }
    if (end > first) await db.write([put(historyKeys.claimed(of), String(end - 1))]);
  }
}
