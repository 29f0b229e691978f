/**
 * A provider with a real model on a real node: it is found by its announcement, paid by vouchers over HTTP, claims on the ledger, and what it
 * said is checked by running it again and by the node. Its command is told apart from a file that is not the attested one.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parseEther } from 'viem';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ProviderApi } from '../../agents/consumer/providerApi.ts';
import { findProviders } from '../../agents/discovery/findProviders.ts';
import { registerAgent } from '../../agents/discovery/registerAgent.ts';
import { ModelRunner } from '../../agents/execution/modelRunner.ts';
import { tinyInput, tinyModel } from '../../agents/execution/testing/testModels.ts';
import { providerOptions } from '../../agents/provider/options.ts';
import { ProviderService } from '../../agents/provider/providerService.ts';
import { systemClock } from '../../chain/clock.ts';
import { type Db, openLevel } from '../../chain/db.ts';
import { silentLogger } from '../../chain/logger.ts';
import { connect, type Network, person } from '../../examples/support.ts';
import { registerProviderCommand } from '../../node/cli/providerCommand.ts';
import { startPeerHost } from '../../node/provider/peerHost.ts';
import { PeerTransport } from '../../node/provider/peerTransport.ts';
import { providerMetrics } from '../../node/provider/providerMetrics.ts';
import { networkId } from '../../node/sync/peerParts.ts';
import { domainOf } from '../../sdk/chain.ts';
import { ReceiptLog, Subtype, sha256Bytes } from '../../sdk/index.ts';
import { type InstantDevnet, startInstantDevnet } from './support/instantDevnet.ts';

const PRICE = 1_000n;
const ANSWERS = 6;
const MODEL = tinyModel();

let devnet: InstantDevnet;
let network: Network;
let folder: string;
let db: Db;
let runner: ModelRunner;
let service: ProviderService;
let alice: Awaited<ReturnType<typeof person>>;
let bob: Awaited<ReturnType<typeof person>>;
let payee: number;
let model: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engram-provider-e2e-'));
  devnet = await startInstantDevnet({ flags: { '--sequencer-batch-ms': 500 } });
  network = await connect({ rpc: devnet.rpcUrl, l1: devnet.l1Url, log: () => undefined });
  [alice, bob] = [await person(network, 3), await person(network, 4)];
  await alice.deposit(parseEther('1'));
  payee = await bob.deposit(parseEther('1'));
  const sha256 = sha256Bytes(MODEL);
  model = (await bob.ledger.attest({ sha256, subtype: Subtype.MODEL, royaltyBps: 100 })).index;
  const agent = await registerAgent(bob.ledger, { account: bob.account, name: 'tiny models' });
  db = await openLevel(join(folder, 'books'));
  runner = await ModelRunner.load(MODEL, { workers: 2 });
  service = await ProviderService.start(
    providerOptions({
      ...{ model, price: PRICE, pollMs: 200, limits: { concurrency: 2 } },
      claim: { value: BigInt(ANSWERS) * PRICE },
      announcement: {
        ...{ agent: agent.index, name: 'tiny', peer: '', lifetimeSeconds: 3_600 },
        endpoint: 'http://127.0.0.1:9100',
      },
    }),
    {
      ...{ client: bob.ledger, account: bob.account, runner, store: db },
      ...{ log: silentLogger, clock: systemClock, metrics: providerMetrics() },
    },
  );
});
afterAll(async () => {
  await service?.stop();
  await runner?.close();
  await db?.close();
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

const input = (n: number): Uint8Array => tinyInput([n, 1, 2, 3]);

describe('a provider on a node', () => {
  it('is announced, and found at its price with its model', async () => {
    await vi.waitFor(async () => {
      const [found] = await findProviders(alice.ledger, { model });
      expect(found).toMatchObject({ owner: payee, endpoint: 'http://127.0.0.1:9100' });
      expect(found?.capability).toMatchObject({ model, price: PRICE, execution: runner.execution('public').word });
    }, 20_000);
  });

  it('is paid for what it answers, once, by its own claim; receipts are settled and run again to the same bytes', async () => {
    const api = new ProviderApi(service.url, { allowPrivateAddresses: true });
    const info = await api.info();
    expect(info).toMatchObject({ provider: payee, price: PRICE, model: { index: model, sha256: sha256Bytes(MODEL) } });
    expect(info.execution.public.word).toBe(runner.execution('public').word);
    const channel = await alice.ledger.openChannel({ provider: info.provider, model, amount: 100_000n });
    const before = (await bob.ledger.getAccount(payee)).balance;
    const log = new ReceiptLog();
    for (let n = 0; n < ANSWERS; n += 1) {
      const voucher = channel.next(undefined, { price: info.price, input: input(n) });
      const { receipt, output } = await api.infer({ input: input(n), voucher, audit: 'public' });
      if (receipt === undefined) throw new RangeError('no receipt');
      channel.receive(receipt);
      log.append(receipt);
      expect(output).toEqual(await runner.run(input(n)));
    }
    // The last receipt is signed for before the claim, so that all of them are settled by it.
    await api.voucher(channel.voucher());
    const root = channel.voucher().receiptsRoot;
    await vi.waitFor(async () => {
      expect((await alice.ledger.getChannel(channel.index)).claimed).toBe(BigInt(ANSWERS) * PRICE);
    }, 30_000);
    const paid = BigInt(ANSWERS) * PRICE;
    expect((await bob.ledger.getAccount(payee)).balance - before).toBe(paid - paid / 100n);

    const size = (await alice.ledger.getClaims(channel.index))[0]?.receiptsRoot === root ? ANSWERS : ANSWERS - 1;
    const sample = await api.sample(channel.index, 2, size);
    expect(await runner.run(sample.input)).toEqual(sample.output);
    const verdict = await alice.ledger.verifyReceipt({ receipt: sample.receipt, proof: sample.proof });
    expect(verdict).toMatchObject({ channel: channel.index, sequence: 2, model, provider: payee });
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toContain(`engram_provider_inference_seconds_count{kind="paid"} ${ANSWERS}`);
    expect(text).toContain('engram_provider_claims_total 1');
    api.close();
  });
});

/** The same provider by its multiaddress. */
async function askOverLibp2p(address: string): Promise<void> {
  const host = await startPeerHost({ listen: [], identityFile: join(folder, 'asking.key'), maxConnections: 1 });
  try {
    const id = networkId(domainOf(network.chain));
    const api = new ProviderApi(new PeerTransport({ id, address }, { host, clock: systemClock }));
    expect((await api.info()).provider).toBe(payee);
  } finally {
    await host.stop();
  }
}

describe('engram provider', () => {
  async function engramProvider(
    file: string,
    ...more: readonly string[]
  ): Promise<{ out: string; err: string; exit: number }> {
    let [out, err] = ['', ''];
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      out += text;
      return true;
    });
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      err += text;
      return true;
    });
    const program = new Command();
    registerProviderCommand(program);
    const key = join(folder, 'key');
    await writeFile(key, `0x${Buffer.from(bob.account.seed).toString('hex')}`);
    const given = ['--key', key, '--rpc', devnet.rpcUrl, '--data-dir', join(folder, 'data'), '--port', '0'];
    const rest = ['--price', '5gwei', '--log-level', 'silent', '--json', '--listen', '/ip4/127.0.0.1/tcp/0', ...more];
    try {
      const running = program.parseAsync([
        'node',
        'engram',
        'provider',
        '--model',
        file,
        '--attestation',
        String(model),
        ...given,
        ...rest,
      ]);
      await Promise.race([running, vi.waitUntil(() => out.includes('\n'), 30_000)]);
      if (out.includes('"url"')) {
        const { url, peer } = JSON.parse(out) as { url: string; peer: string };
        await askOverLibp2p(peer);
        expect(await (await fetch(`${url}/v1/info`)).json()).toMatchObject({ price: '5000000000', provider: payee });
        // what a Ctrl-C does
        process.listeners('SIGINT').at(-1)?.('SIGINT');
        await running;
      }
      return { out, err, exit: Number(process.exitCode ?? 0) };
    } finally {
      process.exitCode = 0;
      stdout.mockRestore();
      stderr.mockRestore();
    }
  }

  it('serves the attested file until it is stopped', async () => {
    const file = join(folder, 'model.onnx');
    await writeFile(file, MODEL);
    expect(await engramProvider(file)).toMatchObject({ exit: 0 });
  });

  it('serves no other file', async () => {
    const file = join(folder, 'other.onnx');
    await writeFile(file, tinyModel({ scale: 2 }));
    const { out, exit } = await engramProvider(file);
    expect([exit, JSON.parse(out).error.code]).toEqual([1, 'MODEL_MISMATCH']);
    await writeFile(file, MODEL.subarray(0, 40));
    expect(JSON.parse((await engramProvider(file)).out).error.code).toBe('MODEL_INVALID');
  });

  it('wants an agent and an endpoint together', async () => {
    const { out, exit } = await engramProvider(join(folder, 'model.onnx'), '--endpoint', 'http://127.0.0.1:1');
    expect([exit, JSON.parse(out).error.code]).toEqual([2, 'BAD_OPTIONS']);
  });
});
