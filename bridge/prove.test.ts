import { encodeFunctionData, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import type { ClosedBatch } from '../protocol/types.ts';
import { rollupAbi } from './client/abi.ts';
import type { Address, PostedBatch, Proof, QueueEntry } from './client/types.ts';
import { addressOf, xBody } from './client/units.ts';
import { NO_EVM } from './testing/evmBatch.ts';
import { type Contract, expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { ANY_PROOF, TestLedger } from './testing/ledger.ts';

const { queueFee } = TEST_SETTINGS;
const recipient = addressOf(0xc0ffee0000000000000000000000000000000001n);

let f: Fixture;
let ledger: TestLedger;
let token: Contract;
let first: ClosedBatch;
let second: ClosedBatch;

/**
 * Batch 1: alice's account 1 (1000 wei, owner alice) and bob's account 2 (500 of token 1, owner bob).
 * Batch 2: a void top-up by alice of account 2 (another token) and bob's forced exit of account 2; exits of 20 and 30 wei.
 */
beforeAll(async () => {
  f = await Fixture.start();
  ledger = new TestLedger(f.deployment.domain);
  token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  await token.write('mint', [f.bob.account, 500n]);
  await f.bob.registerToken(token.address);
  const queue: QueueEntry[] = [
    await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key }),
    await f.bob.depositNew({ token: 1, amount: 500n, key: actor(2).key }),
    await f.alice.depositTo({ index: 2, token: 0, amount: 77n }),
    await f.bob.forcedExit(2),
  ];
  first = ledger.close({ timestamp: await f.now(), queue: queue.slice(0, 2) });
  const ops = [exit(1, BigInt(recipient), 20n), transfer(1, 1, 1n), exit(1, BigInt(f.bob.account), 30n)];
  const tx = signed(actor(1), { signer: 1, nonce: 0, ops });
  second = ledger.close({ timestamp: await f.now(), queue: queue.slice(2), txs: [tx] });
  await f.keep();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

const proven = (posted: PostedBatch, proof: Proof = ANY_PROOF) => ({ posted, proof });
const pending = (id: number, owner: Address) => f.alice.pendingWithdrawal(id, owner);

/** `proveBatches` with its arguments as given. */
function prove(
  batches: readonly PostedBatch[],
  changes: { x?: readonly Uint8Array[]; proofs?: readonly Proof[] } = {},
) {
  const args = [
    batches.map(({ stored }) => stored),
    (changes.x ?? batches.map(({ body, stored }) => xBody(body, stored))).map((x) => toHex(x)),
    changes.proofs ?? batches.map(() => ANY_PROOF),
  ] as const;
  const data = encodeFunctionData({ abi: rollupAbi, functionName: 'proveBatches', args });
  return f.alice.send({ to: f.deployment.address, data, value: 0n });
}

describe('proving', () => {
  it('is open to anyone, one batch or several, and advances the root', async () => {
    const posted = [await f.sequencer.commitBatch(first, NO_EVM), await f.sequencer.commitBatch(second, NO_EVM)];
    await f.alice.proveBatches(posted.map((p) => proven(p)));
    const { proven: head, committed } = await f.alice.state();
    expect(head).toEqual(committed);
    expect(head).toEqual({
      batch: 2,
      root: second.batch.newRoot,
      queue: 4n,
      lastBlock: 2n,
      timestamp: second.batch.timestamp,
    });
  });

  it('credits exits, a forced exit, a void deposit, and the queue fees to the committer', async () => {
    const posted = [await f.sequencer.commitBatch(first, NO_EVM), await f.sequencer.commitBatch(second, NO_EVM)];
    expect(second.batch.l1Ops.map(({ isVoid }) => isVoid)).toEqual([true, false]);
    await f.alice.proveBatches(posted.map((p) => proven(p)));
    expect(await pending(0, recipient)).toBe(20n);
    expect(await pending(0, f.bob.account)).toBe(30n);
    expect(await pending(1, f.bob.account)).toBe(500n);
    expect(await pending(0, f.alice.account)).toBe(77n);
    expect(await pending(0, f.sequencer.account)).toBe(4n * queueFee);
  });

  it('refuses a false answer of the verifier and changes nothing', async () => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    await (await f.mock(f.verifier)).write('setAnswer', [false]);
    await expectError('ProofInvalid', f.alice.proveBatches([proven(posted)]));
    expect((await f.alice.state()).proven.batch).toBe(0);
  });

  it('reverts when the verifier answers false for want of gas, and so is estimated right', async () => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    await (await f.mock(f.verifier)).write('setGasNeeded', [400_000n]);
    const call = f.alice.calls.proveBatches([proven(posted)]);
    const estimate = await f.alice.simulate(call, f.alice.account);
    expect(estimate).toBeGreaterThan(400_000n);
    const [anyone] = f.l1.accounts;
    if (anyone === undefined) return expect.unreachable();
    const hash = await f.clients.walletClient(anyone).sendTransaction({ ...call, gas: 300_000n });
    const receipt = await f.clients.publicClient.waitForTransactionReceipt({ hash });
    expect(receipt.status).toBe('reverted');
    expect(receipt.gasUsed).toBeLessThan(300_000n); // it reverted by itself: the gas was not used up
    expect((await f.alice.state()).proven.batch).toBe(0);
    await f.alice.send(call);
    expect((await f.alice.state()).proven.batch).toBe(1);
  });

  it('refuses a batch out of order, twice, or not committed', async () => {
    const posted = [
      await f.sequencer.commitBatch(first, NO_EVM),
      await f.sequencer.commitBatch(second, NO_EVM),
    ] as const;
    await expectError('BatchOutOfOrder', prove([posted[1]]));
    await expectError('BatchOutOfOrder', prove([posted[0], posted[0]]));
    await prove([posted[0]]);
    await expectError('BatchOutOfOrder', prove([posted[0]]));
    await prove([posted[1]]);
    await expectError('UnknownBatch', prove([{ ...posted[1], stored: { ...posted[1].stored, number: 3n } }]));
  });

  it('refuses the replay of a proven batch with altered proof bytes', async () => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    await prove([posted]);
    const malleated = { ...ANY_PROOF, a: [1n, 99n] as const };
    await expectError('BatchOutOfOrder', prove([posted], { proofs: [malleated] }));
    const renumbered = { ...posted, stored: { ...posted.stored, number: 2n } };
    await expectError('UnknownBatch', prove([renumbered], { proofs: [malleated] }));
  });

  it.each(['c', 'r', 'y', 'newRoot', 'oldRoot'] as const)('refuses a stored batch with another %s', async (name) => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    const stored = { ...posted.stored, [name]: posted.stored[name] + 1n };
    await expectError('UnknownBatch', prove([{ ...posted, stored }]));
  });

  it.each(['shapeId', 'l1Count', 'exitCount', 'timestamp', 'committedAt'] as const)(
    'refuses a stored batch with another %s',
    async (name) => {
      const posted = await f.sequencer.commitBatch(first, NO_EVM);
      const stored = { ...posted.stored, [name]: posted.stored[name] + 1 };
      await expectError('UnknownBatch', prove([{ ...posted, stored }]));
    },
  );

  it('refuses another committer (who would get the fees)', async () => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    await expectError('UnknownBatch', prove([{ ...posted, stored: { ...posted.stored, committer: f.alice.account } }]));
  });

  it('refuses other records and exits than were posted', async () => {
    const posted = [
      await f.sequencer.commitBatch(first, NO_EVM),
      await f.sequencer.commitBatch(second, NO_EVM),
    ] as const;
    await prove([posted[0]]);
    const x = Uint8Array.from(xBody(posted[1].body, posted[1].stored));
    await expectError('BodyMalformed', prove([posted[1]], { x: [x.subarray(0, x.length - 1)] }));
    await expectError('BodyMalformed', prove([posted[1]], { x: [posted[1].body] }));
    const richer = Uint8Array.from(x);
    richer[2 * 128 + 63] = 21; // the amount of the first exit
    await expectError('BodyMalformed', prove([posted[1]], { x: [richer] }));
    await prove([posted[1]], { x: [x] });
  });

  it('refuses lists of different lengths, and none', async () => {
    const posted = await f.sequencer.commitBatch(first, NO_EVM);
    await expectError('LengthMismatch', prove([]));
    await expectError('LengthMismatch', prove([posted], { x: [] }));
    await expectError('LengthMismatch', prove([posted], { proofs: [ANY_PROOF, ANY_PROOF] }));
  });

  it('lets 256 batches await their proofs and no more', async () => {
    const many = new TestLedger(f.deployment.domain);
    const at = await f.now();
    let oldest: PostedBatch | undefined;
    for (let i = 0; i < 256; i += 1) {
      const closed = many.close({ timestamp: at });
      if (i === 0) oldest = await f.sequencer.commitBatch(closed, NO_EVM);
      else await f.sequencer.send(f.sequencer.calls.commitBatch(closed, NO_EVM));
    }
    const over = many.close({ timestamp: at });
    await expectError('TooManyUnproven', f.sequencer.commitBatch(over, NO_EVM));
    if (oldest) await prove([oldest]);
    await f.sequencer.commitBatch(over, NO_EVM); // takes the ring slot of batch 1
    await prove([await f.alice.readBatch(2)]);
    expect((await f.alice.state()).proven.batch).toBe(2);
  });
});

describe('withdrawals', () => {
  beforeEach(async () => {
    const posted = [await f.sequencer.commitBatch(first, NO_EVM), await f.sequencer.commitBatch(second, NO_EVM)];
    await f.alice.proveBatches(posted.map((p) => proven(p)));
  });

  it('pay ETH to the owner, whoever asks, once', async () => {
    const vault = await f.balance(f.deployment.address);
    await f.alice.withdraw(0, recipient);
    expect(await f.balance(recipient)).toBe(20n);
    expect(await f.balance(f.deployment.address)).toBe(vault - 20n);
    const error = await expectError('NothingToWithdraw', f.alice.withdraw(0, recipient));
    expect(error.data).toMatchObject({ args: [expect.stringMatching(new RegExp(recipient, 'i')), 0n] });
  });

  it('pay tokens and keep the books', async () => {
    await f.alice.withdraw(1, f.bob.account);
    expect(await token.read('balanceOf', [f.bob.account])).toBe(500n);
    expect(await token.read('balanceOf', [f.deployment.address])).toBe(0n);
    await expectError('NothingToWithdraw', f.bob.withdraw(1));
  });

  it('do not pay a receiver that calls back a second time', async () => {
    const greedy = await f.deployTest('GreedyReceiver');
    const depositor = await ledgerExitTo(greedy.address, 50n);
    expect(depositor).toBe(50n);
    const data = encodeFunctionData({ abi: rollupAbi, functionName: 'withdraw', args: [0, greedy.address] });
    await greedy.write('arm', [f.deployment.address, data]);
    await f.alice.withdraw(0, greedy.address);
    expect(await f.balance(greedy.address)).toBe(50n);
    expect(await greedy.read('attempts')).toBe(1n);
    expect(await greedy.read('hasSucceeded')).toBe(false);
    await expectError('NothingToWithdraw', f.alice.withdraw(0, greedy.address));
  });

  it('pay a void deposit to whom its payer named, not to the payer', async () => {
    const deposit = { index: 9, token: 0, amount: 70n, refundTo: recipient } as const;
    const { events } = await f.alice.send(f.alice.calls.depositToFor(deposit));
    const [queued] = events;
    if (queued?.type !== 'queued') return expect.unreachable();
    expect(queued.entry.item).toEqual({ opcode: 2, index: 9, token: 0, amount: 70n, address: BigInt(recipient) });
    const again = new TestLedger(f.deployment.domain);
    again.replay([first, second]);
    const closed = again.close({ timestamp: await f.now(), queue: [queued.entry] });
    const owed = await f.alice.pendingWithdrawal(0, recipient);
    await f.alice.proveBatches([proven(await f.sequencer.commitBatch(closed, NO_EVM))]);
    expect((await f.alice.pendingWithdrawal(0, recipient)) - owed).toBe(70n);
    const nobody = `0x${'00'.repeat(20)}` as const;
    await expectError('ZeroAddress', f.alice.send(f.alice.calls.depositToFor({ ...deposit, refundTo: nobody })));
    await expectError('IndexOutOfRange', f.alice.send(f.alice.calls.depositToFor({ ...deposit, index: 0 })));
  });

  it('do not let a token call back for more', async () => {
    const hostile = await f.deployTest('ReentrantToken');
    await hostile.write('mint', [f.alice.account, 100n]);
    const { id } = await f.alice.registerToken(hostile.address);
    // Void, since account 1 holds ETH: what comes back is owed on L1.
    const entry = await f.alice.depositTo({ index: 1, token: id, amount: 100n });
    const again = new TestLedger(f.deployment.domain);
    again.replay([first, second]);
    const posted = await f.sequencer.commitBatch(again.close({ timestamp: await f.now(), queue: [entry] }), NO_EVM);
    await f.alice.proveBatches([proven(posted)]);
    const data = encodeFunctionData({ abi: rollupAbi, functionName: 'withdraw', args: [id, f.alice.account] });
    await hostile.write('arm', [f.deployment.address, data]);
    await f.alice.withdraw(id);
    expect(await hostile.read('wasCalledBack')).toBe(false);
    expect(await hostile.read('answer')).toBe('0x3ee5aeb5'); // ReentrancyGuardReentrantCall()
    expect(await hostile.read('balanceOf', [f.alice.account])).toBe(100n);
    await expectError('NothingToWithdraw', f.alice.withdraw(id));
  });

  it('keep what a receiver refuses', async () => {
    const refusing = await f.deployTest('PlainToken', ['No', 'NO']);
    await ledgerExitTo(refusing.address, 60n);
    await expectError('EtherTransferFailed', f.alice.withdraw(0, refusing.address));
    expect(await pending(0, refusing.address)).toBe(60n);
  });

  /** A third batch, on a ledger of its own, with one exit. */
  async function ledgerExitTo(owner: Address, amount: bigint): Promise<bigint> {
    const again = new TestLedger(f.deployment.domain);
    again.replay([first, second]);
    const tx = signed(actor(1), { signer: 1, nonce: 1, ops: [exit(1, BigInt(owner), amount)] });
    const posted = await f.sequencer.commitBatch(again.close({ timestamp: await f.now(), txs: [tx] }), NO_EVM);
    await f.alice.proveBatches([proven(posted)]);
    return pending(0, owner);
  }
});
