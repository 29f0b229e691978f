import type { PrivateKeyAccount } from 'viem/accounts';
import type { RollupReader } from '../../../bridge/client/interface.ts';
import type { L1Call, PostedBatch } from '../../../bridge/client/types.ts';
import type { Db } from '../../../chain/db.ts';
import type { EvmBlockRecord } from '../../../chain/evm/types.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { FakeClock } from '../../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../../chain/testing/memoryDb.ts';
import { evmBatchOf } from '../../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, Hex, L1Message } from '../../../protocol/lane/types.ts';
import type { Field } from '../../../protocol/types.ts';
import { AttestorSet } from '../attestorSet.ts';
import { EvidenceBook } from '../evidence.ts';
import type { OwnChain } from '../ownBatches.ts';
import { SigningGuard } from '../signingGuard.ts';
import { type ValidatorDeps, type ValidatorOptions, ValidatorService } from '../validatorService.ts';
import { accountOf, DOMAIN, FakeSource } from './signers.ts';

export const KEYS = [1, 2, 3].map(accountOf);

export interface Sent {
  readonly batch: number;
  readonly signatures: readonly Hex[];
}

/** L1 and a chain that was executed: one block a batch, one message in each. */
export class FakeWorld {
  proven = 0;
  l1Block = 100n;
  /** A reorg of L1 changes it. */
  branch = 1;
  attested = 0;
  /** Signatures of one call that are enough. */
  needed = 2;
  readonly sent: Sent[] = [];
  readonly own = new Map<number, EvmBatch>();
  readonly posted = new Map<number, EvmBatch>();
  /** C of the batches here, and of those on L1 where it differs. */
  readonly postedC = new Map<number, Field>();
  readonly onL1: L1Message[] = [];
  readonly ours: L1Message[] = [];
  base: OwnChain['base'];
  /** Batches whose posted data do not count. */
  readonly voided = new Set<number>();
  /** L1 blocks in which batches were committed; default: long ago. */
  readonly committedIn = new Map<number, bigint>();
  failure: unknown;
  askedAt = -1n;
  readonly clock = new FakeClock();
  readonly source = new FakeSource(KEYS.map(({ address }) => ({ signer: address, weight: 1n })));

  /** A batch that is proven on L1; `posted` differs only if something is wrong. */
  prove(posted?: Partial<EvmBatch['output']>): void {
    this.proven += 1;
    const message = messageAt(BigInt(this.proven - 1));
    this.onL1.push(message);
    this.ours.push(message);
    const output = {
      blockHash: `0x${String(this.proven).padStart(64, '0')}` as Hex,
      outboxRoot: `0x${'11'.repeat(32)}` as Hex,
      outboxCount: 0n,
      inboxCount: BigInt(this.proven),
    };
    const data = Uint8Array.of(1, this.proven);
    this.own.set(this.proven, evmBatchOf(output, data));
    this.posted.set(this.proven, evmBatchOf({ ...output, ...posted }, data));
  }

  commitment(batch: number): bigint {
    return this.own.get(batch)?.commitment ?? 0n;
  }

  /** `keys`: this node's. `db`: what it has on disk from before. */
  async validator(
    keys: readonly PrivateKeyAccount[] = KEYS,
    options: ValidatorOptions = {},
    more: Partial<ValidatorDeps> & { db?: Db } = {},
  ): Promise<ValidatorService> {
    const { db = memoryDb(), ...deps } = more;
    const rollup = {
      state: async ({ blockNumber = -1n } = {}) => {
        this.askedAt = blockNumber;
        return { proven: { batch: this.proven } };
      },
      readBatch: async (number: number) => {
        const batch = this.posted.get(number);
        const c = this.postedC.get(number) ?? BigInt(number);
        const stored = { c, r: BigInt(number), y: BigInt(number) };
        const l1 = { blockNumber: this.committedIn.get(number) ?? 1n };
        return { number, header: { evmCommitment: batch?.commitment }, stored, evmData: batch?.data, l1 };
      },
    } as unknown as Pick<RollupReader, 'state' | 'readBatch'>; // as much of the answers as is looked at
    return new ValidatorService(options, {
      chain: this.#chain(),
      rollup,
      lane: {
        // the call carries what the fake contract needs
        calls: {
          attest: ({ posted, signatures }) => {
            const { number } = posted as unknown as PostedBatch; // the whole of it was given
            return { to: DOMAIN.evmLane, data: JSON.stringify({ batch: number, signatures }) as Hex, value: 0n };
          },
        },
        attestationDomain: DOMAIN,
        attestedBatch: async () => this.attested,
        messages: async (from, to) => this.onL1.filter(({ index }) => index >= from && index < to),
      },
      rules: { hold: async ({ number }) => !this.voided.has(number) },
      l1: {
        getBlockNumber: async () => this.l1Block,
        getBlock: async ({ blockNumber }) => ({ hash: `0x${this.branch}${blockNumber}` }),
      },
      set: new AttestorSet({}, { source: this.source, clock: this.clock }),
      guards: keys.map((account) => new SigningGuard({ domain: DOMAIN, account }, { db })),
      book: await EvidenceBook.load(DOMAIN, { db }),
      send: async (call) => this.#send(call),
      clock: this.clock,
      log: silentLogger,
      ...deps,
    });
  }

  #chain(): OwnChain {
    return {
      base: this.base,
      evmBatch: async (n) => this.own.get(n),
      batch: async (n) => {
        const word = BigInt(n) as Field; // a small number is one
        return this.own.has(n) ? { commitment: { c: word, r: word, y: word } } : undefined;
      },
      isPosted: async () => false,
      summary: async (n) => ({ lastBlock: BigInt(n) }),
      evmBlock: async (n) => this.#block(n),
    };
  }

  #block(number: bigint): EvmBlockRecord | undefined {
    const message = this.ours[Number(number) - 1];
    if (message === undefined) return undefined;
    return { inboxCount: number, messages: [message] } as unknown as EvmBlockRecord; // what is looked at
  }

  #send({ data }: L1Call): { hash: Hex; gasUsed: bigint } {
    if (this.failure !== undefined) {
      const { failure } = this;
      this.failure = undefined;
      throw failure;
    }
    const call = JSON.parse(data) as Sent; // made above
    this.sent.push(call);
    if (call.signatures.length >= this.needed) this.attested = call.batch;
    return { hash: `0x${'22'.repeat(32)}`, gasUsed: 60_000n };
  }
}

export function messageAt(index: bigint): L1Message {
  return { kind: 'token', index, l1Timestamp: 1, token: 1, name: 'a', symbol: 'A', decimals: 18 };
}
