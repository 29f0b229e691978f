import type { Block } from '../../chain/block.ts';
import type { ChainStore } from '../../chain/store.ts';
import type { OpLocation } from '../../chain/types.ts';
import { unpackAttestation, unpackChannel } from '../../protocol/account.ts';
import { type Account, type AccountIndex, type Field, Kind, Opcode } from '../../protocol/types.ts';

export interface AiIndexDependencies {
  readonly store: Pick<ChainStore, 'origins'>;
  /** As of the newest block. */
  readonly account: (index: AccountIndex) => Account | undefined;
}

/**
 * Who has which channels, and what descends from what: lists of indices in the order in which the accounts came to be. In memory
 * only: made from the store at the start and kept up with every block. Terms never change and accounts are never deleted, so
 * nothing ever leaves it.
 */
export class AiIndex {
  readonly #account: AiIndexDependencies['account'];
  readonly #lists = {
    provider: new Map<number, AccountIndex[]>(),
    payer: new Map<number, AccountIndex[]>(),
    model: new Map<number, AccountIndex[]>(),
    children: new Map<number, AccountIndex[]>(),
  };
  readonly #byArtefact = new Map<Field, AccountIndex[]>();

  private constructor(account: AiIndexDependencies['account']) {
    this.#account = account;
  }

  /** @throws ChainError STORE_CORRUPT */
  static async load({ store, account }: AiIndexDependencies): Promise<AiIndex> {
    const index = new AiIndex(account);
    const origins: (readonly [AccountIndex, OpLocation])[] = [];
    for await (const origin of store.origins()) origins.push(origin);
    origins.sort(([, x], [, y]) => Number(x.block - y.block) || x.position - y.position || x.op - y.op);
    for (const [created] of origins) index.#add(created);
    return index;
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

  #add(index: AccountIndex): void {
    const account = this.#account(index);
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

function append<K>(lists: Map<K, AccountIndex[]>, key: K, index: AccountIndex): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [index]);
  else list.push(index);
}
