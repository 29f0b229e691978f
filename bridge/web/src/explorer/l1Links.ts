import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { useDeployment } from '../app/context.ts';
import { safeUrl } from '../ui/safeText.ts';

/** Where a transaction of L1 can be looked at; undefined: no explorer of L1 is configured. */
export function l1TransactionLink({ l1: { explorer } }: WebConfig, hash: string): string | undefined {
  if (explorer === undefined || !/^0x[0-9a-f]{64}$/i.test(hash)) return undefined;
  return safeUrl(`${explorer}/tx/${hash}`);
}

export function useL1TransactionLink(): (hash: string) => string | undefined {
  const { config } = useDeployment();
  return (hash) => l1TransactionLink(config, hash);
}
