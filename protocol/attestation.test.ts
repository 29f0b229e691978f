import { concat, keccak256, toHex } from 'viem';
import { expect, test } from 'vitest';
import { artefactCommitment, provenanceCommitment } from './attestation.ts';
import { expectCode } from './testing/expectCode.ts';

const digest = Uint8Array.from({ length: 32 }, (_, i) => 255 - i);

test.each([
  ['artefact', artefactCommitment],
  ['provenance', provenanceCommitment],
])('the %s commitment is the low 248 bits of one keccak, as another library computes it', (tag, commit) => {
  const whole = BigInt(keccak256(concat([toHex(`engram.${tag}`), toHex(digest)])));
  expect(commit(digest)).toBe(whole % (1n << 248n));
  expect(commit(Uint8Array.from([...digest.slice(0, 31), 0]))).not.toBe(commit(digest));
});

test.each([0, 31, 33])('a digest of %d bytes → INVALID_ARGUMENT', (length) => {
  for (const commit of [artefactCommitment, provenanceCommitment]) {
    expectCode('INVALID_ARGUMENT', () => commit(new Uint8Array(length)));
  }
});
