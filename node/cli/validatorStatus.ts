import type { Command } from 'commander';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import { epochAt, epochOfSlot, type LeaderSchedule, leaderAt, slotAt } from '../../protocol/network/leadership.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';
import { guarded } from './output.ts';
import { count } from './parsers.ts';
import { money } from './units.ts';
import {
  type OpenRegistry,
  openRegistry,
  type RegistryOptions,
  type SignerOptions,
  signerAddress,
  withRegistry,
  withSigner,
} from './validatorContext.ts';
import { registered, startOf, stateOf, view } from './validatorViews.ts';

interface StatusOptions extends RegistryOptions, SignerOptions {
  readonly rpc?: string;
  readonly slots: number;
  readonly epochs: number;
}

/** `engram validator status` and `list`. */
export function registerValidatorStatus(validator: Command): void {
  withSigner(withRegistry(validator.command('status')))
    .description('a validator on L1: seat, stake, weight, next slots as leader, rewards; and what its node says')
    .option('--rpc <url>', 'JSON-RPC of its node, for what it has signed')
    .option('--slots <n>', 'next slots to show', count, 3)
    .option('--epochs <n>', 'ended epochs whose rewards are looked at', count, 8)
    .action((options: StatusOptions, command: Command) => guarded(options, () => status(options, command), view));
  withRegistry(validator.command('list'))
    .description('all validators of a registry')
    .action((options: RegistryOptions, command: Command) => guarded(options, () => list(options, command), table));
}

async function status(options: StatusOptions, command: Command): Promise<object> {
  const open = await openRegistry(options, command);
  const { registry, parameters, publicClient } = open;
  const signer = await signerAddress(options);
  const found = await registered(signer, open);
  const now = Number((await publicClient.getBlock()).timestamp);
  const epoch = epochAt(parameters, now);
  const rollup = await Reader.connect({ address: parameters.rollup, deployedAt: 0n }, publicClient);
  const lane = await EvmLaneReader.connect({ address: parameters.evmLane, deployedAt: 0n }, publicClient);
  const { proven, sequencer, isOpen } = await rollup.state();
  const isRotating = sequencer.toLowerCase() === registry.address.toLowerCase();
  const ended = Array.from(
    { length: Math.min(options.epochs, Math.max(0, epoch - found.activeFrom)) },
    (_, i) => epoch - 1 - i,
  );
  const claimable: { epoch: number; amount: bigint }[] = [];
  for (const past of ended) {
    const amount = await registry.rewardOf(signer, past);
    if (amount > 0n) claimable.push({ epoch: past, amount });
  }
  return {
    signer,
    owner: found.owner,
    state: stateOf(found, epoch),
    seat: found.seat,
    stake: found.stake,
    weight: found.weight,
    totalWeight: await registry.totalWeight(),
    countsFrom: startOf(found.activeFrom, open),
    ...(found.activeUntil !== undefined && { countsUntil: startOf(found.activeUntil, open) }),
    withdrawableAt: found.withdrawableAt,
    epoch,
    epochEnds: startOf(epoch + 1, open),
    leads: isRotating
      ? 'in turn'
      : isOpen
        ? 'in turn, while the sequencer is silent'
        : 'only if the sequencer falls silent',
    nextSlots: await nextSlots({ signer, now, most: options.slots }, open),
    rewards: { thisEpochSoFar: await registry.rewardOf(signer, epoch), claimable },
    pending: await registry.pending(found.owner),
    attestation: { provenBatch: proven.batch, attestedBatch: await lane.attestedBatch() },
    ...(options.rpc !== undefined && { node: await ofNode(options.rpc, signer) }),
  };
}

/** Slots it leads in this epoch and the next, as it stands. */
async function nextSlots(
  { signer, now, most }: { signer: Hex; now: number; most: number },
  { registry, parameters }: OpenRegistry,
): Promise<{ slot: number; at: number }[]> {
  const { slotSeconds } = parameters;
  const schedules = new Map<number, LeaderSchedule>();
  const last = epochAt(parameters, now) + 1;
  const found: { slot: number; at: number }[] = [];
  for (let slot = slotAt(parameters, now); found.length < most; slot += 1) {
    const at = slot * slotSeconds;
    const epoch = epochOfSlot(parameters, at);
    if (epoch > last) break;
    const schedule = schedules.get(epoch) ?? (await registry.schedule(epoch));
    schedules.set(epoch, schedule);
    if (leaderAt(schedule, at) === signer) found.push({ slot, at });
  }
  return found;
}

/** What its node says of itself. A node that is away does not hide what L1 says. */
async function ofNode(url: string, signer: Hex): Promise<object> {
  try {
    const { validator, sync, leader, peers } = await new RpcClient(url).request('engram_getNetwork', []);
    const isOther = validator !== undefined && validator.signer.toLowerCase() !== signer;
    return {
      ...{ isSynced: sync.isSynced, isOurTurn: leader.isOurTurn, peers: peers.length },
      ...(validator === undefined
        ? { validates: false }
        : { ...validator, ...(isOther && { advice: 'another signer' }) }),
    };
  } catch (error) {
    return { unreachable: error instanceof Error ? error.message : String(error) };
  }
}

async function list(options: RegistryOptions, command: Command): Promise<{ epoch: number; validators: object[] }> {
  const open = await openRegistry(options, command);
  const now = Number((await open.publicClient.getBlock()).timestamp);
  const epoch = epochAt(open.parameters, now);
  const validators = (await open.registry.validators()).map((one) => ({ ...one, state: stateOf(one, epoch) }));
  return { epoch, validators };
}

function table(result: { validators: readonly object[] }): string {
  // as `list` made them
  const validators = result.validators as readonly {
    seat: number;
    signer: string;
    state: string;
    stake: bigint;
    weight: bigint;
  }[];
  const rows = validators.map(({ seat, signer, state, stake, weight }) => [
    String(seat),
    signer,
    state,
    money(stake, 0),
    money(weight, 0),
  ]);
  return columns([['seat', 'signer', 'state', 'stake', 'weight'], ...rows]);
}
