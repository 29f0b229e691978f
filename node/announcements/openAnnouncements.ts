import type { Clock } from '../../chain/clock.ts';
import type { Db } from '../../chain/db.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { SignedMessage } from '../../protocol/crypto/eddsa.ts';
import type { Sequencer } from '../../sequencer/sequencer.ts';
import { AnnouncementStore } from './announcementStore.ts';
import { Announcements } from './announcements.ts';

export interface OpenAnnouncementsDeps {
  readonly db: Db;
  readonly store: Pick<ChainStore, 'domain' | 'origin'>;
  readonly sequencer: Pick<Sequencer, 'account'>;
  /** The last batch that this node and L1 agree on. */
  readonly agreedBatch: () => number;
  readonly verify: (items: readonly SignedMessage[]) => Promise<readonly boolean[]>;
  readonly publish: ((bytes: Uint8Array) => Promise<void>) | undefined;
  readonly clock: Clock;
}

/** Of a running node. @throws what the database does */
export async function openAnnouncements(deps: OpenAnnouncementsDeps): Promise<Announcements> {
  const { db, store, sequencer, agreedBatch, verify, publish, clock } = deps;
  return new Announcements({
    store: await AnnouncementStore.open({}, { db }),
    domain: store.domain,
    account: (index) => sequencer.account(index),
    isSettled: async (agent) => {
      const origin = await store.origin(agent);
      return origin !== undefined && origin.batch <= agreedBatch();
    },
    ...{ verify, publish, clock },
  });
}
