import { isAddress } from 'viem';
import type { WebConfig } from '../../../../sdk/webConfig.ts';
import { PageError } from './pageError.ts';

/**
 * What `config.json` next to the page says.
 * @throws PageError CONFIG_UNREACHABLE, CONFIG_INVALID
 */
export async function loadConfig(url = './config.json'): Promise<WebConfig> {
  const response = await fetch(url, { cache: 'no-store' }).catch(() => undefined);
  if (response === undefined || !response.ok)
    throw new PageError('CONFIG_UNREACHABLE', { status: response?.status ?? 0 });
  const json: unknown = await response.json().catch(() => undefined);
  if (!isConfig(json)) throw new PageError('CONFIG_INVALID');
  return json;
}

/** The parts that money depends on; whoever serves the page serves its scripts, too. */
function isConfig(json: unknown): json is WebConfig {
  const config = json as Partial<WebConfig> | undefined;
  return (
    config?.version === 1 &&
    Number.isSafeInteger(config.l1?.chainId) &&
    Number.isSafeInteger(config.l2?.chainId) &&
    // a call of the one chain would be as good on the other
    config.l1?.chainId !== config.l2?.chainId &&
    typeof config.rollup === 'string' &&
    isAddress(config.rollup, { strict: false }) &&
    (config.evmLane === undefined || isAddress(config.evmLane, { strict: false }))
  );
}
