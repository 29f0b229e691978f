/** Channels and claims for people. Pure. */
import type { ChannelView, ClaimView, Wire } from '../../sdk/rpcTypes.ts';
import { columns } from './columns.ts';

type Channel = Wire<ChannelView>;

export function channelView(channel: Channel): string {
  const { index, state, token, payer, provider, model, royaltyBps, voucherKey, created } = channel;
  const royalty = model === 0 ? 'none' : `${model}, ${royaltyBps / 100} % of each claim`;
  return columns([
    ['channel', `${index} (${state})`],
    ['left', `${channel.balance} of token ${token}`],
    ['paid out', `${channel.claimed} in ${channel.claims} claims`],
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
  const rows = channels.map(({ index, state, payer, provider, model, balance, claimed, expiry }) =>
    [index, state, payer, provider, model === 0 ? '–' : model, balance, claimed, date(expiry)].map(String),
  );
  return columns([['channel', 'state', 'payer', 'provider', 'model', 'left', 'paid out', 'expires'], ...rows]);
}

export function claimList(claims: readonly Wire<ClaimView>[]): string {
  const rows = claims.map(({ total, delta, royalty, fee, state, batch, block, transaction }) =>
    [total, delta, royalty, fee, state, batch, block, transaction].map(String),
  );
  return columns([['total', 'paid', 'royalty', 'fee', 'state', 'batch', 'block', 'transaction'], ...rows]);
}

function date(seconds: number): string {
  // 40 bits of seconds reach beyond what a Date can hold
  const milliseconds = seconds * 1000;
  return milliseconds > 8.64e15 ? `${seconds} s` : new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
