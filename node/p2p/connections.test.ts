import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Attacker } from './testing/attacker.ts';
import { startNetwork, type TestNetwork, type TestOptions, until } from './testing/testNetwork.ts';
import { noMetrics } from './types.ts';

const running: { stop(): Promise<void> }[] = [];
const sockets: Socket[] = [];

async function start(options?: TestOptions): Promise<TestNetwork> {
  const network = await startNetwork(options);
  running.push(network.network);
  return network;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const portOf = (address: string): number => Number(address.split('/')[4]);
const newIdentity = (): string => join(mkdtempSync(join(tmpdir(), 'engram-p2p-')), 'p2p.key');
const isPeer = (one: TestNetwork, other: TestNetwork): boolean =>
  one.network.peers().some(({ id }) => id === other.network.peerId);

/** A socket that is open until the other side closes it. */
function rawSocket(address: string): Socket {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => undefined);
  // Else it would not see the other side's end.
  socket.resume();
  sockets.push(socket);
  return socket;
}

describe('connections', () => {
  it('1,000 sockets that say nothing are held to a limit and closed; a peer gets in afterwards', async () => {
    const victim = await start({ limits: { handshakeMs: 1_000, pendingConnections: 32 } });
    const friend = await start();
    await friend.network.dial(victim.address);
    const memoryBefore = process.memoryUsage().rss;
    const raw: Socket[] = [];
    for (let wave = 0; wave < 10; wave += 1) {
      // No more than the kernel queues: it would drop the rest without a word, and the sockets here would not know.
      const sent = Array.from({ length: 100 }, () => rawSocket(victim.address));
      raw.push(...sent);
      await until(() => sent.every(({ connecting }) => !connecting));
    }
    await until(() => raw.filter(({ destroyed }) => destroyed).length >= 1_000 - 52);
    // The peer that was there is there, and is answered while they are open.
    expect(await friend.network.status(victim.network.peerId)).toEqual(Uint8Array.of(0xc0));
    await until(() => raw.every(({ destroyed }) => destroyed));
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(200 * 1_048_576);
    const late = await start();
    await late.network.dial(victim.address);
    expect(await late.network.status(victim.network.peerId)).toEqual(Uint8Array.of(0xc0));
  });

  it('sockets that talk nonsense are closed', async () => {
    const victim = await start({ limits: { handshakeMs: 500 } });
    const raw = Array.from({ length: 30 }, (_, i) => {
      const socket = rawSocket(victim.address);
      socket.write(
        i % 2 === 0 ? randomBytes(2_000) : Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n\x00\x20nonsense'),
      );
      return socket;
    });
    await until(() => raw.every(({ destroyed }) => destroyed));
    const late = await start();
    await late.network.dial(victim.address);
  });

  it('idle peers fill no more than their share of the places and are closed; chosen peers find room', async () => {
    const refused: string[] = [];
    const victim = await start({
      maxPeers: 10,
      limits: { idleMs: 3_000 },
      metrics: { ...noMetrics, refused: (reason) => refused.push(reason) },
    });
    const idle = await Promise.all(Array.from({ length: 16 }, () => Attacker.start({ isSilent: true })));
    running.push(...idle);
    await until(async () => {
      await Promise.all(idle.filter(({ isConnected }) => !isConnected).map((one) => one.knock(victim)));
      return refused.filter((reason) => reason === 'FULL').length >= 8;
    });
    expect(victim.network.peers()).toEqual([]);
    const friend = await start();
    await victim.network.dial(friend.address);
    await until(() => idle.every(({ isConnected }) => !isConnected));
    expect(refused.filter((reason) => reason === 'IDLE' || reason === 'OTHER_CHAIN').length).toBeGreaterThan(0);
    expect(isPeer(victim, friend)).toBe(true);
  });

  it('nodes of another chain do not stay, and nothing of theirs is heard', async () => {
    const victim = await start();
    const other = await start({ id: 'ffffffffffffffff' });
    await expect(other.network.dial(victim.address)).rejects.toMatchObject({ code: 'UNREACHABLE' });
    expect(victim.network.peers()).toEqual([]);
    // One that insists, with gossip of the other chain.
    const attacker = await Attacker.start({ chainId: 'ffffffffffffffff' });
    running.push(attacker);
    await attacker.knock(victim);
    await attacker.publish('block', text('\0block of another chain'));
    await until(() => !attacker.isConnected);
    expect(victim.heard).toEqual([]);
    expect(other.heard).toEqual([]);
  });

  it('a peer that connects anew replaces its old connection', async () => {
    const victim = await start();
    const identityFile = newIdentity();
    const first = await start({ identityFile });
    await first.network.dial(victim.address);
    const second = await start({ identityFile });
    expect(second.network.peerId).toBe(first.network.peerId);
    await second.network.dial(victim.address);
    await until(() => first.network.peers().length === 0);
    await until(() => victim.network.peers().length === 1);
    expect(await second.network.status(victim.network.peerId)).toEqual(Uint8Array.of(0xc0));
  });
});

describe('finding peers', () => {
  it('keeps its identity in a file only the owner reads', async () => {
    const identityFile = newIdentity();
    const first = await start({ identityFile });
    expect((await stat(identityFile)).mode & 0o777).toBe(0o600);
    await first.network.stop();
    const second = await start({ identityFile });
    expect(second.network.peerId).toBe(first.network.peerId);
  });

  it('refuses a key file that holds no key, an address in use and one that is none', async () => {
    const identityFile = newIdentity();
    await writeFile(identityFile, 'no key');
    await expect(start({ identityFile })).rejects.toMatchObject({ code: 'BAD_IDENTITY' });
    const first = await start();
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(first.address)}`];
    await expect(start({ listen })).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
    await expect(start({ listen: ['127.0.0.1:7171'] })).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    for (const address of ['/dnsaddr/example.org', '/ip4/127.0.0.1/tcp/1']) {
      await expect(start({ bootnodes: [address] })).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
    }
    await expect(first.network.dial('nowhere')).rejects.toMatchObject({ code: 'BAD_ADDRESS' });
  });

  it('dials its bootnode again and again until it is there, and after it has come back', async () => {
    const identityFile = newIdentity();
    const boot = await start({ identityFile });
    await boot.network.stop();
    const node = await start({ bootnodes: [boot.address] });
    const listen = [`/ip4/127.0.0.1/tcp/${portOf(boot.address)}`];
    const again = await start({ identityFile, listen });
    await until(() => isPeer(node, again));
    await again.network.stop();
    await until(() => node.network.peers().length === 0);
    const third = await start({ identityFile, listen });
    await until(() => isPeer(node, third));
  });

  it('finds others through its peers, and knows them after a restart', async () => {
    const hub = await start({ peerExchange: true });
    const first = await start({ peerExchange: true, bootnodes: [hub.address] });
    const identityFile = newIdentity();
    await until(() => isPeer(hub, first));
    const second = await start({ peerExchange: true, bootnodes: [hub.address], identityFile });
    await until(() => isPeer(second, first));
    await second.network.stop();
    const book = JSON.parse(await readFile(join(identityFile, '..', 'p2p.peers.json'), 'utf8'));
    expect(book.peers.flatMap(({ addresses }: { addresses: string[] }) => addresses)).toContain(first.address);
    await hub.network.stop();
    const restarted = await start({ identityFile });
    await until(() => isPeer(restarted, first));
  });

  it('chooses peers itself even when others have filled the places that are theirs', async () => {
    const identityFile = newIdentity();
    const friend = await start({ identityFile });
    await friend.network.stop();
    const victim = await start({ maxPeers: 10, bootnodes: [friend.address], limits: { idleMs: 60_000 } });
    const idle = await Promise.all(Array.from({ length: 8 }, () => Attacker.start({ isSilent: true })));
    running.push(...idle);
    await until(async () => {
      await Promise.all(idle.filter(({ isConnected }) => !isConnected).map((one) => one.knock(victim)));
      return idle.every(({ isConnected }) => isConnected);
    });
    const again = await start({ identityFile, listen: [`/ip4/127.0.0.1/tcp/${portOf(friend.address)}`] });
    await until(() => isPeer(victim, again));
    expect(victim.network.peers()[0]?.direction).toBe('outbound');
  });

  it('looks for peers on the local network when it is told to', async () => {
    const node = await start({ mdns: true });
    expect(node.network.peers()).toEqual([]);
  });

  it('begins with an empty book when the file is damaged', async () => {
    const identityFile = newIdentity();
    await writeFile(join(identityFile, '..', 'p2p.peers.json'), '{"version":1,"peers":[{"addresses":"x"}]}');
    const node = await start({ identityFile });
    expect(node.network.peers()).toEqual([]);
  });
});

describe('stop', () => {
  it('closes everything within a second, ends requests under way, and can be called twice', async () => {
    const handles = (): number => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
    const before = handles();
    const server = await startNetwork({
      handlers: {
        batch: async function* () {
          yield text('first');
          await new Promise((resolve) => setTimeout(resolve, 500));
          yield text('second');
        },
      },
    });
    const client = await startNetwork();
    await client.network.dial(server.address);
    const taken: string[] = [];
    const take = (async () => {
      for await (const bytes of client.network.batch(server.network.peerId, 1))
        taken.push(new TextDecoder().decode(bytes));
    })();
    const ended = expect(take).rejects.toMatchObject({ code: 'STOPPED' });
    await until(() => taken.length === 1);
    const started = Date.now();
    await Promise.all([client.network.stop(), client.network.stop(), server.network.stop()]);
    expect(Date.now() - started).toBeLessThan(5_000);
    await ended;
    await expect(client.network.status(server.network.peerId)).rejects.toMatchObject({ code: 'STOPPED' });
    await expect(client.network.publish('block', text('x'))).rejects.toMatchObject({ code: 'STOPPED' });
    await until(() => handles() <= before + 1);
  });
});
