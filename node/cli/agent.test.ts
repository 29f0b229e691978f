import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { sha256Bytes } from '../../sdk/models/sha256.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';
import { Exit } from './output.ts';

/** The commands of agents on a whole node. The cases follow one another. */
let fixture: Fixture;
let folder: string;
let clock: ShiftableClock;
let node: EngramNode;
let alice: number;
let bob: number;
let service: number;
let model: number;
let agent: number;
const path = (name: string): string => join(folder, name);
const sha256 = prefixedHex(sha256Bytes(new TextEncoder().encode('weights')));

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-agent-'));
  clock = new ShiftableClock(systemClock);
  node = await startTestNode({ folder: path('node'), clock }, { fixture });
  const rpc = new RpcClient(node.rpcUrl);
  const [first, second] = [devAccount('alice'), devAccount('bob')];
  await fixture.alice.depositNew({ token: 0, amount: parseEther('1'), key: first.key });
  await fixture.bob.depositNew({ token: 0, amount: parseEther('1'), key: second.key });
  alice = (await accountsOf(first, 1, { rpc }))[0]?.index ?? 0;
  bob = (await accountsOf(second, 1, { rpc }))[0]?.index ?? 0;
  await rpc.close();
  writeFileSync(path('weights'), 'weights');
  writeFileSync(path('task'), 'task');
});
afterAll(async () => {
  await node.stop();
  await fixture.l1.stop();
  rmSync(folder, { recursive: true });
});

const run = (...args: (string | number)[]): Promise<Run> => engram(...args.map(String), '--rpc', node.rpcUrl);

function document(name: string, changes: object = {}): string {
  const capability = { execution: '5', model, name: 'digits', price: '1000', sha256, token: 0 };
  const file = path(`${name}.json`);
  const said = { name: 'shop', endpoint: 'http://127.0.0.1:9100', capabilities: [capability], ...changes };
  writeFileSync(file, JSON.stringify(said));
  return file;
}

const announce = (...args: (string | number)[]) => run('agent', 'announce', ...args, '--json');
const list = async (...args: (string | number)[]) => (await run('agent', 'list', ...args, '--json')).json.offers;
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];

describe('engram agent', () => {
  it('registers an agent under a service', async () => {
    const byAlice = ['--from', alice, '--dev', 'alice', '--json'];
    service = (await run('model', 'attest', path('task'), '--subtype', 'service', ...byAlice)).json.index;
    model = (await run('model', 'attest', path('weights'), ...byAlice)).json.index;
    const { json } = await run('agent', 'register', '--name', 'shop', '--service', service, ...byAlice);
    agent = json.index;
    expect(JSON.parse(json.identity)).toMatchObject({ kind: 'engram.agent', name: 'shop' });
    const shown = await run('model', 'show', agent, '--json');
    expect(shown.json).toMatchObject({ kind: 'agent', owner: alice, parent: service });
  });

  it('announces what it serves, and finds it', async () => {
    const { json } = await announce(agent, '--document', document('shop'), '--dev', 'alice');
    expect(json).toMatchObject({ agent, owner: alice, endpoint: 'http://127.0.0.1:9100', models: [model] });
    const offer = { agent, name: 'shop', owner: alice, service, model, price: '1000', token: 0, sha256, peer: '' };
    expect(await list()).toEqual([{ ...offer, endpoint: json.endpoint, expiry: json.expiry, execution: '5' }]);
    for (const filter of [
      ['--service', service],
      ['--model', model],
      ['--file', path('weights')],
    ]) {
      expect((await list(...filter)).length).toBe(1);
    }
    for (const filter of [
      ['--service', model],
      ['--model', service],
      ['--file', path('task')],
    ]) {
      expect(await list(...filter)).toEqual([]);
    }
    const { stdout } = await run('agent', 'list');
    expect(stdout).toMatch(new RegExp(`^${agent} +shop +${alice} +${model} +.* ETH +http://127.0.0.1:9100 +20`, 'm'));
    expect((await run('agent', 'list', '--model', service)).stdout).toBe('nobody announces that\n');
  });

  it('announces anew: the newer one counts', async () => {
    const file = document('shop', { capabilities: [] });
    const again = await announce(agent, '--document', file, '--endpoint', 'https://example.org', '--dev', 'alice');
    expect(again.json).toMatchObject({ endpoint: 'https://example.org', models: [] });
    expect(await list()).toEqual([]);
    await announce(agent, '--document', document('shop'), '--dev', 'alice');
    expect((await list()).length).toBe(1);
  });

  it('refuses what nobody would take', async () => {
    const refusal = async (...args: (string | number)[]) => codeOf(await announce(...args));
    const good = document('good');
    expect(await refusal(agent, '--document', good, '--dev', 'bob')).toEqual([Exit.REFUSED, 'NOT_OWNER']);
    expect(await refusal(model, '--document', good, '--dev', 'alice')).toEqual([Exit.REFUSED, 'NOT_AN_AGENT']);
    expect(await refusal(4_000, '--document', good, '--dev', 'alice')).toEqual([Exit.NOT_FOUND, 'NOT_FOUND']);
    const byAlice = [agent, '--dev', 'alice', '--document'];
    expect(await refusal(...byAlice, path('nothing'))).toEqual([Exit.USAGE, 'BAD_FILE']);
    expect(await refusal(...byAlice, document('more', { more: 1 }))).toEqual([Exit.USAGE, 'BAD_FILE']);
    expect(await refusal(...byAlice, document('owner', { owner: bob }))).toEqual([Exit.REFUSED, 'NOT_OWNER']);
    expect(await refusal(...byAlice, good, '--endpoint', 'javascript:1')).toEqual([Exit.USAGE, 'BAD_FILE']);
    expect(await refusal(...byAlice, good, '--expires', 8 * 86_400)).toEqual([Exit.REFUSED, 'EXPIRY_TOO_FAR']);
    expect(await refusal(...byAlice, document('old', { sequence: 1 }))).toEqual([Exit.REFUSED, 'OLD_SEQUENCE']);
    const known = (await list()).length;
    expect(known).toBe(1);
  });

  it('tells of a model that the ledger does not have so', async () => {
    const other = { execution: '5', model: service, name: 'x', price: '1', sha256, token: 0 };
    await announce(agent, '--document', document('other', { capabilities: [other] }), '--dev', 'alice');
    const { json, stderr } = await run('agent', 'list', '--json');
    expect([json.offers, stderr]).toEqual([[], `left out: agent ${agent} OTHER_MODEL\n`]);
    await announce(agent, '--document', document('shop'), '--dev', 'alice');
  });

  it('a node has after a restart what it had, until it expires', async () => {
    await node.stop();
    node = await startTestNode({ folder: path('node'), clock }, { fixture });
    expect((await list()).length).toBe(1);
    clock.advance(86_400_000);
    expect(await list()).toEqual([]);
  });
});
