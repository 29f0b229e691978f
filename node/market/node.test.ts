import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { signedAnnouncementJson } from '../../protocol/announcements/announcement.ts';
import { signAnnouncement } from '../../protocol/announcements/signedAnnouncement.ts';
import { exampleAnnouncement } from '../../protocol/announcements/testing/exampleAnnouncement.ts';
import { artefactCommitment } from '../../protocol/attestation.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { field } from '../../protocol/field.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { type AccountIndex, type Field, type Op, type SignedVoucher, Subtype } from '../../protocol/types.ts';
import { signVoucher } from '../../protocol/voucher.ts';
import { attest, claim, open } from '../../sdk/ops.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { sendOps } from '../testing/sendOps.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';

/** The market of a whole node on a real L1: attested, announced, claimed, restarted. The cases follow one another. */
const [consumer, provider] = [devAccount('alice'), devAccount('bob')];
const voucherSeed: Uint8Array = new Uint8Array(32).fill(7);
const FILE = new Uint8Array(createHash('sha256').update('weights').digest());

let fixture: Fixture;
let folder: string;
let node: EngramNode;
let rpc: RpcClient;
let domain: Field;
let clock: ShiftableClock;
let payer: AccountIndex;
let payee: AccountIndex;
let model: AccountIndex;
let service: number;

async function start(): Promise<void> {
  node = await startTestNode({ folder: join(folder, 'node'), clock }, { fixture });
  rpc = new RpcClient(node.rpcUrl);
}

async function stop(): Promise<void> {
  await rpc.close();
  await node.stop();
}

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-market-'));
  clock = new ShiftableClock(systemClock);
  await start();
  domain = field(BigInt((await rpc.request('engram_chainInfo', [])).domain));
  for (const { key } of [consumer, provider]) {
    await fixture.alice.depositNew({ token: 0, amount: parseEther('5'), key });
  }
  payer = accountIndex((await accountsOf(consumer, 1, { rpc }))[0]?.index ?? 0);
  payee = accountIndex((await accountsOf(provider, 1, { rpc }))[0]?.index ?? 0);
});
afterAll(async () => {
  await stop();
  await fixture.l1.stop();
  rmSync(folder, { recursive: true });
});

const run = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl, '--json');

async function send(from: AccountIndex, ops: readonly Op[], ...vouchers: SignedVoucher[]): Promise<readonly number[]> {
  const { seed } = from === payer ? consumer : provider;
  const hash: Hex = await sendOps({ from, seed, ops, vouchers }, { rpc, domain });
  return (await rpc.waitForTransaction(hash, 'included')).created ?? [];
}

describe('a node’s market', () => {
  it('lists what is attested, announced and settled', async () => {
    const made = { from: payee, artefact: artefactCommitment(FILE), subtype: Subtype.MODEL, royaltyBps: 500 };
    [model] = (await send(payee, [attest(made)])) as [AccountIndex];
    const agentOp = attest({ from: payee, artefact: field(5n), subtype: Subtype.AGENT });
    const [agent] = (await send(payee, [agentOp])) as [AccountIndex];
    const { time } = await rpc.request('engram_chainInfo', []);
    const terms = { from: payer, provider: payee, voucherKey: publicKey(voucherSeed), expiry: time + 9_000, model };
    const [channel] = (await send(payer, [open({ ...terms, amount: 1_000_000n })])) as [AccountIndex];
    const signed = signVoucher({ channel, total: 10_000n, receiptsRoot: field(9n) }, voucherSeed, domain);
    await send(payee, [claim({ voucher: signed, to: payee, claimed: 0n, royaltyBps: 500 })], signed);
    const capability = { execution: field(1n), model, name: 'digits', price: 7n, sha256: prefixedHex(FILE), token: 0 };
    const announcement = exampleAnnouncement({ agent, owner: payee, expiry: time + 600, capabilities: [capability] });
    const json = signedAnnouncementJson.encode(signAnnouncement(announcement, provider.seed, domain));
    await rpc.request('engram_announce', [json]);

    const { items, next } = await rpc.request('engram_getAttestations', [{ limit: 1 }]);
    expect(items.map(({ index, kind }) => [index, kind])).toEqual([[agent, 'agent']]);
    const rest = await rpc.request('engram_getAttestations', [{ before: next ?? '' }]);
    expect(rest.items).toMatchObject([
      { index: model, channels: 1, children: 0, settled: { claims: 1, paid: '10000', royalties: '500' } },
    ]);
    const [view] = await rpc.request('engram_getProviders', [{ model }]);
    expect(view).toMatchObject({
      ...{ agent, owner: payee, name: announcement.name, models: [{ model, token: 0, price: '7' }] },
      settled: { claims: 1, channels: 1, payers: 1, earned: [{ token: 0, amount: '9500' }] },
    });
    expect(view?.uptime.active).toBe(1);
  });

  it('takes a service’s document, and no other', async () => {
    const [file, other] = [join(folder, 'service.json'), join(folder, 'other.json')];
    const made = await run(
      ...[
        'service',
        'create',
        '--name',
        'digits',
        '--task',
        'digits',
        '--emission',
        '1000gwei',
        '--min-stake',
        '1gwei',
      ],
      ...['--amount', '1500gwei', '--epoch-seconds', 1_000, '--reveal-seconds', 200, '--out', file],
      ...['--from', payer, '--dev', 'alice'],
    );
    service = made.json.index;
    expect(await rpc.request('engram_getServices', [])).toEqual([
      { service, keeper: payer, token: 0, pool: '1500000000000' },
    ]);
    await expect(rpc.request('engram_getEpochs', [service])).rejects.toMatchObject({ reason: 'UNKNOWN_DOCUMENT' });
    writeFileSync(other, readFileSync(file, 'utf8').replace('"name":"digits"', '"name":"Digits"'));
    const refused = await run('service', 'publish', service, '--document', other);
    expect([refused.exit, refused.json.error.code]).toEqual([1, 'WRONG_DOCUMENT']);
    expect((await run('service', 'publish', model, '--document', file)).json.error.code).toBe('UNKNOWN_SERVICE');
    expect((await run('service', 'publish', service, '--document', file)).json).toEqual({ service });
    const [view] = await rpc.request('engram_getServices', []);
    expect(view?.terms).toMatchObject({ name: 'digits', epochSeconds: 1_000, reward: '1000000000000' });
  });

  it('tells the same after a restart, and of epochs as batches close', async () => {
    const told = async () => [
      await rpc.request('engram_getProviders', []),
      (await rpc.request('engram_getAttestations', [])).items.map(({ created, ...one }) => [one, created?.transaction]),
      await rpc.request('engram_getServices', []),
    ];
    await rpc.request('engram_devAdvanceTime', [1]);
    const before = await told();
    await stop();
    await start();
    expect(await told()).toEqual(before);
    await rpc.request('engram_devAdvanceTime', [1_000]);
    await send(payer, [attest({ from: payer, artefact: field(3n), subtype: Subtype.DATASET })]);
    await rpc.request('engram_devAdvanceTime', [1]);
    const epochs = () => rpc.request('engram_getEpochs', [service]).catch(() => []);
    await expect.poll(async () => (await epochs()).length, { timeout: 20_000 }).toBe(2);
    const [open, over] = await epochs();
    expect([open?.state, over]).toMatchObject(['open', { epoch: 0, state: 'paid', due: '0', providers: 0 }]);
    expect(await rpc.request('engram_getEpoch', [service, 0])).toMatchObject({ earners: [], judges: [], token: 0 });
    expect(await rpc.request('engram_getEpoch', [service, 5])).toBeNull();
  });
});
