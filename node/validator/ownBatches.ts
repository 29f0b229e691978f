import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import type { EvmBlockRecord } from '../../chain/evm/types.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, Hex, L1Message } from '../../protocol/lane/types.ts';
import type { Field } from '../../protocol/types.ts';

/** The chain that was executed here. */
export interface OwnChain {
  /** Where it begins, if not at genesis: with the state after a batch that somebody else executed. */
  readonly base?: { readonly head: { readonly closedBatch: number; readonly inboxCount: bigint } } | undefined;
  evmBatch(number: number): Promise<EvmBatch | undefined>;
  batch(
    number: number,
  ): Promise<{ readonly commitment: { readonly c: Field; readonly r: Field; readonly y: Field } } | undefined>;
  /** Whether it was taken from L1's data alone, so by the rules of derivation. */
  isPosted(number: number): Promise<boolean>;
  summary(number: number): Promise<{ readonly lastBlock: bigint } | undefined>;
  evmBlock(number: bigint): Promise<EvmBlockRecord | undefined>;
}

export interface OwnBatchesDeps {
  readonly chain: OwnChain;
  readonly rollup: Pick<RollupReader, 'readBatch'>;
  readonly lane: { messages(from: bigint, to: bigint, at?: { toBlock?: bigint }): Promise<readonly L1Message[]> };
  /** Whether our data, as they were posted, count (`PostedRules`). */
  readonly rules: { hold(posted: PostedBatch): Promise<boolean> };
  readonly l1: { getBlock(at: { blockNumber: bigint }): Promise<{ readonly hash: Hex | null }> };
}

/** OUTCOME: the posted data are ours, what was said to come out of them is not. The rest: other data, or other messages than L1's. */
export type MismatchReason = 'OUTCOME' | 'LEDGER' | 'DATA' | 'RULES' | 'MESSAGES';

/**
 * unknown: this node does not have the batch (yet), has not compared all before it, or L1 has it too near its tip. inherited: it rests on a state that
 * this node took from others and that two thirds have not signed. mismatch: L1 has another batch than this node.
 */
export type Comparison =
  | { readonly kind: 'same'; readonly posted: PostedBatch; readonly own: EvmBatch }
  | { readonly kind: 'unknown' | 'inherited' }
  | { readonly kind: 'mismatch'; readonly reason: MismatchReason };

/** L1 as it is looked at: nothing after `toBlock`; `attestedBatch` is accepted already. */
export interface LookAt {
  readonly toBlock: bigint;
  readonly attestedBatch: number;
}

/** What was compared, on the branch of L1 that has this block. */
interface Checked {
  /** Up to this batch ours is what derivation comes to. */
  readonly batch: number;
  /** Messages up to this index are L1's. */
  readonly inbox: bigint;
  readonly block: bigint;
  readonly hash: Hex | null;
}

/** Batches compared in one call; many are only after attesting stood still. */
const BATCHES_AT_ONCE = 64;

/**
 * Whether L1's batch is what this node has executed, and everything since the last attested one, so that derivation from L1's data alone would come to
 * the same. What is compared, and why no more is needed: README.
 */
export class OwnBatches {
  readonly #deps: OwnBatchesDeps;
  #checked: Checked | undefined;

  constructor(deps: OwnBatchesDeps) {
    this.#deps = deps;
  }

  /** After our chain went back, or L1's did. */
  forget(): void {
    this.#checked = undefined;
  }

  /** @throws BridgeError, or what the L1 client throws */
  async compare(batch: number, at: LookAt): Promise<Comparison> {
    const { chain } = this.#deps;
    if ((chain.base?.head.closedBatch ?? 0) > at.attestedBatch) return { kind: 'inherited' };
    if ((await chain.batch(batch)) === undefined) return { kind: 'unknown' };
    const first = Math.max((await this.#stillChecked())?.batch ?? 0, at.attestedBatch) + 1;
    const last = Math.min(batch, first + BATCHES_AT_ONCE - 1);
    for (let before = first; before <= last; before += 1) {
      const compared = await this.#compare(before, at);
      if (before === batch) return compared;
      // Whoever posted a wrong outcome harms nobody who derives; other data make all that comes after another chain.
      const isOurs = compared.kind === 'same' || (compared.kind === 'mismatch' && compared.reason === 'OUTCOME');
      if (!isOurs) return compared;
    }
    return batch > last ? { kind: 'unknown' } : this.#compare(batch, at);
  }

  async #compare(batch: number, at: LookAt): Promise<Comparison> {
    const { chain, rollup, rules } = this.#deps;
    const [evm, closed] = [await chain.evmBatch(batch), await chain.batch(batch)];
    if (evm === undefined || closed === undefined) return { kind: 'unknown' };
    const posted = await rollup.readBatch(batch);
    if (posted.l1.blockNumber > at.toBlock) return { kind: 'unknown' };
    const { c, r, y } = closed.commitment;
    const { stored } = posted;
    if (c !== stored.c || r !== stored.r || y !== stored.y) return { kind: 'mismatch', reason: 'LEDGER' };
    // Of what is stored, not what it is said to be: a batch that breaks the rules of derivation is stored under what was posted.
    const own = evmBatchOf(evm.output, evm.data);
    if (Buffer.compare(evm.data, posted.evmData) !== 0) return { kind: 'mismatch', reason: 'DATA' };
    if (!(await chain.isPosted(batch)) && !(await rules.hold(posted))) return { kind: 'mismatch', reason: 'RULES' };
    if (!(await this.#hasMessagesOfL1(batch, own.output.inboxCount, at)))
      return { kind: 'mismatch', reason: 'MESSAGES' };
    const isSame = posted.header.evmCommitment === own.commitment;
    return isSame ? { kind: 'same', posted, own } : { kind: 'mismatch', reason: 'OUTCOME' };
  }

  /**
   * The rollup's contract compares deposits to the ledger with its queue, but nothing on L1 compares the messages our blocks took: after a
   * reorg of L1 deeper than was waited for they may be gone, and signing would pay out what nobody brought in.
   */
  async #hasMessagesOfL1(batch: number, inboxCount: bigint, at: LookAt): Promise<boolean> {
    const { lane, l1 } = this.#deps;
    const from = this.#checked?.inbox ?? (await this.#attestedMessages(at.attestedBatch));
    const { hash } = await l1.getBlock({ blockNumber: at.toBlock });
    if (inboxCount > from) {
      const ours = await this.#ownMessages(batch, from);
      const onL1 = await lane.messages(from, inboxCount, { toBlock: at.toBlock });
      if (ours.length !== onL1.length || !ours.every((message, i) => isSameMessage(message, onL1[i]))) return false;
    }
    const inbox = inboxCount > from ? inboxCount : from;
    this.#checked = { batch: Math.max(batch, this.#checked?.batch ?? 0), inbox, block: at.toBlock, hash };
    return true;
  }

  /** What was checked on a branch of L1 that is gone was not checked. */
  async #stillChecked(): Promise<Checked | undefined> {
    if (this.#checked === undefined) return undefined;
    const { hash } = await this.#deps.l1.getBlock({ blockNumber: this.#checked.block });
    if (hash !== this.#checked.hash) this.#checked = undefined;
    return this.#checked;
  }

  /** Messages covered by what is attested already, or were before our chain begins. */
  async #attestedMessages(attestedBatch: number): Promise<bigint> {
    const { chain } = this.#deps;
    const attested = await chain.evmBatch(attestedBatch);
    return attested?.output.inboxCount ?? chain.base?.head.inboxCount ?? 0n;
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
