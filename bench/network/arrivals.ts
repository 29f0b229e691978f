import type { NetworkNode } from '../../node/devnet/network/networkNode.ts';

/** When each node had each block: it says so itself, over a subscription. One clock: everything runs on this machine. */
export class Arrivals {
  readonly #byNode = new Map<string, Map<number, number>>();
  readonly #endings: (() => Promise<void>)[] = [];
  readonly #waiting = new Set<() => void>();

  static async watch(nodes: readonly NetworkNode[]): Promise<Arrivals> {
    const arrivals = new Arrivals();
    for (const { name, rpc } of nodes) {
      const times = new Map<number, number>();
      arrivals.#byNode.set(name, times);
      const subscription = await rpc.subscribe(
        'blocks',
        [],
        ({ number }) => {
          times.set(Number(number), performance.now());
          for (const wake of arrivals.#waiting) wake();
        },
        () => undefined,
      );
      arrivals.#endings.push(() => subscription.unsubscribe());
    }
    return arrivals;
  }

  /** By node, once all have it. */
  async everywhere(block: number): Promise<ReadonlyMap<string, number>> {
    for (;;) {
      const times = [...this.#byNode].map(([name, known]) => [name, known.get(block)] as const);
      const found = times.flatMap(([name, time]) => (time === undefined ? [] : [[name, time] as const]));
      if (found.length === times.length) return new Map(found);
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
  }

  async stop(): Promise<void> {
    for (const end of this.#endings) await end();
  }
}
