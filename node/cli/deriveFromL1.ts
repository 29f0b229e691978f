import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { type Db, openLevel } from '../../chain/db.ts';
import { Deriver } from '../../chain/derive/deriveChain.ts';
import type { DerivedBatch } from '../../chain/derive/types.ts';
import { ChainError } from '../../chain/errors.ts';
import { genesisState } from '../../genesis/spec.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, Hex } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';
import { MessageSource } from '../l1/messageSource.ts';
import { chainSpec } from '../settings.ts';
import { CliError, Exit } from './output.ts';

export interface DeriveOptions {
  /** A name of genesis/specs or a file. */
  readonly genesis: string;
  /** L1 block of the contracts' deployment. */
  readonly deployedAt: bigint;
  /** The last batch to derive; default: the last proven one. */
  readonly to?: number | undefined;
}

export interface DeriveDeps {
  readonly rollup: Pick<RollupReader, 'parameters' | 'state' | 'readBatch'>;
  readonly lane: Pick<EvmLaneReader, 'address' | 'readEvents'>;
  readonly db: Db;
  readonly onBatch?: (derived: DerivedBatch, last: number) => void;
  readonly signal?: AbortSignal;
}

/** Batches read from L1 ahead of the one that is derived. */
const READ_AHEAD = 4;

/** What was derived now; what a folder held before does not count. */
export interface DerivedTotals {
  readonly batches: number;
  readonly evmTxs: number;
  readonly ledgerTxs: number;
  readonly l1Messages: number;
  /** Batches whose posted outcome is not the derived one. */
  readonly differing: readonly number[];
  /** Batches whose posted data did not count. */
  readonly replaced: readonly number[];
}

export interface Derivation {
  readonly deriver: Deriver;
  readonly totals: DerivedTotals;
  /** The last derived batch as L1 has it, and as it should be; absent if nothing is proven. */
  readonly last: { readonly posted: PostedBatch; readonly evm: EvmBatch } | undefined;
  readonly provenBatch: number;
  readonly provenRoot: Field;
}

/**
 * Both lanes from L1 alone: only batches that are proven, so that their ledger part is known to be sound.
 * @throws CliError NOT_PROVEN, STALE_DATA, ROOT_MISMATCH, CANCELLED; ProtocolError, ChainError, BridgeError
 */
export async function deriveFromL1(options: DeriveOptions, deps: DeriveDeps): Promise<Derivation> {
  const { rollup, lane, db, onBatch, signal } = deps;
  const parameters = await rollup.parameters();
  const { proven } = await rollup.state();
  const last = options.to ?? proven.batch;
  if (last > proven.batch) throw new CliError(Exit.NOT_FOUND, 'NOT_PROVEN', `batch ${last} is not proven on L1`);
  const genesis = await genesisState(await chainSpec({ spec: options.genesis }, parameters));
  const evmLane = lane.address.toLowerCase() as Hex; // still an address
  const { domain, maxDriftSeconds } = parameters;
  const deriver = await Deriver.open({ genesis, domain, evmLane, maxDriftSeconds }, { db });
  await checkSame(deriver, rollup);
  const source = new MessageSource({ deployedAt: options.deployedAt, next: deriver.head.inboxCount }, { lane });
  let totals: DerivedTotals = { batches: 0, evmTxs: 0, ledgerTxs: 0, l1Messages: 0, differing: [], replaced: [] };
  let lastPosted: PostedBatch | undefined;
  for await (const posted of readAhead(rollup, deriver.head.batch + 1, last)) {
    if (signal?.aborted) throw new CliError(Exit.REFUSED, 'CANCELLED', `stopped after batch ${deriver.head.batch}`);
    lastPosted = posted;
    const { number, shape, header, oldRoot, body, evmData, stored, l1 } = posted;
    const messages = await source.upTo(l1.blockNumber, deriver.head.inboxCount);
    const batch = {
      header: { ...header, number, domain, oldRoot, shape },
      body,
      evmData,
      committedAt: stored.committedAt,
    };
    const derived = await deriver.applyBatch(batch, messages);
    totals = withBatch(totals, derived);
    onBatch?.(derived, last);
  }
  const { head } = deriver;
  if (head.batch === proven.batch && head.ledgerRoot !== proven.root) {
    throw new CliError(Exit.REFUSED, 'ROOT_MISMATCH', 'what was posted on L1 does not lead to the proven root');
  }
  if (lastPosted === undefined && head.batch > 0) lastPosted = await rollup.readBatch(head.batch);
  const posted = lastPosted && { posted: lastPosted, evm: await evmBatch(deriver, lastPosted) };
  return { deriver, totals, last: posted, provenBatch: proven.batch, provenRoot: proven.root };
}

function withBatch(totals: DerivedTotals, { number, isSameOutput, fault, ...batch }: DerivedBatch): DerivedTotals {
  return {
    batches: totals.batches + 1,
    evmTxs: totals.evmTxs + batch.evmTxs,
    ledgerTxs: totals.ledgerTxs + batch.ledgerTxs,
    l1Messages: totals.l1Messages + batch.l1Messages,
    differing: isSameOutput ? totals.differing : [...totals.differing, number],
    replaced: fault === undefined ? totals.replaced : [...totals.replaced, number],
  };
}

/** What was posted with the last batch, with the outcome that was derived. */
async function evmBatch(deriver: Deriver, { evmData }: PostedBatch): Promise<EvmBatch> {
  const { head } = deriver;
  const { blockHash, inboxCount } = head;
  const outbox = (await deriver.block(head.header.number))?.outbox;
  if (outbox === undefined) throw new ChainError('STORE_CORRUPT', { block: head.header.number });
  return evmBatchOf({ blockHash, outboxRoot: outbox.root, outboxCount: outbox.count, inboxCount }, evmData);
}

/** Work with a database in a folder, or in one of its own that is removed again. */
export async function withDb<T>(folder: string | undefined, work: (db: Db) => Promise<T>): Promise<T> {
  const path = folder ?? (await mkdtemp(join(tmpdir(), 'engram-derive-')));
  const db = await openLevel(path);
  try {
    return await work(db);
  } finally {
    await db.close();
    if (folder === undefined) await rm(path, { recursive: true, force: true });
  }
}

/** A folder may come from before a reorg of L1, or from another chain. */
async function checkSame(deriver: Deriver, rollup: Pick<RollupReader, 'state' | 'readBatch'>): Promise<void> {
  const { batch, ledgerRoot } = deriver.head;
  if (batch === 0) return;
  const { proven } = await rollup.state();
  const isThere = batch <= proven.batch && (await rollup.readBatch(batch)).header.newRoot === ledgerRoot;
  if (isThere) return;
  const message = `the folder holds a chain up to batch ${batch} that L1 does not have (any more): use another one`;
  throw new CliError(Exit.REFUSED, 'STALE_DATA', message);
}

async function* readAhead(
  rollup: Pick<RollupReader, 'readBatch'>,
  first: number,
  last: number,
): AsyncGenerator<PostedBatch> {
  const coming: Promise<PostedBatch>[] = [];
  for (let next = first, now = first; now <= last; now += 1) {
    for (; next <= last && next < now + READ_AHEAD; next += 1) {
      const read = rollup.readBatch(next);
      // Whoever awaits it gets the failure; until then it must not count as unhandled.
      read.catch(() => undefined);
      coming.push(read);
    }
    const posted = await coming.shift();
    if (posted !== undefined) yield posted;
  }
}
