import type { ContractFunctionArgs, ContractFunctionName, PublicClient, ReadContractReturnType } from 'viem';
import type { LeaderSchedule, Seat } from '../../protocol/network/leadership.ts';
import { BridgeError } from './errors.ts';
import { type LogOptions, LogSource } from './logs.ts';
import type { RegistrationDomain } from './registration.ts';
import { registryAbi } from './registryAbi.ts';
import { type RegistryCalls, registryCalls } from './registryCalls.ts';
import { parseRegistryEvent, type RegistryEvent } from './registryEvents.ts';
import { bridgeError, isForeignAnswer } from './revert.ts';
import type { Address, Hex, L1Call, ReadAt } from './types.ts';

/** Constants of a deployment. Times in seconds, money in wei; addresses in lower case. */
export interface RegistryParameters {
  readonly rollup: Address;
  readonly evmLane: Address;
  /** Timestamp of the deployment: when epoch 0 began. */
  readonly start: number;
  readonly epochSeconds: number;
  readonly slotSeconds: number;
  readonly unstakeDelaySeconds: number;
  readonly minStake: bigint;
  readonly rewardPerEpoch: bigint;
  readonly maxSeats: number;
}

/** Addresses in lower case. */
export interface ValidatorView {
  readonly signer: Address;
  readonly owner: Address;
  readonly seat: number;
  /** Wei that are there and can be lost. */
  readonly stake: bigint;
  /** What counts in the present epoch. */
  readonly weight: bigint;
  /** First epoch in which it counts. */
  readonly activeFrom: number;
  /** Unstaked: first epoch in which it counts no more. */
  readonly activeUntil?: number;
  /** Unstaked: seconds of Unix time. */
  readonly withdrawableAt?: number;
  readonly isSlashed: boolean;
}

type Functions = ContractFunctionName<typeof registryAbi, 'view'>;
type Args<Name extends Functions> = ContractFunctionArgs<typeof registryAbi, 'view', Name>;

/** Validators asked for in one call. */
const PAGE = 100n;
const NOBODY = /^0x0{40}$/;

/** Reads a `ValidatorRegistry`. Everything that L1 returns is parsed here; reads are at the latest L1 block unless told otherwise. */
export class RegistryReader {
  readonly address: Address;
  readonly calls: RegistryCalls;
  /** What registrations are signed for. */
  readonly registrationDomain: RegistrationDomain;
  readonly #parameters: RegistryParameters;
  readonly #publicClient: PublicClient;
  readonly #logs: LogSource;

  private constructor(
    options: LogOptions,
    publicClient: PublicClient,
    facts: { parameters: RegistryParameters; l1ChainId: bigint },
  ) {
    this.address = options.address;
    this.calls = registryCalls(options.address);
    this.registrationDomain = { l1ChainId: facts.l1ChainId, registry: options.address };
    this.#parameters = facts.parameters;
    this.#publicClient = publicClient;
    this.#logs = new LogSource(options, publicClient);
  }

  /** @throws BridgeError NOT_A_REGISTRY, L1_UNREACHABLE */
  static async connect(options: LogOptions, publicClient: PublicClient): Promise<RegistryReader> {
    const parameters = await readRegistryParameters(options.address, publicClient);
    const l1ChainId = BigInt(await publicClient.getChainId());
    return new RegistryReader(options, publicClient, { parameters, l1ChainId });
  }

  async parameters(): Promise<RegistryParameters> {
    return this.#parameters;
  }

  /**
   * All seats of an epoch, in one call. Of the next epoch as it stands at that block; of epochs before that block's, weights tell only
   * who counted.
   */
  async schedule(epoch: number, at: ReadAt = {}): Promise<LeaderSchedule> {
    const { start, epochSeconds, slotSeconds } = this.#parameters;
    const seats = await this.#read('seatsOf', [BigInt(epoch)], at);
    return { epoch, start, epochSeconds, slotSeconds, seats: seats.map(seatOf) };
  }

  /** Undefined: nobody registered this signer. */
  async validator(signer: Address, at: ReadAt = {}): Promise<ValidatorView | undefined> {
    const found = await this.#read('validatorOf', [signer], at);
    return NOBODY.test(found.owner) ? undefined : viewOf(found);
  }

  /** All that ever registered, in that order: those that left and those that were slashed, too. */
  async validators(at: ReadAt = {}): Promise<readonly ValidatorView[]> {
    const views: ValidatorView[] = [];
    for (;;) {
      const page = await this.#read('validators', [BigInt(views.length), PAGE], at);
      views.push(...page.map(viewOf));
      if (page.length < Number(PAGE)) return views;
    }
  }

  /** Of the epoch of the block read. */
  totalWeight(at: ReadAt = {}): Promise<bigint> {
    return this.#read('totalWeight', [], at);
  }

  /** In the epoch of the block read; 0: no validator, or slashed. */
  weightOf(signer: Address, at: ReadAt = {}): Promise<bigint> {
    return this.#read('weightOf', [signer], at);
  }

  /** Who may commit at this L1 time (seconds); undefined: nobody. */
  async leaderAt(timestamp: number, at: ReadAt = {}): Promise<Hex | undefined> {
    const leader = await this.#read('leaderAt', [BigInt(timestamp)], at);
    return NOBODY.test(leader) ? undefined : lower(leader);
  }

  /** What can be claimed of an epoch, or (of the present one) could if it ended now. */
  rewardOf(signer: Address, epoch: number): Promise<bigint> {
    return this.#read('rewardOf', [signer, BigInt(epoch)], {});
  }

  /** What this owner would get by `withdraw` now. */
  pending(owner: Address): Promise<bigint> {
    return this.#read('pending', [owner], {});
  }

  /** What is left for rewards of epochs to come. */
  pot(): Promise<bigint> {
    return this.#read('pot', [], {});
  }

  /**
   * All events since `deployedAt` in log order; block range inclusive. Of the first validators, who come with the deployment, only
   * `validators` tells if `deployedAt` is the rollup's.
   */
  async readEvents(fromBlock: bigint, toBlock: bigint): Promise<RegistryEvent[]> {
    return (await this.#logs.all(fromBlock, toBlock)).map(parseRegistryEvent);
  }

  /** Throws BridgeError with the contract's error name if the call would fail from this sender. Returns a gas estimate. */
  async simulate(call: L1Call, from: Address): Promise<bigint> {
    try {
      return await this.#publicClient.estimateGas({ account: from, ...call });
    } catch (error) {
      throw bridgeError(error);
    }
  }

  async #read<Name extends Functions>(functionName: Name, args: Args<Name>, { blockNumber }: ReadAt) {
    try {
      const asked = { address: this.address, abi: registryAbi, functionName, args };
      // The cast: viem cannot follow a name that is a type parameter; its arguments are typed by ours.
      const question = (blockNumber === undefined ? asked : { ...asked, blockNumber }) as Parameters<
        PublicClient['readContract']
      >[0];
      const answer: unknown = await this.#publicClient.readContract(question);
      return answer as ReadContractReturnType<typeof registryAbi, Name, Args<Name>>; // decoded by that very ABI
    } catch (error) {
      throw bridgeError(error);
    }
  }
}

/** @throws BridgeError NOT_A_REGISTRY, L1_UNREACHABLE */
export async function readRegistryParameters(
  address: Address,
  publicClient: PublicClient,
): Promise<RegistryParameters> {
  try {
    const p = await publicClient.readContract({ address, abi: registryAbi, functionName: 'parameters' });
    return { ...p, rollup: lower(p.rollup), evmLane: lower(p.evmLane) };
  } catch (error) {
    throw isForeignAnswer(error)
      ? new BridgeError('NOT_A_REGISTRY', { address }, { cause: error })
      : bridgeError(error);
  }
}

function seatOf({ signer, weight }: { signer: Address; weight: bigint }): Seat | undefined {
  return NOBODY.test(signer) ? undefined : { signer: lower(signer), weight };
}

interface RawView extends Omit<ValidatorView, 'activeUntil' | 'withdrawableAt'> {
  readonly activeUntil: number;
  readonly withdrawableAt: number;
}

function viewOf({ activeUntil, withdrawableAt, ...view }: RawView): ValidatorView {
  const people = { signer: lower(view.signer), owner: lower(view.owner) };
  // 0 for who is not leaving: nobody can leave before its first epoch has begun.
  return { ...view, ...people, ...(activeUntil > 0 && { activeUntil, withdrawableAt }) };
}

function lower(address: Address): Address {
  return address.toLowerCase() as Address; // still an address
}
