import type { PostedBatch } from '../../bridge/client/types.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { postedDataCount } from '../sync/postedCheck.ts';
import type { OwnChain } from './ownBatches.ts';

/** As much of `EvmLaneReader` as is asked. */
export interface MessagesOfL1 {
  messageCount(): Promise<bigint>;
  /** As far as they exist at `toBlock`. */
  messages(from: bigint, to: bigint, at?: { toBlock?: bigint }): Promise<readonly L1Message[]>;
}

export interface PostedRulesOptions {
  readonly domain: Field;
  /** The rollup's parameter. */
  readonly maxDriftSeconds: number;
}

export interface PostedRulesDeps {
  readonly store: Pick<ChainStore, 'header' | 'evmBlock'> & Pick<OwnChain, 'base'>;
  readonly lane: MessagesOfL1;
}

/**
 * Whether posted data that are our own count by the rules of derivation. Execution does not tell: when the batch came to L1 and which messages were
 * there by then decide, too, and if the data do not count, derivation comes to another outcome than whoever executed them.
 */
export class PostedRules {
  readonly #options: PostedRulesOptions;
  readonly #deps: PostedRulesDeps;

  constructor(options: PostedRulesOptions, deps: PostedRulesDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** @throws BridgeError */
  async hold({ number, shape, header, oldRoot, body, evmData, stored, l1 }: PostedBatch): Promise<boolean> {
    const { domain, maxDriftSeconds } = this.#options;
    const { store, lane } = this.#deps;
    const { committedAt } = stored;
    const parent = await store.evmBlock(header.firstBlock - 1n);
    const next = parent?.inboxCount ?? store.base?.head.inboxCount ?? 0n;
    // By the block of the commit: what was queued after it in the same second exists as well.
    const existing = await lane.messages(next, await lane.messageCount(), { toBlock: l1.blockNumber });
    const messages = existing.filter(({ l1Timestamp }) => l1Timestamp <= committedAt);
    const posted = { header: { ...header, number, domain, oldRoot, shape }, body, evmData, committedAt };
    return postedDataCount(posted, { messages, maxDriftSeconds, store });
  }
}
