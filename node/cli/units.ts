/** Numbers as people read them; `--json` keeps base units and seconds. Pure. */
import { formatEther } from 'viem';

/** Token 0 is ETH; what decimals another token has is not the ledger's to know. */
export function money(amount: string | bigint, token: number): string {
  return token === 0 ? `${formatEther(BigInt(amount))} ETH` : `${amount} of token ${token}`;
}

export function share(royaltyBps: number): string {
  return `${royaltyBps / 100} %`;
}

/** @param seconds Unix time */
export function date(seconds: number): string {
  // 40 bits of seconds reach beyond what a Date can hold
  const milliseconds = seconds * 1000;
  return milliseconds > 8.64e15 ? `${seconds} s` : new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}
