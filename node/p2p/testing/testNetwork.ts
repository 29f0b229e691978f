import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../chain/clock.ts';
import { type Logger, silentLogger } from '../../../chain/logger.ts';
import type { NetworkLimits } from '../limits.ts';
import { Network } from '../network.ts';
import type { NetworkHandlers, NetworkMetrics, NetworkOptions, Topic, Verdict } from '../types.ts';

export const CHAIN_ID = '00112233aabbccdd';

export interface Heard {
  readonly topic: Topic;
  readonly bytes: Uint8Array;
  readonly from: string;
}

export interface TestNetwork {
  readonly network: Network;
  readonly heard: Heard[];
  readonly address: string;
  /** Waits until `count` messages were heard. */
  hears(count: number): Promise<void>;
}

export interface TestOptions extends Partial<Omit<NetworkOptions, 'limits'>> {
  readonly limits?: Partial<NetworkLimits>;
  readonly handlers?: Partial<NetworkHandlers>;
  readonly metrics?: NetworkMetrics;
  readonly log?: Logger;
}

async function* nothing(): AsyncIterable<Uint8Array> {}

/** A network on loopback whose handlers accept everything and have nothing, but for what a test gives. */
export async function startNetwork(options: TestOptions = {}): Promise<TestNetwork> {
  const { handlers, metrics, log, limits, ...settings } = options;
  const heard: Heard[] = [];
  const own: NetworkHandlers = {
    onGossip: async () => ({ outcome: 'accept', reason: 'OK' }),
    status: () => Uint8Array.of(0xc0),
    blocks: nothing,
    batch: nothing,
    snapshotManifest: async () => undefined,
    snapshotChunk: async () => undefined,
    ...handlers,
  };
  const network = await Network.start(
    {
      id: CHAIN_ID,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      bootnodes: [],
      mdns: false,
      peerExchange: false,
      maxPeers: 20,
      identityFile: join(mkdtempSync(join(tmpdir(), 'engram-p2p-')), 'p2p.key'),
      ...settings,
      ...(limits !== undefined && { limits }),
    },
    {
      clock: systemClock,
      log: log ?? silentLogger,
      ...(metrics !== undefined && { metrics }),
      handlers: {
        ...own,
        onGossip: async (topic: Topic, bytes: Uint8Array, from: string): Promise<Verdict> => {
          heard.push({ topic, bytes, from });
          return own.onGossip(topic, bytes, from);
        },
      },
    },
  );
  const address = network.addresses[0];
  if (address === undefined) throw new Error('the network has no address');
  return { network, heard, address, hears: (count) => until(() => heard.length >= count) };
}

/** Looks again and again, for conditions that no event tells of. The test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Until gossip goes both ways between neighbours of a line. */
export async function meshed(networks: readonly TestNetwork[], topic: Topic = 'block'): Promise<void> {
  for (const [index, one] of networks.entries()) {
    const before = networks.map(({ heard }) => heard.length);
    for (let round = 0; ; round += 1) {
      await one.network.publish(topic, new TextEncoder().encode(`mesh ${index} ${round} ${one.network.peerId}`));
      const started = Date.now();
      const isHeard = (): boolean =>
        networks.every((other, i) => other === one || other.heard.length > (before[i] ?? 0));
      while (!isHeard() && Date.now() - started < 300) await new Promise((resolve) => setTimeout(resolve, 5));
      if (isHeard()) break;
    }
  }
}
