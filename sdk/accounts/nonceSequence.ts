import type { Hex } from '../rpcTypes.ts';

/** What the chain knows, asked within the sender's turn. */
export interface NonceView {
  /** The account's nonce as of the newest block. */
  readonly onChain: number;
  /** Whether the node still holds the transaction, or has put it into a block. */
  readonly isKnown: (hash: Hex) => Promise<boolean>;
}

interface Sequence {
  /** What was sent and no block has taken in yet, by nonce. */
  readonly sent: Map<number, Hex>;
  turn: Promise<unknown>;
}

/**
 * Gives out nonces. Sends of one account take turns, so concurrent callers get consecutive nonces in the order they asked, and a
 * transaction that is refused uses none. A transaction that the node dropped leaves a gap that would hold up all behind it: the
 * next send notices and takes its nonce.
 */
export class NonceSequence {
  readonly #sequences = new Map<string, Sequence>();

  /** `id` names deployment and account. `send` gets the nonce and returns the hash of what it sent; if it throws, none is used. */
  async use(id: string, view: () => Promise<NonceView>, send: (nonce: number) => Promise<Hex>): Promise<Hex> {
    const sequence = this.#sequences.get(id) ?? { sent: new Map<number, Hex>(), turn: Promise.resolve() };
    this.#sequences.set(id, sequence);
    const turn = sequence.turn.then(async () => {
      const nonce = await firstFree(sequence.sent, await view());
      const hash = await send(nonce);
      sequence.sent.set(nonce, hash);
      return hash;
    });
    sequence.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Forgets what was sent: the next nonce is the chain's. */
  reset(id: string): void {
    this.#sequences.get(id)?.sent.clear();
  }
}

async function firstFree(sent: Map<number, Hex>, { onChain, isKnown }: NonceView): Promise<number> {
  for (const nonce of sent.keys()) if (nonce < onChain) sent.delete(nonce);
  const head = sent.get(onChain);
  if (head !== undefined && !(await isKnown(head))) {
    for (const [nonce, hash] of sent) if (!(await isKnown(hash))) sent.delete(nonce);
  }
  let nonce = onChain;
  while (sent.has(nonce)) nonce += 1;
  return nonce;
}
