import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Libp2p } from '@libp2p/interface';
import type { ProviderTransport } from '../../agents/consumer/providerTransport.ts';
import { systemClock } from '../../chain/clock.ts';
import type { Field } from '../../protocol/types.ts';
import { networkId } from '../sync/peerParts.ts';

const MAX_CONNECTIONS = 8;

export function isPeerAddress(text: string): boolean {
  return /^\/[\w./:-]{1,400}\/p2p\/\w+$/.test(text);
}

/** Providers at multiaddresses. libp2p is loaded at the first call; who asks has a new identity each time. */
export class InferPeers {
  readonly #id: string;
  #host: Promise<Libp2p> | undefined;

  constructor(domain: Field) {
    this.#id = networkId(domain);
  }

  transport(address: string): ProviderTransport {
    return {
      call: async (call, limits) => {
        this.#host ??= startHost();
        const { PeerTransport } = await import('../provider/peerTransport.ts');
        const deps = { host: await this.#host, clock: systemClock };
        return new PeerTransport({ id: this.#id, address }, deps).call(call, limits);
      },
      close: () => undefined, // connections are the host's
    };
  }

  async stop(): Promise<void> {
    await (await this.#host)?.stop();
  }
}

async function startHost(): Promise<Libp2p> {
  const { startPeerHost } = await import('../provider/peerHost.ts');
  const folder = await mkdtemp(join(tmpdir(), 'engram-infer-'));
  try {
    return await startPeerHost({ listen: [], identityFile: join(folder, 'p2p.key'), maxConnections: MAX_CONNECTIONS });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
