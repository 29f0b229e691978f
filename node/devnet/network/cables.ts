import { Cable } from './cable.ts';

/** All ways between the nodes of a network: one cable for each pair and direction, so that any division can be made. */
export class Cables {
  readonly #cables = new Map<string, Map<string, Cable>>();

  /** The way on which `from` reaches `to`, which listens on `port`. Laid once. */
  async between(from: string, to: string, port: number): Promise<Cable> {
    const row = this.#cables.get(from) ?? new Map<string, Cable>();
    this.#cables.set(from, row);
    const cable = row.get(to) ?? (await Cable.lay(port));
    row.set(to, cable);
    return cable;
  }

  /** No node of one group reaches one of another; within groups, and for nodes of no group, nothing changes. */
  partition(groups: readonly (readonly string[])[], how: 'off' | 'silent' = 'silent'): void {
    const groupOf = new Map(groups.flatMap((names, group) => names.map((name) => [name, group] as const)));
    for (const [from, row] of this.#cables) {
      for (const [to, cable] of row) {
        const [a, b] = [groupOf.get(from), groupOf.get(to)];
        if (a !== undefined && b !== undefined && a !== b) cable.cut(how);
      }
    }
  }

  /** Cuts or joins all ways of one node to `to`, e.g. to L1. */
  set(from: string, to: string, how: 'on' | 'off' | 'silent'): void {
    const cable = this.#cables.get(from)?.get(to);
    if (how === 'on') cable?.join();
    else cable?.cut(how);
  }

  heal(): void {
    for (const cable of this.#all()) if (cable.state !== 'on') cable.join();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#all().map((cable) => cable.stop()));
  }

  #all(): Cable[] {
    return [...this.#cables.values()].flatMap((row) => [...row.values()]);
  }
}
