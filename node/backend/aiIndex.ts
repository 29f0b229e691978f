import type { Block } from '../../chain/block.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { OpLocation } from '../../chain/types.ts';
import { unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { type Account, type AccountIndex, type Field, Kind, Opcode } from '../../protocol/types.ts';

export interface AiIndexDependencies {
  readonly store: Pick<ChainStore, 'origins' | 'accounts'>;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

/**
 * Who has which channels, and what descends from what: lists of indices in the order in which the accounts came to be. In memory
 * only: made from the store at the start and kept up with every block. Terms never change and accounts are never deleted, so
 * nothing leaves it unless blocks are taken back.
 */
export class AiIndex {
  readonly #deps: AiIndexDependencies;
  #lists = emptyLists();
  #byArtefact = new Map<Field, AccountIndex[]>();
  readonly #known = new Set<AccountIndex>();

  private constructor(deps: AiIndexDependencies) {
    this.#deps = deps;
  }

  /** @throws ChainError STORE_CORRUPT */
  static async load(deps: AiIndexDependencies): Promise<AiIndex> {
    const index = new AiIndex(deps);
    await index.reload();
    return index;
  }

  /** Once more from the store: blocks were taken back. @throws ChainError STORE_CORRUPT */
  async reload(): Promise<void> {
    const { store } = this.#deps;
    const origins: (readonly [AccountIndex, OpLocation])[] = [];
    for await (const origin of store.origins()) origins.push(origin);
    origins.sort(([, x], [, y]) => Number(x.block - y.block) || x.position - y.position || x.op - y.op);
    const older: AccountIndex[] = [];
    const known = new Set(origins.map(([created]) => created));
    // A chain that began with a snapshot does not know what created the accounts in it: they come first.
    for await (const [index, { kind }] of store.accounts()) {
      if ((kind === Kind.CHANNEL || kind === Kind.ATTEST) && !known.has(index)) older.push(index);
    }
    this.#lists = emptyLists();
    this.#byArtefact = new Map();
    this.#known.clear();
    for (const created of older) this.#add(created);
    for (const [created] of origins) this.#add(created);
  }

  onBlock(block: Block): void {
    for (const { opcode, to } of block.txs.flatMap(({ ops }) => ops)) {
      if (opcode === Opcode.OPEN || opcode === Opcode.ATTEST) this.#add(to);
    }
  }

  /** Channels of a provider, payer or model, earliest first. */
  channels(role: 'provider' | 'payer' | 'model', of: AccountIndex): readonly AccountIndex[] {
    return this.#lists[role].get(of) ?? [];
  }

  /** Attestations of an artefact, earliest first. */
  attestations(artefact: Field): readonly AccountIndex[] {
    return this.#byArtefact.get(artefact) ?? [];
  }

  /** Attestations that name this one as their parent, earliest first. */
  children(parent: AccountIndex): readonly AccountIndex[] {
    return this.#lists.children.get(parent) ?? [];
  }

  /** A block may have come in while everything was read anew: nothing is listed twice. */
  #add(index: AccountIndex): void {
    if (this.#known.has(index)) return;
    this.#known.add(index);
    const account = this.#deps.account(index);
    if (account?.kind === Kind.CHANNEL) {
      const { provider, payer, model } = unpackChannel(account.c);
      append(this.#lists.provider, provider, index);
      append(this.#lists.payer, payer, index);
      if (model !== 0) append(this.#lists.model, model, index);
    } else if (account?.kind === Kind.ATTEST) {
      const { parent } = unpackAttestation(account.c);
      append(this.#byArtefact, account.a, index);
      if (parent !== 0) append(this.#lists.children, parent, index);
    }
  }
}

function emptyLists() {
  return {
    provider: new Map<number, AccountIndex[]>(),
    payer: new Map<number, AccountIndex[]>(),
    model: new Map<number, AccountIndex[]>(),
    children: new Map<number, AccountIndex[]>(),
  };
}

function append<K>(lists: Map<K, AccountIndex[]>, key: K, index: AccountIndex): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [index]);
  else list.push(index);
}
