import { ProtocolError } from './errors.ts';
import type { Account, AccountIndex, Field } from './types.ts';

interface Start {
  readonly root: Field;
  readonly size: number;
}

/** What the tree held before the first change within one stretch; `undefined`: the tree itself had no entry. */
interface Stretch {
  readonly id: number;
  readonly start: Start;
  readonly accounts: Map<AccountIndex, Account | undefined>;
  readonly groups: Map<number, readonly Field[] | undefined>;
}

/** Old values of the account tree, stretch by stretch, newest last. Nothing is recorded while no checkpoint is open. */
export class TreeJournal {
  readonly #stretches: Stretch[] = [];
  #nextId = 1;

  open(start: Start): number {
    const id = this.#nextId;
    this.#nextId += 1;
    this.#stretches.push({ id, start, accounts: new Map(), groups: new Map() });
    return id;
  }

  account(index: AccountIndex, old: Account | undefined): void {
    const accounts = this.#stretches.at(-1)?.accounts;
    if (accounts !== undefined && !accounts.has(index)) accounts.set(index, old);
  }

  group(key: number, old: readonly Field[] | undefined): void {
    const groups = this.#stretches.at(-1)?.groups;
    if (groups !== undefined && !groups.has(key)) groups.set(key, old);
  }

  /** Removes the stretch and all later ones; returned newest first, the order in which they must be undone. */
  takeBack(id: number): Stretch[] {
    return this.#stretches.splice(this.#position(id)).reverse();
  }

  /** Removes one stretch; what it recorded goes to the one before, if there is one. */
  merge(id: number): void {
    const position = this.#position(id);
    const stretch = this.#stretches[position];
    const earlier = this.#stretches[position - 1];
    if (stretch !== undefined && earlier !== undefined) {
      for (const [index, old] of stretch.accounts) if (!earlier.accounts.has(index)) earlier.accounts.set(index, old);
      for (const [key, old] of stretch.groups) if (!earlier.groups.has(key)) earlier.groups.set(key, old);
    }
    this.#stretches.splice(position, 1);
  }

  #position(id: number): number {
    const position = this.#stretches.findIndex((stretch) => stretch.id === id);
    if (position < 0) throw new ProtocolError('INVALID_ARGUMENT', { checkpoint: id });
    return position;
  }
}
