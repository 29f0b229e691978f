import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxLeaf } from '../genesis/predeploys/outbox.ts';
import type { EvmLaneReceipt } from './client/evmLaneClient.ts';
import type { Hex } from './client/types.ts';
import { type Contract, expectError, Fixture, TEST_SETTINGS } from './testing/fixture.ts';
import { LaneWorld, lower } from './testing/laneWorld.ts';
import { ANY_PROOF } from './testing/ledger.ts';

const { queueFee } = TEST_SETTINGS;
const SOMEONE = `0x${'a1'.repeat(20)}` as const;

let f: Fixture;
let w: LaneWorld;
let token: Contract;
/** The rollup's id of `token`; Alice has 1000 of it. */
let id: number;
beforeAll(async () => {
  f = await Fixture.start();
  token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  await token.write('mint', [f.alice.account, 1000n]);
  ({ id } = await f.alice.registerToken(token.address));
  await f.keep();
});
beforeEach(async () => {
  await f.reset();
  w = await LaneWorld.open(f);
});
afterAll(() => f?.l1.stop());

const tokensOf = (owner: Hex) => token.read('balanceOf', [owner]);
const toL1 = (leaf: OutboxLeaf, by = w.alice): Promise<EvmLaneReceipt> =>
  by.claimToL1(leaf, w.outbox.proof(leaf.index));

describe('a claim', () => {
  it('pays ETH to the recipient, whoever asks for it, once', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaves = [10n, 20n, 30n].map((amount) => w.withdraw({ amount, recipient: SOMEONE }));
    await w.settle();
    const [first, second] = leaves as [OutboxLeaf, OutboxLeaf];
    const { events } = await w.claim(second);
    const paid = { type: 'claimed', index: 1n, recipient: SOMEONE, token: 0, amount: 20n, account: 0 };
    expect(events).toMatchObject([paid]);
    expect(await f.balance(SOMEONE)).toBe(20n);
    expect(await w.alice.isClaimed(1n)).toBe(true);
    expect(await w.alice.isClaimed(0n)).toBe(false);
    await expectError('AlreadyClaimed', w.claim(second));
    await w.claim(first);
    expect(await f.balance(w.address)).toBe(70n);
  });

  it('pays tokens', async () => {
    await w.alice.depositEvmToken({ token: id, amount: 100n });
    const leaf = w.withdraw({ token: id, amount: 40n, recipient: SOMEONE });
    await w.settle();
    await w.claim(leaf);
    expect(await tokensOf(SOMEONE)).toBe(40n);
    expect(await tokensOf(w.address)).toBe(60n);
    await expectError('AlreadyClaimed', w.claim(leaf));
  });

  it('stays good under every later root, and is one claim under all of them', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 10n });
    await w.settle();
    const early = w.outbox.proof(leaf.index);
    w.withdraw({ amount: 20n });
    await w.settle();
    await w.bob.claim(leaf, early);
    await expectError('AlreadyClaimed', w.claim(leaf));
    await expectError('AlreadyClaimed', toL1(leaf));
  });

  it('of nothing under an unattested root is refused, the same after attestation pays', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 10n });
    const outcome = await w.prove();
    await expectError('RootNotAttested', w.claim(leaf));
    await w.attest(outcome, [1, 2]);
    await expectError('RootNotAttested', w.claim(leaf));
    await w.attest(outcome, [0]);
    await w.claim(leaf);
  });
});

describe('a claim is refused', () => {
  let leaf: OutboxLeaf;
  let other: OutboxLeaf;
  beforeEach(async () => {
    await w.alice.depositEvm({ amount: 1000n });
    leaf = w.withdraw({ amount: 10n });
    other = w.withdraw({ amount: 20n, recipient: f.bob.account });
    await w.settle();
  });
  const claimAs = (change: Partial<OutboxLeaf>, of = leaf) =>
    w.bob.claim({ ...of, ...change }, w.outbox.proof(of.index));

  it.each<[string, Partial<OutboxLeaf>]>([
    ['another amount', { amount: 11n }],
    ['another recipient', { recipient: SOMEONE }],
    ['another sender', { sender: SOMEONE }],
    ['another token', { token: 1 }],
    ['an account of the ledger', { account: 1 }],
    ['another index', { index: 1n }],
    ['an index without a leaf', { index: 2n }],
  ])('with %s', (_name, change) => expectError('RootNotAttested', claimAs(change)).then(() => undefined));

  it('with the proof of another leaf, or one sibling changed', async () => {
    await expectError('RootNotAttested', w.bob.claim(leaf, w.outbox.proof(other.index)));
    const proof = w.outbox.proof(leaf.index);
    for (const at of [0, 1, 31]) {
      const changed = proof.map((sibling, i): Hex => (i === at ? `0x${'01'.repeat(32)}` : sibling));
      await expectError('RootNotAttested', w.bob.claim(leaf, changed));
    }
    await expectError(
      'BAD_PROOF',
      Promise.resolve().then(() => w.bob.claim(leaf, proof.slice(1))),
    );
  });

  it('with an index whose path is that of another one', async () => {
    await w.claim(leaf);
    for (const bit of [32n, 33n, 255n]) {
      await expectError('IndexOutOfRange', claimAs({ index: leaf.index + (1n << bit) }));
    }
  });

  it('with an inner node in the place of a leaf', async () => {
    // The node above the two leaves is the hash of 64 bytes, a leaf is that of 192: what could stand for the node's first child is
    // an index far beyond the tree.
    const [sibling] = w.outbox.proof(leaf.index);
    await expectError('IndexOutOfRange', claimAs({ index: BigInt(sibling ?? '0x0') }));
  });

  it('with ETH that nobody asked for', async () => {
    const call = w.bob.calls.claim(leaf, w.outbox.proof(leaf.index));
    await expectError('WrongValue', w.bob.send({ ...call, value: 1n }));
  });
});

describe('what the rollup owes the lane', () => {
  it('is fetched by the claim that needs it', async () => {
    const queue = [await w.deposit(1000n)];
    const leaf = w.withdraw({ amount: 600n, recipient: SOMEONE });
    await w.settle({ queue, txs: [w.exit(1, 700n)] });
    expect(await f.alice.pendingWithdrawal(0, w.address)).toBe(700n);
    await w.claim(leaf);
    expect(await f.balance(SOMEONE)).toBe(600n);
    expect(await f.balance(w.address)).toBe(100n);
    expect(await f.alice.pendingWithdrawal(0, w.address)).toBe(0n);
  });

  it('is fetched in tokens, too', async () => {
    const queue = [await w.deposit(1000n, id)];
    const leaf = w.withdraw({ token: id, amount: 600n, recipient: SOMEONE });
    await w.settle({ queue, txs: [w.exit(1, 700n)] });
    await w.claim(leaf);
    expect(await tokensOf(SOMEONE)).toBe(600n);
    expect(await tokensOf(w.address)).toBe(100n);
  });

  it('can be fetched by anyone, here or there, and not twice', async () => {
    const queue = [await w.deposit(1000n)];
    await w.prove({ queue, txs: [w.exit(1, 300n)] });
    await w.bob.collect(0);
    expect(await f.balance(w.address)).toBe(300n);
    await expectError('NothingToWithdraw', w.bob.collect(0));
    await w.prove({ txs: [w.exit(1, 200n)] });
    await f.bob.withdraw(0, w.address);
    expect(await f.balance(w.address)).toBe(500n);
  });

  it('does not cover what it does not cover: the claim waits', async () => {
    const queue = [await w.deposit(1000n)];
    const leaf = w.withdraw({ amount: 100n });
    await w.settle({ queue, txs: [w.exit(1, 99n)] });
    const error = await expectError('VaultShort', w.claim(leaf));
    expect(error.data).toEqual({ args: [0n, 99n, 100n] });
    await w.alice.depositEvm({ amount: 1n });
    await w.claim(leaf);
  });

  it('in another token pays nothing', async () => {
    await w.alice.depositEvm({ amount: 1000n });
    const leaf = w.withdraw({ token: id, amount: 5n });
    const unknown = w.withdraw({ token: 9, amount: 5n });
    await w.settle();
    await expectError('VaultShort', w.claim(leaf));
    await expectError('UnknownToken', w.claim(unknown));
  });
});

describe('a recipient', () => {
  it('that refuses ETH loses nothing: the claim can be made again', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const moody = await f.deployTest('MoodyReceiver');
    const leaf = w.withdraw({ amount: 40n, recipient: moody.address });
    await w.settle();
    await expectError('EtherTransferFailed', w.claim(leaf));
    expect(await w.alice.isClaimed(0n)).toBe(false);
    expect(await f.balance(w.address)).toBe(100n);
    await moody.write('setWilling', [true]);
    await w.claim(leaf);
    expect(await f.balance(moody.address)).toBe(40n);
  });

  it('that calls back gets its leaf once, and no other leaf within the call', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const greedy = await f.deployTest('GreedyReceiver');
    const leaves = [w.withdraw({ amount: 10n, recipient: greedy.address }), w.withdraw({ amount: 20n })] as const;
    await w.settle();
    for (const again of leaves) {
      const snapshot = await f.clients.testClient.snapshot();
      const { data } = w.bob.calls.claim(again, w.outbox.proof(again.index));
      await greedy.write('arm', [w.address, data]);
      await w.claim(leaves[0]);
      expect(await greedy.read('attempts')).toBe(1n);
      expect(await greedy.read('hasSucceeded')).toBe(false);
      expect(await f.balance(greedy.address)).toBe(10n);
      await f.clients.testClient.revert({ id: snapshot });
    }
  });

  it('cannot be paid twice by a token that calls back', async () => {
    const hostile = await f.deployTest('ReentrantToken');
    await hostile.write('mint', [f.alice.account, 100n]);
    const { id: hostileId } = await f.alice.registerToken(hostile.address);
    await w.alice.depositEvmToken({ token: hostileId, amount: 100n });
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ token: hostileId, amount: 30n, recipient: SOMEONE });
    const ether = w.withdraw({ amount: 30n, recipient: SOMEONE });
    await w.settle();
    for (const again of [leaf, ether]) {
      const snapshot = await f.clients.testClient.snapshot();
      const { data } = w.bob.calls.claim(again, w.outbox.proof(again.index));
      await hostile.write('arm', [w.address, data]);
      await w.claim(leaf);
      expect(await hostile.read('wasCalledBack')).toBe(false);
      expect(await hostile.read('balanceOf', [SOMEONE])).toBe(30n);
      expect(await f.balance(SOMEONE)).toBe(0n);
      await f.clients.testClient.revert({ id: snapshot });
    }
  });

  it('of a lying token takes nobody else’s money', async () => {
    const { id: lie } = await f.alice.registerToken((await f.deployTest('LyingToken')).address);
    await w.alice.depositEvm({ amount: 100n });
    await w.alice.depositEvmToken({ token: id, amount: 100n });
    await w.alice.depositEvmToken({ token: lie, amount: 10n ** 18n });
    const leaf = w.withdraw({ token: lie, amount: 10n ** 18n });
    await w.settle();
    await w.claim(leaf);
    expect(await f.balance(w.address)).toBe(100n);
    expect(await tokensOf(w.address)).toBe(100n);
  });
});

describe('a withdrawal to the ledger', () => {
  it('becomes a deposit to the account in the recipient’s name, with the caller’s fee', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 40n, account: 7, recipient: SOMEONE });
    await w.settle();
    const call = w.bob.calls.claim(leaf, w.outbox.proof(leaf.index));
    expect(call.value).toBe(queueFee);
    await expectError('WrongValue', w.bob.send({ ...call, value: 0n }));
    await expectError('WrongValue', w.bob.send({ ...call, value: queueFee + 1n }));
    const { events } = await w.claim(leaf);
    expect(events).toMatchObject([{ type: 'claimed', index: 0n, account: 7, amount: 40n }]);
    const [entry] = await f.alice.readQueue(0n, 1n);
    expect(entry?.item).toEqual({ opcode: 2, index: 7, token: 0, amount: 40n, address: BigInt(SOMEONE) });
    expect(await f.balance(w.address)).toBe(60n);
    await expectError('AlreadyClaimed', w.claim(leaf));
  });

  it('becomes one in tokens, also with what the rollup still owes', async () => {
    const queue = [await w.deposit(1000n, id)];
    const leaf = w.withdraw({ token: id, amount: 500n, account: 1 });
    await w.settle({ queue, txs: [w.exit(1, 700n)] });
    await w.claim(leaf);
    const [entry] = await f.alice.readQueue(1n, 2n);
    expect(entry?.item).toMatchObject({ opcode: 2, index: 1, token: id, amount: 500n });
    expect(await tokensOf(w.address)).toBe(200n);
    expect(await tokensOf(f.deployment.address)).toBe(800n);
  });

  it('is not paid with the fee that the caller brings', async () => {
    await w.alice.depositEvm({ amount: 40n });
    const queue = [await w.deposit(1000n)];
    const leaf = w.withdraw({ amount: 41n, account: 1 });
    await w.settle({ queue });
    const error = await expectError('VaultShort', w.claim(leaf));
    expect(error.data).toEqual({ args: [0n, 40n, 41n] });
    await w.prove({ txs: [w.exit(1, 10n)] });
    await w.claim(leaf);
    expect(await f.balance(w.address)).toBe(9n);
  });

  it('whose account cannot take it is paid to the recipient by the rollup', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 40n, account: 7, recipient: SOMEONE });
    await w.settle();
    await w.claim(leaf);
    await w.prove({ queue: await f.alice.readQueue(0n, 1n) });
    expect(await f.alice.pendingWithdrawal(0, SOMEONE)).toBe(40n);
  });

  it('to an index that cannot be is the recipient’s to take on L1', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 40n, account: 2 ** 24 });
    await w.settle();
    await expectError('IndexOutOfRange', w.claim(leaf));
    await expectError('NotRecipient', toL1(leaf, w.bob));
    const before = await f.balance(w.address);
    const { events } = await toL1(leaf);
    expect(events).toMatchObject([{ type: 'claimed', recipient: lower(f.alice.account), amount: 40n, account: 0 }]);
    expect(await f.balance(w.address)).toBe(before - 40n);
    await expectError('AlreadyClaimed', toL1(leaf));
    await expectError('AlreadyClaimed', w.claim(leaf));
  });

  it('on L1 needs the same proof', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 40n, account: 3 });
    await w.settle();
    await expectError('RootNotAttested', toL1({ ...leaf, amount: 41n }));
    await expectError('RootNotAttested', toL1({ ...leaf, account: 0 }));
    await toL1(leaf);
  });
});

describe('after a freeze', () => {
  it('everything withdrawn in time can be claimed on L1', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const queue = [await w.deposit(1000n)];
    const plain = w.withdraw({ amount: 300n, recipient: SOMEONE });
    const toLedger = w.withdraw({ amount: 200n, account: 1 });
    const outcome = await w.prove({ queue, txs: [w.exit(1, 400n)] });
    await f.alice.forcedExit(1);
    await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await f.bob.freeze();
    await w.attest(outcome); // as long as the rollup remembers the batch
    await w.claim(plain);
    expect(await f.balance(SOMEONE)).toBe(300n);
    await expectError('Frozen', w.claim(toLedger));
    await toL1(toLedger);
    expect(await f.balance(w.address)).toBe(0n);
  });

  it('what was in no proven batch cannot', async () => {
    await w.alice.depositEvm({ amount: 100n });
    const leaf = w.withdraw({ amount: 100n });
    const outcome = await w.commit();
    await f.alice.forcedExit(1);
    await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
    await f.bob.freeze();
    await expectError('UnknownBatch', w.attest(outcome));
    await expectError('Frozen', f.bob.proveBatches([{ posted: outcome.posted, proof: ANY_PROOF }]));
    await expectError('RootNotAttested', w.claim(leaf));
  });
});
