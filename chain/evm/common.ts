import { paramsBlock } from '@ethereumjs/block';
import { Common, Hardfork, Mainnet, type ParamsDict } from '@ethereumjs/common';
import { paramsEVM } from '@ethereumjs/evm';
import { paramsTx } from '@ethereumjs/tx';
import { paramsVM } from '@ethereumjs/vm';
import { nativeCrypto } from './crypto.ts';

/**
 * The rules of the chain: Prague from block 0. EthereumJS copies its `Common` for every transaction and header and merges its
 * parameters anew (0.3 ms each); this one is complete from the start and never changes, so all may share it.
 */
export class EngramCommon extends Common {
  readonly #known = new Set<ParamsDict>();
  readonly #id: bigint;

  constructor(l2ChainId: bigint) {
    super({
      chain: { ...Mainnet, name: 'engram', chainId: Number(l2ChainId) },
      hardfork: Hardfork.Prague,
      customCrypto: nativeCrypto,
    });
    this.#id = l2ChainId;
    for (const params of [paramsBlock, paramsEVM, paramsTx, paramsVM]) this.updateParams(params);
  }

  override updateParams(params: ParamsDict): void {
    if (this.#known.has(params)) return;
    this.#known.add(params);
    super.updateParams(params);
  }

  override copy(): this {
    return this;
  }

  /** One more of the same: an EVM adds a listener to its own, so that a short-lived EVM must not have the shared one. */
  detached(): EngramCommon {
    return new EngramCommon(this.#id);
  }
}
