/** Announcements for tests. */
import { accountIndex } from '../../ids.ts';
import { TEST_TIME } from '../../testing/actors.ts';
import type { Field } from '../../types.ts';
import type { Announcement, Capability } from '../announcement.ts';

export const exampleCapability: Capability = {
  execution: 12345n as Field, // a small word
  model: accountIndex(7),
  name: 'digits',
  price: 10n ** 12n,
  sha256: `0x${'ab'.repeat(32)}`,
  token: 0,
};

/** Of agent 9, owned by account 3, good for an hour from TEST_TIME. */
export function exampleAnnouncement(changes: Partial<Announcement> = {}): Announcement {
  return {
    agent: accountIndex(9),
    capabilities: [exampleCapability],
    endpoint: 'http://127.0.0.1:9100',
    expiry: TEST_TIME + 3600,
    name: 'digits by alice',
    owner: accountIndex(3),
    peer: '',
    sequence: 1,
    service: accountIndex(0),
    version: 1,
    ...changes,
  };
}
