import { join } from 'node:path';
import { systemClock } from '../../../chain/clock.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { decodeItem } from '../../../chain/wire/codec.ts';
import type { WireBlock } from '../../../chain/wire/types.ts';
import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import { Network } from '../../../node/p2p/network.ts';
import { CheckError } from '../errors.ts';

async function* nothing(): AsyncIterable<Uint8Array> {}

/** A well-behaved peer that has nothing and passes nothing on: to ask nodes what they have. */
export async function startObserver({
  chainId,
  dir,
}: {
  readonly chainId: string;
  readonly dir: string;
}): Promise<Network> {
  return Network.start(
    {
      id: chainId,
      listen: ['/ip4/127.0.0.1/tcp/0'],
      announce: [],
      bootnodes: [],
      mdns: false,
      peerExchange: false,
      maxPeers: 20,
      identityFile: join(dir, 'observer.key'),
    },
    {
      log: silentLogger,
      clock: systemClock,
      handlers: {
        onGossip: async () => ({ outcome: 'ignore', reason: 'OBSERVER' }),
        status: () => Uint8Array.of(0xc0),
        blocks: nothing,
        batch: nothing,
        snapshotManifest: async () => undefined,
        snapshotChunk: async () => undefined,
      },
    },
  );
}

/** A block as a node sends it to its peers. @throws CheckError NOT_DONE */
export async function wireBlock(observer: Network, node: NetworkNode, number: bigint): Promise<WireBlock> {
  await observer.dial(node.p2pAddress);
  for await (const bytes of observer.blocks(node.peerId, number, 1)) {
    const item = decodeItem(bytes);
    if (item.kind === 'block') return item.block;
  }
  throw new CheckError('NOT_DONE', `${node.name} does not send block ${number}`);
}
