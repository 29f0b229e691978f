/** What must be so on every honest node, asked of the nodes themselves and of L1. */
import type { Reader } from '../../bridge/client/rollupReader.ts';
import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { CheckError } from './errors.ts';
import { ethCall } from './ethCall.ts';
import { until } from './until.ts';

/** A block of both lanes as one node has it. */
export interface BlockFacts {
  readonly hash: Hex;
  readonly ledgerRoot: string;
  readonly stateRoot: Hex;
}

export async function headOf({ rpc }: NetworkNode): Promise<number> {
  const { heads } = await rpc.request('engram_chainInfo', []);
  return Number(heads.unsafe.block);
}

/** Undefined: the node has no such block (it began with a snapshot, or it is not there yet). */
export async function blockOf({ rpc, rpcUrl }: NetworkNode, number: number): Promise<BlockFacts | undefined> {
  const block = await rpc.request('engram_getBlock', [number]);
  const header = await ethCall<{ hash: Hex; stateRoot: Hex } | null>(rpcUrl, 'eth_getBlockByNumber', [
    `0x${number.toString(16)}`,
    false,
  ]);
  if (block === null || header === null) return undefined;
  if (block.hash !== header.hash) throw new CheckError('DIFFERS', `block ${number}: the lanes have different hashes`);
  return { hash: block.hash, ledgerRoot: block.ledgerRoot, stateRoot: header.stateRoot };
}

/** All have this block, and it is the same. */
async function isSame(nodes: readonly NetworkNode[], number: number): Promise<true | undefined> {
  const [first, ...others] = await Promise.all(nodes.map((node) => blockOf(node, number)));
  return first !== undefined && others.every((other) => other !== undefined && equal(first, other)) ? true : undefined;
}

export function equal(a: BlockFacts, b: BlockFacts): boolean {
  return a.hash === b.hash && a.ledgerRoot === b.ledgerRoot && a.stateRoot === b.stateRoot;
}

/**
 * The chain grows by `blocks` from where the furthest of the nodes is now, and all of them have the same block there. Between unsafe
 * blocks nodes may differ for a while: asked again until they agree. @throws CheckError NOT_REACHED
 */
export async function growTogether(nodes: readonly NetworkNode[], blocks = 3): Promise<number> {
  const heads = await Promise.all(nodes.map((node) => until(`${node.name} answers`, () => headOf(node))));
  const target = Math.max(...heads) + blocks;
  const names = nodes.map(({ name }) => name).join(', ');
  await until(`block ${target} on ${names}`, async () => {
    const now = await Promise.all(nodes.map(headOf));
    return now.every((head) => head >= target) ? isSame(nodes, target) : undefined;
  });
  return target;
}

/** L1 has committed and proven so many batches more than now. @throws CheckError NOT_REACHED */
export async function settles(
  rollup: Reader,
  { committed = 0, proven = 0 }: { committed?: number; proven?: number },
): Promise<void> {
  const before = await rollup.state();
  await until(
    `${committed} batches committed and ${proven} proven after ${before.committed.batch}/${before.proven.batch}`,
    async () => {
      const now = await rollup.state();
      const isThere =
        now.committed.batch >= before.committed.batch + committed && now.proven.batch >= before.proven.batch + proven;
      return isThere ? true : undefined;
    },
  );
}
