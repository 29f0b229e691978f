import { describe, expect, it } from 'vitest';
import { artefactCommitment } from '../../../../../protocol/attestation.ts';
import { commitmentOf, fittingOf } from './fitting.ts';

const sha256 = `0x${'5a'.repeat(32)}` as const;

describe('attestations that a node names for a file', () => {
  it('count if they commit to it', () => {
    const artefact = artefactCommitment(new Uint8Array(32).fill(0x5a)).toString();
    expect(commitmentOf(sha256).toString()).toBe(artefact);
    expect(fittingOf(sha256, [{ artefact, index: 1 }])).toEqual({ fitting: [{ artefact, index: 1 }], strange: [] });
  });

  it('do not count if a lying node takes those of another file', () => {
    const artefact = commitmentOf(`0x${'5b'.repeat(32)}`).toString();
    const { fitting, strange } = fittingOf(sha256, [{ artefact }, { artefact: '0' }]);
    expect(fitting).toEqual([]);
    expect(strange).toHaveLength(2);
  });
});
