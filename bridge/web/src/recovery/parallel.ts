/** `work` on each item, at most `limit` at a time, results in the items' order. The first failure wins; nothing new is begun then. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  let hasFailed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !hasFailed) {
      const at = next;
      next += 1;
      try {
        // The cast: `at` is below the length, and `T` may hold undefined.
        results[at] = await work(items[at] as T);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}

/** As `inParallel`, results handed over one by one, in order, while up to `ahead` later ones are under way. */
export async function* aheadOf<T, R>(
  items: readonly T[],
  ahead: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begun: Promise<R>[] = [];
  let next = 0;
  for (let at = 0; at < items.length; at += 1) {
    for (; next < items.length && next <= at + ahead; next += 1) {
      const promise = work(items[next] as T); // as above
      // It is awaited later, or never if an earlier one fails.
      promise.catch(() => undefined);
      begun.push(promise);
    }
    const first = begun.shift();
    if (first !== undefined) yield await first;
  }
}
