import {
  BaseError,
  ContractFunctionZeroDataError,
  getAbiItem,
  isAddressEqual,
  type Log,
  type PublicClient,
  toHex,
} from 'viem';
import type { L1Message } from '../../protocol/lane/types.ts';
import { rollupAbi } from './abi.ts';
import { type AttestationDomain, attestationDigest } from './attestation.ts';
import { BridgeError } from './errors.ts';
import { evmLaneAbi, signerSetAbi } from './evmLaneAbi.ts';
import { type EvmLaneCalls, evmLaneCalls } from './evmLaneCalls.ts';
import { type EvmLaneEvent, parseEvmLaneEvent } from './evmLaneEvents.ts';
import { type LogOptions, LogSource } from './logs.ts';
import { readParameters } from './parameters.ts';
import { bridgeError, isForeignAnswer } from './revert.ts';
import type { Address, Hex, L1Call, ReadAt } from './types.ts';

export interface EvmLaneOptions extends LogOptions {
  /** The rollup that it must be bound to; absent: not compared. */
  readonly rollup?: Address;
}

export interface Attestor {
  readonly address: Address;
  readonly weight: bigint;
}

/** What a deployment says of itself. */
export interface LaneFacts {
  readonly rollup: Address;
  readonly attestors: Address;
  readonly domain: AttestationDomain;
  readonly queueFee: bigint;
}

const MESSAGE = getAbiItem({ abi: evmLaneAbi, name: 'MessageQueued' });
const abi = evmLaneAbi;

/** Reads an `EvmLane`. Everything that L1 returns is parsed here; reads are at the latest L1 block unless told otherwise. */
export class EvmLaneReader {
  readonly address: Address;
  /** The rollup that it is bound to. */
  readonly rollup: Address;
  readonly calls: EvmLaneCalls;
  protected readonly publicClient: PublicClient;
  readonly #facts: LaneFacts;
  readonly #logs: LogSource;

  protected constructor(options: EvmLaneOptions, publicClient: PublicClient, facts: LaneFacts) {
    this.address = options.address;
    this.rollup = facts.rollup;
    this.calls = evmLaneCalls(options.address, facts);
    this.publicClient = publicClient;
    this.#facts = facts;
    this.#logs = new LogSource(options, publicClient);
  }

  /** @throws BridgeError NOT_AN_EVM_LANE, L1_UNREACHABLE */
  static async connect(options: EvmLaneOptions, publicClient: PublicClient): Promise<EvmLaneReader> {
    return new EvmLaneReader(options, publicClient, await readLaneFacts(options, publicClient));
  }

  /** Messages queued so far; 0 before the contract was there. */
  async messageCount({ blockNumber }: ReadAt = {}): Promise<bigint> {
    const { address } = this;
    return this.#askSinceDeployment(() =>
      this.publicClient.readContract({ address, abi, functionName: 'messageCount', ...at(blockNumber) }),
    );
  }

  /** Messages with `from ≤ index < to`, in order. `toBlock` leaves out what is younger. @throws BridgeError UNKNOWN_MESSAGE, BAD_LOG */
  async messages(
    from: bigint,
    to: bigint,
    { fromBlock, toBlock }: { fromBlock?: bigint; toBlock?: bigint } = {},
  ): Promise<L1Message[]> {
    if (from >= to) return [];
    const last = toBlock ?? (await this.#ask(() => this.publicClient.getBlockNumber({ cacheTime: 0 })));
    const pieces: L1Message[][] = [];
    for await (const logs of this.#logs.backwards(MESSAGE, { fromBlock, toBlock: last })) {
      const found = logs.map(parseEvmLaneEvent).flatMap((event) => (event.type === 'message' ? [event.message] : []));
      if (found.length > 0) pieces.push(found);
      if ((found[0]?.index ?? to) <= from) break;
    }
    const wanted = pieces
      .reverse()
      .flat()
      .filter(({ index }) => index >= from && index < to);
    // Messages are numbered in log order: a gap can only be the node's fault.
    wanted.forEach(({ index }, i) => {
      if (index !== from + BigInt(i)) throw new BridgeError('UNKNOWN_MESSAGE', { index: from + BigInt(i) });
    });
    return wanted;
  }

  /** All events of the contract in log order; block range inclusive. */
  async readEvents(fromBlock: bigint, toBlock: bigint): Promise<EvmLaneEvent[]> {
    return (await this.#logs.all(fromBlock, toBlock)).map(parseEvmLaneEvent);
  }

  /** The last batch that was attested; 0 before the first. */
  async attestedBatch({ blockNumber }: ReadAt = {}): Promise<number> {
    const { address } = this;
    const batch = await this.#askSinceDeployment(() =>
      this.publicClient.readContract({ address, abi, functionName: 'attestedBatch', ...at(blockNumber) }),
    );
    return Number(batch);
  }

  /** The ERC-20 behind an id of the rollup; the zero address if there is none. */
  protected async tokenAddress(id: number): Promise<Address> {
    const address = this.rollup;
    const args = [id] as const;
    const [erc20] = await this.#ask(() =>
      this.publicClient.readContract({ address, abi: rollupAbi, functionName: 'tokenInfo', args }),
    );
    return erc20;
  }

  /** Whether withdrawals can be claimed under this outbox root. */
  isAttestedRoot(root: Hex, { blockNumber }: ReadAt = {}): Promise<boolean> {
    const { address } = this;
    const args = [root] as const;
    return this.#ask(() =>
      this.publicClient.readContract({ address, abi, functionName: 'isAttestedRoot', args, ...at(blockNumber) }),
    );
  }

  isClaimed(index: bigint, { blockNumber }: ReadAt = {}): Promise<boolean> {
    const { address } = this;
    const args = [index] as const;
    return this.#ask(() =>
      this.publicClient.readContract({ address, abi, functionName: 'isClaimed', args, ...at(blockNumber) }),
    );
  }

  isAnnounced(token: number, { blockNumber }: ReadAt = {}): Promise<boolean> {
    const { address } = this;
    const args = [token] as const;
    return this.#ask(() =>
      this.publicClient.readContract({ address, abi, functionName: 'isAnnounced', args, ...at(blockNumber) }),
    );
  }

  /** Weight counted of a batch that has not reached two thirds yet. */
  attestationWeight(batch: number, commitment: bigint): Promise<bigint> {
    const { address } = this;
    const args = [BigInt(batch), toHex(commitment, { size: 32 })] as const;
    return this.#ask(() => this.publicClient.readContract({ address, abi, functionName: 'attestationWeight', args }));
  }

  /** Chain and contract that attestations are signed for. */
  get attestationDomain(): AttestationDomain {
    return this.#facts.domain;
  }

  /** What an attestor signs for a batch. */
  attestationDigest(batch: number, commitment: bigint): Hex {
    return attestationDigest(this.#facts.domain, batch, commitment);
  }

  /** The set, in the order of its deployment. */
  async attestors(): Promise<Attestor[]> {
    const address = this.#facts.attestors;
    const signers = await this.#ask(() =>
      this.publicClient.readContract({ address, abi: signerSetAbi, functionName: 'signers' }),
    );
    return signers.map(({ signer, weight }) => ({ address: signer, weight }));
  }

  totalWeight(): Promise<bigint> {
    const address = this.#facts.attestors;
    return this.#ask(() => this.publicClient.readContract({ address, abi: signerSetAbi, functionName: 'totalWeight' }));
  }

  /** Throws BridgeError with the contract's error name if the call would fail from this sender. Returns a gas estimate. */
  async simulate(call: L1Call, from: Address): Promise<bigint> {
    return this.#ask(() => this.publicClient.estimateGas({ account: from, ...call }));
  }

  /** Events of this contract in a receipt. */
  protected eventsIn(logs: readonly Log[]): EvmLaneEvent[] {
    return logs.filter((log) => isAddressEqual(log.address, this.address)).map(parseEvmLaneEvent);
  }

  /** At a block before the deployment there is no code to answer. */
  async #askSinceDeployment(question: () => Promise<bigint>): Promise<bigint> {
    try {
      return await question();
    } catch (error) {
      const isTooEarly =
        error instanceof BaseError && error.walk((e) => e instanceof ContractFunctionZeroDataError) !== null;
      if (isTooEarly) return 0n;
      throw bridgeError(error);
    }
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw bridgeError(error);
    }
  }
}

/** @throws BridgeError NOT_AN_EVM_LANE, L1_UNREACHABLE */
export async function readLaneFacts(
  { address, rollup: expected }: EvmLaneOptions,
  publicClient: PublicClient,
): Promise<LaneFacts> {
  const [rollup, attestors] = await Promise.all([
    publicClient.readContract({ address, abi, functionName: 'rollup' }),
    publicClient.readContract({ address, abi, functionName: 'attestors' }),
  ]).catch((cause: unknown) => {
    throw isForeignAnswer(cause) ? new BridgeError('NOT_AN_EVM_LANE', { address }, { cause }) : bridgeError(cause);
  });
  if (expected !== undefined && !isAddressEqual(rollup, expected)) {
    throw new BridgeError('NOT_AN_EVM_LANE', { address, rollup });
  }
  const { l1ChainId, queueFee } = await readParameters(rollup, publicClient);
  return { rollup, attestors, queueFee, domain: { l1ChainId, evmLane: address } };
}

function at(blockNumber: bigint | undefined): ReadAt {
  return blockNumber === undefined ? {} : { blockNumber };
}
