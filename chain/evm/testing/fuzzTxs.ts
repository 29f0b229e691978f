import type { TypedTxData } from '@ethereumjs/tx';
import type { Hex } from '../../../protocol/lane/types.ts';
import { bytesHex } from '../crypto.ts';
import type { EvmLane } from '../evmLane.ts';
import { gasNeeded } from '../intrinsicGas.ts';
import type { EvmTx } from '../types.ts';
import { FuzzCode } from './fuzzCode.ts';
import type { FuzzTargets } from './fuzzWriter.ts';
import { authorization, sign, WALLETS, type Wallet } from './laneFixture.ts';
import { pick, type Random, randomBytes } from './random.ts';

const GWEI = 10n ** 9n;
const ZERO: Hex = `0x${'00'.repeat(20)}`;

/** Transactions of all types to random code, with gas limits at and around the least they need. */
export class FuzzTxs {
  readonly #random: Random;
  readonly #lane: EvmLane;
  readonly #targets: FuzzTargets;
  /** What the lane is going to say, as far as a generator can know. */
  readonly nonces = new Map<Hex, bigint>();

  constructor(random: Random, lane: EvmLane, targets: FuzzTargets) {
    this.#random = random;
    this.#lane = lane;
    this.#targets = targets;
  }

  next(): EvmTx {
    const random = this.#random;
    const wallet = pick(random, WALLETS);
    const nonce = this.#nonce(wallet.address);
    const type = pick(random, [0, 1, 2, 2, 4]);
    const isCreation = type !== 4 && random(6) === 0;
    const to = bytesHex(pick(random, this.#targets.addresses));
    const data = isCreation ? new FuzzCode(random, this.#targets).program(random(12)) : this.#data();
    const fees =
      type < 2
        ? { gasPrice: 100n * GWEI }
        : { maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: BigInt(random(3)) * GWEI };
    const plain = {
      type,
      nonce,
      value: random(3) === 0 ? BigInt(random(1000)) : 0n,
      data,
      ...fees,
      ...(isCreation ? {} : { to }),
      ...(type > 0 && { accessList: this.#accessList(to) }),
      ...(type === 4 && { authorizationList: this.#authorizations() }),
    } as TypedTxData; // a list of all types' fields would be longer than this
    const probe = sign(this.#lane, wallet, { ...plain, gasLimit: 10_000_000n });
    return sign(this.#lane, wallet, { ...plain, gasLimit: this.#gasLimit(probe) });
  }

  /** Mostly the right one. */
  #nonce(address: Hex): bigint {
    const known = this.nonces.get(address) ?? 0n;
    if (this.#random(300) === 0) return known + 1n;
    return known;
  }

  #data(): Uint8Array {
    const random = this.#random;
    if (random(3) === 0) return new Uint8Array(0);
    const bytes = randomBytes(random, random(10) === 0 ? random(3000) : random(100));
    return random(2) === 0 ? bytes.fill(0, bytes.length >> 1) : bytes;
  }

  #gasLimit({ tx }: EvmTx): bigint {
    const random = this.#random;
    const { intrinsic, floor } = gasNeeded(tx);
    const least = intrinsic < floor ? floor : intrinsic;
    const kind = random(40);
    if (kind === 0) return least - 1n;
    if (kind === 1) return least;
    if (kind < 10) return least + BigInt(random(1 << (4 + random(14))));
    return least + BigInt(random(kind < 13 ? 3_000_000 : 1_000_000));
  }

  #accessList(to: Hex): { address: Hex; storageKeys: Hex[] }[] {
    const random = this.#random;
    return Array.from({ length: random(3) }, () => ({
      address: random(2) === 0 ? to : bytesHex(pick(random, this.#targets.addresses)),
      storageKeys: Array.from({ length: random(3) }, () => `0x${random(4).toString(16).padStart(64, '0')}` as const),
    }));
  }

  #authorizations(): ReturnType<typeof authorization>[] {
    const random = this.#random;
    return Array.from({ length: 1 + random(3) }, () => {
      const authority = pick(random, WALLETS);
      const target = this.#delegate(authority);
      // Sometimes it is the sender's own, whose nonce is one more by then.
      const nonce = (this.nonces.get(authority.address) ?? 0n) + BigInt(pick(random, [0, 0, 0, 1, 1, 2]));
      const valid = authorization(this.#lane, authority, target, nonce);
      switch (random(24)) {
        case 0:
          return { ...valid, chainId: '0x1' };
        case 1:
          return { ...valid, yParity: pick(random, ['0x2', '0x1b', '0xff'] as const) };
        case 2:
          return { ...valid, s: `0x${'ff'.repeat(31)}` };
        case 3:
          return { ...valid, r: `0x${'ff'.repeat(32)}` };
        case 4:
          return { ...valid, r: '0x1', s: '0x1' };
        case 5:
          return { ...valid, nonce: `0x${'ff'.repeat(8)}` };
        default:
          return valid;
      }
    });
  }

  /** Contracts, precompiles, itself, other wallets (which may delegate on), nobody. */
  #delegate({ address }: Wallet): Hex {
    const random = this.#random;
    const kind = random(12);
    if (kind === 0) return ZERO;
    if (kind === 1) return address;
    if (kind === 2) return pick(random, WALLETS).address;
    if (kind === 3) return `0x${(1 + random(0x11)).toString(16).padStart(40, '0')}`;
    return bytesHex(pick(random, this.#targets.addresses));
  }
}
