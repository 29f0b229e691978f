import { describe, expect, it } from 'vitest';
import { allowsPrivate } from './privateAddresses.ts';

const rpc = 'http://127.0.0.1:8545';
const elsewhere = 'https://rpc.example.org';

describe('providers at addresses that are not public', () => {
  it('are asked on a devnet of this machine', () => {
    expect(allowsPrivate({ rpc }, 31_337)).toBe(true);
  });

  it('are not asked because the node is on this machine: who announced them may be anybody', () => {
    for (const l1 of [1, 11_155_111]) expect(allowsPrivate({ rpc }, l1)).toBe(false);
  });

  it('are not asked because a node elsewhere says that it is a devnet', () => {
    for (const at of [elsewhere, 'http://127.0.0.1.example.org', 'http://localhost.example.org', 'http://10.0.0.1'])
      expect(allowsPrivate({ rpc: at }, 31_337)).toBe(false);
  });

  it('are asked if the user says so, or names the one to ask', () => {
    expect(allowsPrivate({ rpc: elsewhere, allowPrivate: true }, 1)).toBe(true);
    expect(allowsPrivate({ rpc: elsewhere, provider: 'http://10.0.0.1:9100' }, 1)).toBe(true);
  });
});
