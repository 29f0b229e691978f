import { CheckError } from './errors.ts';

/** No verdict rests on time: this only ends what will never come about, on however slow a machine. */
const GIVE_UP_MS = 300_000;
const PAUSE_MS = 250;

/** Asks until the answer is not undefined. What fails meanwhile (a node that does not answer yet) is asked again. @throws CheckError NOT_REACHED */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { giveUpMs = GIVE_UP_MS, pauseMs = PAUSE_MS }: { giveUpMs?: number; pauseMs?: number } = {},
): Promise<T> {
  const start = performance.now();
  let last: unknown;
  while (performance.now() - start < giveUpMs) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new CheckError('NOT_REACHED', what, { cause: last });
}
