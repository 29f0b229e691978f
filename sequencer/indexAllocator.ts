import { unpackChannel } from '../protocol/account.ts';
import { hasAssignedIndex, payloadWord } from '../protocol/codec/opWords.ts';
import { ProtocolError } from '../protocol/errors.ts';
import { ACCOUNT_LIMIT } from '../protocol/ids.ts';
import { type Account, type AccountIndex, Kind, type Op, Opcode, type SignedTx } from '../protocol/types.ts';

/** Accounts under one lowest node of the tree. */
const GROUP = 8;
/** Providers whose neighbourhood is remembered; one that is forgotten gets another. */
const MAX_REMEMBERED = 65_536;

/**
 * Chooses the indices of new accounts: the lowest free ones, except that a provider's channels go side by side under one node of
 * the tree while it has room: they are claimed together, so their paths are hashed together. It remembers only where to look;
 * what is free is read from the state each time, so a restart or a refused operation leaves no hole and no double use.
 */
export class IndexAllocator {
  readonly #isLive: (index: AccountIndex) => boolean;
  /** Every index below this is live. */
  #next = 1;
  /** Every group below this has a live account. */
  #nextGroup = 1;
  /** Provider → index of one of its channels, the longest untouched first. Only a hint. */
  readonly #channels = new Map<AccountIndex, AccountIndex>();

  constructor(deps: { isLive: (index: AccountIndex) => boolean }) {
    this.#isLive = deps.isLive;
  }

  /** The `count` lowest free indices. @throws ProtocolError INDEX_OUT_OF_RANGE when the tree is full */
  free(count: number): AccountIndex[] {
    const taken = new Set<AccountIndex>();
    while (taken.size < count) this.#take(undefined, taken);
    return [...taken];
  }

  /** The transaction with every assigned index filled in. @throws ProtocolError INDEX_OUT_OF_RANGE when the tree is full */
  assign(tx: SignedTx): SignedTx {
    if (!tx.ops.some((op) => hasAssignedIndex(op.opcode))) return tx;
    const taken = new Set<AccountIndex>();
    const ops = tx.ops.map((op) =>
      hasAssignedIndex(op.opcode) ? { ...op, to: this.#take(providerOf(op), taken) } : op,
    );
    return { ...tx, ops };
  }

  /** Blocks are gone: indices that were live may be free. Where channels were is a hint as good as any. */
  forget(): void {
    this.#next = 1;
    this.#nextGroup = 1;
  }

  /** Tells of an account that exists already: where a provider's channels are. */
  learn(index: AccountIndex, account: Account): void {
    if (account.kind === Kind.CHANNEL) this.#remember(unpackChannel(account.c).provider, index);
  }

  #take(provider: AccountIndex | undefined, taken: Set<AccountIndex>): AccountIndex {
    const near = provider === undefined ? undefined : this.#near(provider, taken);
    const index = near ?? this.#lowest(taken);
    taken.add(index);
    if (provider !== undefined) this.#remember(provider, index);
    return index;
  }

  #near(provider: AccountIndex, taken: ReadonlySet<AccountIndex>): AccountIndex | undefined {
    const known = this.#channels.get(provider);
    const besides = known === undefined ? undefined : this.#freeIn(Math.floor(known / GROUP), taken);
    return besides ?? this.#emptyGroup(taken);
  }

  #freeIn(group: number, taken: ReadonlySet<AccountIndex>): AccountIndex | undefined {
    for (let i = 0; i < GROUP; i += 1) {
      const index = (group * GROUP + i) as AccountIndex; // in the range of the group's known channel
      if (index !== 0 && !taken.has(index) && !this.#isLive(index)) return index;
    }
    return undefined;
  }

  /** First index of the lowest group without any account; undefined when there is none left. */
  #emptyGroup(taken: ReadonlySet<AccountIndex>): AccountIndex | undefined {
    const isEmpty = (group: number, isFree: (index: AccountIndex) => boolean): boolean => {
      for (let i = 0; i < GROUP; i += 1) if (!isFree((group * GROUP + i) as AccountIndex)) return false; // below the limit
      return true;
    };
    const limit = ACCOUNT_LIMIT / GROUP;
    while (this.#nextGroup < limit && !isEmpty(this.#nextGroup, (index) => !this.#isLive(index))) this.#nextGroup += 1;
    for (let group = this.#nextGroup; group < limit; group += 1) {
      if (isEmpty(group, (index) => !this.#isLive(index) && !taken.has(index))) return (group * GROUP) as AccountIndex; // as above
    }
    return undefined;
  }

  #lowest(taken: ReadonlySet<AccountIndex>): AccountIndex {
    while (this.#next < ACCOUNT_LIMIT && this.#isLive(this.#next as AccountIndex)) this.#next += 1;
    for (let index = this.#next; ; index += 1) {
      if (index >= ACCOUNT_LIMIT) throw new ProtocolError('INDEX_OUT_OF_RANGE', { index });
      // The loop keeps it in the range of indices.
      if (!taken.has(index as AccountIndex) && !this.#isLive(index as AccountIndex)) return index as AccountIndex;
    }
  }

  #remember(provider: AccountIndex, index: AccountIndex): void {
    this.#channels.delete(provider);
    this.#channels.set(provider, index);
    if (this.#channels.size <= MAX_REMEMBERED) return;
    // A Map iterates in order of insertion: the first was used the longest ago.
    for (const oldest of this.#channels.keys()) {
      this.#channels.delete(oldest);
      return;
    }
  }
}

/** Whose channel an op opens; terms that the rules will refuse have no neighbourhood. */
function providerOf(op: Op): AccountIndex | undefined {
  if (op.opcode !== Opcode.OPEN) return undefined;
  try {
    return unpackChannel(payloadWord(op, 2)).provider;
  } catch {
    return undefined;
  }
}
