import type { Db } from '../../chain/db.ts';
import { put } from '../../chain/db.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { int, type JsonCodec, list, malformed, object } from '../../protocol/json.ts';
import type { AccountIndex, Op } from '../../protocol/types.ts';
import { LedgerRefusedError, MempoolRefusedError } from '../../sdk/errors.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { ChainPort, SignedBytes } from './chainPort.ts';
import { EvaluatorError } from './evaluatorError.ts';

const hex: JsonCodec<Hex> = {
  encode: (value) => value,
  decode: (json) => {
    if (typeof json !== 'string' || !/^0x[0-9a-f]*$/.test(json)) throw malformed('hex');
    return json as Hex; // by the pattern
  },
};
const signed = list(object<SignedBytes>({ hash: hex, bytes: hex, validUntil: int }));

/**
 * Transactions that must not be sent twice: each is stored under a name before it leaves, and sent again only as the same bytes (with
 * the same nonce), until no batch can take it in any more.
 */
export class Outbox {
  readonly #deps: { readonly chain: ChainPort; readonly db: Db };

  constructor(deps: { readonly chain: ChainPort; readonly db: Db }) {
    this.#deps = deps;
  }

  /** What was signed under the name, in order. @throws EvaluatorError BAD_STORE */
  async sent(name: string): Promise<readonly SignedBytes[]> {
    const stored = await this.#deps.db.get(key(name));
    if (stored === undefined) return [];
    try {
      return signed.decode(JSON.parse(stored));
    } catch (cause) {
      if (!(cause instanceof ProtocolError) && !(cause instanceof SyntaxError)) throw cause;
      throw new EvaluatorError('BAD_STORE', 'a stored transaction cannot be read', { name }, { cause });
    }
  }

  /** Another transaction under the name. What the node refuses outright is forgotten again. */
  async send(name: string, tx: { signer: AccountIndex; ops: readonly Op[]; validUntil: number }): Promise<void> {
    const before = await this.sent(name);
    try {
      await this.#deps.chain.send(tx, (one) => this.#store(name, [...before, one]));
    } catch (error) {
      const isRefused = error instanceof LedgerRefusedError || error instanceof MempoolRefusedError;
      if (isRefused) await this.#store(name, before);
      throw error;
    }
  }

  /** Brings back to the node what it has forgotten; its refusals say nothing: a transaction may be in a block already. */
  async resend(name: string): Promise<void> {
    const { chain } = this.#deps;
    for (const one of await this.sent(name)) {
      if ((await chain.status(one.hash)) !== 'gone') continue;
      try {
        await chain.resend(one);
      } catch (error) {
        if (!(error instanceof LedgerRefusedError) && !(error instanceof MempoolRefusedError)) throw error;
      }
    }
  }

  async forget(name: string): Promise<void> {
    await this.#deps.db.write([{ type: 'del', key: key(name) }]);
  }

  async #store(name: string, all: readonly SignedBytes[]): Promise<void> {
    await this.#deps.db.write([put(key(name), JSON.stringify(signed.encode(all)))]);
  }
}

function key(name: string): string {
  return `sent/${name}`;
}
