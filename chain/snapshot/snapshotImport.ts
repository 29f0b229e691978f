import type { BlockHeader } from '@ethereumjs/block';
import { OUTBOX_COUNT_SLOT, OUTBOX_ROOT_SLOT } from '../../genesis/predeploys/outbox.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { decodeBody } from '../../protocol/codec/body.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import type { Account, AccountIndex, Field } from '../../protocol/types.ts';
import { type Db, type DbOp, put } from '../db.ts';
import { ChainError } from '../errors.ts';
import { EngramCommon } from '../evm/common.ts';
import { hexBytes, keccakHex } from '../evm/crypto.ts';
import { EvmRecords, genesisBlock as genesisRecord } from '../evm/evmRecords.ts';
import { genesisBlock } from '../evm/genesisBlock.ts';
import { StateStore } from '../evm/state/stateStore.ts';
import { indexOfKey, keys, ranges } from '../keys.ts';
import { accountRecord, baseRecord, headRecord, summaryRecord } from '../records.ts';
import type { BatchSummary, Head } from '../types.ts';
import { checkManifest } from './checkManifest.ts';
import { invalid } from './invalid.ts';
import { carriedAccounts } from './mirrorCheck.ts';
import { AccountsSection, BlockSection, type Section, StateSection, WithdrawalsSection } from './sections.ts';
import { MAX_CHUNK_BYTES, type PostedFacts, type SnapshotManifest } from './types.ts';
import { dropUnfinishedImport, IMPORT_PREFIXES } from './unfinished.ts';

export interface SnapshotImportOptions {
  readonly manifest: SnapshotManifest;
  /** What L1 says of that batch. */
  readonly facts: PostedFacts;
  readonly domain: Field;
  readonly genesis: GenesisState;
  /** Most bytes of chunks that are taken. Default 8 GiB. */
  readonly maxBytes?: number;
}

/** For the look-ups at the end: nodes in the middle of the tries, 60 MB; the database has the rest. */
const CACHE = { nodes: 100_000, accounts: 16, slots: 16, codes: 1 };

/**
 * Fills an empty database from a snapshot, believing L1 alone. Each chunk is checked before it is written, as far as it can be; `finish` checks the
 * whole and makes it a chain by one write. Until then there is no chain in the database, and whatever stops the import, the next start begins clean.
 *
 * ChainError SNAPSHOT_INVALID {chunk, reason}: with reason `hash` the chunk is not the manifest's, nothing has changed, and somebody else may
 * have the right one. With any other the snapshot is a lie: all that is left is `abandon`.
 */
export class SnapshotImport {
  readonly #manifest: SnapshotManifest;
  readonly #facts: PostedFacts;
  readonly #domain: Field;
  readonly #db: Db;
  readonly #header: BlockHeader;
  readonly #genesis: BlockHeader;
  readonly #common: EngramCommon;
  readonly #block: BlockSection;
  /** By kind. */
  readonly #sections: readonly Section[];
  #kind = 0;
  #next = 0;
  #bytes = 0;
  /** `busy` while a chunk is worked on; `over` after an error or the end. */
  #state: 'ready' | 'busy' | 'over' = 'ready';

  private constructor(
    { manifest, facts, domain }: SnapshotImportOptions,
    parts: { db: Db; header: BlockHeader; genesis: BlockHeader; common: EngramCommon },
  ) {
    const { db, header, genesis, common } = parts;
    this.#manifest = manifest;
    this.#facts = facts;
    this.#domain = domain;
    this.#db = db;
    this.#header = header;
    this.#genesis = genesis;
    this.#common = common;
    const context = { manifest, facts, header, common };
    this.#block = new BlockSection(context);
    this.#sections = [
      this.#block,
      new WithdrawalsSection(context),
      new AccountsSection(context),
      new StateSection(context),
    ];
  }

  /**
   * Checks the manifest against L1, and removes what an earlier import left unfinished.
   * @throws ChainError SNAPSHOT_INVALID; OUT_OF_ORDER: there is a chain in the database
   */
  static async begin(options: SnapshotImportOptions, { db }: { db: Db }): Promise<SnapshotImport> {
    const { manifest, domain } = options;
    const common = new EngramCommon(options.genesis.chainId);
    const genesis = genesisBlock(options.genesis, { domain, common }).header;
    const header = checkManifest(options, { common, genesis });
    await dropUnfinishedImport({ db });
    if (!(await isEmpty(db))) throw new ChainError('OUT_OF_ORDER', { reason: 'the database is not empty' });
    await db.write([put(keys.import, String(manifest.batch))]);
    return new SnapshotImport(options, { db, header, genesis, common });
  }

  /** The chunk to come. */
  get next(): number {
    return this.#next;
  }

  /**
   * Chunks come in order, one after the other.
   * @throws ChainError SNAPSHOT_INVALID {chunk, reason}; OUT_OF_ORDER {chunk, expected}; errors of the database
   */
  async addChunk(i: number, bytes: Uint8Array): Promise<void> {
    const hash = this.#manifest.chunks[i];
    if (this.#state !== 'ready' || i !== this.#next || hash === undefined) {
      throw new ChainError('OUT_OF_ORDER', { chunk: i, expected: this.#next });
    }
    if (bytes.length > MAX_CHUNK_BYTES || keccakHex(bytes) !== hash) throw invalid('hash', { chunk: i });
    await this.#work(i, async () => {
      const ops = await claimed(() => this.#take(bytes));
      await this.#db.write(ops);
      this.#next += 1;
    });
    this.#state = 'ready';
  }

  /**
   * Checks what only the whole can show, then makes it a chain.
   * @throws ChainError SNAPSHOT_INVALID {reason}; OUT_OF_ORDER: chunks are missing; errors of the database
   */
  async finish(): Promise<void> {
    const { chunks } = this.#manifest;
    if (this.#state !== 'ready' || this.#next !== chunks.length) {
      throw new ChainError('OUT_OF_ORDER', { chunk: this.#next, chunks: chunks.length });
    }
    await this.#work(chunks.length, async () => {
      await claimed(async () => {
        for (const section of this.#sections.slice(this.#kind)) section.end();
        if (this.#bytes !== this.#manifest.bytes) throw invalid('fewer bytes than it says');
      });
      const carried = await this.#checkState();
      await this.#writeHead(carried);
    });
  }

  /** Leaves nothing of an import that is not finished. */
  async abandon(): Promise<void> {
    this.#state = 'over';
    await dropUnfinishedImport({ db: this.#db });
  }

  async #take(chunk: Uint8Array): Promise<readonly DbOp[]> {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#manifest.bytes) throw invalid('more bytes than it says');
    // A plain array's view: a Buffer's slices would share its memory.
    const payload = new Uint8Array(chunk.buffer, chunk.byteOffset + 1, chunk.length - 1);
    return this.#section(chunk[0]).take(payload);
  }

  /** Whatever goes wrong ends the import. */
  async #work(chunk: number, work: () => Promise<void>): Promise<void> {
    this.#state = 'busy';
    try {
      await work();
    } catch (cause) {
      if (cause instanceof ChainError && cause.code === 'SNAPSHOT_INVALID') {
        throw new ChainError('SNAPSHOT_INVALID', { chunk, ...cause.data }, { cause });
      }
      throw cause;
    } finally {
      this.#state = 'over';
    }
  }

  /** @throws ChainError SNAPSHOT_INVALID */
  #section(kind: number | undefined): Section {
    const section = kind === undefined || kind < this.#kind ? undefined : this.#sections[kind];
    if (kind === undefined || section === undefined) throw invalid('kind of a chunk');
    for (const before of this.#sections.slice(this.#kind, kind)) before.end();
    this.#kind = kind;
    return section;
  }

  /** @returns the accounts that the next block mirrors */
  async #checkState(): Promise<AccountIndex[]> {
    const { outboxRoot, outboxCount } = this.#manifest;
    const { stateRoot } = this.#header;
    const view = new StateStore({ ...CACHE, headRoot: stateRoot }, { db: this.#db }).view(stateRoot);
    const slot = async (key: Hex): Promise<bigint> =>
      BigInt(`0x0${Buffer.from(await view.slot(hexBytes(OUTBOX), hexBytes(key))).toString('hex')}`);
    const [root, count] = await Promise.all([slot(OUTBOX_ROOT_SLOT), slot(OUTBOX_COUNT_SLOT)]);
    if (root !== BigInt(outboxRoot) || count !== outboxCount) throw invalid('Outbox');
    return carriedAccounts(this.#accounts(), { view, feeAccounts: this.#facts.header.feeAccounts });
  }

  async *#accounts(): AsyncGenerator<readonly [AccountIndex, Account]> {
    for await (const [key, text] of this.#db.range(ranges.accounts)) {
      yield [accountIndex(indexOfKey(key)), accountRecord.decode(text, key)];
    }
  }

  /** The head comes with all that it needs, and the mark of an unfinished import goes. */
  async #writeHead(carried: readonly AccountIndex[]): Promise<void> {
    const facts = this.#facts;
    const { record, batch } = this.#block.block;
    const records = new EvmRecords({ common: this.#common }, { db: this.#db });
    const head: Head = {
      block: facts.lastBlock,
      hash: BigInt(record.hash),
      timestamp: Number(record.header.timestamp),
      nextQueueIndex: facts.nextQueueIndex,
      inboxCount: this.#manifest.inboxCount,
      open: undefined,
      closedBatch: facts.number,
      closedRoot: facts.ledgerRoot,
    };
    await this.#db.write([
      ...records.block(genesisRecord(this.#genesis)),
      ...records.block(record),
      records.batch(facts.number, batch),
      put(keys.summary(facts.number), summaryRecord.encode(summaryOf(facts))),
      put(keys.base, baseRecord.encode({ head, c: facts.c, carried })),
      put(keys.head, headRecord.encode({ domain: this.#domain, head })),
      { type: 'del', key: keys.import },
    ]);
  }
}

/** Runs what reads a stranger's bytes: whatever it throws, they are the reason. */
async function claimed<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw cause instanceof ChainError && cause.code === 'SNAPSHOT_INVALID' ? cause : invalid('form', {}, { cause });
  }
}

/** L1 checked header and body against the proof. */
function summaryOf({ header, body, ...facts }: PostedFacts): BatchSummary {
  const { txOps } = decodeBody(body, header);
  return {
    number: batchNumber(facts.number),
    shape: facts.shape,
    status: 'proven',
    oldRoot: header.oldRoot,
    newRoot: facts.ledgerRoot,
    timestamp: facts.timestamp,
    firstBlock: facts.firstBlock,
    lastBlock: facts.lastBlock,
    firstQueueIndex: facts.nextQueueIndex - BigInt(header.l1Count),
    l1Ops: header.l1Count,
    txs: txOps.length,
    ops: header.opCount,
    exits: header.exitCount,
    commitTx: undefined,
    proveTx: undefined,
  };
}

async function isEmpty(db: Db): Promise<boolean> {
  if ((await db.get(keys.head)) !== undefined) return false;
  for (const prefix of IMPORT_PREFIXES) {
    for await (const _ of db.range({ gte: prefix, lt: `${prefix}\x7f`, limit: 1 })) return false;
  }
  return true;
}
