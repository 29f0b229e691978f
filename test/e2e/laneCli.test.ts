/** `engram lane`: money in all directions from the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Exit } from '../../node/cli/output.ts';
import { devAccount } from '../../node/devnet/accounts.ts';
import { engram, type Run } from '../../node/testing/runCli.ts';
import { INBOX } from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';
import { type LanePerson, LaneWorld } from './support/laneWorld.ts';

let devnet: InstantDevnet;
let world: LaneWorld;
let alice: LanePerson;
let folder: string;
let account: number;

beforeAll(async () => {
  devnet = await startInstantDevnet();
  world = await LaneWorld.open(devnet);
  alice = world.who('alice');
  await world.mint('alice', parseEther('10'));
  const { queueIndex } = await alice.l1.deposit({ amount: parseEther('2'), key: alice.key.key });
  account = (await alice.ledger.waitForDeposit(queueIndex)).index;
  folder = mkdtempSync(join(tmpdir(), 'engram-lane-cli-'));
});
afterAll(async () => {
  await devnet?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const byAlice = ['--dev', 'alice'] as const;
const node = (): string[] => ['--rpc', devnet.rpcUrl];
const onL1 = (): string[] => [...node(), '--l1', devnet.l1Url, '--l1-start-block', String(devnet.deployedAt)];
const run = (...args: readonly (string | number)[]): Promise<Run> => engram('lane', ...args.map(String), '--json');
const shown = async (...args: readonly (string | number)[]): Promise<string> =>
  (await engram('lane', ...args.map(String))).stdout;
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];

describe('engram lane', () => {
  it('deposits ETH and a token, and waits until they are on the lane', async () => {
    const eth = await run('deposit', '--amount', '1.5ether', ...byAlice, ...onL1());
    expect(eth).toMatchObject({
      exit: 0,
      json: { message: '0', token: 0, isDelivered: true, block: expect.any(String) },
    });
    expect(eth.stderr).toContain('waiting until it is on the lane');
    const token = await run('deposit', '--amount', '2ether', '--token', world.token.id, ...byAlice, ...onL1());
    expect(token.json).toMatchObject({ token: world.token.id, amount: String(parseEther('2')), isDelivered: true });
    expect(await world.balance(alice.address, 0)).toBe(parseEther('1.5'));
    const refused = await run('deposit', '--amount', '1ether', '--token', 9, ...byAlice, ...onL1());
    expect(codeOf(refused)).toEqual([Exit.REFUSED, 'UnknownToken']);
    const calling = ['--amount', '1', '--token', world.token.id, '--data', '0x00'];
    expect(codeOf(await run('deposit', ...calling, ...byAlice, ...onL1()))).toEqual([Exit.REFUSED, 'INVALID_ARGUMENT']);
  });

  it('enters from the ledger', async () => {
    const before = await world.balance(alice.address, 0);
    const entered = await run('enter', '--from', account, '--amount', '1ether', ...byAlice, ...node());
    expect(entered).toMatchObject({ exit: 0, json: { status: 'included' } });
    expect((await world.balance(alice.address, 0)) - before).toBe(parseEther('1'));
  });

  it('withdraws to L1 and into the ledger, lists, and claims once', async () => {
    const keyFile = join(folder, 'key');
    writeFileSync(keyFile, devAccount('alice').l1Key);
    const recipient = world.who('carol').address;
    const first = await run(
      'withdraw',
      '--amount',
      '0.5ether',
      '--recipient',
      recipient,
      '--key-file',
      keyFile,
      ...node(),
    );
    expect(first.json).toMatchObject({ withdrawal: '0', status: 'included', recipient: recipient.toLowerCase() });
    await run('withdraw', '--amount', '0.25ether', '--to-account', account, ...byAlice, ...node());
    expect(codeOf(await run('claim', 0, ...byAlice, ...onL1()))).toEqual([Exit.REFUSED, 'NOT_CLAIMABLE']);
    expect(await shown('withdrawals', ...byAlice, ...onL1())).toMatch(/^1 +included +0\.25 ETH +ledger account/m);
    await world.settle();
    const before = await world.l1Balance(recipient, 0);
    const claimed = await run('claim', 0, '--wait', ...byAlice, ...onL1());
    expect(claimed.json).toMatchObject({ withdrawal: '0', amount: String(parseEther('0.5')), token: 0 });
    expect((await world.l1Balance(recipient, 0)) - before).toBe(parseEther('0.5'));
    expect((await run('claim', 1, ...byAlice, ...onL1())).json).toMatchObject({ account });
    const { json } = await run('withdrawals', '--of', alice.address, ...onL1());
    expect(json.withdrawals.map(({ status }: { status: string }) => status)).toEqual(['claimed', 'claimed']);
    expect(codeOf(await run('claim', 0, ...byAlice, ...onL1()))).toEqual([Exit.REFUSED, 'AlreadyClaimed']);
    expect(codeOf(await run('claim', 7, ...byAlice, ...onL1()))).toEqual([Exit.NOT_FOUND, 'NOT_FOUND']);
  });

  it('tells what is refused by its name, and what is missing', async () => {
    const tooMuch = await run('withdraw', '--amount', '9ether', '--token', world.token.id, ...byAlice, ...node());
    expect(codeOf(tooMuch)).toEqual([Exit.REFUSED, 'LANE_REVERTED']);
    expect(tooMuch.json.error.message).toContain('ERC20InsufficientBalance');
    expect(codeOf(await run('withdraw', '--amount', '1', ...node()))).toEqual([Exit.USAGE, 'NO_KEY']);
    const away = ['--rpc', 'http://127.0.0.1:1'];
    expect(codeOf(await run('status', ...away))).toEqual([Exit.UNREACHABLE, 'UNREACHABLE']);
    expect((await engram('lane', 'deposit', '--amount', 'much')).exit).toBe(Exit.USAGE);
  });

  it('takes what a recipient refused', async () => {
    const refusing = ['--to', INBOX, '--amount', '0.125ether'];
    const refused = await run('deposit', ...refusing, ...byAlice, ...onL1());
    expect(refused.json).toMatchObject({ isDelivered: false });
    expect(refused.stderr).toContain('refused it: it waits in Inbox');
    const waiting = await run('pending', '--of', alice.address, ...node());
    expect(waiting.json).toMatchObject({ token: 0, amount: String(parseEther('0.125')) });
    const before = await world.balance(world.who('carol').address, 0);
    expect((await run('take', '--to', world.who('carol').address, ...byAlice, ...node())).exit).toBe(0);
    expect((await world.balance(world.who('carol').address, 0)) - before).toBe(parseEther('0.125'));
    expect(codeOf(await run('take', ...byAlice, ...node()))).toEqual([Exit.NOT_FOUND, 'NOTHING_OWED']);
  });

  it('shows the state of the lane', async () => {
    expect((await run('status', ...node())).json).toMatchObject({ outbox: { count: '2' }, attestedBatch: 1 });
    const text = await shown('status', ...node());
    expect(text).toMatch(/^finalized +block \d+ \(proven and attested\)$/m);
    expect(text).toMatch(/^messages of L1 +4$/m);
  });
});
