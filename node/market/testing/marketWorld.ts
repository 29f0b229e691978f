/** A chain of accounts, claims and batches in memory, as the market reads it. Tests only. */

import type { Block } from '../../../chain/block.ts';
import { SafeEmitter } from '../../../chain/emitter.ts';
import { silentLogger } from '../../../chain/logger.ts';
import { FakeClock } from '../../../chain/testing/fakeClock.ts';
import { memoryDb } from '../../../chain/testing/memoryDb.ts';
import type { BatchSummary, ClaimRecord, OpLocation } from '../../../chain/types.ts';
import { keyAccount, packAttestation, packChannel } from '../../../protocol/account.ts';
import type { Announcement } from '../../../protocol/announcements/announcement.ts';
import { encodeAnnouncement, signAnnouncement } from '../../../protocol/announcements/signedAnnouncement.ts';
import { exampleAnnouncement } from '../../../protocol/announcements/testing/exampleAnnouncement.ts';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { verifyMany } from '../../../protocol/crypto/eddsa.ts';
import { accountIndex, batchNumber } from '../../../protocol/ids.ts';
import { actor, TEST_DOMAIN, TEST_TIME } from '../../../protocol/testing/actors.ts';
import {
  type Account,
  type AccountIndex,
  type ClosedBatch,
  type Field,
  Kind,
  type Op,
  Opcode,
  type SignedTx,
  Subtype,
} from '../../../protocol/types.ts';
import type { SequencerEvents } from '../../../sequencer/sequencerTypes.ts';
import { AnnouncementStore } from '../../announcements/announcementStore.ts';
import { Announcements } from '../../announcements/announcements.ts';
import { Market, type MarketDeps } from '../market.ts';
import { ReplayEngine, type ReplayPort } from '../replayEngine.ts';

const NONE = 0n as Field; // canonical
const NOBODY: Omit<Account, 'kind' | 'c'> = { token: 0, nonce: 0, balance: 0n, claimed: 0n, a: NONE, b: NONE };

export const FILE = new Uint8Array(32).fill(5);

export class MarketWorld {
  readonly clock = new FakeClock(TEST_TIME * 1_000);
  readonly db = memoryDb();
  readonly events = new SafeEmitter<SequencerEvents>({ log: silentLogger });
  readonly accounts = new Map<AccountIndex, Account>();
  readonly origins = new Map<AccountIndex, OpLocation>();
  readonly claims = new Map<AccountIndex, ClaimRecord[]>();
  #announcements: Announcements | undefined;
  batches: ClosedBatch[] = [];
  proven = 0;
  /** The node began with a snapshot. */
  hasBase = false;
  /** Runs before a closed batch is read. */
  beforeRead: () => Promise<void> = async () => undefined;
  #block = 0n;

  get now(): number {
    return Math.floor(this.clock.nowMs() / 1_000);
  }

  readonly store = {
    origins: () => listed(this.origins),
    accounts: () => listed(this.accounts),
    origin: async (index: AccountIndex) => this.origins.get(index),
    claims: (channel: AccountIndex) => reversed(this.claims.get(channel) ?? []),
    batch: async (number: number) => {
      await this.beforeRead();
      return this.batches[number - 1];
    },
    summary: async (number: number) => {
      const batch = this.batches[number - 1]?.batch;
      return batch && ({ number: batch.number, timestamp: batch.timestamp } as BatchSummary); // all that is asked for
    },
    domain: TEST_DOMAIN,
  };

  readonly account = (index: AccountIndex): Account | undefined => this.accounts.get(index);

  async market(more: Partial<MarketDeps> = {}, { isThreaded = false } = {}): Promise<Market> {
    const { store, account, db, events, clock } = this;
    const world = this;
    const deps = {
      ...{ db, events, clock, account, log: silentLogger },
      // The members of a ChainStore that the market reads.
      store: {
        ...store,
        get head() {
          return { block: world.#block, closedBatch: world.batches.length };
        },
        get base() {
          return world.hasBase ? { head: { closedBatch: 7 } } : undefined;
        },
      } as unknown as MarketDeps['store'],
      announcements: await this.announcements(),
      proven: () => this.proven,
      ...(!isThreaded && { replays: inlinePort() }),
    };
    return Market.open({ ...deps, ...more });
  }

  /** The node's own. */
  async announcements(): Promise<Announcements> {
    this.#announcements ??= new Announcements({
      ...{ domain: TEST_DOMAIN, account: this.account, clock: this.clock },
      store: await AnnouncementStore.open({}, { db: this.db }),
      isSettled: async () => true,
      verify: async (items) => verifyMany(items),
    });
    return this.#announcements;
  }

  /** Brings one to the node; returns what it thinks of it. */
  async announce(changes: Partial<Announcement>, signer: number): Promise<string> {
    const announcement = exampleAnnouncement({ expiry: this.now + 3_600, sequence: 1, ...changes });
    const signed = signAnnouncement(announcement, actor(signer).seed, TEST_DOMAIN);
    return (await (await this.announcements()).onGossip(encodeAnnouncement(signed))).reason;
  }

  owner(index: number, token = 0): this {
    const { key } = actor(index);
    this.accounts.set(accountIndex(index), keyAccount({ key, address: 5n, token, balance: 0n }));
    return this;
  }

  attestation(index: number, parts: { owner: number; subtype?: number; parent?: number; artefact?: Field }): this {
    const { owner, subtype = Subtype.MODEL, parent = 0, artefact = artefactCommitment(FILE) } = parts;
    const terms = { owner: accountIndex(owner), parent: accountIndex(parent), royaltyBps: 500, subtype };
    this.accounts.set(accountIndex(index), {
      ...NOBODY,
      kind: Kind.ATTEST,
      a: artefact,
      c: packAttestation(terms),
    });
    return this.#born(index, Opcode.ATTEST);
  }

  channel(index: number, parts: { payer: number; provider: number; model?: number; token?: number }): this {
    const { payer, provider, model = 0, token = 0 } = parts;
    const expiry = TEST_TIME * 2;
    const [from, to, of] = [accountIndex(payer), accountIndex(provider), accountIndex(model)];
    const c = packChannel({ payer: from, provider: to, model: of, expiry });
    this.accounts.set(accountIndex(index), { ...NOBODY, kind: Kind.CHANNEL, token, c });
    return this.#born(index, Opcode.OPEN);
  }

  /** The provider settles: it gets 90, 10 are fee and royalty. */
  claim(channel: number, { at = this.now }: { at?: number } = {}): this {
    const index = accountIndex(channel);
    const account = this.accounts.get(index);
    if (account === undefined) throw new RangeError(`no channel ${channel}`);
    this.accounts.set(index, { ...account, nonce: account.nonce + 1 });
    const op: Op = {
      opcode: Opcode.CLAIM,
      from: index,
      to: index,
      amount: 90n,
      fee: 4n,
      payload: [100n, 1n, 6n] as Field[],
    };
    const place = this.#append(op, at);
    const claim = { ...place, total: 100n, amount: 90n, fee: 4n, royalty: 6n, receiptsRoot: NONE };
    this.claims.set(index, [...(this.claims.get(index) ?? []), claim]);
    this.#tell(op, place);
    return this;
  }

  /** Blocks above this one are gone, and what they made. */
  rollback(toBlock: bigint, batches: readonly number[] = []): this {
    this.#block = toBlock;
    for (const [index, { block }] of this.origins) {
      if (block <= toBlock) continue;
      this.origins.delete(index);
      this.accounts.delete(index);
    }
    for (const [channel, all] of this.claims) {
      this.claims.set(
        channel,
        all.filter(({ block }) => block <= toBlock),
      );
    }
    this.batches = this.batches.filter((_, i) => !batches.includes(i + 1));
    this.events.tell('rolledBack', { toBlock, blocks: 1, batches, reason: 'test' });
    return this;
  }

  /** The last batch was closed just now. */
  tellClosed(): void {
    this.events.tell('batchClosed', { number: this.batches.length } as BatchSummary); // nobody reads it
  }

  get block(): bigint {
    return this.#block;
  }

  #born(index: number, opcode: Op['opcode']): this {
    const op: Op = { opcode, from: accountIndex(index), to: accountIndex(index), amount: 0n, fee: 0n, payload: [] };
    const place = this.#append(op, this.now);
    this.origins.set(accountIndex(index), place);
    this.#tell(op, place);
    return this;
  }

  #append(_: Op, timestamp: number): OpLocation {
    this.#block += 1n;
    return { block: this.#block, batch: batchNumber(1), position: 0, op: 0, txHash: NONE, timestamp };
  }

  #tell(op: Op, { block: number, batch, timestamp }: OpLocation): void {
    const tx = { signer: op.from, nonce: 0, validUntil: 0, ops: [op] } as unknown as SignedTx; // what the market reads of it
    this.events.tell('block', { number, batch, timestamp, txs: [tx] } as unknown as Block); // as above
  }
}

/** The engine on this thread. */
export function inlinePort(engine = new ReplayEngine()): ReplayPort {
  return {
    follow: async (...args) => engine.follow(...args),
    drop: async (...args) => engine.drop(...args),
    apply: async (...args) => engine.apply(...args),
    goBack: async (...args) => engine.goBack(...args),
    summaries: async (...args) => engine.summaries(...args),
    view: async (...args) => engine.view(...args),
  };
}

async function* listed<V>(map: ReadonlyMap<AccountIndex, V>): AsyncGenerator<readonly [AccountIndex, V]> {
  yield* [...map].sort(([x], [y]) => x - y);
}

async function* reversed<T>(all: readonly T[]): AsyncGenerator<T> {
  yield* [...all].reverse();
}
