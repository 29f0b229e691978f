import { WebCheckError } from './errors.ts';

/** No verdict rests on time: this only ends what will never come about, on however slow a machine. */
const GIVE_UP_MS = 900_000;
const PAUSE_MS = 200;

/** Asks until the answer is neither undefined nor false. What fails meanwhile is asked again. @throws WebCheckError NOT_REACHED */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  giveUpMs = GIVE_UP_MS,
): Promise<T> {
  const start = performance.now();
  let last: unknown;
  while (performance.now() - start < giveUpMs) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new WebCheckError('NOT_REACHED', what, { cause: last });
}
