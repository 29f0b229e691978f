import { z } from 'zod';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import type { AnnouncementBackend } from './backend.ts';
import type { RegisterMethod } from './method.ts';
import { announcementFilterParam } from './params.ts';

const DEFAULT_LIMIT = 100;

/** What agents say of themselves. */
export function registerAnnouncementMethods(method: RegisterMethod, announcements: AnnouncementBackend): void {
  // Its form is checked by the parser that others use, too.
  method('engram_announce', z.tuple([z.unknown()]), ([signed]) => announcements.announce(signed));
  method(
    'engram_getAnnouncements',
    z.union([z.tuple([]), z.tuple([announcementFilterParam])]),
    async ([filter = { limit: DEFAULT_LIMIT }]) =>
      (await announcements.list(filter)).map(signedAnnouncementJson.encode),
  );
}
