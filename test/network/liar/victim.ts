import type { NetworkNode } from '../../../node/devnet/network/networkNode.ts';
import { CheckError } from '../errors.ts';
import { until } from '../until.ts';
import type { RawPeer } from './rawPeer.ts';

const MIB = 2 ** 20;
/** What a node's memory may differ by from one moment to another, whatever it is told: collections come when they come. */
const ALLOWED_MIB = 400;

export async function memoryMib(node: NetworkNode): Promise<number> {
  return ((await node.metrics()).get('process_resident_memory_bytes') ?? 0) / MIB;
}

/** @throws CheckError DIFFERS */
export async function boundedMemory(node: NetworkNode, work: () => Promise<void>): Promise<void> {
  const before = await memoryMib(node);
  await work();
  const after = await memoryMib(node);
  if (after - before > ALLOWED_MIB) {
    throw new CheckError('DIFFERS', `${node.name} grew from ${before.toFixed(0)} to ${after.toFixed(0)} MiB`);
  }
}

/** Says it again and again until the victim has enough of it: bans it and tells its log why. @throws CheckError NOT_REACHED */
export async function untilBanned(
  victim: NetworkNode,
  liar: RawPeer,
  lie: (round: number) => Promise<void>,
): Promise<string> {
  let round = 0;
  return until(`${victim.name} bans ${liar.id}`, async () => {
    const [line] = victim.program.lines('peer banned', { peer: liar.id });
    if (line !== undefined) return String(line.reason);
    if (liar.isConnected()) await lie(round);
    round += 1;
    return undefined;
  });
}

/** The victim has written down that it refused something of this peer. */
export async function untilRefused(victim: NetworkNode, peer: string): Promise<string> {
  return until(`${victim.name} refuses ${peer}`, async () => {
    const [line] = victim.program.lines('refused', { peer });
    return line === undefined ? undefined : String(line.reason);
  });
}
