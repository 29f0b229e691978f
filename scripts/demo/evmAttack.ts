/** What an operator who controls sequencer and node would try against L1: to be paid for a withdrawal that nobody made. */
import { BridgeError } from '../../bridge/client/errors.ts';
import type { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { type OutboxLeaf, OutboxTree, parseOutboxLog } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX, OUTBOX_ABI } from '../../sdk/index.ts';
import type { Checks } from './book.ts';
import type { Lane } from './evmLane.ts';
import type { Person } from './people.ts';

/** Everything is refused by L1's contract, by the name that is returned; the vault keeps what it has. */
export async function attackVault(lane: Lane, operator: Person, checks: Checks): Promise<Record<string, string>> {
  const { devnet } = lane.world;
  const bridge = await lane.bridge(operator);
  const { publicClient } = localClients(devnet.l1);
  const vault = (): Promise<bigint> => publicClient.getBalance({ address: devnet.evmLane });
  const before = await vault();
  const tree = new OutboxTree();
  const leaves: OutboxLeaf[] = [];
  const logs = await lane.evm.getContractEvents({
    address: OUTBOX,
    abi: OUTBOX_ABI,
    eventName: 'Withdrawal',
    fromBlock: 0n,
    strict: true,
  });
  for (const log of logs) {
    const leaf = parseOutboxLog(log);
    tree.append(leaf);
    leaves.push(leaf);
  }
  const thief = operator.account.l1.address;
  const forged: OutboxLeaf = {
    index: tree.count,
    sender: thief,
    token: 0,
    amount: before,
    recipient: thief,
    account: 0,
  };
  const [first] = leaves;
  if (first === undefined) throw new RangeError('nobody withdrew');
  const genuine = tree.proof(first.index);
  tree.append(forged);
  const { proven } = await operator.l1.state();
  const posted = await operator.l1.readBatch(proven.batch);
  const own = await devnet.node.store.evmBatch(proven.batch);
  if (own === undefined) throw new RangeError(`the node has no batch ${proven.batch}`);
  const output = { ...own.output, outboxRoot: tree.root, outboxCount: tree.count };
  const attempts: readonly (readonly [what: string, code: string, call: L1Call])[] = [
    ['a withdrawal that nobody made', 'RootNotAttested', bridge.calls.claim(forged, tree.proof(forged.index))],
    [
      'a larger amount',
      'RootNotAttested',
      bridge.calls.claim({ ...unclaimed(first, tree.count), amount: before }, genuine),
    ],
    ['a withdrawal paid again', 'AlreadyClaimed', bridge.calls.claim(first, genuine)],
    [
      'another outcome of a proven batch',
      'CommitmentMismatch',
      bridge.calls.attest({ posted, output, signatures: [] }),
    ],
  ];
  const refusals: Record<string, string> = {};
  for (const [what, code, call] of attempts) {
    const found = await refusal(bridge, call, operator);
    refusals[what] = found;
    checks.equal(`L1 refuses ${what}: ${code}`, 1n, found === code ? 1n : 0n);
  }
  checks.equal('the vault after the attack', before, await vault());
  return refusals;
}

/** A leaf that was never claimed, with the rest of a genuine one. */
function unclaimed(leaf: OutboxLeaf, index: bigint): OutboxLeaf {
  return { ...leaf, index };
}

async function refusal(bridge: EvmLaneClient, call: L1Call, by: Person): Promise<string> {
  try {
    await bridge.simulate(call, by.account.l1.address);
    return '';
  } catch (error) {
    if (error instanceof BridgeError) return error.code;
    throw error;
  }
}
