import { describe, expect, it } from 'vitest';
import { R_FIELD } from '../../protocol/field.ts';
import { expectCode } from '../../protocol/testing/expectCode.ts';
import type { Field } from '../../protocol/types.ts';
import {
  type AttestationProof,
  attestationProof,
  attestationProofFromJson,
  attestationProofToJson,
} from './attestationProof.ts';

const word = (value: bigint): Field => value as Field;
const address = `0x${'ab'.repeat(20)}` as const;
const provenLeaf = (index: number) => ({
  leaf: { index, state: word(1n), a: word(2n), b: word(3n), c: word(R_FIELD - 1n) },
  proof: {
    a: [1n, 2n] as [bigint, bigint],
    b: [
      [3n, 4n],
      [5n, 6n],
    ] as [[bigint, bigint], [bigint, bigint]],
    c: [7n, 8n] as [bigint, bigint],
  },
});
const PROOF: AttestationProof = attestationProof({
  l1ChainId: 31_337,
  rollup: address,
  batch: {
    ...{ number: 2n ** 64n - 1n, shapeId: 255, l1Count: 65_535, exitCount: 0, timestamp: 2 ** 40 - 1 },
    ...{ committedAt: 1, lastBlock: 9n, committer: address, oldRoot: word(0n), newRoot: word(4n) },
    ...{ xHash: `0x${'0F'.repeat(32)}`, c: word(5n), r: word(6n), y: word(7n), evmCommitment: `0x${'e0'.repeat(32)}` },
  },
  attestation: provenLeaf(9),
  owner: provenLeaf(2),
});

/** The JSON form with one member, named by its path, replaced; undefined removes it. */
function edited(path: string, value: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(attestationProofToJson(PROOF)));
  const names = path.split('.');
  const last = names.pop() ?? '';
  const parent = names.reduce((at, name) => at[name], copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

describe('the JSON form of an attestation’s proof', () => {
  it('comes back as it was', () => {
    expect(attestationProofFromJson(JSON.parse(JSON.stringify(attestationProofToJson(PROOF))))).toEqual(PROOF);
  });

  it.each([
    ['format', 'engram.attestation-proof.1', 'MALFORMED_BYTES'],
    ['attestations', address, 'MALFORMED_BYTES'],
    ['owner', undefined, 'MALFORMED_BYTES'],
    ['l1ChainId', -1, 'MALFORMED_BYTES'],
    ['rollup', `${address}00`, 'MALFORMED_BYTES'],
    ['rollup', `0x${'zz'.repeat(20)}`, 'MALFORMED_BYTES'],
    ['batch.number', (2n ** 64n).toString(), 'MALFORMED_BYTES'],
    ['batch.number', 5, 'MALFORMED_BYTES'],
    ['batch.shapeId', 256, 'MALFORMED_BYTES'],
    ['batch.timestamp', 2 ** 40, 'MALFORMED_BYTES'],
    ['batch.newRoot', R_FIELD.toString(), 'WORD_NOT_CANONICAL'],
    ['attestation.leaf.index', 0, 'MALFORMED_BYTES'],
    ['attestation.leaf.index', 2 ** 24, 'INDEX_OUT_OF_RANGE'],
    ['attestation.leaf.a', '-1', 'MALFORMED_BYTES'],
    ['attestation.proof.a', ['1'], 'MALFORMED_BYTES'],
    ['owner.proof.b', [['1', '2'], ['3']], 'MALFORMED_BYTES'],
  ])('is refused with %s = %j', (path, value, code) => {
    expectCode(code, () => attestationProofFromJson(edited(path, value)));
  });

  it.each([[null], [[]], ['{}'], [7]])('is refused if it is %j', (json) => {
    expectCode('MALFORMED_BYTES', () => attestationProofFromJson(json));
  });
});
