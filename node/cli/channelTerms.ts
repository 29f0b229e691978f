import type { AccountIndex } from '../../protocol/types.ts';
import { MAX_CHANNEL_SECONDS, MIN_CHANNEL_SECONDS } from '../../sdk/channels/openChannel.ts';
import type { RpcClient } from '../../sdk/rpcClient.ts';
import { CliError, Exit } from './output.ts';
import { date, share } from './units.ts';

export interface ChannelTerms {
  readonly token: number;
  readonly provider: AccountIndex;
  readonly amount: bigint;
  /** Unix seconds. */
  readonly expiry: number;
  readonly model?: AccountIndex | undefined;
  readonly maxRoyaltyBps?: number | undefined;
}

/**
 * What the ledger lets pass and would lock the deposit up for nothing until the channel is over; as `openChannel` of the SDK.
 * @param time the ledger's, seconds
 * @throws CliError BAD_OPTIONS, BAD_EXPIRY, UNKNOWN_ACCOUNT, WRONG_KIND, WRONG_TOKEN, UNKNOWN_MODEL, MODEL_MISMATCH
 */
export async function checkTerms(terms: ChannelTerms, { rpc, time }: { rpc: RpcClient; time: number }): Promise<void> {
  const { token, provider, amount, expiry, model, maxRoyaltyBps } = terms;
  if (amount === 0n) throw new CliError(Exit.USAGE, 'BAD_OPTIONS', 'a channel needs a deposit: --amount');
  if (expiry - time < MIN_CHANNEL_SECONDS || expiry - time > MAX_CHANNEL_SECONDS) {
    const message = `a channel lives from a minute to a year; this one would expire ${date(expiry)}, and it is ${date(time)}`;
    throw new CliError(Exit.USAGE, 'BAD_EXPIRY', message);
  }
  const checkToken = (index: number, found: number): void => {
    if (found === token) return;
    const message = `account ${index} is of token ${found}, the payer of token ${token}: it could never be paid`;
    throw new CliError(Exit.REFUSED, 'WRONG_TOKEN', message);
  };
  const payee = await rpc.request('engram_getAccount', [provider]);
  if (payee === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no account ${provider} to pay`);
  if (payee.kind !== 'KEY') {
    throw new CliError(Exit.REFUSED, 'WRONG_KIND', `account ${provider} cannot claim: only one with a key can`);
  }
  checkToken(provider, payee.token);
  if (model === undefined) return;
  const account = await rpc.request('engram_getAccount', [model]);
  if (account?.kind !== 'ATTEST') {
    throw new CliError(Exit.REFUSED, 'UNKNOWN_MODEL', `account ${model} is no attestation`);
  }
  checkToken(model, account.token);
  if (maxRoyaltyBps === undefined) return;
  const royaltyBps = (await rpc.request('engram_getAttestation', [model]))?.royaltyBps ?? 0;
  if (royaltyBps > maxRoyaltyBps) {
    throw new CliError(Exit.REFUSED, 'MODEL_MISMATCH', `model ${model} takes ${share(royaltyBps)} of each claim`);
  }
}
