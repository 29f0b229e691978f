import type { BlockHeader } from '@ethereumjs/block';
import type { Db } from '../../db.ts';
import { EvmError } from '../errors.ts';
import { KeptStates } from './keptStates.ts';
import type { NodeStore } from './nodeStore.ts';
import { type PruneResult, StatePruner } from './statePruner.ts';
import { keyOf } from './trieNode.ts';

/** Which blocks' states stay in the database, and which are there. */
export class Retention {
  readonly #nodes: NodeStore;
  readonly #pruner: StatePruner;
  readonly #kept: KeptStates;
  readonly #pinned = new Map<symbol, BlockHeader>();

  private constructor(parts: { nodes: NodeStore; pruner: StatePruner; kept: KeptStates }) {
    this.#nodes = parts.nodes;
    this.#pruner = parts.pruner;
    this.#kept = parts.kept;
  }

  /** @throws ChainError STORE_CORRUPT */
  static async open(deps: { db: Db; nodes: NodeStore }): Promise<Retention> {
    return new Retention({ nodes: deps.nodes, pruner: new StatePruner(deps), kept: await KeptStates.open(deps) });
  }

  /** As `StatePruner.note`. */
  note(keys: Iterable<string>): Promise<void> {
    return this.#pruner.note(keys);
  }

  pin(header: BlockHeader): () => void {
    const pin = Symbol();
    this.#pinned.set(pin, header);
    return () => this.#pinned.delete(pin);
  }

  async has({ number, stateRoot }: BlockHeader): Promise<boolean> {
    return this.#kept.has(number) && this.#nodes.has(keyOf(stateRoot));
  }

  /** @param head the newest of all. @throws as `StatePruner.prune` */
  async prune(head: BlockHeader, retained: readonly BlockHeader[], pending: Iterable<string>): Promise<PruneResult> {
    if (this.#pruner.isRunning) throw new EvmError('BUSY');
    const headers = [head, ...this.#pinned.values(), ...retained];
    const numbers = headers.map(({ number }) => number);
    const { op, takeBack } = this.#kept.prune(head.number, numbers);
    let isMarked = false;
    try {
      return await this.#pruner.prune(
        headers.map(({ stateRoot }) => stateRoot),
        pending,
        () => {
          isMarked = true;
          return [op];
        },
      );
    } catch (error) {
      if (!isMarked) takeBack();
      throw error;
    }
  }
}
