/**
 * How money leaves channels and attestations when somebody does not play along: at the boundary of the time of grace, through L1's queue,
 * and after a freeze with real account proofs. One story on one ledger, told in order; at its end the vault is empty to the wei and
 * L1's data alone give the node's ledger. Batch proofs are not the point here (aiLife.test.ts has them).
 */
import { type Address, parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import type { QueueEntry } from '../../bridge/client/types.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { expectError } from '../../bridge/testing/fixture.ts';
import { escapeAccount, escapeAll } from '../../node/cli/escapeAccount.ts';
import { rebuildProvenTree } from '../../node/cli/rebuild.ts';
import { type DevName, devAccount } from '../../node/devnet/accounts.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { close } from '../../sdk/ops.ts';
import type { RpcClient } from '../../sdk/rpcClient.ts';
import { waitForBatch } from './support/batches.ts';
import { attestModel, claimOf, include, openChannel, ROYALTY_BPS, voucher } from './support/channels.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { User } from './support/user.ts';

const MINUTES = 60_000;
const DAY = 86_400;
const SETTINGS = {
  graceSeconds: 4 * DAY,
  proveDeadlineSeconds: 4 * DAY,
  maxAgeSeconds: 4 * DAY,
  queueDeadlineSeconds: 14 * DAY,
};
const BURNED: Address = '0x000000000000000000000000000000000000dEaD';
const LONG_AGO = 1_600_000_000;
const DEPOSIT = parseEther('10');
const CHANNEL = parseEther('1');

let devnet: InstantDevnet;
let rpc: RpcClient;
/** The consumer, the provider, the model's owner. */
let alice: User;
let carol: User;
let bob: User;
let model: AccountIndex;
/** Ends while the story goes on; over before it begins; lasts. */
let racing: AccountIndex;
let over: AccountIndex;
let lasting: AccountIndex;
const left: QueueEntry[] = [];

beforeAll(async () => {
  devnet = await startInstantDevnet({ settings: SETTINGS });
  rpc = devnet.rpc;
  for (const name of ['alice', 'bob', 'carol'] as const) {
    await (await as(name)).depositNew({ token: 0, amount: DEPOSIT, key: devAccount(name).key });
  }
  alice = await User.open('alice', rpc);
  bob = await User.open('bob', rpc);
  carol = await User.open('carol', rpc);
  model = await attestModel(rpc, bob, 0xa1n);
  const { time } = await rpc.request('engram_chainInfo', []);
  const parts = { provider: carol, model, amount: CHANNEL };
  racing = await openChannel(rpc, alice, { ...parts, expiry: time + DAY });
  over = await openChannel(rpc, alice, { ...parts, expiry: LONG_AGO });
  lasting = await openChannel(rpc, alice, { ...parts, expiry: time + 30 * DAY });
  await proven();
}, 5 * MINUTES);
afterAll(() => devnet?.stop());

const as = (name: DevName): Promise<RollupClient> => devnet.as(name);
const address = (name: DevName): Address => devAccount(name).l1.address;
const owed = async (name: DevName): Promise<bigint> => (await as('grace')).pendingWithdrawal(0, address(name));
const balance = async (index: number): Promise<bigint> =>
  BigInt((await rpc.request('engram_getAccount', [index]))?.balance ?? -1);

/** Closes the open batch and waits until L1 has it proven. */
async function proven(): Promise<void> {
  await devnet.node.sequencer.closeBatch();
  const { heads } = await rpc.request('engram_chainInfo', []);
  await waitForBatch(rpc, heads.unsafe.batch, 'proven');
}

async function claim(channel: AccountIndex, total: bigint) {
  const signed = voucher(channel, total, { domain: carol.domain });
  const op = await claimOf(rpc, carol, signed);
  const nonce = (await rpc.request('engram_getAccount', [carol.index]))?.nonce ?? 0;
  return carol.signAt(nonce, [op], carol.domain, [signed.signature]);
}

async function closing(channel: AccountIndex, amount: bigint) {
  const nonce = (await rpc.request('engram_getAccount', [alice.index]))?.nonce ?? 0;
  return alice.signAt(nonce, [close({ channel, to: alice.index, amount })]);
}

const submit = ({ bytes }: { bytes: `0x${string}` }) => rpc.request('engram_sendTransaction', [bytes]);

describe('a claim races a close', () => {
  const claimed = CHANNEL / 10n;

  it('and wins up to the end of the time of grace', async () => {
    const { time } = await rpc.request('engram_chainInfo', []);
    const { claimableUntil = 0 } = (await rpc.request('engram_getChannel', [racing])) ?? {};
    await rpc.request('engram_devAdvanceTime', [claimableUntil - 300 - time]);
    expect(await rpc.request('engram_getChannel', [racing])).toMatchObject({ state: 'expired' });
    const [paid, closed] = await Promise.allSettled([
      claim(racing, claimed).then((signed) => include(rpc, signed)),
      closing(racing, CHANNEL).then(submit),
    ]);
    expect(paid.status).toBe('fulfilled');
    expect(closed).toMatchObject({ status: 'rejected', reason: { reason: 'CHANNEL_NOT_OVER' } });
    expect(await balance(racing)).toBe(CHANNEL - claimed);
    await proven();
  });

  it('and loses after it: the payer has the rest, the provider what was claimed in time', async () => {
    await rpc.request('engram_devAdvanceTime', [400]);
    const before = { alice: await balance(alice.index), carol: await balance(carol.index) };
    const [paid, closed] = await Promise.allSettled([
      claim(racing, CHANNEL).then(submit),
      closing(racing, CHANNEL - claimed).then((signed) => include(rpc, signed)),
    ]);
    expect(paid).toMatchObject({ status: 'rejected', reason: { reason: 'CHANNEL_OVER' } });
    expect(closed.status).toBe('fulfilled');
    expect(await balance(racing)).toBe(0n);
    expect(await balance(alice.index)).toBe(before.alice + CHANNEL - claimed);
    expect(await balance(carol.index)).toBe(before.carol);
    await expect(closing(racing, 1n).then(submit)).rejects.toMatchObject({ reason: 'INSUFFICIENT_BALANCE' });
  });
});

describe('a forced exit from L1', () => {
  it('of an over channel pays its payer, of an attestation its owner, once each', async () => {
    const royalty = (CHANNEL / 10n / 10_000n) * BigInt(ROYALTY_BPS);
    expect(await balance(model)).toBe(royalty);
    await (await as('alice')).forcedExit(over);
    await (await as('bob')).forcedExit(model);
    await (await as('alice')).forcedExit(over); // nothing is left to take
    await served();
    expect(await owed('alice')).toBe(CHANNEL);
    expect(await owed('bob')).toBe(royalty);
    expect([await balance(over), await balance(model)]).toEqual([0n, 0n]);
    // Both accounts are still what they were.
    expect(await rpc.request('engram_getChannel', [over])).toMatchObject({ state: 'over', balance: '0' });
    expect(await rpc.request('engram_getAttestation', [model])).toMatchObject({ owner: bob.index, balance: '0' });
  });

  it('is void for a channel that is not over, and for anybody else', async () => {
    const before = [await owed('alice'), await owed('bob'), await owed('carol'), await owed('dave')];
    await (await as('alice')).forcedExit(lasting); // its provider may still claim
    await (await as('carol')).forcedExit(lasting); // the provider
    await (await as('carol')).forcedExit(over);
    await (await as('alice')).forcedExit(model);
    await (await as('dave')).forcedExit(lasting);
    await served();
    expect([await owed('alice'), await owed('bob'), await owed('carol'), await owed('dave')]).toEqual(before);
    expect(await balance(lasting)).toBe(CHANNEL);
    const { heads } = await rpc.request('engram_chainInfo', []);
    const batch = await rpc.request('engram_getBatch', [heads.unsafe.batch]);
    const exits = batch?.l1Ops.map(({ kind, index, isVoid, amount }) => ({ kind, index, isVoid, amount }));
    const empty = { kind: 'FORCED_EXIT', isVoid: true, amount: '0' };
    expect(exits).toEqual([lasting, lasting, over, model, lasting].map((index) => ({ ...empty, index })));
  });

  /** Until all of L1's queue is in a proven batch. */
  async function served(): Promise<void> {
    const rollup = await as('grace');
    for (;;) {
      const { proven: head, queueTail } = await rollup.state();
      if (head.queue === queueTail) return;
      await devnet.node.sequencer.pollQueue();
      await devnet.node.sequencer.tick();
      await proven();
    }
  }
});

describe('after a freeze', () => {
  it('the ledger that everybody rebuilds from L1 is the node’s', async () => {
    await include(rpc, await claim(lasting, CHANNEL / 4n)); // royalties are in the model's account again
    await proven();
    const { heads } = await rpc.request('engram_chainInfo', []);
    const { tree, batch } = await rebuildProvenTree(await as('frank'));
    expect({ root: String(tree.root), batch }).toEqual({ root: heads.proven.root, batch: heads.proven.batch });
    const found = [...tree.entries()].map(([index, account]) => [index, account.balance] as const);
    for (const [index, held] of found) expect(await balance(index), `account ${index}`).toBe(held);
  });

  it(
    'channels pay their payers and attestations their owners, each once, by proofs of their leaves',
    async () => {
      await devnet.node.stop();
      left.push(await (await as('alice')).forcedExit(lasting));
      await devnet.warp(SETTINGS.queueDeadlineSeconds + 60);
      await (await as('dave')).freeze();
      const before = { alice: await owed('alice'), bob: await owed('bob'), carol: await owed('carol') };
      const leave = async (index: AccountIndex) => escapeAccount({ index }, { rollup: await as('grace') });
      await leave(lasting); // anyone may: it is credited to the controller
      await leave(model);
      await expectError('AlreadyEscaped', leave(lasting));
      expect(await owed('alice')).toBe(before.alice + CHANNEL - CHANNEL / 4n);
      expect(await owed('bob')).toBe(before.bob + ((CHANNEL / 4n) * BigInt(ROYALTY_BPS)) / 10_000n);
      expect(await owed('carol')).toBe(before.carol); // what was claimed is in the provider's own account
      // The rest leaves, too: the controllers' own accounts.
      for (const name of ['alice', 'bob', 'carol'] as const) {
        await escapeAll({ owner: address(name) }, { rollup: await as('grace') });
      }
    },
    3 * MINUTES,
  );

  it('and when all is paid out the vault is empty to the wei', async () => {
    const rollup = await as('deployer');
    for (const entry of left) await rollup.refund(entry);
    const { publicClient } = localClients(devnet.l1);
    const owners = [...(['alice', 'bob', 'carol', 'dave', 'sequencer'] as const).map(address), BURNED];
    for (const owner of owners) {
      if ((await rollup.pendingWithdrawal(0, owner)) > 0n) await rollup.withdraw(0, owner);
    }
    expect(await publicClient.getBalance({ address: rollup.address })).toBe(0n);
  });
});
