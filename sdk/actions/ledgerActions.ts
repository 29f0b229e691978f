import type { LedgerAccount } from '../accounts/ledgerAccount.ts';
import { ConsumerChannel, type ResumeConsumerChannel } from '../channels/consumerChannel.ts';
import { type OpenChannelParameters, openChannel } from '../channels/openChannel.ts';
import {
  type AcceptChannelParameters,
  type ClaimChannelsOptions,
  claimChannels,
  ProviderChannel,
} from '../channels/providerChannel.ts';
import { exitToLane } from '../lane/exitToLane.ts';
import { type VerifyReceiptParameters, verifyReceipt } from '../receipts/verifyReceipt.ts';
import type { AnyClient } from '../request.ts';
import type { Hex, ReceiptVerdict, TransactionStatus, Wire } from '../rpcTypes.ts';
import { type Finality, type WaitOptions, waitFor } from '../wait.ts';
import { type AttestParameters, attest } from './attest.ts';
import { type BundleParameters, bundle } from './bundle.ts';
import { type ClaimParameters, claim } from './claim.ts';
import { type CloseParameters, close } from './close.ts';
import { type DepositOutcome, waitForDeposit } from './deposits.ts';
import { type OpenParameters, open } from './open.ts';
import * as reads from './reads.ts';
import { type RegisterParameters, register } from './register.ts';
import type { Created } from './sendCreating.ts';
import { required } from './signer.ts';
import { type TransferParameters, transfer } from './transfer.ts';
import { type WithdrawParameters, withdraw } from './withdraw.ts';

type OwnAccount<P extends { readonly account: LedgerAccount }> = Omit<P, 'account'> & {
  readonly account?: LedgerAccount;
};

type Read<F> = F extends (client: AnyClient, ...rest: infer P) => infer R ? (...rest: P) => R : never;
type Reads = { readonly [K in keyof typeof reads]: Read<(typeof reads)[K]> };

/** The ledger's actions as methods of a client. Each is also a function whose first argument is the client. */
export type LedgerActions = Omit<Reads, 'getAccounts'> & {
  /** All accounts of a key; default: the client's own. */
  readonly getAccounts: (account?: Pick<LedgerAccount, 'packedKey'>) => ReturnType<typeof reads.getAccounts>;
  /** See `transfer`. */
  readonly transfer: (parameters: TransferParameters) => Promise<Hex>;
  /** See `register`. */
  readonly register: (parameters: RegisterParameters) => Promise<Created>;
  /** See `withdraw`. */
  readonly withdraw: (parameters: WithdrawParameters) => Promise<Hex>;
  /** See `exitToLane`. */
  readonly exitToLane: (parameters: Omit<WithdrawParameters, 'recipient'>) => Promise<Hex>;
  /** See `bundle`. */
  readonly bundle: (parameters: BundleParameters) => Promise<Hex>;
  /** See `attest`. */
  readonly attest: (parameters: AttestParameters) => Promise<Created>;
  /** See `open`; `openChannel` checks the terms first. */
  readonly open: (parameters: OpenParameters) => Promise<Created>;
  /** See `claim`. */
  readonly claim: (parameters: ClaimParameters) => Promise<readonly Hex[]>;
  /** See `close`. */
  readonly close: (parameters: CloseParameters) => Promise<Hex>;
  /** See `openChannel`. */
  readonly openChannel: (parameters: OpenChannelParameters) => Promise<ConsumerChannel>;
  /** The consumer's side of a channel opened before; see `ConsumerChannel.resume`. */
  readonly resumeChannel: (parameters: OwnAccount<ResumeConsumerChannel>) => Promise<ConsumerChannel>;
  /** The provider's side of a channel; see `ProviderChannel.accept`. */
  readonly acceptChannel: (parameters: OwnAccount<AcceptChannelParameters>) => Promise<ProviderChannel>;
  /** See `claimChannels`. */
  readonly claimChannels: (
    channels: readonly ProviderChannel[],
    options?: ClaimChannelsOptions,
  ) => Promise<readonly Hex[]>;
  /** See `verifyReceipt`. */
  readonly verifyReceipt: (parameters: VerifyReceiptParameters) => Promise<ReceiptVerdict>;
  /** See `waitFor`. */
  readonly waitFor: (hash: Hex, finality: Finality, options?: WaitOptions) => Promise<Wire<TransactionStatus>>;
  /** See `waitForDeposit`. */
  readonly waitForDeposit: (queueIndex: bigint, options?: WaitOptions) => Promise<DepositOutcome>;
};

/**
 * For `client.extend(...)` of any viem client on an Engram chain. `account` signs where an action names no other.
 * ```ts
 * createClient({ chain, transport: http() }).extend((client) => ledgerActions(client, account))
 * ```
 */
export function ledgerActions(client: AnyClient, account?: LedgerAccount): LedgerActions {
  const own = <P extends { readonly account?: LedgerAccount | undefined }>(parameters: P): P => ({
    ...parameters,
    account: parameters.account ?? account,
  });
  return {
    getChainInfo: () => reads.getChainInfo(client),
    getFees: () => reads.getFees(client),
    getAccount: (index) => reads.getAccount(client, index),
    getAccounts: (of = required(account)) => reads.getAccounts(client, of),
    getTransactionStatus: (hash) => reads.getTransactionStatus(client, hash),
    getChannel: (index) => reads.getChannel(client, index),
    getChannels: (filter) => reads.getChannels(client, filter),
    getAttestation: (index) => reads.getAttestation(client, index),
    findAttestations: (sha256) => reads.findAttestations(client, sha256),
    getLineage: (index) => reads.getLineage(client, index),
    getClaims: (channel, options) => reads.getClaims(client, channel, options),
    transfer: (parameters) => transfer(client, own(parameters)),
    register: (parameters) => register(client, own(parameters)),
    withdraw: (parameters) => withdraw(client, own(parameters)),
    exitToLane: (parameters) => exitToLane(client, own(parameters)),
    bundle: (parameters) => bundle(client, own(parameters)),
    attest: (parameters) => attest(client, own(parameters)),
    open: (parameters) => open(client, own(parameters)),
    claim: (parameters) => claim(client, own(parameters)),
    close: (parameters) => close(client, own(parameters)),
    openChannel: (parameters) => openChannel(client, own(parameters)),
    resumeChannel: (parameters) =>
      ConsumerChannel.resume(client, { ...parameters, account: parameters.account ?? required(account) }),
    acceptChannel: (parameters) =>
      ProviderChannel.accept(client, { ...parameters, account: parameters.account ?? required(account) }),
    claimChannels: (channels, options = {}) => claimChannels(client, channels, own(options)),
    verifyReceipt: (parameters) => verifyReceipt(client, parameters),
    waitFor: (hash, finality, options) => waitFor(client, hash, finality, options),
    waitForDeposit: (queueIndex, options) => waitForDeposit(client, queueIndex, options),
  };
}
