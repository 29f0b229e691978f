import { type LocalL1, localClients, startLocalL1 } from '../../../bridge/deploy/localL1.ts';
import type { DevnetDir } from '../dataDir.ts';
import { endOrphan } from '../orphan.ts';
import { DevNetworkError } from './errors.ts';

/** L1 begins this long ago: each transaction of the deployment makes a block, a second later than the one before at least. */
const HEAD_START_SECONDS = 600;

/** anvil, with a block for every transaction until `atPace` is called. */
export async function startNetworkL1(
  { port, accounts }: { port: number; accounts: number },
  { dir }: { dir: DevnetDir },
): Promise<LocalL1> {
  await endOrphan(await dir.l1Pid());
  const l1 = await startLocalL1({
    port,
    accounts,
    ...(!(await dir.hasL1State()) && { genesisTimestamp: nowSeconds() - HEAD_START_SECONDS }),
    ...(!dir.isTemporary && { statePath: dir.l1State, stateIntervalSeconds: 2 }),
  });
  if (!dir.isTemporary) await dir.saveL1Pid(l1.pid);
  return l1;
}

/** From now on its clock is the real one, and blocks come at a pace and at no other time: with a block for each transaction it would run ahead. */
export async function atPace(l1: LocalL1, seconds: number): Promise<void> {
  const { testClient } = localClients(l1);
  await setClock(l1);
  await testClient.setAutomine(false);
  await testClient.setIntervalMining({ interval: seconds });
}

/** The last `depth` blocks are replaced by as many empty ones; what was in them is gone. */
export async function reorgL1(l1: LocalL1, depth: number): Promise<void> {
  await anvil(l1, 'anvil_reorg', [depth, []]);
  await setClock(l1); // the new blocks are younger than the old ones
}

/** Sets L1's clock to the real one, unless it is ahead. */
async function setClock(l1: LocalL1): Promise<void> {
  const { timestamp } = await localClients(l1).publicClient.getBlock();
  const now = nowSeconds();
  if (Number(timestamp) < now) await anvil(l1, 'evm_setTime', [now]);
}

/** Methods that viem does not know. */
async function anvil({ url }: LocalL1, method: string, params: readonly unknown[]): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });
  const { error } = (await response.json()) as { error?: { message: string } }; // JSON-RPC's form
  if (error !== undefined) throw new DevNetworkError('L1_REFUSED', `${method}: ${error.message}`);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
