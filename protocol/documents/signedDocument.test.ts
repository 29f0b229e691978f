import { describe, expect, it } from 'vitest';
import { poseidon } from '../crypto/poseidon.ts';
import { computeDomain } from '../domain.ts';
import type { Json } from '../json.ts';
import { actor, TEST_DOMAIN } from '../testing/actors.ts';
import { expectCode } from '../testing/expectCode.ts';
import type { Field } from '../types.ts';
import { documentDomain, signDocument, signedDocumentJson, textHash, verifyDocument } from './signedDocument.ts';

const alice = actor(1);
const dialogue = documentDomain(TEST_DOMAIN, 4);
const document = { kind: 'REQUEST', sequence: 0, body: { price: '5' } };

describe('the hash of a text', () => {
  it('is keccak’s lower 248 bits', () => {
    // keccak256("") = c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470
    expect(textHash('')).toBe(0xd2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470n);
    expect(textHash('ä')).not.toBe(textHash('a\u0308'));
  });

  it('is not made of half a surrogate pair, which would hash like any other', () => {
    expectCode('INVALID_ARGUMENT', () => textHash('\ud800'));
  });
});

describe('a signed document', () => {
  it('counts whatever the order of its members', () => {
    const signed = signDocument(document, alice.seed, dialogue);
    const other = { body: { price: '5' }, sequence: 0, kind: 'REQUEST' };
    expect(verifyDocument({ ...signed, document: other }, alice.key, dialogue)).toBe(true);
  });

  it('counts for no other key, purpose or deployment, nor changed', () => {
    const signed = signDocument(document, alice.seed, dialogue);
    expect(verifyDocument(signed, actor(2).key, dialogue)).toBe(false);
    expect(verifyDocument(signed, alice.key, documentDomain(TEST_DOMAIN, 3))).toBe(false);
    const elsewhere = computeDomain({ l1ChainId: 1n, rollup: 5n, l2ChainId: 7001n });
    expect(verifyDocument(signed, alice.key, documentDomain(elsewhere, 4))).toBe(false);
    for (const changed of [
      { ...document, sequence: 1 },
      { ...document, more: null },
      { ...document, body: { price: 5 } },
      [],
    ]) {
      expect(verifyDocument({ ...signed, document: changed as Json }, alice.key, dialogue)).toBe(false);
    }
  });

  it('has domains of its own', () => {
    for (const n of [3, 4, 5] as const) expect(documentDomain(TEST_DOMAIN, n)).toBe(poseidon([TEST_DOMAIN, BigInt(n)]));
  });

  it('goes to JSON and back', () => {
    const signed = signDocument(document, alice.seed, dialogue);
    const json = signedDocumentJson.encode(signed);
    const back = signedDocumentJson.decode(JSON.parse(JSON.stringify(json)));
    expect(back).toEqual(signed);
    expect(verifyDocument(back, alice.key, dialogue)).toBe(true);
  });

  it('is refused in another form', () => {
    const good = signedDocumentJson.encode(signDocument(document, alice.seed, dialogue)) as Record<string, Json>;
    for (const bad of [
      null,
      [],
      { document },
      { ...good, more: 1 },
      { ...good, document: 'text' },
      { ...good, document: [1] },
      { ...good, document: { x: 0.5 } },
      { ...good, signature: { r8: ['1', '2'], s: 3 } },
      { ...good, signature: { r8: ['1'], s: '3' } },
      { ...good, signature: { r8: ['01', '2'], s: '3' } },
    ]) {
      expectCode('MALFORMED_BYTES', () => signedDocumentJson.decode(bad));
    }
    const big = (2n ** 255n).toString();
    expectCode('WORD_NOT_CANONICAL', () =>
      signedDocumentJson.decode({ ...good, signature: { r8: [big, '2'], s: '3' } }),
    );
    // a point off the curve or an s beyond the order is read, and is nobody's signature
    const odd = { document, signature: { r8: [1n as Field, 2n as Field] as const, s: 2n ** 252n } };
    expect(verifyDocument(odd, alice.key, dialogue)).toBe(false);
  });
});
