import { describe, expect, it } from 'vitest';
import { attestationDigest } from '../../bridge/client/attestation.ts';
import { decodeAttestation, encodeAttestation } from './attestation.ts';
import { attestationHasher } from './attestationHash.ts';

const SIGNATURE = Uint8Array.from({ length: 65 }, (_, i) => i + 1);

describe('an attestation as it travels', () => {
  it.each([1, 127, 128, 255, 256, 65_536, 2 ** 40, 2 ** 48 - 1])('keeps batch %i', (batch) => {
    const attestation = { batch, commitment: 2n ** 256n - 1n, signature: SIGNATURE };
    const bytes = encodeAttestation(attestation);
    expect(bytes.length).toBeLessThanOrEqual(256);
    expect(decodeAttestation(bytes)).toEqual(attestation);
  });

  it('is refused unless it is exactly one', () => {
    const good = encodeAttestation({ batch: 300, commitment: 5n, signature: SIGNATURE });
    const cases: Uint8Array[] = [
      new Uint8Array(),
      Uint8Array.of(0xc0),
      new Uint8Array(10_000),
      Uint8Array.of(...good, 0),
      encodeAttestation({ batch: 0, commitment: 5n, signature: SIGNATURE }),
      encodeAttestation({ batch: 1, commitment: 5n, signature: SIGNATURE.subarray(1) }),
      encodeAttestation({ batch: 1, commitment: 5n, signature: Uint8Array.of(...SIGNATURE, 1) }),
      Uint8Array.of(0xfb, 0xff, 0xff, 0xff, 0xff),
    ];
    for (let length = 1; length < good.length; length += 1) cases.push(good.subarray(0, length));
    for (const bytes of cases) {
      expect(() => decodeAttestation(bytes)).toThrow(expect.objectContaining({ code: 'BAD_ATTESTATION' }));
    }
  });

  it('has one encoding: whatever decodes is what it encodes to', () => {
    const good = encodeAttestation({ batch: 300, commitment: 5n, signature: SIGNATURE });
    let decoded = 0;
    for (let i = 0; i < good.length * 8; i += 1) {
      const bytes = Uint8Array.from(good);
      bytes[i >> 3] = (bytes[i >> 3] ?? 0) ^ (1 << (i & 7));
      try {
        const attestation = decodeAttestation(bytes);
        decoded += 1;
        expect(encodeAttestation(attestation)).toEqual(Buffer.from(bytes));
      } catch (error) {
        expect(error).toMatchObject({ code: 'BAD_ATTESTATION' });
      }
    }
    expect(decoded).toBeGreaterThan(700);
  });

  it('is hashed as the contract hashes it', () => {
    const domain = { l1ChainId: 11155111n, evmLane: '0x00000000000000000000000000000000000000ff' } as const;
    const hash = attestationHasher(domain);
    for (const [batch, commitment] of [
      [1, 0n],
      [2 ** 40, 2n ** 256n - 1n],
      [77, 12345678901234567890n],
    ] as const) {
      expect(hash(batch, commitment)).toBe(BigInt(attestationDigest(domain, batch, commitment)));
    }
  });
});
