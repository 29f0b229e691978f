import type { AnnouncementFault } from '../../protocol/announcements/standing.ts';

/**
 * Why a node does not take an announcement: an `AnnouncementFault`, or
 * OLD_SEQUENCE: it knows one of this agent with the same or a higher sequence.
 * TOO_SOON: the agent announces more often than nodes pass on. OWNER_LIMIT: the owner has as many as one may have.
 * FULL: there is no room, and no owner has more of it than this one.
 */
export type AnnouncementErrorCode = AnnouncementFault | 'OLD_SEQUENCE' | 'TOO_SOON' | 'OWNER_LIMIT' | 'FULL';

export class AnnouncementError extends Error {
  override readonly name = 'AnnouncementError';
  readonly code: AnnouncementErrorCode;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(code: AnnouncementErrorCode, data: Readonly<Record<string, string | number>> = {}) {
    super(code);
    this.code = code;
    this.data = data;
  }
}
