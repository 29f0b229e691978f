import { encodeAbiParameters, keccak256 } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeBody } from '../protocol/codec/body.ts';
import { R_FIELD } from '../protocol/field.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, attest, claim, close, open, type SignedClaim, signed } from '../protocol/testing/actors.ts';
import type { ClosedBatch, Op } from '../protocol/types.ts';
import type { QueueEntry } from './client/types.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { expectError, Fixture } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';
import { rawCommit, withWord } from './testing/rawCommit.ts';

/** ATTEST, OPEN, CLAIM and CLOSE as L1 sees them: words it folds, and accounts it may be asked to pay out. */
const ALICE = 1;
const BOB = 2;
const MODEL = 3;
const CHANNEL = 4;
const OVER = 5;

let f: Fixture;
let ledger: TestLedger;
let setUp: ClosedBatch;

beforeAll(async () => {
  f = await Fixture.start();
  ledger = new TestLedger(f.deployment.domain);
  const queue = [
    await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(ALICE).key }),
    await f.bob.depositNew({ token: 0, amount: 500n, key: actor(BOB).key }),
  ];
  const now = await f.now();
  const channel = { provider: BOB, voucherKey: actor(9), model: MODEL };
  const ops = [
    attest(ALICE, MODEL, { amount: 30n, royaltyBps: 1000 }),
    open(ALICE, CHANNEL, { ...channel, amount: 300n, expiry: now + 3600 }),
    open(ALICE, OVER, { ...channel, amount: 200n, expiry: 1 }),
  ];
  setUp = ledger.close({ timestamp: now, shape: 'dev', queue, txs: [signed(actor(ALICE), bundle(ALICE, 0, ops))] });
  const posted = await f.sequencer.commitBatch(setUp, NO_EVM);
  await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
  await f.keep();
});
beforeEach(async () => {
  await f.reset();
  ledger = new TestLedger(f.deployment.domain);
  ledger.replay([setUp]);
});
afterAll(() => f?.l1.stop());

const bundle = (signer: number, nonce: number, ops: readonly (Op | SignedClaim)[]) => ({
  ...{ signer, nonce, ops },
  validUntil: 2 ** 40 - 1,
});

/** Claims 100 of the channel for Bob (10 of it to the model), and closes the one that is over. */
async function claimAndClose(): Promise<ClosedBatch> {
  const parts = { total: 100n, royaltyBps: 1000, receiptsRoot: setUp.batch.newRoot, voucherKey: actor(9) };
  return ledger.close({
    timestamp: await f.now(),
    shape: 'dev',
    txs: [
      signed(actor(BOB), bundle(BOB, 0, [claim(CHANNEL, BOB, parts)])),
      signed(actor(ALICE), bundle(ALICE, 1, [close(OVER, ALICE, 200n)])),
    ],
  });
}

describe('a batch of the AI operations', () => {
  it('gives L1 the public inputs of the circuit', async () => {
    const closed = await claimAndClose();
    const { c, r, y } = closed.commitment;
    const posted = await f.sequencer.commitBatch(closed, NO_EVM);
    expect([posted.stored.c, posted.stored.r, posted.stored.y]).toEqual([c, r, y]);
    const expected = keccak256(encodeAbiParameters([{ type: 'uint256[3]' }], [[c, r, y]]));
    await (await f.mock(f.verifier)).write('expect', [expected]);
    await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
    expect((await f.alice.state()).proven.root).toBe(closed.batch.newRoot);
  });

  it('can be rebuilt from L1: terms, totals, royalties and receipts roots are in the posted words', async () => {
    const closed = await claimAndClose();
    await f.sequencer.commitBatch(closed, NO_EVM);
    for (const { batch } of [setUp, closed]) {
      const posted = await f.alice.readBatch(batch.number);
      const { txOps } = decodeBody(posted.body, { shape: posted.shape, ...posted.header });
      expect(txOps).toEqual(batch.txs.map(({ ops }) => ops));
    }
    expect(closed.batch.txs[0]?.ops[0]?.payload).toEqual([100n, setUp.batch.newRoot, 10n]);
  });

  it.each([0, 1, 2])('is refused with payload word %i + r', async (word) => {
    const closed = await claimAndClose();
    const body = withWord(closed.commitment.body, 30 + 32 * word, (value) => value + R_FIELD);
    await expectError('WordNotCanonical', f.sequencer.send(rawCommit(f.deployment.address, closed, { body })));
  });

  it('folds every payload word: another receipts root is another statement', async () => {
    const closed = await claimAndClose();
    const { r, y } = closed.commitment;
    for (const word of [0, 1, 2]) {
      await f.reset();
      const body = withWord(closed.commitment.body, 30 + 32 * word, (value) => value + 1n);
      const { hash } = await f.sequencer.send(rawCommit(f.deployment.address, closed, { body }));
      const { stored } = await f.sequencer.readBatchOf(hash);
      expect(stored.r).not.toBe(r);
      expect(stored.y).not.toBe(y);
    }
  });
});

describe('a forced exit', () => {
  /** The next batch takes the queue item in; returns what L1 then owes Alice and Bob. */
  async function settle(entry: QueueEntry) {
    const closed = ledger.close({ timestamp: await f.now(), queue: [entry] });
    const posted = await f.sequencer.commitBatch(closed, NO_EVM);
    await f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
    const owed = [f.alice, f.bob].map(({ account }) => f.alice.pendingWithdrawal(0, account));
    return { l1Op: closed.batch.l1Ops[0], owed: await Promise.all(owed) };
  }

  it('of a channel that is over pays its payer', async () => {
    const { l1Op, owed } = await settle(await f.alice.forcedExit(OVER));
    expect(l1Op).toMatchObject({ isVoid: false, index: OVER, token: 0, amount: 200n });
    expect(owed).toEqual([200n, 0n]);
    expect(ledger.tree.get(accountIndex(OVER))?.balance).toBe(0n);
  });

  it('of an attestation pays its owner', async () => {
    const { l1Op, owed } = await settle(await f.alice.forcedExit(MODEL));
    expect(l1Op).toMatchObject({ isVoid: false, index: MODEL, amount: 30n });
    expect(owed).toEqual([30n, 0n]);
  });

  it.each([
    ['of a channel that is not over', 'alice', CHANNEL],
    ['of a channel by its provider', 'bob', OVER],
    ['of an attestation by a stranger', 'bob', MODEL],
  ] as const)('%s is void and pays nobody', async (_name, who, index) => {
    const { l1Op, owed } = await settle(await f[who].forcedExit(index));
    expect(l1Op).toMatchObject({ isVoid: true, index, token: 0, amount: 0n });
    expect(owed).toEqual([0n, 0n]);
  });

  it('that is void cannot be posted with an amount', async () => {
    const entry = await f.bob.forcedExit(MODEL);
    const closed = ledger.close({ timestamp: await f.now(), queue: [entry] });
    const body = withWord(closed.commitment.body, 0, (l0) => l0 | (30n << 64n));
    const error = await expectError(
      'MalformedL1Record',
      f.sequencer.send(rawCommit(f.deployment.address, closed, { body })),
    );
    expect(error.data).toEqual({ args: [0n] });
  });
});
