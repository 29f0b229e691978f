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
  batch(number: number): Promise<{ readonly commitment: { readonly c: Field } } | undefined>;
  summary(number: number): Promise<{ readonly lastBlock: bigint } | undefined>;
  evmBlock(number: bigint): Promise<EvmBlockRecord | undefined>;
}

export interface OwnBatchesDeps {
  readonly chain: OwnChain;
  readonly rollup: Pick<RollupReader, 'readBatch'>;
  readonly lane: { messages(from: bigint, to: bigint, at?: { toBlock?: bigint }): Promise<readonly L1Message[]> };
  readonly l1: { getBlock(at: { blockNumber: bigint }): Promise<{ readonly hash: Hex | null }> };
}

/**
 * unknown: this node does not have the batch (yet), or L1 has it too near its tip. inherited: it rests on a state that this node took from others
 * and that two thirds have not signed. mismatch: L1 has another batch than this node, `reason` says in what.
 */
export type Comparison =
  | { readonly kind: 'same'; readonly posted: PostedBatch; readonly own: EvmBatch }
  | { readonly kind: 'unknown' | 'inherited' }
  | { readonly kind: 'mismatch'; readonly reason: 'OUTCOME' | 'LEDGER' | 'MESSAGES' };

/** L1 as it is looked at: nothing after `toBlock`; `attestedBatch` is accepted already. */
export interface LookAt {
  readonly toBlock: bigint;
  readonly attestedBatch: number;
}

/**
 * Whether L1's batch is what this node has executed, so that derivation from L1's data alone would come to the same. What is compared, and why
 * no more is needed: README.
 */
export class OwnBatches {
  readonly #deps: OwnBatchesDeps;
  /** L1 messages up to this index were found in our chain as L1 had them at this block. */
  #checked: { readonly upTo: bigint; readonly block: bigint; readonly hash: Hex | null } | undefined;

  constructor(deps: OwnBatchesDeps) {
    this.#deps = deps;
  }

  /** After our chain went back, or L1's did. */
  forget(): void {
    this.#checked = undefined;
  }

  /** @throws BridgeError, or what the L1 client throws */
  async compare(batch: number, at: LookAt): Promise<Comparison> {
    const { chain, rollup } = this.#deps;
    if ((chain.base?.head.closedBatch ?? 0) > at.attestedBatch) return { kind: 'inherited' };
    const [evm, closed] = [await chain.evmBatch(batch), await chain.batch(batch)];
    if (evm === undefined || closed === undefined) return { kind: 'unknown' };
    const posted = await rollup.readBatch(batch);
    if (posted.l1.blockNumber > at.toBlock) return { kind: 'unknown' };
    // Of what is stored, not what it is said to be: a batch that breaks the rules of derivation is stored under what was posted.
    const own = evmBatchOf(evm.output, evm.data);
    if (posted.header.evmCommitment !== own.commitment) return { kind: 'mismatch', reason: 'OUTCOME' };
    if (posted.stored.c !== closed.commitment.c) return { kind: 'mismatch', reason: 'LEDGER' };
    const hasMessages = await this.#hasMessagesOfL1(batch, own.output.inboxCount, at);
    return hasMessages ? { kind: 'same', posted, own } : { kind: 'mismatch', reason: 'MESSAGES' };
  }

  /**
   * The rollup's contract compares deposits to the ledger with its queue, but nothing on L1 compares the messages our blocks took: after a
   * reorg of L1 deeper than was waited for they may be gone, and signing would pay out what nobody brought in.
   */
  async #hasMessagesOfL1(batch: number, inboxCount: bigint, at: LookAt): Promise<boolean> {
    const { lane } = this.#deps;
    const checked = await this.#stillChecked();
    const from = checked?.upTo ?? (await this.#attestedMessages(at.attestedBatch));
    if (inboxCount <= from) return true;
    const { hash } = await this.#deps.l1.getBlock({ blockNumber: at.toBlock });
    const ours = await this.#ownMessages(batch, from);
    const onL1 = await lane.messages(from, inboxCount, { toBlock: at.toBlock });
    if (ours.length !== onL1.length || !ours.every((message, i) => isSameMessage(message, onL1[i]))) return false;
    this.#checked = { upTo: inboxCount, block: at.toBlock, hash };
    return true;
  }

  /** What was checked on a branch of L1 that is gone was not checked. */
  async #stillChecked(): Promise<{ readonly upTo: bigint } | undefined> {
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
