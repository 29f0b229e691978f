import type { Network } from './network.ts';
export async function startSuiteDevnet(): Promise<Network> {
  throw new TypeError('no devnet yet');
}
