import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerAgent } from '../../agents/discovery/registerAgent.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { tinyInput, tinyModel } from '../../agents/execution/testing/testModels.ts';
import { providerOptions } from '../../agents/provider/options.ts';
import { ProviderService } from '../../agents/provider/providerService.ts';
import type { Runner } from '../../agents/provider/runner.ts';
import { Fixture } from '../../bridge/testing/fixture.ts';
import { ShiftableClock, systemClock } from '../../chain/clock.ts';
import { silentLogger } from '../../chain/logger.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { prefixedHex } from '../../protocol/bytes.ts';
import { Subtype } from '../../protocol/types.ts';
import { ledgerAccount } from '../../sdk/accounts/ledgerAccount.ts';
import { domainOf } from '../../sdk/chain.ts';
import { createEngramClient } from '../../sdk/client.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import { devAccount } from '../devnet/accounts.ts';
import { accountsOf } from '../devnet/funding.ts';
import type { EngramNode } from '../node.ts';
import { startPeerServer } from '../provider/peerServer.ts';
import { networkId } from '../sync/peerParts.ts';
import { engram, type Run } from '../testing/runCli.ts';
import { PATIENT, startTestNode } from '../testing/testNode.ts';
import { Exit } from './output.ts';

/** `engram infer` on a whole node, with two announced providers: one honest, one cheaper that cheats. The cases follow one another. */
const PRICE = 1_000n;
let fixture: Fixture;
let folder: string;
let node: EngramNode;
let runner: ModelRunner;
let model: number;
let honest: ProviderService;
let cheat: ProviderService;
const path = (name: string): string => join(folder, name);

beforeAll(async () => {
  fixture = await Fixture.start(PATIENT);
  folder = mkdtempSync(join(tmpdir(), 'engram-infer-'));
  node = await startTestNode({ folder: path('node'), clock: new ShiftableClock(systemClock) }, { fixture });
  const rpc = new RpcClient(node.rpcUrl);
  for (const name of ['alice', 'bob', 'carol'] as const) {
    await fixture[name === 'carol' ? 'alice' : name].depositNew({
      token: 0,
      amount: parseEther('1'),
      key: devAccount(name).key,
    });
    await accountsOf(devAccount(name), 1, { rpc });
  }
  await rpc.close();
  writeFileSync(path('model.onnx'), tinyModel());
  runner = await ModelRunner.load(tinyModel());
  const bob = ledgerAccount({ seed: devAccount('bob').seed });
  const client = await createEngramClient({ rpcUrl: node.rpcUrl, account: bob });
  ({ index: model } = await client.attest({ sha256: runner.sha256, subtype: Subtype.MODEL }));
  honest = await provider('bob', PRICE, runner);
  const wrong: Runner = {
    ...{ sha256: runner.sha256, inputs: runner.inputs, outputs: runner.outputs },
    execution: (audit) => runner.execution(audit),
    run: async (input, options) => {
      const output = await runner.run(input, options);
      return output.map((byte, i) => (i === output.length - 1 ? byte ^ 1 : byte));
    },
  };
  cheat = await provider('carol', PRICE / 2n, wrong);
});
afterAll(async () => {
  await honest?.stop();
  await cheat?.stop();
  await runner?.close();
  await node?.stop();
  await fixture?.l1.stop();
  rmSync(folder, { recursive: true });
});

async function provider(name: 'bob' | 'carol', price: bigint, runs: Runner): Promise<ProviderService> {
  const account = ledgerAccount({ seed: devAccount(name).seed });
  const client = await createEngramClient({ rpcUrl: node.rpcUrl, account });
  const { index: agent } = await registerAgent(client, { account, name });
  const port = await freePort();
  const announcement = { agent, name, endpoint: `http://127.0.0.1:${port}`, peer: '', lifetimeSeconds: 3_600 };
  const options = providerOptions({ model, price, listen: { host: '127.0.0.1', port }, announcement });
  const deps = { client, account, runner: runs, store: memoryDb(), log: silentLogger, clock: systemClock };
  return ProviderService.start(options, deps);
}

/** An announcement names the port before the provider has it. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // of a server that listens on TCP
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

const INPUT = JSON.stringify([[1, 2, 3, 4]]);
const asked = (...args: (string | number)[]): Promise<Run> =>
  engram(...args.map(String), '--rpc', node.rpcUrl, '--dev', 'alice', '--store', path('store'));
const infer = (...args: (string | number)[]) => asked('infer', model, INPUT, '--explore', 0, ...args, '--json');
const codeOf = ({ exit, json }: Run): unknown[] => [exit, json?.error?.code];

describe('engram infer', () => {
  it('asks a provider by its address and shows answer, price, receipt and channel', async () => {
    const output = await runner.run(tinyInput([1, 2, 3, 4]));
    const { json } = await infer('--provider', honest.url, '--out', path('out'), '--receipt', path('receipt'));
    expect(json).toMatchObject({
      price: String(PRICE),
      output: prefixedHex(output),
      check: 'unchecked',
      endpoint: honest.url,
    });
    expect(json.left).toBe(String(19n * PRICE));
    expect(json.receipt).toMatchObject({ channel: json.channel, sequence: 0, model, price: String(PRICE) });
    expect(readFileSync(path('out'))).toEqual(Buffer.from(output));
    expect(JSON.parse(readFileSync(path('receipt'), 'utf8'))).toEqual(json.receipt);
    const again = await asked('infer', prefixedHex(runner.sha256), path('input.json'), '--provider', honest.url);
    expect(again.exit).toBe(Exit.USAGE);
    writeFileSync(path('input.json'), INPUT);
    const shown = await asked('infer', prefixedHex(runner.sha256), path('input.json'), '--provider', honest.url);
    expect(shown.stdout).toContain(`account ${json.provider} at ${honest.url}`);
    writeFileSync(path('input'), tinyInput([1, 2, 3, 4]));
    const raw = await engram(
      'infer',
      String(model),
      path('input'),
      '--rpc',
      node.rpcUrl,
      '--dev',
      'alice',
      '--store',
      path('store'),
      '--provider',
      honest.url,
      '--json',
    );
    expect(raw.json.receipt).toMatchObject({ channel: json.channel, sequence: 2 });
  });

  it('finds announced providers, catches the cheat that is cheaper, and goes on to the honest one', async () => {
    const { json } = await infer('--verify', path('model.onnx'));
    expect(json).toMatchObject({ check: 'same', endpoint: honest.url });
    expect(json.failures).toMatchObject([{ endpoint: cheat.url, code: 'OUTPUT_MISMATCH' }]);
    const { json: shown } = await asked('consumer', 'show', '--json');
    expect(shown.reports).toMatchObject([{ code: 'OUTPUT_MISMATCH', receipt: { price: String(PRICE / 2n) } }]);
    expect(shown.scores.find(({ excluded }: { excluded?: string }) => excluded !== undefined)).toMatchObject({
      answered: 1,
    });
    expect(shown.atRisk).toBe('0');
    // not asked again, though it is the cheapest
    expect((await infer()).json).toMatchObject({ endpoint: honest.url, failures: [] });
    expect(codeOf(await infer('--provider', cheat.url))).toEqual([Exit.REFUSED, 'PROVIDER_EXCLUDED']);
  });

  it('asks a provider over libp2p, on the channel it has', async () => {
    const id = networkId(domainOf((await createEngramClient({ rpcUrl: node.rpcUrl })).chain));
    const limits = { inputBytes: 10_000, outputBytes: 10_000, requestMs: 5_000, maxConnections: 8 };
    const peer = await startPeerServer(
      { id, listen: ['/ip4/127.0.0.1/tcp/0'], identityFile: path('p2p.key'), ...limits },
      { handle: (request) => honest.handle(request), clock: systemClock, log: silentLogger },
    );
    const [address = ''] = peer.addresses;
    const { json } = await infer('--provider', address);
    expect(json).toMatchObject({ endpoint: address, provider: honest.identity.provider });
    expect(json.receipt.sequence).toBeGreaterThan(3);
    await peer.stop();
    expect(codeOf(await infer('--provider', address))).toEqual([Exit.REFUSED, 'UNREACHABLE']);
    // the next one goes by HTTP again
    expect((await infer('--provider', honest.url)).json.channel).toBe(json.channel);
  });

  it('says what is wrong', async () => {
    expect(codeOf(await infer('--max-price', Number(PRICE - 1n)))).toEqual([Exit.REFUSED, 'NO_PROVIDER']);
    expect(codeOf(await infer('--provider', honest.url, '--max-price', 1))).toEqual([Exit.REFUSED, 'PRICE_TOO_HIGH']);
    expect(codeOf(await infer('--provider', 'http://127.0.0.1:1'))).toEqual([Exit.REFUSED, 'UNREACHABLE']);
    expect(codeOf(await asked('infer', model, '{"y": 1}', '--json'))).toEqual([Exit.REFUSED, 'BAD_INPUT']);
    expect(codeOf(await asked('infer', model, '[1', '--json'))).toEqual([Exit.USAGE, 'BAD_INPUT']);
    expect(codeOf(await asked('infer', model, path('nothing'), '--json'))).toEqual([Exit.USAGE, 'BAD_FILE']);
    expect((await infer('--explore', 2)).exit).toBe(Exit.USAGE);
    expect((await asked('consumer', 'recover', '--json')).json).toEqual({ open: 0 });
    expect((await asked('consumer', 'forget', '--json')).json).toEqual({ answers: 0 });
    expect((await asked('consumer', 'reclaim', '--json')).json).toEqual({ closed: [] });
  });
});
