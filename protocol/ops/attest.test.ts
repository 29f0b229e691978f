import { beforeEach, describe, expect, test } from 'vitest';
import { artefactCommitment, provenanceCommitment } from '../attestation.ts';
import { accountIndex } from '../ids.ts';
import type { OpenBatch } from '../openBatch.ts';
import { SHAPES } from '../shapes.ts';
import { artefact, attest, exit, register, signed, TEST_TIME, transfer } from '../testing/actors.ts';
import { expectRefused } from '../testing/expectRefused.ts';
import { AT, alice, balance, bob, by, carol, close, dave, look, market, openAt } from '../testing/market.ts';
import type { AccountTree } from '../tree.ts';
import { type Field, Kind, type Op, type SignedTx, Subtype } from '../types.ts';

let tree: AccountTree;
let batch: OpenBatch;
beforeEach(() => {
  tree = market();
  batch = openAt(tree);
});

function alices(...ops: Op[]): SignedTx {
  return by(batch, alice, AT.alice, ...ops);
}

/** Changes p3. */
function withTerms(op: Op, change: (c: bigint) => bigint): Op {
  const [a = 0n as Field, b = 0n as Field, c = 0n] = op.payload;
  return { ...op, payload: [a, b, change(c) as Field] };
}

describe('ATTEST', () => {
  test('creates an account with exactly these words, and its balance', () => {
    const provenance = provenanceCommitment(new Uint8Array(32));
    batch.nameFeeAccount(accountIndex(AT.fees));
    const parts = { artefact: artefact('weights'), provenance, parent: AT.model, royaltyBps: 10_000, subtype: 255 };
    batch.applyTx(alices(attest(AT.alice, 20, { ...parts, amount: 5n, fee: 2n })));
    expect(look(batch, 20)).toEqual({
      kind: Kind.ATTEST,
      token: 0,
      nonce: 0,
      balance: 5n,
      claimed: 0n,
      a: artefact('weights'),
      b: provenance,
      c: 1n | (11n << 32n) | (10_000n << 64n) | (255n << 80n),
    });
    expect(balance(batch, AT.alice)).toBe(1000n - 50n - 7n);
  });

  test('a lineage can be attested in one bundle, oldest first', () => {
    const ops = [
      attest(1, 20, { subtype: Subtype.DATASET }),
      attest(1, 21, { parent: 20 }),
      attest(1, 22, { parent: 21 }),
    ];
    expectRefused(batch, 'UNKNOWN_PARENT', () => batch.applyTx(alices(...[...ops].reverse())));
    batch.applyTx(alices(...ops));
    expect(close(batch).slots.find(({ index }) => index === 22)?.birth).toBe(SHAPES.dev.L + 1 + 2);
  });

  test('a parent may be anyone’s, of any token', () => {
    batch.applyTx(alices(attest(1, 20, { parent: AT.carolsModel })));
    batch.applyTx(by(batch, bob, AT.bob, attest(AT.bob, 21, { parent: 20 })));
    expect([20, 21].map((at) => look(batch, at)?.token)).toEqual([0, 0]);
  });

  test('the parent takes an account slot', () => {
    batch.applyTx(alices(attest(1, 20, { parent: AT.model })));
    expect(batch.counts.accounts).toBe(3);
    const small = openAt(tree, TEST_TIME, SHAPES.small);
    small.applyTx(by(small, alice, AT.alice, attest(1, 20, { parent: AT.model })));
    small.applyTx(by(small, alice, AT.alice, attest(1, 21, { parent: AT.dataset })));
    expectRefused(small, 'BATCH_FULL', () => small.applyTx(by(small, alice, AT.alice, attest(1, 22))));
  });

  test('the same artefact can be attested again: only the order tells who was first', () => {
    batch.applyTx(alices(attest(1, 20, { artefact: artefact('weights') })));
    batch.applyTx(by(batch, bob, AT.bob, attest(AT.bob, 21, { artefact: artefact('weights') })));
    expect(look(batch, 20)?.a).toBe(look(batch, 21)?.a);
  });

  const refusals: [string, string, () => Op[]][] = [
    ['a parent that does not exist', 'UNKNOWN_PARENT', () => [attest(1, 20, { parent: 50 })]],
    ['itself as the parent', 'UNKNOWN_PARENT', () => [attest(1, 20, { parent: 20 })]],
    ['a KEY account as the parent', 'UNKNOWN_PARENT', () => [attest(1, 20, { parent: AT.bob })]],
    ['a channel as the parent', 'UNKNOWN_PARENT', () => [attest(1, 20, { parent: AT.channel })]],
    ['another owner', 'NOT_AUTHORIZED', () => [withTerms(attest(1, 20), (c) => c + 1n)]],
    ['no owner', 'NOT_AUTHORIZED', () => [withTerms(attest(1, 20), (c) => c - 1n)]],
    ['no terms: no owner', 'NOT_AUTHORIZED', () => [{ ...attest(1, 20), payload: [5n as Field] }]],
    ['10001 basis points', 'BAD_ROYALTY', () => [withTerms(attest(1, 20), (c) => c | (10_001n << 64n))]],
    ['65535 basis points', 'BAD_ROYALTY', () => [withTerms(attest(1, 20), (c) => c | (65_535n << 64n))]],
    ['terms of 89 bits', 'BAD_PAYLOAD', () => [withTerms(attest(1, 20), (c) => c | (1n << 88n))]],
    ['a parent of 2^24', 'BAD_PAYLOAD', () => [withTerms(attest(1, 20), (c) => c | (1n << 56n))]],
    ['an owner of 2^24 + 1', 'BAD_PAYLOAD', () => [withTerms(attest(1, 20), (c) => c | (1n << 24n))]],
    ['a taken index', 'INDEX_TAKEN', () => [attest(1, AT.bob)]],
    ['an index that an earlier op took', 'INDEX_TAKEN', () => [attest(1, 20), attest(1, 20)]],
    ['no index', 'INDEX_OUT_OF_RANGE', () => [attest(1, 0)]],
    ['more than the balance', 'INSUFFICIENT_BALANCE', () => [attest(1, 20, { amount: 951n })]],
    ['someone else as the source', 'NOT_AUTHORIZED', () => [attest(AT.bob, 20)]],
    ['a source that does not exist', 'UNKNOWN_ACCOUNT', () => [attest(50, 20)]],
    ['one’s own model as the source', 'WRONG_KIND', () => [attest(AT.model, 20)]],
    ['a channel as the source', 'WRONG_KIND', () => [attest(AT.channel, 20)]],
  ];
  test.each(refusals)('%s → %s', (_, code, ops) => {
    expectRefused(batch, code, () => batch.applyTx(alices(...ops())));
  });

  test('commitments tell a file from a document and refuse other digests', () => {
    const digest = new Uint8Array(32).fill(7);
    expect(artefactCommitment(digest)).not.toBe(provenanceCommitment(digest));
    expect(artefactCommitment(digest) < 1n << 248n).toBe(true);
  });
});

describe('what an ATTEST account holds', () => {
  test('its owner can transfer and exit', () => {
    batch.applyTx(alices(transfer(AT.model, AT.bob, 20n), exit(AT.model, 0xbeefn, 30n)));
    expect([AT.model, AT.bob].map((at) => balance(batch, at))).toEqual([0n, 60_020n]);
    expect(close(batch).exits).toEqual([{ recipient: 0xbeefn, token: 0, amount: 30n }]);
  });

  test('one bundle can pay from several of them and from the owner', () => {
    batch.applyTx(
      alices(transfer(1, AT.dataset, 3n), transfer(AT.dataset, AT.bob, 3n), transfer(AT.model, AT.dataset, 1n)),
    );
    expect([AT.dataset, AT.model].map((at) => balance(batch, at))).toEqual([1n, 49n]);
    expect(look(batch, AT.model)?.nonce).toBe(0);
  });

  test('a transfer to itself needs the balance and changes nothing', () => {
    expectRefused(batch, 'INSUFFICIENT_BALANCE', () => batch.applyTx(alices(transfer(AT.model, AT.model, 51n))));
    batch.applyTx(alices(transfer(AT.model, AT.model, 50n)));
    expect(balance(batch, AT.model)).toBe(50n);
  });

  test.each<[string, string, () => SignedTx]>([
    ['someone who is not the owner', 'NOT_AUTHORIZED', () => by(batch, bob, AT.bob, transfer(AT.model, AT.bob, 1n))],
    ['someone who is not the owner, by EXIT', 'NOT_AUTHORIZED', () => by(batch, bob, AT.bob, exit(AT.model, 5n, 1n))],
    ['the owner of another model', 'NOT_AUTHORIZED', () => by(batch, carol, AT.carol, transfer(AT.model, AT.bob, 1n))],
    ['more than it holds', 'INSUFFICIENT_BALANCE', () => alices(transfer(AT.model, AT.bob, 51n))],
    ['a target of another token', 'WRONG_TOKEN', () => alices(transfer(AT.model, AT.carol, 1n))],
    ['a REGISTER from it', 'WRONG_KIND', () => alices(register(AT.model, 20, dave, 1n))],
    ['a fee without a lane', 'FEE_TOKEN_NOT_ACCEPTED', () => alices(transfer(AT.model, AT.bob, 1n, { fee: 1n }))],
    [
      'itself as the signer',
      'WRONG_KIND',
      () => signed(alice, { signer: AT.model, nonce: 0, ops: [transfer(AT.model, AT.bob, 1n)] }),
    ],
  ])('%s → %s', (_, code, make) => {
    const tx = make();
    expectRefused(batch, code, () => batch.applyTx(tx));
  });

  test('an ATTEST account cannot collect fees', () => {
    expectRefused(batch, 'FEE_ACCOUNT_INVALID', () => batch.nameFeeAccount(accountIndex(AT.model)));
  });
});
