/** Channels and claims for people. Pure. */
import type { ChannelView, ClaimView, Wire } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';
import { date, money, share } from './units.ts';

type Channel = Wire<ChannelView>;

export function channelView(channel: Channel): string {
  const { index, state, token, payer, provider, model, royaltyBps, voucherKey, created } = channel;
  const royalty = model === 0 ? 'none' : `${model}, ${share(royaltyBps)} of each claim`;
  const claims = channel.claims === 1 ? '1 claim' : `${channel.claims} claims`;
  return columns([
    ['channel', `${index} (${state})`],
    ['left', money(channel.balance, token)],
    ['paid out', `${money(channel.claimed, token)} in ${claims}`],
    ['payer', String(payer)],
    ['provider', String(provider)],
    ['model', royalty],
    ['voucher key', voucherKey.packed],
    ['expires', date(channel.expiry)],
    ['claimable until', date(channel.claimableUntil)],
    ['opened', `block ${created.block}, batch ${created.batch}, ${created.transaction}`],
  ]);
}

export function channelList(channels: readonly Channel[]): string {
  const rows = channels.map(({ index, state, payer, provider, model, token, balance, claimed, expiry }) => {
    const [left, paid] = [money(balance, token), money(claimed, token)];
    return [index, state, payer, provider, model === 0 ? '–' : model, left, paid, date(expiry)].map(String);
  });
  return columns([['channel', 'state', 'payer', 'provider', 'model', 'left', 'paid out', 'expires'], ...rows]);
}

export function claimList(claims: readonly Wire<ClaimView>[], token: number): string {
  const rows = claims.map(({ total, delta, royalty, fee, state, batch, block, transaction }) => [
    ...[total, delta, royalty, fee].map((amount) => money(amount, token)),
    ...[state, batch, block, transaction].map(String),
  ]);
  return columns([['total', 'paid', 'royalty', 'fee', 'state', 'batch', 'block', 'transaction'], ...rows]);
}
