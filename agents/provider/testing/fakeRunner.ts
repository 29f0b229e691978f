/** A model without a runtime, for tests: its output is its input backwards. */
import { createHash } from 'node:crypto';
import type { Field } from '../../../protocol/types.ts';
import { executionWord } from '../../execution/executionDocument.ts';
import { ExecutionError } from '../../execution/executionError.ts';
import type { Runner } from '../runner.ts';

export const FAKE_MODEL = new Uint8Array(createHash('sha256').update('model').digest());

export class FakeRunner implements Runner {
  readonly sha256: Uint8Array;
  readonly inputs: Runner['inputs'] = [{ name: 'x', type: 'uint8', dimensions: [null] }];
  readonly outputs: Runner['outputs'] = [{ name: 'y', type: 'uint8', dimensions: [null] }];
  /** Inputs in the order in which they ran. */
  readonly runs: Uint8Array[] = [];
  /** Thrown by the next run. */
  fails: ExecutionError | undefined;
  #hold: Promise<void> | undefined;
  #started: () => void = () => undefined;

  constructor(sha256 = FAKE_MODEL) {
    this.sha256 = sha256;
  }

  execution(audit: 'public' | 'private'): { document: string; word: Field } {
    const document = JSON.stringify({ audit });
    return { document, word: executionWord(document) };
  }

  /** Runs stay under way until the function returned is called. `started` resolves when the next one begins. */
  hold(): { readonly release: () => void; readonly started: Promise<void> } {
    let release: () => void = () => undefined;
    this.#hold = new Promise((resolve) => {
      release = () => {
        this.#hold = undefined;
        resolve();
      };
    });
    const started = new Promise<void>((resolve) => {
      this.#started = resolve;
    });
    return { release, started };
  }

  async run(input: Uint8Array, { signal }: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    this.runs.push(input);
    this.#started();
    const aborted = new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new ExecutionError('ABORTED', 'aborted')), { once: true });
    });
    await Promise.race([this.#hold, aborted]);
    const { fails } = this;
    this.fails = undefined;
    if (fails !== undefined) throw fails;
    if (input[0] === 0xff) throw new ExecutionError('BAD_TENSOR', 'no tensors');
    return Uint8Array.from(input).reverse();
  }
}
