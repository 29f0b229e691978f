import { announcementFromJson, signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { exampleAnnouncement } from '../../protocol/announcements/testing/exampleAnnouncement.ts';
import { actor, TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { AnnouncementError } from '../announcements/errors.ts';
import type { AnnouncementBackend } from '../rpc/backend.ts';

export const ANNOUNCED = signAnnouncement(exampleAnnouncement(), actor(1).seed, TEST_DOMAIN);

/** Knows one agent; takes the form of an announcement and refuses sequence 0. */
export const fakeAnnouncements: AnnouncementBackend = {
  announce: async (json) => {
    const { agent, sequence } = announcementFromJson(json).announcement;
    if (sequence === 0) throw new AnnouncementError('OLD_SEQUENCE', { agent, known: 1 });
    if (sequence === 2) throw new AnnouncementError('TOO_SOON', { agent });
    return { sequence };
  },
  list: async ({ agent, limit }) =>
    limit > 0 && (agent === undefined || agent === ANNOUNCED.announcement.agent) ? [ANNOUNCED] : [],
};
