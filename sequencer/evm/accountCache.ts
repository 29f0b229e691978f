import type { Hex } from '../../protocol/lane/types.ts';

/** The state after the newest block, as far as the pool asks for it. */
export interface EvmStateReader {
  account(address: Hex): Promise<{ nonce: bigint; balance: bigint; codeHash: Hex } | undefined>;
  code(address: Hex): Promise<Uint8Array>;
}

export interface PoolAccount {
  readonly nonce: number;
  /** Wei. */
  readonly balance: bigint;
  /** Its code: none, an EIP-7702 delegation, or that of a contract (which signs no transactions, EIP-3607). */
  readonly kind: 'plain' | 'delegated' | 'contract';
}

const NO_CODE = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470';
const NO_ACCOUNT: PoolAccount = { nonce: 0, balance: 0n, kind: 'plain' };
/** 0xef0100 and an address. */
const DELEGATION_BYTES = 23;
const DELEGATION_PREFIX = [0xef, 0x01, 0x00];
/** More than anybody can have signed for between two blocks; past it everything is read anew. */
const MAX_CACHED = 100_000;

/** Accounts as of one block: each is read once. A failed read is not remembered. */
export class AccountCache {
  readonly #reader: EvmStateReader;
  readonly #known = new Map<Hex, PoolAccount | Promise<PoolAccount>>();

  constructor(reader: EvmStateReader) {
    this.#reader = reader;
  }

  /** Not a promise if it is known already, so that a known sender's next transaction costs no turn of the event loop. */
  get(address: Hex): PoolAccount | Promise<PoolAccount> {
    const known = this.#known.get(address);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_CACHED) this.#known.clear();
    const reading = this.#read(address).then(
      (account) => {
        this.#known.set(address, account);
        return account;
      },
      (error: unknown) => {
        this.#known.delete(address);
        throw error;
      },
    );
    this.#known.set(address, reading);
    return reading;
  }

  async #read(address: Hex): Promise<PoolAccount> {
    const account = await this.#reader.account(address);
    if (account === undefined) return NO_ACCOUNT;
    const kind = account.codeHash === NO_CODE ? 'plain' : kindOf(await this.#reader.code(address));
    return { nonce: Number(account.nonce), balance: account.balance, kind };
  }
}

function kindOf(code: Uint8Array): PoolAccount['kind'] {
  if (code.length === 0) return 'plain';
  const isDelegation = code.length === DELEGATION_BYTES && DELEGATION_PREFIX.every((byte, i) => code[i] === byte);
  return isDelegation ? 'delegated' : 'contract';
}
