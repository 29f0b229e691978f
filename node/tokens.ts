import type { RollupReader } from '../bridge/client/interface.ts';
import type { TokenView } from '../sdk/rpcTypes.ts';

const NO_ADDRESS = '0x0000000000000000000000000000000000000000';

/** The tokens registered on L1. Ids are given out in order and never change, so only the next one is asked for. */
export class TokenList {
  readonly #reader: Pick<RollupReader, 'tokenAddress'>;
  readonly #tokens: TokenView[] = [{ id: 0, address: NO_ADDRESS }];

  constructor(deps: { reader: Pick<RollupReader, 'tokenAddress'> }) {
    this.#reader = deps.reader;
  }

  get all(): readonly TokenView[] {
    return this.#tokens;
  }

  /** @throws BridgeError L1_UNREACHABLE */
  async refresh(): Promise<void> {
    for (;;) {
      const id = this.#tokens.length;
      const address = await this.#reader.tokenAddress(id);
      if (BigInt(address) === 0n) return;
      // another refresh may have been as fast
      if (this.#tokens.length === id) this.#tokens.push({ id, address });
    }
  }
}
