import { createHash } from 'node:crypto';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { TEST_SETTINGS } from '../../bridge/testing/fixture.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { attest, open, transfer } from '../../sdk/ops.ts';
import { devAccount } from '../devnet/accounts.ts';
import { ProvenChain } from '../testing/provenChain.ts';
import { engram } from '../testing/runCli.ts';
import { Exit } from './output.ts';

/** The way out when the sequencer is gone: nothing but L1, the command line, and real proofs of the accounts. */
let chain: ProvenChain;
const accounts = { alice: 0 as AccountIndex, bob: 0 as AccountIndex };
/** Indices that the sequencer gives out: the next free ones, asked for in the first test that needs them. */
const indices = new Map<string, AccountIndex>();
const indexOf = (name: string): AccountIndex => indices.get(name) ?? expect.unreachable(name);
const addressOf = (name: 'alice' | 'bob') => devAccount(name).l1.address;

beforeAll(async () => {
  chain = await ProvenChain.start();
  await chain.run(async ({ deposit, send }) => {
    accounts.alice = await deposit('alice');
    accounts.bob = await deposit('bob');
    const { alice, bob } = accounts;
    const artefact = artefactCommitment(createHash('sha256').update('weights').digest());
    await send('alice', alice, [
      transfer({ from: alice, to: bob, amount: parseEther('2') }),
      attest({ from: alice, artefact, subtype: Subtype.MODEL, royaltyBps: 500, amount: parseEther('0.25') }),
    ]);
    const [voucherKey, expiry] = [devAccount('carol').key, 2 ** 40 - 1 - 86_400];
    // Bob pays Alice through the channel; it is far from over, and leaves all the same.
    await send('bob', bob, [open({ from: bob, provider: alice, voucherKey, amount: parseEther('1'), expiry })]);
  });
});
afterAll(() => chain?.stop());

/** No node: `--rpc` leads nowhere. */
function onL1(command: string, ...args: string[]) {
  const { address } = chain.deployment;
  return engram(command, '--l1', chain.l1.url, '--rollup', address, '--rpc', 'http://127.0.0.1:9', '--json', ...args);
}

describe('leaving a chain whose sequencer is gone', () => {
  it('cannot be frozen or escaped from before a deadline has passed', async () => {
    const frozen = await onL1('freeze', '--dev', 'bob');
    expect(frozen.exit).toBe(Exit.REFUSED);
    for (const which of [['--index', String(accounts.bob)], []]) {
      const early = await onL1('escape', '--dev', 'bob', ...which);
      expect([early.exit, early.json.error.code]).toEqual([Exit.REFUSED, 'NOT_FROZEN']);
    }
  });

  it('says what a wallet controls: its accounts, the channels it pays for, what it attested', async () => {
    const listed = await onL1('escape', '--dev', 'bob', '--list');
    expect(listed.json).toMatchObject({
      owner: addressOf('bob'),
      accounts: [
        { index: accounts.bob, kind: 'key', token: 0, balance: parseEther('6').toString(), isEscaped: false },
        { kind: 'channel', token: 0, balance: parseEther('1').toString(), isEscaped: false },
      ],
    });
    const alices = await onL1('escape', '--dev', 'carol', '--list', '--owner', addressOf('alice'));
    expect(alices.json.accounts).toMatchObject([
      { index: accounts.alice, kind: 'key' },
      { kind: 'attestation', balance: parseEther('0.25').toString() },
    ]);
    indices.set('channel', listed.json.accounts[1].index);
    indices.set('model', alices.json.accounts[1].index);
    const keyless = await onL1('escape', '--list', '--owner', addressOf('alice'));
    expect(keyless.json).toEqual(alices.json);
    const wrong = await onL1('escape', '--dev', 'bob', '--list', '--index', '1');
    expect([wrong.exit, wrong.json.error.code]).toEqual([Exit.USAGE, 'BAD_OPTIONS']);
  });

  it('demands on L1, freezes after the deadline, and escapes with a proof made from L1 data', async () => {
    const demand = await onL1('forced-exit', '--dev', 'bob', '--index', String(accounts.bob));
    expect(demand.exit).toBe(Exit.OK);
    const { testClient } = localClients(chain.l1);
    await testClient.increaseTime({ seconds: TEST_SETTINGS.queueDeadlineSeconds + 1 });
    await testClient.mine({ blocks: 1 });
    expect((await onL1('freeze', '--dev', 'carol')).exit).toBe(Exit.OK);

    const escaped = await onL1('escape', '--dev', 'bob', '--index', String(accounts.bob));
    expect(escaped.json).toMatchObject({ index: accounts.bob, token: 0, amount: parseEther('6').toString() });
    const paid = await onL1('withdraw', '--dev', 'bob');
    expect(paid.json).toMatchObject({ owner: addressOf('bob'), amount: parseEther('6').toString() });
  });

  it('lets an account out once, and only accounts that exist', async () => {
    const twice = await onL1('escape', '--dev', 'bob', '--index', String(accounts.bob));
    expect([twice.exit, twice.json.error.code]).toEqual([Exit.REFUSED, 'AlreadyEscaped']);
    const none = await onL1('escape', '--dev', 'bob', '--index', '4000');
    expect([none.exit, none.json.error.code]).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
  });

  it('lets a channel out to its payer, whoever asks', async () => {
    const escaped = await onL1('escape', '--dev', 'carol', '--index', String(indexOf('channel')));
    expect(escaped.json).toMatchObject({
      ...{ index: indexOf('channel'), kind: 'channel', controller: accounts.bob },
      amount: parseEther('1').toString(),
    });
    expect((await onL1('withdraw', '--dev', 'bob')).json.amount).toBe(parseEther('1').toString());
    const again = await onL1('escape', '--dev', 'bob');
    expect([again.exit, again.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOTHING_TO_ESCAPE']);
  });

  it('lets everything out that a wallet controls, at once', async () => {
    const escaped = await onL1('escape', '--dev', 'carol', '--owner', addressOf('alice'));
    expect(escaped.json.escaped).toMatchObject([
      { index: accounts.alice, kind: 'key', amount: parseEther('2.75').toString() },
      { index: indexOf('model'), kind: 'attestation', amount: parseEther('0.25').toString() },
    ]);
    const nothing = await onL1('withdraw', '--dev', 'carol');
    expect([nothing.exit, nothing.json.error.code]).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
    expect((await onL1('withdraw', '--dev', 'alice')).json.amount).toBe(parseEther('3').toString());
  });
});
