import type { PrivateKeyAccount } from 'viem/accounts';
import { type AttestationDomain, attestationTypedData } from '../../bridge/client/attestation.ts';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { EvmLaneCalls } from '../../bridge/client/evmLaneCalls.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Clock } from '../../chain/clock.ts';
import type { EvmBlockRecord } from '../../chain/evm/types.ts';
import type { Logger } from '../../chain/logger.ts';
import type { EvmBatch, Hex, L1Message } from '../../protocol/lane/types.ts';
import { l1Error } from '../l1/errors.ts';

export interface AttestorOptions {
  /** L1 blocks that must bury a proof before it is attested: a signature holds on any branch of L1. Default 2. */
  readonly confirmations?: number;
  /** Between looks. Default 4,000. */
  readonly pollMs?: number;
  /** Batches that must be new before there is another attestation. Default 1. */
  readonly everyBatches?: number;
}

/** The chain that was executed here. */
export interface OwnChain {
  evmBatch(number: number): Promise<EvmBatch | undefined>;
  summary(number: number): Promise<{ readonly firstBlock: bigint; readonly lastBlock: bigint } | undefined>;
  evmBlock(number: bigint): Promise<EvmBlockRecord | undefined>;
}

/** The contract, as `EvmLaneReader` gives it. */
export interface AttestedLane {
  readonly calls: Pick<EvmLaneCalls, 'attest'>;
  readonly attestationDomain: AttestationDomain;
  attestedBatch(at?: { blockNumber?: bigint }): Promise<number>;
  attestors(): Promise<readonly { readonly address: Hex }[]>;
  messages(from: bigint, to: bigint, at?: { toBlock?: bigint }): Promise<readonly L1Message[]>;
}

export interface AttestorDeps {
  readonly chain: OwnChain;
  readonly rollup: Pick<RollupReader, 'state' | 'readBatch'>;
  readonly lane: AttestedLane;
  readonly l1: { getBlockNumber(): Promise<bigint> };
  readonly keys: readonly PrivateKeyAccount[];
  readonly send: (call: L1Call, signal?: AbortSignal) => Promise<{ readonly hash: Hex; readonly gasUsed: bigint }>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of everything that was done or refused. */
  readonly onResult?: (result: AttestResult) => void;
}

/**
 * idle: nothing new is proven. attested: two thirds are reached, or were meanwhile. counted: ours are counted, others are missing.
 * unknown: this node does not have the batch (yet). mismatch: L1 has another outcome than this node, nothing was signed.
 */
export interface AttestResult {
  readonly kind: 'idle' | 'attested' | 'counted' | 'unknown' | 'mismatch' | 'notAttestor';
  readonly batch: number;
  readonly hash?: Hex;
  readonly gasUsed?: bigint;
}

export interface AttestorStatus {
  /** As L1 last said. */
  readonly attestedBatch: number;
  /** The newest batch whose posted outcome is not ours; an operator must look. */
  readonly mismatch: number | undefined;
}

/**
 * Signs what this node has executed itself, if L1 has the same and has proven it, and brings the signatures to L1. The newest proven batch is
 * enough: its block hash and outbox root cover all before it. What differs is never signed, whoever posted it.
 */
export class Attestor {
  readonly #options: Required<AttestorOptions>;
  readonly #deps: AttestorDeps;
  #status: AttestorStatus = { attestedBatch: 0, mismatch: undefined };
  /** Our signatures of this batch are on L1, but it takes more. */
  #countedBatch = 0;
  /** L1 messages up to this index were found in our chain as L1 has them. */
  #checkedMessages: bigint | undefined;

  constructor(options: AttestorOptions, deps: AttestorDeps) {
    this.#options = { confirmations: 2, pollMs: 4_000, everyBatches: 1, ...options };
    this.#deps = deps;
  }

  get status(): AttestorStatus {
    return this.#status;
  }

  /** Until the signal; failures are logged and tried again. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, clock } = this.#deps;
    while (!signal.aborted) {
      try {
        await this.step(signal);
      } catch (error) {
        log.warn({ error: l1Error(error).data, code: l1Error(error).code }, 'attesting failed; it is tried again');
      }
      await clock.sleep(this.#options.pollMs, signal);
    }
  }

  /** Looks at L1 once, and attests the newest proven batch if it is ours. @throws L1Error, BridgeError */
  async step(signal?: AbortSignal): Promise<AttestResult> {
    const result = await this.#step(signal);
    const { log, onResult } = this.#deps;
    const { kind, ...fields } = result;
    if (kind === 'attested' || kind === 'counted') log.info(fields, 'attestation is on L1');
    if (kind === 'mismatch') log.error(fields, 'L1 has another outcome of this batch: not attested');
    if (kind === 'notAttestor') log.error(fields, 'none of the keys is an attestor’s');
    onResult?.(result);
    return result;
  }

  async #step(signal: AbortSignal | undefined): Promise<AttestResult> {
    const { rollup, lane, l1 } = this.#deps;
    const blockNumber = (await l1.getBlockNumber()) - BigInt(this.#options.confirmations);
    const attestedBatch = await lane.attestedBatch();
    this.#status = { ...this.#status, attestedBatch };
    if (blockNumber < 0n) return { kind: 'idle', batch: attestedBatch };
    const { proven } = await rollup.state({ blockNumber });
    const batch = proven.batch;
    if (batch < attestedBatch + this.#options.everyBatches || batch === this.#countedBatch)
      return { kind: 'idle', batch };
    return this.#attest(batch, { toBlock: blockNumber, signal });
  }

  async #attest(batch: number, at: { toBlock: bigint; signal: AbortSignal | undefined }): Promise<AttestResult> {
    const { chain, rollup, lane, send } = this.#deps;
    const posted = await rollup.readBatch(batch);
    const own = await chain.evmBatch(batch);
    if (own === undefined) return { kind: 'unknown', batch };
    const isSame =
      posted.header.evmCommitment === own.commitment &&
      (await this.#hasMessagesOfL1(batch, own.output.inboxCount, at.toBlock));
    if (!isSame) {
      this.#status = { ...this.#status, mismatch: batch };
      return { kind: 'mismatch', batch };
    }
    this.#status = { ...this.#status, mismatch: undefined };
    const signatures = await this.#sign(batch, own.commitment);
    if (signatures.length === 0) return { kind: 'notAttestor', batch };
    try {
      const { hash, gasUsed } = await send(lane.calls.attest({ posted, output: own.output, signatures }), at.signal);
      return this.#outcome(batch, { hash, gasUsed });
    } catch (error) {
      // Someone else brought the rest meanwhile, or ours before a restart.
      if (error instanceof BridgeError && error.code === 'AlreadyAttested') return { kind: 'attested', batch };
      if (error instanceof BridgeError && error.code === 'NothingCounted') return this.#outcome(batch, {});
      throw error;
    }
  }

  async #outcome(batch: number, sent: { hash?: Hex; gasUsed?: bigint }): Promise<AttestResult> {
    const attestedBatch = await this.#deps.lane.attestedBatch();
    this.#status = { ...this.#status, attestedBatch };
    if (attestedBatch >= batch) return { kind: 'attested', batch, ...sent };
    this.#countedBatch = batch;
    return { kind: 'counted', batch, ...sent };
  }

  /** With those of our keys that count; the contract takes no others. */
  async #sign(batch: number, commitment: bigint): Promise<Hex[]> {
    const { keys, lane } = this.#deps;
    const set = new Set((await lane.attestors()).map(({ address }) => address.toLowerCase()));
    const ours = keys.filter(({ address }) => set.has(address.toLowerCase()));
    const data = attestationTypedData(lane.attestationDomain, batch, commitment);
    return Promise.all(ours.map((key) => key.signTypedData(data)));
  }

  /**
   * The rollup's contract compares deposits to the ledger with its queue, but nothing on L1 compares the messages our blocks took: after a
   * reorg of L1 deeper than was waited for they may be gone, and signing would pay out what nobody brought in.
   */
  async #hasMessagesOfL1(batch: number, inboxCount: bigint, toBlock: bigint): Promise<boolean> {
    const { lane } = this.#deps;
    const from = this.#checkedMessages ?? (await this.#attestedMessages());
    if (inboxCount > from) {
      const ours = await this.#ownMessages(batch, from);
      const onL1 = await lane.messages(from, inboxCount, { toBlock });
      if (ours.length !== onL1.length || !ours.every((message, i) => isSameMessage(message, onL1[i]))) return false;
    }
    this.#checkedMessages = inboxCount;
    return true;
  }

  /** Messages covered by what is attested already. */
  async #attestedMessages(): Promise<bigint> {
    const attested = await this.#deps.chain.evmBatch(this.#status.attestedBatch);
    return attested?.output.inboxCount ?? 0n;
  }

  /** L1's messages in our blocks up to the batch, from an index on. */
  async #ownMessages(batch: number, from: bigint): Promise<L1Message[]> {
    const { chain } = this.#deps;
    const pieces: L1Message[][] = [];
    const last = (await chain.summary(batch))?.lastBlock ?? 0n;
    for (let number = last; number > 0n; number -= 1n) {
      const block = await chain.evmBlock(number);
      if (block === undefined || block.inboxCount <= from) break;
      pieces.push(block.messages.filter((message): message is L1Message => message.kind !== 'fromLedger'));
    }
    return pieces
      .reverse()
      .flat()
      .filter(({ index }) => index >= from);
  }
}

function isSameMessage(ours: L1Message, onL1: L1Message | undefined): boolean {
  return onL1 !== undefined && ours.kind === onL1.kind && canonical(ours) === canonical(onL1);
}

/** Members in the order of their names. Addresses are in lower case on both sides. */
function canonical(message: L1Message): string {
  return JSON.stringify(
    Object.entries(message)
      .map(([name, value]) => [name, String(value)])
      .sort(([x = ''], [y = '']) => (x < y ? -1 : 1)),
  );
}
