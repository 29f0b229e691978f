/** What the examples share: options of the command line, wallets, clients. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import {
  type Address,
  type Chain,
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  type PublicClient,
} from 'viem';
import { mnemonicToAccount } from 'viem/accounts';
import {
  bridgeActions,
  createLedgerClient,
  deriveLedgerKey,
  type EngramChain,
  fetchEngramChain,
} from '../sdk/index.ts';

export interface ExampleOptions {
  /** JSON-RPC of an Engram node. */
  readonly rpc: string;
  /** JSON-RPC of its L1. */
  readonly l1: string;
  /** Told what happens. */
  readonly log: (line: string) => void;
}

/** The accounts that every development L1 (anvil) funds: worthless anywhere else. */
const DEV_MNEMONIC = 'test test test test test test test test test test test junk';

export interface Network {
  readonly chain: EngramChain;
  readonly l1Chain: Chain;
  readonly l1: PublicClient;
  readonly l1Url: string;
}

/**
 * A development network is asked what it is. An application pins its deployment instead: `engramChain({ id, rpcUrl, l1, rollup })`.
 */
export async function connect({ rpc, l1: l1Url }: ExampleOptions): Promise<Network> {
  const chain = await fetchEngramChain(rpc);
  const l1Chain = defineChain({
    id: chain.sourceId,
    name: 'L1',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [l1Url] } },
  });
  return {
    chain,
    l1Chain,
    l1Url,
    l1: createPublicClient({ chain: l1Chain, transport: http(l1Url), pollingInterval: 200 }),
  };
}

/** Somebody with a wallet on L1 and the ledger key that follows from it. */
export async function person({ chain, l1Chain, l1Url }: Network, addressIndex: number) {
  const wallet = createWalletClient({
    account: mnemonicToAccount(DEV_MNEMONIC, { addressIndex }),
    chain: l1Chain,
    transport: http(l1Url),
    pollingInterval: 200,
  }).extend(bridgeActions(chain));
  const address: Address = wallet.account.address;
  const account = await deriveLedgerKey(wallet, {
    l1ChainId: chain.sourceId,
    rollup: chain.contracts.rollup[chain.sourceId]?.address ?? '0x',
  });
  const ledger = createLedgerClient({ chain, account });
  /** Deposits ETH into a new account of the ledger and waits for it. Returns its index. */
  const deposit = async (amount: bigint): Promise<number> => {
    const { queueIndex } = await wallet.deposit({ amount, key: account.key });
    return (await ledger.waitForDeposit(queueIndex, { timeoutMs: 120_000 })).index;
  };
  return { wallet, address, account, ledger, deposit };
}

/** Runs an example if its file is the program: `npx tsx examples/<name>.ts --rpc URL --l1 URL`. */
export async function runExample(url: string, run: (options: ExampleOptions) => Promise<unknown>): Promise<void> {
  if (process.argv[1] !== fileURLToPath(url)) return;
  const { values } = parseArgs({
    options: {
      rpc: { type: 'string', default: 'http://127.0.0.1:8645' },
      l1: { type: 'string', default: 'http://127.0.0.1:8545' },
    },
  });
  await run({ ...values, log: console.log });
}
