import type { Clock } from '../../chain/clock.ts';
import type { Logger } from '../../chain/logger.ts';
import { decodeAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import type { Network } from '../p2p/network.ts';
import { MAX_ANNOUNCEMENTS } from './announcementStore.ts';
import type { Announcements } from './announcements.ts';

/** Each can leave some out. */
const PEERS_ASKED = 3;
/** Questions, answered or not, before the rest is left to gossip. */
const MAX_QUESTIONS = 12;
const PAUSE_MS = 2_000;

export interface JoiningDeps {
  readonly network: Pick<Network, 'peers' | 'announcements' | 'report'>;
  readonly announcements: Pick<Announcements, 'onGossip'>;
  /** The chain is here as far as L1 and peers have it: before that, agents are unknown. */
  readonly isSynced: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * A node that comes new, or was away, asks a few peers once for the announcements they have; from then on it hears of new ones. Each is judged
 * as one of gossip, by the same rules. Ends when enough peers were asked, or at the signal.
 */
export async function askForAnnouncements(deps: JoiningDeps, signal: AbortSignal): Promise<void> {
  const { network, clock, isSynced, log } = deps;
  const tried = new Set<string>();
  let answered = 0;
  for (let questions = 0; !signal.aborted && answered < PEERS_ASKED && questions < MAX_QUESTIONS; ) {
    const peer = isSynced() ? network.peers().find(({ id }) => !tried.has(id))?.id : undefined;
    if (peer === undefined) {
      await clock.sleep(PAUSE_MS, signal);
      continue;
    }
    tried.add(peer);
    questions += 1;
    try {
      const { taken, unknown } = await takeFrom(peer, deps, signal);
      log.info({ peer, taken, unknown }, 'announcements of a peer');
      if (unknown === 0) answered += 1;
      else {
        // The peer is ahead of this node: it is asked again.
        tried.delete(peer);
        await clock.sleep(PAUSE_MS, signal);
      }
    } catch (err) {
      log.debug({ peer, err }, 'a peer did not tell what is announced');
    }
  }
}

interface Taken {
  /** New ones. */
  readonly taken: number;
  /** Of agents that this node does not have (yet). */
  readonly unknown: number;
}

/** @throws NetworkError */
async function takeFrom(peer: string, { network, announcements }: JoiningDeps, signal: AbortSignal): Promise<Taken> {
  let [after, given, taken, unknown] = [0, 0, 0, 0];
  for (let before = -1; after > before && given < MAX_ANNOUNCEMENTS; ) {
    before = after;
    for await (const bytes of network.announcements(peer, after)) {
      if (signal.aborted) return { taken, unknown };
      given += 1;
      const { outcome, reason } = await announcements.onGossip(bytes);
      // Whatever is malformed is rejected, and all else has an agent.
      const agent = outcome === 'reject' ? 0 : decodeAnnouncement(bytes).announcement.agent;
      if (agent <= after || given > MAX_ANNOUNCEMENTS) {
        network.report(peer, 'invalid', outcome === 'reject' ? reason : 'ANNOUNCEMENTS_NOT_IN_ORDER');
        return { taken, unknown: 0 };
      }
      after = agent;
      if (outcome === 'accept') taken += 1;
      if (reason === 'UNKNOWN_AGENT') unknown += 1;
    }
  }
  return { taken, unknown };
}
