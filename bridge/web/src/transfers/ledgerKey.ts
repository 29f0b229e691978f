import type { Address } from 'viem';
import type { Point } from '../../../../protocol/types.ts';
import { deriveLedgerKey } from '../../../../sdk/accounts/deriveLedgerKey.ts';
import type { LedgerAccount } from '../../../../sdk/accounts/ledgerAccount.ts';
import type { L1Wallet } from '../../../../sdk/bridge/l1Wallet.ts';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { checkWallet } from './send/walletChecks.ts';
import { TransferError, walletTrouble } from './trouble.ts';
import type { OwnedAccount } from './types.ts';

/** Ledger keys of wallets, in memory alone: gone with the page, and with the wallet's account. */
export class LedgerKeys {
  readonly #config: WebConfig;
  #present: { readonly owner: Address; readonly key: Promise<LedgerAccount> } | undefined;

  constructor(config: WebConfig) {
    this.#config = config;
  }

  /** The key, if the wallet was asked for it already. Another account's is dropped. */
  async known(owner: Address | undefined): Promise<LedgerAccount | undefined> {
    if (owner === undefined || this.#present?.owner !== owner) this.drop();
    return this.#present?.key.catch(() => undefined);
  }

  drop(): void {
    this.#present = undefined;
  }

  /**
   * Asks the wallet to sign the text that the key follows from: once if the result is the key of one of `accounts`, twice if it is
   * new, since a wallet that signs differently each time would make a key that is never found again.
   * @throws TransferError as `checkWallet`, REJECTED; SdkError SIGNATURE_UNSUPPORTED, NOT_DETERMINISTIC
   */
  of(wallet: L1Wallet, accounts: readonly Pick<OwnedAccount, 'key'>[]): Promise<LedgerAccount> {
    const owner = wallet.account.address;
    if (this.#present?.owner === owner) return this.#present.key;
    const key = this.#derive(wallet, accounts);
    const present = { owner, key };
    this.#present = present;
    key.catch(() => {
      if (this.#present === present) this.#present = undefined;
    });
    return key;
  }

  async #derive(wallet: L1Wallet, accounts: readonly Pick<OwnedAccount, 'key'>[]): Promise<LedgerAccount> {
    const { l1, rollup } = this.#config;
    const chainId = l1.chainId;
    // wallets refuse, or warn of, typed data of another chain
    await checkWallet(wallet, { chainId, owner: wallet.account.address });
    // points of whoever says so: they are only compared with
    const knownKeys = accounts.flatMap(({ key }) => (key === undefined ? [] : [key as unknown as Point]));
    try {
      return await deriveLedgerKey(wallet, { l1ChainId: chainId, rollup, knownKeys });
    } catch (error) {
      const refused = walletTrouble(error);
      if (refused === undefined) throw error;
      throw new TransferError(refused.code as 'REJECTED', {}, { cause: error }); // one of `walletTrouble`'s
    }
  }
}

/** One key, not remembered. See `LedgerKeys.of`. */
export function ledgerKeyOf(
  wallet: L1Wallet,
  { config, accounts }: { readonly config: WebConfig; readonly accounts: readonly Pick<OwnedAccount, 'key'>[] },
): Promise<LedgerAccount> {
  return new LedgerKeys(config).of(wallet, accounts);
}
