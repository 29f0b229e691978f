/** Claims of what left the EVM lane, and leaving a frozen rollup: by proofs that are looked at first. */
import { type Address, toHex } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OutboxLeaf } from '../../../../genesis/predeploys/outbox.ts';
import { packState } from '../../../../protocol/account.ts';
import { accountIndex } from '../../../../protocol/ids.ts';
import { actor } from '../../../../protocol/testing/actors.ts';
import { ANY_PROOF } from '../../../testing/ledger.ts';
import { RecoveryError } from '../recovery/errors.ts';
import type { Recovery } from '../recovery/types.ts';
import type { Actor, Bridge } from './api.ts';
import { reached, stepsBy, ToldNode, TransferWorld } from './testing/transferWorld.ts';
import { toTrouble } from './trouble.ts';
import type { Transfer } from './types.ts';

let world: TransferWorld;
let told: ToldNode;
let bridge: Bridge;
let alice: Actor;
let leaf: OutboxLeaf;
const HASH = toHex(7, { size: 32 });

beforeAll(async () => {
  world = await TransferWorld.start();
  await world.lane.alice.depositEvm({ amount: 50n });
  await world.f.alice.depositNew({ token: 0, amount: 400n, key: actor(1).key });
  await world.lane.settle({ queue: await world.queue(0n) });
  leaf = world.lane.withdraw({ amount: 3n, recipient: world.alice });
  await world.lane.settle();
});
afterAll(() => world?.stop());
beforeEach(() => {
  told = new ToldNode();
  told.answers.engram_getWithdrawals = () => [view(leaf)];
  told.answers.engram_getWithdrawalProof = () => proof(leaf);
  bridge = world.open({ told });
  alice = bridge.actor(world.wallet());
});

const view = (of: OutboxLeaf) => ({
  ...{ ...of, index: of.index.toString(), amount: of.amount.toString() },
  ...{ block: '2', transactionHash: HASH, status: 'claimable' },
});
const proof = (of: OutboxLeaf) => ({
  ...{ withdrawal: view(of), root: world.lane.outbox.root, batch: 2, siblings: world.lane.outbox.proof(leaf.index) },
});
const codeOf = async (act: Promise<unknown>): Promise<unknown> =>
  act.then(
    () => undefined,
    (error: unknown) => toTrouble(error).code,
  );
const withdrawal = async (index = 0): Promise<Transfer | undefined> =>
  (await bridge.transfers(world.alice)).find(({ id }) => id === `laneWithdrawal:${index}`);

describe('a withdrawal from the EVM lane', () => {
  it('is claimed by no proof of another one, nor by one that L1 has no root for', async () => {
    const more = { ...leaf, amount: 4n };
    told.answers.engram_getWithdrawalProof = () => proof(more);
    expect(await withdrawal()).toMatchObject({ trouble: { code: 'NOT_ON_L1' } });
    expect(await codeOf(alice.claim({ id: 'laneWithdrawal:0' }))).toBe('NOT_ON_L1');
    told.answers.engram_getWithdrawalProof = () => ({ ...proof(leaf), siblings: ['0x12'] });
    expect(await codeOf(alice.claim({ id: 'laneWithdrawal:0' }))).toBe('BAD_ANSWER');
    told.answers.engram_getWithdrawalProof = () => proof({ ...leaf, index: 1n });
    expect(await codeOf(alice.claim({ id: 'laneWithdrawal:0' }))).toBe('BAD_ANSWER');
    expect(bridge.intents(world.alice)).toEqual([]);
  });

  it('is claimable by its proof, claimed once, and known as claimed without the node', async () => {
    expect(await withdrawal()).toMatchObject({ action: 'claim', amount: 3n, id: 'laneWithdrawal:0' });
    const sent = await alice.claim({ id: 'laneWithdrawal:0' });
    await world.mined(sent.hash);
    expect(await withdrawal()).toMatchObject({ isFinished: true });
    expect(await codeOf(alice.claim({ id: 'laneWithdrawal:0' }))).toBe('AlreadyClaimed');
    const alone = await world.open().transfers(world.alice);
    expect(alone.find(({ id }) => id === 'laneWithdrawal:0')).toMatchObject({ amount: 3n, isFinished: true });
  });

  it('for somebody else is followed, too', async () => {
    const other = world.lane.withdraw({ amount: 5n, recipient: world.bob, sender: world.alice });
    await world.lane.settle();
    told.answers.engram_getWithdrawals = () => [view(other)];
    told.answers.engram_getWithdrawalProof = () => ({
      ...proof(other),
      siblings: world.lane.outbox.proof(other.index),
    });
    expect(await withdrawal(1)).toMatchObject({ action: 'claim', recipient: world.bob });
    await world.lane.claim(other);
    expect(await withdrawal(1)).toMatchObject({ isFinished: true });
  });
});

describe('a frozen rollup', () => {
  let asked: number[];
  const recovery = (): Recovery => ({
    ledger: async () => ({
      ...{ batch: 1, isFrozen: true, exits: [] },
      accounts: [{ index: 1, kind: 'KEY', token: 0, balance: 400n, key: actor(1).key, isEscaped: false }],
    }),
    prove: async (index) => {
      asked.push(index);
      const account = world.lane.ledger.tree.get(accountIndex(index)) ?? expect.unreachable();
      const { a, b, c } = account;
      return { leaf: { leaf: { index, state: packState(account), a, b, c }, proof: ANY_PROOF } };
    },
    stop: () => undefined,
  });

  beforeAll(async () => {
    await world.f.alice.depositNew({ token: 0, amount: 77n, key: actor(1).key });
    await world.f.alice.forcedExit(1);
    await world.f.warp(86_400 + 10);
    world.ahead += 86_410;
  });
  beforeEach(() => {
    asked = [];
    bridge = world.open({ recovery: recovery() });
    alice = bridge.actor(world.wallet());
  });

  const find = async (id: string): Promise<Transfer> =>
    (await bridge.transfers(world.alice)).find((transfer) => transfer.id === id) ?? expect.unreachable(id);

  it('is frozen by whoever waits for its queue', async () => {
    expect(await find('deposit:1')).toMatchObject({ action: 'freeze' });
    expect(await codeOf(alice.refund({ id: 'deposit:1' }))).toBe('NotFrozen');
    const sent = await alice.freeze();
    await world.mined(sent.hash);
    expect(await bridge.state()).toMatchObject({ isFrozen: true, canFreeze: false });
    expect(await find('deposit:1')).toMatchObject({ action: 'refund' });
    expect(bridge.intents(world.alice)).toEqual([]);
    expect(await codeOf(alice.deposit({ token: 0, amount: 1n, key: actor(1).key }))).toBe('Frozen');
  });

  it('gives back what the queue has, each item once', async () => {
    for (const id of ['deposit:1', 'forcedExit:2']) {
      await world.mined((await alice.refund({ id })).hash);
      expect(await find(id)).toMatchObject({ action: 'withdraw', trouble: { code: 'ROLLUP_FROZEN' } });
      expect(await codeOf(alice.refund({ id }))).toBe('QueueMismatch');
    }
    expect(await world.open().transfers(world.alice)).toEqual(await bridge.transfers(world.alice));
  });

  it('lets accounts out by a proof, once, without a node', async () => {
    expect(await bridge.holdings(world.alice)).toMatchObject({
      ...{ source: 'l1', batch: 1, lane: [], accounts: [{ index: 1, balance: 400n }] },
    });
    const cut = { ...recovery(), ledger: () => Promise.reject(new RecoveryError('L1_HISTORY_MISSING')) };
    const lost = world.open({ recovery: cut }).holdings(world.alice);
    await expect(lost).rejects.toMatchObject({ code: 'L1_HISTORY_MISSING' });
    await world.mined((await alice.escape({ account: 1 })).hash);
    expect(asked).toEqual([1]);
    expect(await find('escape:1')).toMatchObject({ amount: 400n, account: 1, action: 'withdraw' });
    expect(stepsBy(await find('escape:1'))).toBe('sent:done onL1:done claimable:done claimed:now');
    expect(await codeOf(alice.escape({ account: 1 }))).toBe('AlreadyEscaped');
    expect(asked).toEqual([1]);
    const before = await world.f.balance(world.alice);
    await world.mined((await alice.withdraw(0)).hash);
    expect(await world.f.balance(world.alice)).toBeGreaterThan(before - 10n ** 15n);
    for (const id of ['escape:1', 'deposit:1', 'forcedExit:2']) {
      expect(await find(id)).toMatchObject({ isFinished: true });
      expect(reached(await find(id))).toBe('claimed');
    }
  });
});

describe('the account that a deposit names', () => {
  it('must have the key by recovery where there is no node', async () => {
    const ledger = async () => ({
      ...{ batch: 1, isFrozen: false, exits: [] },
      accounts: [{ index: 1, kind: 'KEY' as const, token: 0, balance: 1n, key: actor(2).key }],
    });
    const recovery: Recovery = { ledger, prove: () => expect.unreachable(), stop: () => undefined };
    const by = world.open({ recovery }).actor(world.wallet());
    const to = { token: 0, amount: 1n, account: 1 } satisfies { token: number; amount: bigint; account: number };
    expect(await codeOf(by.deposit({ ...to, key: actor(1).key }))).toBe('ACCOUNT_UNPROVEN');
    // goes on, as far as the frozen contract
    expect(await codeOf(by.deposit({ ...to, key: actor(2).key }))).toBe('Frozen');
    const nobody: Address = world.alice;
    expect(
      await codeOf(
        world
          .open()
          .actor(world.wallet(undefined, nobody))
          .deposit({ ...to, key: actor(2).key }),
      ),
    ).toBe('ACCOUNT_UNPROVEN');
  });
});
