import { describe, expect, it } from 'vitest';
import type { AttestationView, LineageView, Wire } from '../../sdk/rpcTypes.ts';
import { lineageView } from './lineageView.ts';

const attestation = (index: number, parent: number, royaltyBps = 0): Wire<AttestationView> => ({
  index,
  kind: index === 20 ? 'dataset' : 'model',
  subtype: index === 20 ? 2 : 1,
  owner: 5,
  parent,
  royaltyBps,
  artefact: '7',
  provenance: '0',
  token: 0,
  balance: '0',
  created: { transaction: '0x11', block: '3', batch: 2, timestamp: 1_800_000_000 },
});

const family = (of: Partial<Wire<LineageView>>): Wire<LineageView> => ({
  attestation: attestation(21, 20, 500),
  ancestors: [attestation(20, 0)],
  descendants: [],
  isTruncated: false,
  ...of,
});

describe('a lineage', () => {
  it('is drawn from the first ancestor down, branches closed where they end', () => {
    const descendants = [attestation(22, 21), attestation(23, 21), attestation(24, 22), attestation(25, 22)];
    expect(lineageView(family({ descendants })).split('\n')).toEqual([
      '20 dataset of 5, 2027-01-15',
      '└─ 21 model of 5, royalty 5 %, 2027-01-15  ◀',
      '   ├─ 22 model of 5, 2027-01-15',
      '   │  ├─ 24 model of 5, 2027-01-15',
      '   │  └─ 25 model of 5, 2027-01-15',
      '   └─ 23 model of 5, 2027-01-15',
    ]);
  });

  it('of something without relatives is itself', () => {
    const alone = family({ attestation: attestation(20, 0), ancestors: [] });
    expect(lineageView(alone)).toBe('20 dataset of 5, 2027-01-15  ◀');
  });

  it('says where the node stopped listing', () => {
    const cut = family({ attestation: attestation(30, 29), ancestors: [attestation(29, 28)], isTruncated: true });
    expect(lineageView(cut).split('\n')).toEqual([
      '… (parent 28)',
      '29 model of 5, 2027-01-15',
      '└─ 30 model of 5, 2027-01-15  ◀',
      '… (there are more)',
    ]);
  });

  it('can be as deep as the node lists', () => {
    const descendants = Array.from({ length: 1000 }, (_, i) => attestation(22 + i, 21 + i));
    expect(lineageView(family({ descendants })).split('\n')).toHaveLength(1002);
  });
});
