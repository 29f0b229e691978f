import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import { blockOf, equal, growTogether } from '../checks.ts';
import { CheckError } from '../errors.ts';
import { bombFrame } from '../liar/payloads.ts';
import { RawPeer } from '../liar/rawPeer.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';

/** Nodes that begin with nothing. */
export const freshNodes: Scenario = {
  name: 'fresh',
  seat: 'account',
  isQuick: true,
  run: async (world, fault) => {
    await fault('a node with no data and no peers: all from L1', async () => {
      const flags = { '--p2p-enabled': false, '--sync-mode': 'l1' };
      await world.withFollower({ name: 'from-l1', bootnodes: [], flags }, (node) => hasWhatL1Has(world, node));
    });
    await fault('a node with no data: a snapshot, then as the others', async () => {
      await until('somebody has a snapshot', async () => ((await snapshots(world)) > 0 ? true : undefined));
      await world.withFollower({ name: 'from-snapshot', flags: { '--sync-mode': 'snapshot' } }, async (node) => {
        await growTogether([...world.nodes, node]);
        // it never had the first block
        if ((await blockOf(node, 1)) !== undefined) throw new CheckError('DIFFERS', 'it has blocks before a snapshot');
      });
    });
    const fromPeers = async (): Promise<void> => {
      const bomb = bombFrame(64 * 2 ** 20);
      const prefixed = Uint8Array.from([0, 0, bomb.length >> 8, bomb.length & 255, ...bomb]);
      const liar = await RawPeer.start(
        { chainId: world.networkId },
        Object.fromEntries(
          (['status', 'blocks', 'batch', 'snapshot'] as const).map((kind) => [
            kind,
            (stream) => void stream.send(prefixed),
          ]),
        ),
      );
      try {
        const added = { name: 'from-peers', peers: [liar.address], flags: { '--sync-mode': 'peers' } };
        await world.withFollower(added, async (node) => {
          await growTogether([...world.nodes, node]);
          const first = world.nodes[0];
          if (first === undefined) throw new CheckError('NOT_DONE', 'no node runs');
          await sameBlock(first, node, 1);
        });
      } finally {
        await liar.stop();
      }
    };
    await fault('a node with no data: from peers, one of whom lies about what it has', fromPeers, { isLong: true });
  },
};

/** It has come to the last batch that L1 had when it was asked, with the same block as everybody. */
async function hasWhatL1Has(world: World, node: NetworkNode): Promise<void> {
  const { committed } = await world.rollup.state();
  await until(`batch ${committed.batch} from L1`, async () => {
    const { heads } = await node.rpc.request('engram_chainInfo', []);
    return heads.committed.batch >= committed.batch ? true : undefined;
  });
  const reference = world.nodes[0];
  if (reference === undefined) throw new CheckError('NOT_DONE', 'no node runs');
  for (const number of [1, Math.floor(Number(committed.lastBlock) / 2), Number(committed.lastBlock)]) {
    await sameBlock(reference, node, number);
  }
}

async function sameBlock(a: NetworkNode, b: NetworkNode, number: number): Promise<void> {
  const [one, other] = [await blockOf(a, number), await blockOf(b, number)];
  if (one === undefined || other === undefined || !equal(one, other)) {
    throw new CheckError('DIFFERS', `block ${number} of ${a.name} and ${b.name}`);
  }
}

async function snapshots(world: World): Promise<number> {
  const found = await Promise.all(world.nodes.map(async (node) => node.program.lines(/snapshot made/).length));
  return found.reduce((sum, count) => sum + count, 0);
}
