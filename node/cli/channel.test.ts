import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { GRACE_SECONDS } from '../../protocol/account.ts';
import { field } from '../../protocol/field.ts';
import { type Receipt, receiptHash, signReceipt } from '../../protocol/receipts/receipt.ts';
import { proofToJson, receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptTree } from '../../protocol/receipts/receiptTree.ts';
import type { AccountIndex } from '../../protocol/types.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';
import { Exit } from './output.ts';

/** The commands of models, channels and receipts on a whole node. The cases follow one another. */
let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;
let payer: number;
let provider: number;
let dataset: number;
let model: number;
let channel: number;
const tree = new ReceiptTree();
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-channel-'));
  const clock = new ShiftableClock(systemClock);
  node = await startTestNode({ folder: path('node'), clock }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
  const [alice, bob] = [devAccount('alice'), devAccount('bob')];
  await fixture.alice.depositNew({ token: 0, amount: parseEther('10'), key: alice.key });
  await fixture.bob.depositNew({ token: 0, amount: parseEther('1'), key: bob.key });
  payer = (await accountsOf(alice, 1, { rpc }))[0]?.index ?? 0;
  provider = (await accountsOf(bob, 1, { rpc }))[0]?.index ?? 0;
  for (const name of ['data', 'weights', 'card']) writeFileSync(path(name), `the ${name}`);
});
afterAll(async () => {
  await rpc.close();
  await node.stop();
  await fixture.l1.stop();
  rmSync(folder, { recursive: true });
});

/** With `--json`. */
const run = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl, '--json');
const shown = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl);
const byBob = ['--dev', 'bob'] as const;
const byAlice = ['--dev', 'alice'] as const;
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];

describe('engram model', () => {
  it('attests files, each made from the one before', async () => {
    const made = await run('model', 'attest', path('data'), '--subtype', 'dataset', '--from', provider, ...byBob);
    expect(made.json).toMatchObject({ status: 'included' });
    dataset = made.json.index;
    const args = ['--parent', dataset, '--royalty-bps', 250, '--provenance', path('card'), '--from', provider];
    model = (await run('model', 'attest', path('weights'), ...args, ...byBob)).json.index;
    const { json } = await run('model', 'show', model);
    expect(json).toMatchObject({ kind: 'model', owner: provider, parent: dataset, royaltyBps: 250 });
    expect(json.provenance).not.toBe('0');
    const { stdout } = await shown('model', 'show', model);
    expect(stdout).toMatch(/^royalty +2\.5 % of each claim$/m);
  });

  it('finds a file, by itself or by its SHA-256', async () => {
    const { json } = await run('model', 'find', path('weights'));
    expect(json.attestations.map(({ index }: { index: number }) => index)).toEqual([model]);
    expect((await run('model', 'find', json.sha256)).json).toEqual(json);
    const { stdout } = await shown('model', 'find', path('weights'));
    expect(stdout.split('\n')[3]).toMatch(new RegExp(`^${model} +model +${provider} +${dataset} +2\\.5 % +0 ETH `));
    expect(codeOf(await run('model', 'find', path('card')))).toEqual([Exit.NOT_FOUND, 'NOT_ATTESTED']);
    expect(codeOf(await run('model', 'find', path('nowhere')))).toEqual([Exit.USAGE, 'BAD_FILE']);
  });

  it('draws the lineage', async () => {
    const { stdout } = await shown('model', 'lineage', model);
    const date = new Date().toISOString().slice(0, 10);
    expect(stdout).toBe(
      `${dataset} dataset of ${provider}, ${date}\n└─ ${model} model of ${provider}, royalty 2.5 %, ${date}  ◀\n`,
    );
    expect((await run('model', 'lineage', dataset)).json.descendants).toHaveLength(1);
    expect(codeOf(await run('model', 'lineage', 4000))).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
    expect(codeOf(await run('model', 'lineage', payer))).toEqual([Exit.REFUSED, 'WRONG_KIND']);
  });

  it('passes on why the ledger refuses', async () => {
    const args = ['--parent', 4000, '--from', provider, ...byBob] as const;
    expect(codeOf(await run('model', 'attest', path('data'), ...args))).toEqual([Exit.REFUSED, 'UNKNOWN_PARENT']);
    const greedy = await run('model', 'attest', path('data'), '--royalty-bps', 10_001, '--from', provider, ...byBob);
    expect(greedy.exit).toBe(Exit.USAGE);
  });
});

describe('engram channel', () => {
  it('opens, shows and lists', async () => {
    const args = ['--provider', provider, '--model', model, '--amount', 100_000, '--for', 3600, '--from', payer];
    const opened = await run('channel', 'open', ...args, ...byAlice);
    channel = opened.json.index;
    expect((await run('channel', 'show', channel)).json).toMatchObject({ payer, provider, model, balance: '100000' });
    const { stdout } = await shown('channel', 'show', channel);
    expect(stdout).toMatch(new RegExp(`^channel +${channel} \\(open\\)\n`));
    expect((await run('channel', 'list', '--payer', payer)).json.channels).toHaveLength(1);
    const list = await shown('channel', 'list', '--model', model);
    expect(list.stdout.split('\n')[1]).toMatch(new RegExp(`^${channel} +open +${payer} +${provider} +${model} `));
    expect(codeOf(await run('channel', 'list'))).toEqual([Exit.USAGE, 'BAD_OPTIONS']);
    expect(codeOf(await run('channel', 'show', 4000))).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
  });

  it.each<[string, Exit, () => (string | number)[]]>([
    ['UNKNOWN_ACCOUNT', Exit.NOT_FOUND, () => ['--provider', 4000]],
    ['WRONG_KIND', Exit.REFUSED, () => ['--provider', model]],
    ['UNKNOWN_MODEL', Exit.REFUSED, () => ['--provider', provider, '--model', payer]],
    ['MODEL_MISMATCH', Exit.REFUSED, () => ['--provider', provider, '--model', model, '--max-royalty-bps', 249]],
    ['BAD_EXPIRY', Exit.USAGE, () => ['--provider', provider, '--expiry', 1]],
    ['BAD_EXPIRY', Exit.USAGE, () => ['--provider', provider, '--expiry', 99_999_999_999_999]],
    ['BAD_EXPIRY', Exit.USAGE, () => ['--provider', provider, '--for', 59]],
    ['BAD_OPTIONS', Exit.USAGE, () => ['--provider', provider, '--amount', 0]],
  ])('%s: locks no money up where nobody could claim it', async (code, exit, args) => {
    const opened = await run('channel', 'open', '--from', payer, '--amount', 1_000, ...args(), ...byAlice);
    expect(codeOf(opened)).toEqual([exit, code]);
    expect((await run('channel', 'list', '--payer', payer)).json.channels).toHaveLength(1);
  });

  it('says what a node cannot be asked as a wrong argument', async () => {
    expect(codeOf(await run('channel', 'list', '--payer', payer, '--limit', 0))).toEqual([
      Exit.USAGE,
      'INVALID_PARAMS',
    ]);
    expect((await shown('channel', 'list', '--provider', payer)).stdout).toBe('no such channels\n');
    expect((await shown('channel', 'claims', channel)).stdout).toBe('no claims yet\n');
  });

  it('signs vouchers and says what they are worth', async () => {
    for (let sequence = 0; sequence < 3; sequence += 1) tree.append(receiptHash(receipt(sequence)));
    const args = ['--channel', channel, '--total', 30_000, '--receipts-root', tree.root.toString(), ...byAlice];
    const signed = await run('channel', 'voucher', 'sign', ...args, '--out', path('voucher'));
    expect(signed.json.voucher).toMatchObject({ channel, total: '30000' });
    expect((await run('channel', 'voucher', 'verify', path('voucher'))).json).toMatchObject({
      isSigned: true,
      claimable: '30000',
      royalty: '750',
      toProvider: '29250',
    });
    const { stdout } = await shown('channel', 'voucher', 'verify', path('voucher'));
    expect(stdout).toMatch(/^a claim takes +0\.00000000000003 ETH$/m);
  });

  it('reads what it printed, as JSON or for people', async () => {
    const args = ['channel', 'voucher', 'sign', '--channel', channel, '--total', 100, ...byAlice] as const;
    for (const { stdout } of [await run(...args), await shown(...args)]) {
      writeFileSync(path('printed'), stdout);
      expect((await run('channel', 'voucher', 'verify', path('printed'))).json).toMatchObject({ total: '100' });
    }
    const lost = await run(...args, '--out', path('nowhere/voucher'));
    expect(codeOf(lost)).toEqual([Exit.USAGE, 'BAD_FILE']);
  });

  it.each<[string, string, (json: Record<string, unknown>) => object]>([
    ['BAD_VOUCHER', 'another total', (json) => ({ ...json, total: '30001' })],
    ['BAD_FILE', 'no voucher', () => ({})],
    ['BAD_FILE', 'a total over 96 bits', (json) => ({ ...json, total: String(2n ** 96n) })],
  ])('%s: a voucher file with %s', async (code, _what, change) => {
    const { json } = await run('channel', 'voucher', 'sign', '--channel', channel, '--total', 30_000, ...byAlice);
    writeFileSync(path('changed'), JSON.stringify(change(json.voucher)));
    const isUsage = code === 'BAD_FILE';
    expect(codeOf(await run('channel', 'voucher', 'verify', path('changed')))).toEqual([
      isUsage ? Exit.USAGE : Exit.REFUSED,
      code,
    ]);
    expect((await run('channel', 'claim', path('changed'), ...byBob)).json.error.code).toBe(code);
  });

  it('signs nothing that would not count', async () => {
    const strange = await run('channel', 'voucher', 'sign', '--channel', channel, '--total', 1, '--dev', 'carol');
    expect(codeOf(strange)).toEqual([Exit.REFUSED, 'BAD_VOUCHER']);
  });

  it('claims once', async () => {
    const strange = await run('channel', 'claim', path('voucher'), ...byAlice);
    expect(codeOf(strange)).toEqual([Exit.REFUSED, 'BAD_SIGNATURE']);
    expect((await run('channel', 'claim', path('voucher'), ...byBob)).json).toMatchObject({
      status: 'included',
      channel,
      total: '30000',
      delta: '30000',
      royalty: '750',
    });
    const { json } = await run('channel', 'claims', channel);
    expect(json.claims).toMatchObject([{ total: '30000', delta: '30000', royalty: '750' }]);
    const { stdout } = await shown('channel', 'claims', channel);
    expect(stdout.split('\n')[1]).toMatch(
      /^0\.00000000000003 ETH +0\.00000000000003 ETH +0\.00000000000000075 ETH +0 ETH +included /,
    );
    expect(codeOf(await run('channel', 'claims', 4000))).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
    const lower = await run('channel', 'voucher', 'sign', '--channel', channel, '--total', 29_999, ...byAlice);
    writeFileSync(path('lower'), JSON.stringify(lower.json.voucher));
    expect(codeOf(await run('channel', 'voucher', 'verify', path('lower')))).toEqual([Exit.REFUSED, 'VOUCHER_STALE']);
    expect(codeOf(await run('channel', 'claim', path('lower'), ...byBob))).toEqual([Exit.REFUSED, 'VOUCHER_STALE']);
    const over = await run('channel', 'voucher', 'sign', '--channel', channel, '--total', 100_001, ...byAlice);
    writeFileSync(path('over'), JSON.stringify(over.json.voucher));
    expect(codeOf(await run('channel', 'voucher', 'verify', path('over')))).toEqual([
      Exit.REFUSED,
      'VOUCHER_OVER_BALANCE',
    ]);
    expect(codeOf(await run('channel', 'claim', path('over'), ...byBob))).toEqual([
      Exit.REFUSED,
      'VOUCHER_OVER_BALANCE',
    ]);
  });
});

describe('engram receipt verify', () => {
  const onL1 = (): string[] => ['--l1', '--l1-url', fixture.l1.url, '--rollup', fixture.deployment.address];

  function save(name: string, change: Partial<Receipt> = {}): string {
    const signed = signReceipt(receipt(1, change), devAccount('bob').seed, node.parameters.domain);
    writeFileSync(path(name), JSON.stringify({ receipt: receiptToJson(signed), proof: proofToJson(tree.proof(1)) }));
    return path(name);
  }

  it('asks the node', async () => {
    const { json } = await run('receipt', 'verify', save('receipt'));
    expect(json).toMatchObject({ channel, sequence: 1, model, price: '10000', isSettled: false });
    const { stdout } = await shown('receipt', 'verify', save('receipt'));
    expect(stdout).toMatch(/^paid +by a claim in batch \d+, included: not final yet$/m);
  });

  it('finds nothing on L1 before the batch is proven', async () => {
    const { exit, json } = await run('receipt', 'verify', save('receipt'), ...onL1());
    expect([exit, json.error.code]).toEqual([Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT']);
  });

  it('checks against nothing but L1’s data', async () => {
    await node.sequencer.closeBatch();
    const file = save('receipt');
    await expect
      .poll(async () => (await run('receipt', 'verify', file)).json.isSettled, { timeout: 30_000 })
      .toBe(true);
    // no node at that address
    const args = ['receipt', 'verify', file, ...onL1(), '--rpc', 'http://127.0.0.1:9', '--json'];
    const { json } = await engram(...args);
    expect(json).toMatchObject({ isProven: true, channel, provider, model, sequence: 1, price: '10000' });
    expect(json.artefact).toBe((await run('model', 'show', model)).json.artefact);
    const forged = save('forged', { price: 9_999n });
    for (const where of [[], onL1()]) {
      const refused = await run('receipt', 'verify', forged, ...where);
      expect(codeOf(refused)).toEqual([Exit.REFUSED, 'RECEIPT_NOT_INCLUDED']);
      expect(refused.json.error.message).toBe('no claim of the channel settled it (yet)');
    }
    const other = save('other', { model: dataset as AccountIndex });
    expect(codeOf(await run('receipt', 'verify', other, ...onL1()))).toEqual([Exit.REFUSED, 'RECEIPT_MODEL']);
    expect(codeOf(await run('receipt', 'verify', path('weights')))).toEqual([Exit.USAGE, 'BAD_FILE']);
  });
});

describe('the end', () => {
  it('comes a day after the expiry, and all that is left goes back', async () => {
    expect(codeOf(await run('channel', 'close', channel, ...byAlice))).toEqual([Exit.REFUSED, 'CHANNEL_NOT_OVER']);
    await rpc.request('engram_devAdvanceTime', [3600 + GRACE_SECONDS + 10]);
    expect(codeOf(await run('channel', 'voucher', 'verify', path('voucher')))).toEqual([Exit.REFUSED, 'CHANNEL_OVER']);
    expect((await run('channel', 'close', channel, ...byAlice)).json).toMatchObject({ status: 'included' });
    expect((await run('channel', 'show', channel)).json).toMatchObject({ balance: '0', state: 'over' });
    expect(codeOf(await run('channel', 'close', channel, ...byAlice))).toEqual([Exit.REFUSED, 'NOTHING_LEFT']);
  });

  it('the royalty is paid out of the model by its owner', async () => {
    const directly = await run('transfer', '--from', model, '--amount', 750, '--to', payer, ...byBob);
    expect(codeOf(directly)).toEqual([Exit.REFUSED, 'WRONG_KIND']);
    expect(directly.json.error.message).toContain(`--of ${model}`);
    const args = ['--from', provider, '--of', model, '--amount', 750, '--to', payer];
    expect((await run('transfer', ...args, ...byBob)).json).toMatchObject({ status: 'included' });
    expect((await run('model', 'show', model)).json.balance).toBe('0');
  });
});

/** Hashes stand for what was asked and answered. */
function receipt(sequence: number, change: Partial<Receipt> = {}): Receipt {
  const hash = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
  const [index, of] = [channel as AccountIndex, model as AccountIndex]; // given by the sequencer
  return {
    channel: index,
    sequence,
    model: of,
    time: 1_800_000_000 + sequence,
    price: 10_000n,
    inputHash: hash(sequence),
    outputHash: hash(100 + sequence),
    execution: field(0n),
    ...change,
  };
}
