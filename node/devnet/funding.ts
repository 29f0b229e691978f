import { parseEther } from 'viem';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import { RollupClient } from '../../bridge/client/rollupClient.ts';
import { type LocalL1, localClients } from '../../bridge/deploy/localL1.ts';
import type { RpcClient } from '../../sdk/rpcClient.ts';
import { type DevAccount, type DevName, devAccount } from './accounts.ts';
import type { DevDeployment } from './deployment.ts';

/** Somebody who gets a ledger account of each token, with `amount` in it. */
export interface Funded {
  readonly name: DevName;
  readonly amount: bigint;
}

/** Whom a new devnet gives ledger accounts. */
export const DEVNET_FUNDED: readonly Funded[] = [
  { name: 'fees', amount: parseEther('1') },
  { name: 'alice', amount: parseEther('100') },
  { name: 'bob', amount: parseEther('100') },
  { name: 'carol', amount: parseEther('100') },
];
const MINTED = parseEther('1000000');

/** ETH that everybody has on the EVM lane, by the address of their L1 account. */
const LANE_AMOUNT = parseEther('100');

export interface LedgerAccount {
  readonly owner: DevName;
  readonly index: number;
  readonly token: number;
}

/** Mints the test token to everybody and deposits ETH and the token into ledger accounts; returns once the accounts exist. */
export async function fundDevnet(
  deployment: DevDeployment,
  { l1, rpc, signal }: { l1: LocalL1; rpc: RpcClient; signal?: AbortSignal | undefined },
): Promise<LedgerAccount[]> {
  await depositDevnet(deployment, { l1, signal });
  const found: LedgerAccount[] = [];
  for (const { name } of DEVNET_FUNDED) {
    found.push(...(await accountsOf(devAccount(name), deployment.tokens.length, { rpc, signal })));
  }
  return found;
}

/** The part of it that happens on L1: what was deposited is in the ledger and on the lane once a node has taken it in. */
export async function depositDevnet(
  deployment: DevDeployment,
  { l1, signal, funded = DEVNET_FUNDED }: { l1: LocalL1; signal?: AbortSignal | undefined; funded?: readonly Funded[] },
): Promise<void> {
  const { rollup, deployedAt, tokens } = deployment;
  const clients = localClients(l1);
  const { publicClient } = clients;
  await mintTestToken(deployment, l1);
  for (const { name, amount } of funded) {
    const account = devAccount(name);
    const client = await RollupClient.open(
      { address: rollup, deployedAt: BigInt(deployedAt) },
      { publicClient, wallet: clients.walletClient(account.l1) },
    );
    for (const { id } of tokens) {
      signal?.throwIfAborted();
      await client.depositNew({ token: id, amount, key: account.key });
    }
  }
  await fundLane(deployment, { l1, signal });
}

/** Everybody gets ETH on the EVM lane; it is there some blocks later. */
async function fundLane(
  { evmLane, deployedAt }: DevDeployment,
  { l1, signal }: { l1: LocalL1; signal?: AbortSignal | undefined },
): Promise<void> {
  const clients = localClients(l1);
  const { publicClient } = clients;
  const wallet = clients.walletClient(devAccount('deployer').l1);
  const lane = await EvmLaneClient.open({ address: evmLane, deployedAt: BigInt(deployedAt) }, { publicClient, wallet });
  for (const { address } of l1.accounts) {
    signal?.throwIfAborted();
    await lane.depositEvm({ to: address, refundTo: address, amount: LANE_AMOUNT });
  }
}

/** Everybody of the devnet gets test tokens on L1. */
async function mintTestToken({ tokens }: DevDeployment, l1: LocalL1): Promise<void> {
  const { abi } = artifact(await buildTestContracts(), 'PlainToken');
  const clients = localClients(l1);
  const wallet = clients.walletClient(devAccount('deployer').l1);
  for (const { id, address } of tokens) {
    if (id === 0) continue;
    for (const { address: owner } of l1.accounts) {
      const hash = await wallet.writeContract({ address, abi, functionName: 'mint', args: [owner, MINTED] });
      await clients.publicClient.waitForTransactionReceipt({ hash });
    }
  }
}

/** The accounts of a key, once there are as many as expected; told of new blocks by the node. */
export async function accountsOf(
  { name, packedKey }: DevAccount,
  count: number,
  { rpc, signal }: { rpc: RpcClient; signal?: AbortSignal | undefined },
): Promise<LedgerAccount[]> {
  let wake: () => void = () => undefined;
  let end: (error: unknown) => void = () => undefined;
  const ended = new Promise<never>((_resolve, reject) => {
    end = reject;
  });
  ended.catch(() => undefined); // it may end when nobody waits any more
  const onAbort = (): void => end(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const subscription = await rpc.subscribe('blocks', [], () => wake(), end);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const block = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const accounts = await rpc.request('engram_getAccountsByKey', [packedKey]);
      if (accounts.length >= count) {
        return accounts.map(({ index, token }) => ({ owner: name, index, token }));
      }
      await Promise.race([block, ended]);
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    await subscription.unsubscribe();
  }
}
