import { encodeAbiParameters, keccak256 } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { packState } from '../protocol/account.ts';
import { R_FIELD } from '../protocol/field.ts';
import { accountIndex } from '../protocol/ids.ts';
import { actor, exit, signed } from '../protocol/testing/actors.ts';
import type { ClosedBatch, Field } from '../protocol/types.ts';
import type { RollupClient } from './client/rollupClient.ts';
import type { EscapeLeaf, QueueEntry } from './client/types.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';
import { rawSubmit } from './testing/rawCommit.ts';

const { bond, queueFee, graceSeconds, proveDeadlineSeconds, queueDeadlineSeconds } = TEST_SETTINGS;
const BURNED = '0x000000000000000000000000000000000000dEaD';

let f: Fixture;
let ledger: TestLedger;
let queue: QueueEntry[];

beforeAll(async () => {
  f = await Fixture.start();
  queue = [
    await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key }),
    await f.bob.depositNew({ token: 0, amount: 500n, key: actor(2).key }),
    await f.bob.forcedExit(1),
  ];
  await f.keep();
});
beforeEach(async () => {
  await f.reset();
  ledger = new TestLedger(f.deployment.domain);
});
afterAll(() => f?.l1.stop());

async function close(parts: { queue?: readonly QueueEntry[]; txs?: ClosedBatch['batch']['txs'] } = {}) {
  return ledger.close({ timestamp: await f.now(), ...parts });
}

async function proveNext(batch: ClosedBatch): Promise<void> {
  const posted = await f.sequencer.commitBatch(batch, NO_EVM);
  await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
}

describe('the open path', () => {
  it('is closed while the sequencer commits', async () => {
    const first = await close();
    await expectError('PathClosed', f.alice.submitProvenBatch(first, NO_EVM, ANY_PROOF));
    await f.warp(graceSeconds - 100);
    await f.sequencer.commitBatch(first, NO_EVM);
    await f.warp(graceSeconds - 100);
    expect((await f.alice.state()).isOpen).toBe(false);
    await expectError('PathClosed', f.alice.submitProvenBatch(await close(), NO_EVM, ANY_PROOF));
  });

  it('opens after the grace period: commit and proof in one transaction', async () => {
    await f.warp(graceSeconds + 10);
    expect((await f.alice.state()).isOpen).toBe(true);
    const tx = signed(actor(1), { signer: 1, nonce: 0, ops: [exit(1, BigInt(f.bob.account), 30n)] });
    const batch = await close({ queue: queue.slice(0, 2), txs: [tx] });
    const { c, r, y } = batch.commitment;
    await (await f.mock(f.verifier)).write('expect', [
      keccak256(encodeAbiParameters([{ type: 'uint256[3]' }], [[c, r, y]])),
    ]);
    const posted = await f.alice.submitProvenBatch(batch, NO_EVM, ANY_PROOF);
    expect(posted).toMatchObject({ number: 1, isOpenPath: true });
    const { committed, proven } = await f.alice.state();
    expect(proven).toEqual(committed);
    expect(proven).toMatchObject({ batch: 1, root: batch.batch.newRoot, queue: 2n });
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(30n);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(2n * queueFee);
  });

  it('takes nothing without a valid proof', async () => {
    await f.warp(graceSeconds + 10);
    await (await f.mock(f.verifier)).write('setAnswer', [false]);
    await expectError('ProofInvalid', f.alice.submitProvenBatch(await close(), NO_EVM, ANY_PROOF));
    expect((await f.alice.state()).committed.batch).toBe(0);
  });

  it('checks what a commit checks', async () => {
    await f.warp(graceSeconds + 10);
    const batch = await close();
    const submit = (input: object) => f.alice.send(rawSubmit(f.deployment.address, batch, ANY_PROOF, { input }));
    await expectError('WordNotCanonical', submit({ newRoot: R_FIELD }));
    await expectError('BadBlockRange', submit({ lastBlock: 2n ** 64n - 1n }));
    const changes = { input: { opCount: 1 }, body: new Uint8Array(30) };
    await expectError('BodyMalformed', f.alice.send(rawSubmit(f.deployment.address, batch, ANY_PROOF, changes)));
  });

  it('refuses to hide data behind a contract', async () => {
    await f.warp(graceSeconds + 10);
    const forwarder = await f.deployTest('Forwarder');
    const { data } = rawSubmit(f.deployment.address, await close(), ANY_PROOF);
    await expectError('OnlyPlainAccount', forwarder.write('forward', [f.deployment.address, data]));
  });

  it('waits for committed batches to be proven or reverted', async () => {
    await f.sequencer.commitBatch(await close(), NO_EVM);
    await f.warp(graceSeconds + 10);
    await expectError('UnprovenBatchesPending', f.alice.submitProvenBatch(await close(), NO_EVM, ANY_PROOF));
  });

  it('does not pass over queue items in the second half of their time', async () => {
    await f.warp(queueDeadlineSeconds / 2 - 100);
    const early = await close();
    await f.alice.submitProvenBatch(early, NO_EVM, ANY_PROOF); // nothing is due yet
    await f.warp(200);
    const second = async (count: number) => {
      ledger = new TestLedger(f.deployment.domain);
      ledger.replay([early]);
      return f.alice.submitProvenBatch(await close({ queue: queue.slice(0, count) }), NO_EVM, ANY_PROOF);
    };
    await expectError('QueueItemsSkipped', second(0));
    await expectError('QueueItemsSkipped', second(1));
    // Two slots are what this shape has: the third item has to wait.
    await second(2);
    expect((await f.alice.state()).proven.queue).toBe(2n);
  });

  it('closes again when the sequencer comes back', async () => {
    await f.warp(graceSeconds + 10);
    await f.alice.submitProvenBatch(await close(), NO_EVM, ANY_PROOF);
    await proveNext(await close());
    await expectError('PathClosed', f.alice.submitProvenBatch(await close(), NO_EVM, ANY_PROOF));
  });
});

describe('reverting', () => {
  it('needs a batch past its deadline', async () => {
    await expectError('UNKNOWN_BATCH', f.alice.revertBatches());
    await f.sequencer.commitBatch(await close(), NO_EVM);
    await f.warp(proveDeadlineSeconds - 10);
    await expectError('ProveDeadlineNotPassed', f.alice.revertBatches());
  });

  it('drops the unproven batches, takes the bond and opens the path for good', async () => {
    const first = await close({ queue: queue.slice(0, 1) });
    await proveNext(first);
    await f.sequencer.commitBatch(await close({ queue: queue.slice(1, 2) }), NO_EVM);
    await f.sequencer.commitBatch(await close(), NO_EVM);
    await f.warp(proveDeadlineSeconds + 10);
    const { events } = await f.alice.revertBatches();
    expect(events.map(({ type }) => type)).toEqual(['reverted', 'seatVacated', 'credited', 'credited']);
    expect(events[0]).toMatchObject({ first: 2, last: 3 });
    const state = await f.alice.state();
    expect(state.committed).toEqual(state.proven);
    expect(state).toMatchObject({ isOpen: true, sequencer: '0x0000000000000000000000000000000000000000' });
    expect(state.committed).toMatchObject({ batch: 1, root: first.batch.newRoot, queue: 1n });
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(bond / 2n);
    expect(await f.alice.pendingWithdrawal(0, BURNED)).toBe(bond / 2n);

    ledger = new TestLedger(f.deployment.domain);
    ledger.replay([first]);
    const next = await close({ queue: queue.slice(1, 2) });
    await expectError('NotSequencer', f.sequencer.commitBatch(next, NO_EVM));
    const posted = await f.bob.submitProvenBatch(next, NO_EVM, ANY_PROOF);
    expect(posted).toMatchObject({ number: 2, oldRoot: first.batch.newRoot });
    // What was reverted is no part of the chain that a node rebuilds.
    const chain = await f.alice.readBatches(0n, await f.clients.publicClient.getBlockNumber());
    expect(chain.map(({ number, isOpenPath }) => [number, isOpenPath])).toEqual([
      [1, false],
      [2, true],
    ]);
  });

  it('makes the proofs of reverted batches worthless', async () => {
    const second = [await close(), await close()] as const;
    const posted = [
      await f.sequencer.commitBatch(second[0], NO_EVM),
      await f.sequencer.commitBatch(second[1], NO_EVM),
    ] as const;
    await f.warp(proveDeadlineSeconds + 10);
    await f.alice.revertBatches();
    const prove = (p: (typeof posted)[number]) => f.alice.proveBatches([{ posted: p, proof: ANY_PROOF }]);
    await expectError('UnknownBatch', prove(posted[0]));
    ledger = new TestLedger(f.deployment.domain);
    const other = ledger.close({ timestamp: await f.now(), queue: queue.slice(0, 1) });
    await f.alice.submitProvenBatch(other, NO_EVM, ANY_PROOF);
    await expectError('UnknownBatch', prove(posted[1]));
    await expectError('BatchOutOfOrder', prove(posted[0]));
  });

  it('cannot be done with a younger batch than the oldest, nor twice', async () => {
    await f.sequencer.commitBatch(await close(), NO_EVM);
    const younger = await f.sequencer.commitBatch(await close(), NO_EVM);
    const oldest = await f.alice.readBatch(1);
    await f.warp(proveDeadlineSeconds + 10);
    await expectError('BatchOutOfOrder', f.alice.send(f.alice.calls.revertBatches(younger)));
    await f.alice.send(f.alice.calls.revertBatches(oldest));
    await expectError('UnknownBatch', f.alice.send(f.alice.calls.revertBatches(oldest)));
  });
});

describe('resigning', () => {
  it('returns the bond once everything is proven, and hands over to the open path', async () => {
    await expectError('NotSequencer', f.alice.resign());
    const posted = await f.sequencer.commitBatch(await close(), NO_EVM);
    await expectError('UnprovenBatchesPending', f.sequencer.resign());
    await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
    await f.sequencer.resign();
    expect(await f.alice.pendingWithdrawal(0, f.sequencer.account)).toBe(bond);
    await expectError('NotSequencer', f.sequencer.resign());
    await f.alice.submitProvenBatch(await close({ queue: queue.slice(0, 2) }), NO_EVM, ANY_PROOF);
    await f.sequencer.withdraw(0);
    expect(await f.balance(f.deployment.address)).toBe(1500n + 3n * queueFee);
  });
});

describe('freezing', () => {
  it('is refused while the queue is empty or served in time', async () => {
    await expectError('QueueDeadlineNotPassed', f.alice.freeze());
    await proveNext(await close({ queue: queue.slice(0, 2) }));
    await f.warp(queueDeadlineSeconds - 200);
    await expectError('QueueDeadlineNotPassed', f.alice.freeze());
    await proveNext(await close({ queue: queue.slice(2) }));
    await f.warp(queueDeadlineSeconds);
    await expectError('QueueEmpty', f.alice.freeze());
  });

  it('does not count batches that are committed only', async () => {
    await f.sequencer.commitBatch(await close({ queue: queue.slice(0, 2) }), NO_EVM);
    await f.warp(queueDeadlineSeconds + 10);
    await f.alice.freeze();
    expect((await f.alice.state()).isFrozen).toBe(true);
  });

  it('ends everything but leaving, and burns the bond', async () => {
    const posted = await f.sequencer.commitBatch(await close(), NO_EVM);
    await f.warp(queueDeadlineSeconds + 10);
    await f.alice.freeze();
    const state = await f.alice.state();
    expect(state).toMatchObject({ isFrozen: true, isOpen: false });
    expect(await f.alice.pendingWithdrawal(0, BURNED)).toBe(bond);
    const next = await close();
    await expectError('Frozen', f.alice.freeze());
    await expectError('Frozen', f.sequencer.commitBatch(next, NO_EVM));
    await expectError('Frozen', f.alice.submitProvenBatch(next, NO_EVM, ANY_PROOF));
    await expectError('Frozen', f.alice.proveBatches([{ posted, proof: ANY_PROOF }]));
    await expectError('Frozen', f.alice.send(f.alice.calls.revertBatches(posted)));
    await expectError('Frozen', f.sequencer.resign());
    await expectError('Frozen', f.alice.depositNew({ token: 0, amount: 1n, key: actor(1).key }));
    await expectError('Frozen', f.alice.depositTo({ index: 1, token: 0, amount: 1n }));
    await expectError('Frozen', f.alice.forcedExit(1));
    await expectError('Frozen', f.alice.registerToken(f.verifier));
  });
});

describe('escaping', () => {
  let leaf: EscapeLeaf;
  let root: Field;

  async function frozen(): Promise<void> {
    const batch = await close({ queue: queue.slice(0, 2) });
    await proveNext(batch);
    root = batch.batch.newRoot;
    leaf = leafOf(1);
    await f.warp(queueDeadlineSeconds + 10);
    await f.bob.freeze();
  }

  function leafOf(index: number): EscapeLeaf {
    const account = ledger.tree.get(accountIndex(index));
    if (account === undefined) return expect.unreachable();
    return { index, state: packState(account), a: account.a, b: account.b, c: account.c };
  }

  const leave = (changes: Partial<EscapeLeaf> = {}, by: RollupClient = f.bob) =>
    by.escape({ ...leaf, ...changes }, ANY_PROOF);

  it("pays the balance to the account's owner, whoever asks, for exactly these public inputs", async () => {
    await frozen();
    const inputs = [root, 1n, leaf.state, leaf.a, leaf.b, leaf.c] as const;
    const mock = await f.mock(f.accountVerifier);
    await mock.write('expect', [keccak256(encodeAbiParameters([{ type: 'uint256[6]' }], [inputs]))]);
    const { events } = await leave();
    expect(events[0]).toMatchObject({ type: 'escaped', index: 1, owner: f.alice.account, token: 0, amount: 1000n });
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(1000n);
    await f.bob.withdraw(0, f.alice.account);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(0n);
  });

  it('is refused before the freeze', async () => {
    await proveNext(await close({ queue: queue.slice(0, 2) }));
    leaf = leafOf(1);
    await expectError('NotFrozen', leave());
    const [entry] = queue;
    if (entry) await expectError('NotFrozen', f.alice.refund(entry));
  });

  it('pays each account once, whatever the proof bytes', async () => {
    await frozen();
    await leave();
    await expectError('AlreadyEscaped', leave());
    await expectError('AlreadyEscaped', f.alice.escape(leaf, { ...ANY_PROOF, c: [9n, 9n] }));
    leaf = leafOf(2);
    await leave();
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(500n);
  });

  it.each([0, 1 + 2 ** 24, 1 + 2 ** 32, 2 ** 24])('refuses index %i before it keys anything', async (index) => {
    await frozen();
    await expectError('IndexOutOfRange', leave({ index }));
  });

  it('refuses a wrong proof', async () => {
    await frozen();
    await (await f.mock(f.accountVerifier)).write('setAnswer', [false]);
    await expectError('ProofInvalid', leave());
    await (await f.mock(f.accountVerifier)).write('setAnswer', [true]);
    await leave();
  });

  it.each(['state', 'a', 'b', 'c'] as const)(
    'refuses %s + r, which the circuit could not tell from it',
    async (name) => {
      await frozen();
      await expectError('WordNotCanonical', leave({ [name]: (leaf[name] + R_FIELD) as Field }));
    },
  );

  it('refuses kinds that leave with their controller, and an owner that is no address', async () => {
    await frozen();
    for (const kind of [0n, 2n, 3n]) {
      const state = ((leaf.state & ((1n << 240n) - 1n)) | (kind << 240n)) as Field;
      const error = await expectError('KindMismatch', leave({ state }));
      expect(error.data).toEqual({ args: [1n, kind] });
    }
    await expectError('BadOwner', leave({ c: 0n as Field }));
    await expectError('BadOwner', leave({ c: (1n << 160n) as Field }));
  });

  it('gives back deposits and fees that no proven batch took in', async () => {
    await frozen();
    const [alices, , forced] = queue;
    if (!alices || !forced) return expect.unreachable();
    await expectError('AlreadyTakenIn', f.alice.refund(alices));
    await f.alice.refund(forced);
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(queueFee);
    await expectError('QueueMismatch', f.alice.refund(forced));
  });

  it('gives back deposits of batches that were committed only, once, to their owner', async () => {
    await f.sequencer.commitBatch(await close({ queue: queue.slice(0, 2) }), NO_EVM);
    await f.warp(queueDeadlineSeconds + 10);
    await f.bob.freeze();
    const [alices, bobs] = queue;
    if (!alices || !bobs || alices.item.opcode !== 1) return expect.unreachable();
    await expectError(
      'QueueMismatch',
      f.bob.refund({ ...alices, item: { ...alices.item, address: BigInt(f.bob.account) } }),
    );
    await expectError('QueueMismatch', f.bob.refund({ ...alices, item: { ...alices.item, amount: 1001n } }));
    await expectError('QueueMismatch', f.bob.refund({ ...alices, queueIndex: 1n }));
    await expectError('QueueMismatch', f.bob.refund({ ...alices, queueIndex: 3n }));
    const { events } = await f.bob.refund(alices);
    expect(events[0]).toMatchObject({ type: 'refunded', queueIndex: 0n });
    await f.bob.refund(bobs);
    expect(await f.alice.pendingWithdrawal(0, f.alice.account)).toBe(1000n + queueFee);
    expect(await f.alice.pendingWithdrawal(0, f.bob.account)).toBe(500n + queueFee);
    await expectError('QueueMismatch', f.bob.refund(alices));
    // All that is left is the bond (owed to nobody) and the forced exit's fee.
    await f.alice.withdraw(0);
    await f.bob.withdraw(0);
    expect(await f.balance(f.deployment.address)).toBe(bond + queueFee);
  });
});
