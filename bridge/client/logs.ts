import type { AbiEvent, GetLogsParameters, Log, PublicClient } from 'viem';
import { bridgeError } from './revert.ts';
import type { Address } from './types.ts';

export interface LogOptions {
  readonly address: Address;
  /** L1 block of the deployment: no log is older. */
  readonly deployedAt: bigint;
  /** Blocks asked for in one `eth_getLogs`; public endpoints limit it. Default 10,000. */
  readonly logRange?: bigint;
}

/** The contract's logs, asked for in pieces that a public endpoint answers. */
export class LogSource {
  readonly #options: Required<LogOptions>;
  readonly #publicClient: PublicClient;

  constructor(options: LogOptions, publicClient: PublicClient) {
    this.#options = { logRange: 10_000n, ...options };
    this.#publicClient = publicClient;
  }

  /** All logs of a range of blocks (inclusive), oldest first. */
  async all(fromBlock: bigint, toBlock: bigint): Promise<Log[]> {
    const { deployedAt, logRange } = this.#options;
    const logs: Log[] = [];
    for (let from = fromBlock < deployedAt ? deployedAt : fromBlock; from <= toBlock; from += logRange) {
      const end = from + logRange - 1n;
      logs.push(...(await this.#get(from, end < toBlock ? end : toBlock)));
    }
    return logs;
  }

  /**
   * Logs of one event, in pieces from the youngest to the oldest (each piece oldest first): who looks for something recent need
   * not read the whole history. `args` filters by indexed arguments.
   */
  async *backwards(
    event: AbiEvent,
    { fromBlock, toBlock, args }: { fromBlock?: bigint | undefined; toBlock: bigint; args?: Record<string, bigint> },
  ): AsyncGenerator<Log[]> {
    const { deployedAt, logRange } = this.#options;
    const first = fromBlock === undefined || fromBlock < deployedAt ? deployedAt : fromBlock;
    for (let to = toBlock; to >= first; to -= logRange) {
      const start = to - logRange + 1n;
      yield await this.#get(start > first ? start : first, to, args === undefined ? { event } : { event, args });
    }
  }

  async #get(
    fromBlock: bigint,
    toBlock: bigint,
    filter: { event?: AbiEvent; args?: Record<string, bigint> } = {},
  ): Promise<Log[]> {
    const { address } = this.#options;
    try {
      // The cast: viem knows an event's arguments only if the event's type is.
      const wanted = { address, fromBlock, toBlock, ...filter } as unknown as GetLogsParameters;
      return await this.#publicClient.getLogs(wanted);
    } catch (error) {
      throw bridgeError(error);
    }
  }
}
