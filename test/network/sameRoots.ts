import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import { blockOf, equal, headOf } from './checks.ts';
import { CheckError } from './errors.ts';
import { until } from './until.ts';
import type { World } from './world.ts';

/** Whatever proofs have fallen behind. */
const GIVE_UP_MS = 1_200_000;

/**
 * After the traffic has stopped: all nodes come to one head, all that is closed is proven, and then every block of every node is compared, and
 * each node's proven root with L1's. @throws CheckError NOT_REACHED, DIFFERS
 */
export async function sameRoots({ nodes, rollup }: World): Promise<void> {
  const first = nodes[0];
  if (first === undefined) throw new CheckError('NOT_DONE', 'no node runs');
  const head = await until(
    'one head, all of it proven',
    async () => {
      const heads = await Promise.all(nodes.map(headOf));
      const [newest = 0] = heads;
      if (!heads.every((other) => other === newest)) return undefined;
      const { committed, proven } = await rollup.state();
      return proven.batch === committed.batch && Number(proven.lastBlock) === newest ? newest : undefined;
    },
    { giveUpMs: GIVE_UP_MS },
  );
  for (const node of nodes) await compare(first, node, head);
  const { proven } = await rollup.state();
  for (const { name, rpc } of nodes) {
    await until(`${name} knows what is proven`, async () => {
      const { heads } = await rpc.request('engram_chainInfo', []);
      return heads.proven.batch === proven.batch ? true : undefined;
    });
    const { heads } = await rpc.request('engram_chainInfo', []);
    if (BigInt(heads.proven.root) !== proven.root)
      throw new CheckError('DIFFERS', `${name}: the proven root is not L1’s`);
  }
}

async function compare(a: NetworkNode, b: NetworkNode, head: number): Promise<void> {
  for (let number = 1; number <= head; number += 1) {
    const [one, other] = await Promise.all([blockOf(a, number), blockOf(b, number)]);
    if (one === undefined || other === undefined || !equal(one, other)) {
      throw new CheckError('DIFFERS', `block ${number} of ${a.name} and ${b.name}`);
    }
  }
}
