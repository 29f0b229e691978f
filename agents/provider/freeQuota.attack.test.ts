import { expect, it } from 'vitest';
import { quotaKey } from './freeQuota.ts';

it('IPv4 behind a socket of both families is one address each, however it is written', () => {
  // as a multiaddress has it
  expect(quotaKey('::ffff:c000:201')).toBe('192.0.2.1');
  expect(quotaKey('::ffff:c000:201')).toBe(quotaKey('::ffff:192.0.2.1'));
  expect(quotaKey('::ffff:102:304')).not.toBe(quotaKey('::ffff:102:305'));
});
