import type { BlockHeader } from '@ethereumjs/block';
import { queueItemOf } from '../protocol/applyBatch.ts';
import { commitTo } from '../protocol/commitment.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { MAX_BATCH_GAS } from '../protocol/lane/constants.ts';
import { evmBatchOf } from '../protocol/lane/evmCommitment.ts';
import type { L1Message } from '../protocol/lane/types.ts';
import { OpenBatch } from '../protocol/openBatch.ts';
import { BodyReplay } from '../protocol/replay.ts';
import { shape } from '../protocol/shapes.ts';
import type { AccountIndex, ClosedBatch } from '../protocol/types.ts';
import { executePosted, InvalidData } from './derive/executePosted.ts';
import { type BatchPlan, fallbackPlan, type PlanContext } from './derive/plan.ts';
import { faultOf, planPosted } from './derive/planPosted.ts';
import type { DerivableBatch, Fault } from './derive/types.ts';
import { ChainError } from './errors.ts';
import { evmOutputOf } from './evm/batchData.ts';
import { userGas } from './evm/fees.ts';
import type { ClosedRun } from './importClose.ts';
import type { LedgerState, SealedBlock } from './ledgerState.ts';
import { unsignedTx } from './wire/unsignedTx.ts';

export interface PostedRun extends ClosedRun {
  /** undefined: the posted data are valid. */
  readonly fault: Fault | undefined;
  /** Whether the posted commitment says what came out. */
  readonly isSameOutput: boolean;
}

interface Blocks {
  readonly sealed: readonly SealedBlock[];
  readonly fault: Fault | undefined;
}

/** The rollup's default. */
const MAX_DRIFT_SECONDS = 900;

/** A whole batch from L1's data alone. See `Ledger.importPosted`. */
export async function importPosted(
  state: LedgerState,
  posted: DerivableBatch,
  messages: readonly L1Message[],
  onBlock: (sealed: SealedBlock) => Promise<void> = async () => undefined,
): Promise<PostedRun> {
  state.abandonEmpty();
  checkOrder(state, posted, messages);
  // What the ledger comes to is known before anything is executed or written: a batch that breaks its rules goes no further.
  const closed = closedOf(state, posted);
  const { sealed, fault } = await storeBlocks(state, posted, messages);
  const evm = evmBatchOf(evmOutputOf(sealed.map(({ block }) => block)), posted.evmData);
  const summary = await state.store.closeBatch(closed, evm, { isPosted: true });
  for (const { index, before, after } of closed.slots) {
    if (after !== undefined && after !== before) state.tree.set(index, after);
  }
  state.closed(closed);
  // Only now: until here another reading of the data could have been the right one.
  for (const block of sealed) await onBlock(block);
  return { closed, evm, summary, fault, isSameOutput: evm.commitment === posted.header.evmCommitment };
}

function checkOrder({ store, open }: LedgerState, { header }: DerivableBatch, messages: readonly L1Message[]): void {
  const { head } = store;
  const isNext =
    header.domain === store.domain &&
    header.number === head.closedBatch + 1 &&
    header.firstBlock === head.block + 1n &&
    header.lastBlock >= header.firstBlock &&
    open === undefined;
  if (!isNext) {
    const { number, firstBlock } = header;
    throw new ChainError('OUT_OF_ORDER', {
      batch: number,
      firstBlock,
      head: head.block,
      closedBatch: head.closedBatch,
    });
  }
  messages.forEach(({ index }, i) => {
    const expected = head.inboxCount + BigInt(i);
    if (index !== expected) throw new ChainError('OUT_OF_ORDER', { message: index, expected });
  });
}

/** The batch as L1 and the circuit see it; the tree is as before. @throws ProtocolError: it breaks a rule of the ledger */
function closedOf({ tree, store }: LedgerState, { header, body }: DerivableBatch): ClosedBatch {
  const replay = new BodyReplay(tree, header, body);
  const { l1Ops, txs } = replay.apply(replay.body);
  const { number, timestamp, firstBlock, lastBlock, evmCommitment, feeAccounts } = header;
  const options = { number, shape: shape(header.shape), domain: store.domain, timestamp, firstBlock, feeAccounts };
  const open = new OpenBatch(options, { tree });
  for (const op of l1Ops) open.applyL1(queueItemOf(op), op.index);
  for (const tx of txs) open.applyTx(unsignedTx(tx), { signatureChecked: true });
  const checkpoint = tree.checkpoint();
  try {
    const closed = open.close({ lastBlock, evmCommitment });
    const { newRoot } = closed.batch;
    if (newRoot !== header.newRoot) throw new ProtocolError('BAD_BATCH', { newRoot: header.newRoot, found: newRoot });
    // Its words are all of the header and the body: exits too.
    const { c } = commitTo(header, replay.body);
    if (closed.commitment.c !== c) throw new ProtocolError('BAD_BATCH', { c, found: closed.commitment.c });
    return closed;
  } finally {
    tree.revert(checkpoint);
  }
}

/** By the posted data if they are valid, else by what stands in for them. On error nothing is stored. */
async function storeBlocks(
  state: LedgerState,
  posted: DerivableBatch,
  messages: readonly L1Message[],
): Promise<Blocks> {
  const { store, lane, options } = state;
  const { header, committedAt } = posted;
  const before = lane.head;
  const { maxDriftSeconds = MAX_DRIFT_SECONDS } = options;
  const { body } = new BodyReplay(state.tree, header, posted.body);
  const parentTimestamp = Number(before.timestamp);
  const context: PlanContext = { header, body, parentTimestamp, messages, committedAt, maxDriftSeconds };
  const unpin = lane.pin(before);
  try {
    const plan = await planPosted(posted.evmData, context);
    await store.beginPosted();
    if ('reason' in plan) return { sealed: await run(state, posted, fallbackPlan(context)), fault: plan };
    try {
      return { sealed: await run(state, posted, plan), fault: undefined };
    } catch (error) {
      if (!(error instanceof InvalidData)) throw error;
      await goBack(state, before);
      await store.beginPosted();
      const fault = faultOf('transaction', error.detail);
      return { sealed: await run(state, posted, fallbackPlan(context)), fault };
    }
  } catch (error) {
    try {
      await goBack(state, before);
    } catch {
      throw new ChainError('STORE_UNAVAILABLE', { block: before.number }, { cause: error });
    }
    throw error;
  } finally {
    unpin();
  }
}

async function goBack({ store, lane }: LedgerState, header: BlockHeader): Promise<void> {
  await lane.rewind(header);
  await store.rollback(header.number);
}

/** @throws InvalidData */
async function run(
  state: LedgerState,
  { header, body }: DerivableBatch,
  { beneficiary, blocks }: BatchPlan,
): Promise<SealedBlock[]> {
  const { number, timestamp, firstBlock } = header;
  const record = { number, shape: header.shape, timestamp, firstBlock };
  const replay = new BodyReplay(state.tree, header, body);
  const account = (index: AccountIndex) => replay.account(index);
  const sealed: SealedBlock[] = [];
  let gas = 0n;
  for (const plan of blocks) {
    const { l1Ops, txs: replayed } = replay.apply(plan.ledger);
    const txs = replayed.map(unsignedTx);
    const { feeAccounts, l1Messages } = plan;
    const ledgerRoot = replay.previewRoot();
    const parts = { l1Ops, txs, feeAccounts, l1Messages, beneficiary, ledgerRoot, account };
    const prepared = state.prepare(record, { timestamp: plan.timestamp, ...parts });
    const block = prepared.body.number;
    const executed = await executePosted(state.lane, prepared.input, { block, txs: plan.txs });
    gas += userGas(executed);
    if (gas > MAX_BATCH_GAS) throw new InvalidData(`block ${block}: more gas than a batch may use`);
    sealed.push(await state.append(record, prepared, executed));
  }
  return sealed;
}
