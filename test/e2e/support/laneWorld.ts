/** People with a wallet on L1, the same wallet on the EVM lane, and a ledger key; and the books of the lane, read from the chains themselves. */
import {
  type Address,
  createPublicClient,
  createWalletClient,
  erc20Abi,
  getAddress,
  http,
  type PublicClient,
} from 'viem';
import { artifact, buildTestContracts } from '../../../bridge/build.ts';
import { EvmLaneReader } from '../../../bridge/client/evmLaneReader.ts';
import { localClients } from '../../../bridge/deploy/localL1.ts';
import { type DevName, devAccount } from '../../../node/devnet/accounts.ts';
import type { Devnet } from '../../../node/devnet/devnet.ts';
import { SYSTEM_SENDER } from '../../../protocol/lane/addresses.ts';
import {
  bridgeActions,
  createLedgerClient,
  type EngramChain,
  fetchEngramChain,
  INBOX,
  INBOX_ABI,
  laneActions,
  laneBridgeActions,
  laneTokenAddress,
  laneWalletActions,
  ledgerAccount,
  OUTBOX,
  OUTBOX_ABI,
} from '../../../sdk/index.ts';

const POLL_MS = 40;
const ETH = 0;

export type LanePerson = ReturnType<typeof personOf>;

function personOf(name: DevName, { devnet, chain }: { devnet: Devnet; chain: EngramChain }) {
  const { l1: account, seed } = devAccount(name);
  const key = ledgerAccount({ seed });
  const l1Chain = localClients(devnet.l1).publicClient.chain;
  return {
    name,
    address: account.address,
    account,
    key,
    l1: createWalletClient({ account, chain: l1Chain, transport: http(devnet.l1Url), pollingInterval: POLL_MS })
      .extend(bridgeActions(chain))
      .extend(laneBridgeActions(chain)),
    evm: createWalletClient({ account, chain, transport: http(devnet.rpcUrl), pollingInterval: POLL_MS })
      .extend(laneActions)
      .extend(laneWalletActions),
    ledger: createLedgerClient({ chain, account: key }),
  };
}

/** Where a token's money is, as L1 and the EVM lane say. Conservation: the first four are what the last three hold. */
export interface LaneBooks {
  /** In accounts of the lane, Inbox's included. */
  readonly supply: bigint;
  /** Credited by Inbox, not minted yet (tokens; ETH waits in Inbox's own balance). */
  readonly pending: bigint;
  readonly undelivered: bigint;
  readonly unclaimed: bigint;
  readonly vault: bigint;
  /** By the rollup to `EvmLane`. */
  readonly owed: bigint;
  /** Exits to the lane that are not proven yet. */
  readonly unproven: bigint;
}

export class LaneWorld {
  readonly devnet: Devnet;
  readonly chain: EngramChain;
  readonly l1: PublicClient;
  readonly evm: ReturnType<typeof publicOf>;
  readonly token: { readonly id: number; readonly address: Address };
  /** Everybody who may own something on the lane. */
  readonly holders = new Set<Address>([INBOX, SYSTEM_SENDER].map((address) => getAddress(address)));
  readonly #people = new Map<DevName, LanePerson>();

  private constructor(devnet: Devnet, chain: EngramChain) {
    this.devnet = devnet;
    this.chain = chain;
    this.l1 = localClients(devnet.l1).publicClient as PublicClient;
    this.evm = publicOf(chain, devnet);
    const token = devnet.tokens.find(({ id }) => id !== ETH);
    if (token === undefined) throw new TypeError('the devnet has no token');
    this.token = token;
  }

  static async open(devnet: Devnet): Promise<LaneWorld> {
    const world = new LaneWorld(devnet, await fetchEngramChain(devnet.rpcUrl));
    for (const name of ['sequencer', 'fees'] as const) world.holders.add(devAccount(name).l1.address);
    return world;
  }

  who(name: DevName): LanePerson {
    const known = this.#people.get(name);
    if (known !== undefined) return known;
    const person = personOf(name, this);
    this.#people.set(name, person);
    this.holders.add(person.address);
    return person;
  }

  /** Test tokens on L1. */
  async mint(name: DevName, amount: bigint): Promise<void> {
    const { abi } = artifact(await buildTestContracts(), 'PlainToken');
    const wallet = localClients(this.devnet.l1).walletClient(devAccount('deployer').l1);
    const args = [this.who(name).address, amount];
    const hash = await wallet.writeContract({ address: this.token.address, abi, functionName: 'mint', args });
    await this.l1.waitForTransactionReceipt({ hash });
  }

  /** Of an account on the lane. */
  async balance(of: Address, token: number, blockNumber?: bigint): Promise<bigint> {
    const at = blockNumber === undefined ? {} : { blockNumber };
    if (token === ETH) return this.evm.getBalance({ address: of, ...at });
    const address = laneTokenAddress(token);
    if ((await this.evm.getCode({ address, ...at })) === undefined) return 0n;
    return this.evm.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [of], ...at });
  }

  async l1Balance(of: Address, token: number, blockNumber?: bigint): Promise<bigint> {
    const at = blockNumber === undefined ? {} : { blockNumber };
    if (token === ETH) return this.l1.getBalance({ address: of, ...at });
    return this.l1.readContract({
      address: this.token.address,
      abi: erc20Abi,
      functionName: 'balanceOf',
      args: [of],
      ...at,
    });
  }

  /** Closes the open batch and waits until it is proven and attested. */
  async settle(): Promise<void> {
    const { sequencer, store } = this.devnet.node;
    await sequencer.closeBatch();
    const batch = store.head.closedBatch;
    await until(async () => (await this.evm.getLane()).attestedBatch >= batch);
  }

  /** At the newest block of the lane and then of L1; nothing may be under way. */
  async books(token: number): Promise<LaneBooks> {
    const head = await this.evm.getBlockNumber({ cacheTime: 0 });
    const blockNumber = await this.l1.getBlockNumber({ cacheTime: 0 });
    const { evmLane, deployedAt } = this.devnet;
    const lane = await EvmLaneReader.connect({ address: evmLane, deployedAt }, this.l1);
    const messages = await lane.messages(0n, await lane.messageCount({ blockNumber }), { toBlock: blockNumber });
    const { inboxCount } = await this.evm.getLane();
    const undelivered = messages
      .slice(Number(inboxCount))
      .reduce(
        (sum, message) => sum + (message.kind === 'deposit' && message.token === token ? message.amount : 0n),
        0n,
      );
    const person = this.who('alice');
    const { proven } = await person.l1.getBridgeState();
    const provenBlock = BigInt((await this.devnet.rpc.request('engram_getBatch', [proven.batch]))?.lastBlock ?? 0);
    return {
      supply: await this.#supply(token, head),
      pending: token === ETH ? 0n : await this.#pending(token, head),
      undelivered,
      unclaimed: await this.#unclaimed(token, head, { lane, blockNumber }),
      vault: await this.l1Balance(evmLane, token, blockNumber),
      owed: await person.l1.getPendingWithdrawal({ token, owner: evmLane }),
      unproven: await this.#exits(token, provenBlock + 1n, head),
    };
  }

  /** ETH: of all known holders, Outbox's burnt ETH left out; a token: what its contract says. */
  async #supply(token: number, blockNumber: bigint): Promise<bigint> {
    if (token !== ETH) {
      const address = laneTokenAddress(token);
      if ((await this.evm.getCode({ address, blockNumber })) === undefined) return 0n;
      return this.evm.readContract({ address, abi: erc20Abi, functionName: 'totalSupply', blockNumber });
    }
    const { miner } = await this.evm.getBlock({ blockNumber });
    const all = await Promise.all(
      [...new Set([...this.holders, getAddress(miner)])].map((address) =>
        this.evm.getBalance({ address, blockNumber }),
      ),
    );
    return all.reduce((sum, balance) => sum + balance, 0n);
  }

  async #pending(token: number, blockNumber: bigint): Promise<bigint> {
    const abi = INBOX_ABI;
    const all = await Promise.all(
      [...this.holders].map((owner) =>
        this.evm.readContract({ address: INBOX, abi, functionName: 'pending', args: [token, owner], blockNumber }),
      ),
    );
    return all.reduce((sum, amount) => sum + amount, 0n);
  }

  async #unclaimed(
    token: number,
    toBlock: bigint,
    { lane, blockNumber }: { lane: EvmLaneReader; blockNumber: bigint },
  ): Promise<bigint> {
    const leaves = await this.evm.getContractEvents({
      address: OUTBOX,
      abi: OUTBOX_ABI,
      eventName: 'Withdrawal',
      fromBlock: 0n,
      toBlock,
      strict: true,
    });
    let sum = 0n;
    for (const { args } of leaves) {
      if (args.token === token && !(await lane.isClaimed(args.index, { blockNumber }))) sum += args.amount;
    }
    return sum;
  }

  /** What Inbox brought from the ledger in these blocks. */
  async #exits(token: number, fromBlock: bigint, toBlock: bigint): Promise<bigint> {
    if (fromBlock > toBlock) return 0n;
    const FROM_LEDGER = 3;
    const logs = await this.evm.getContractEvents({
      address: INBOX,
      abi: INBOX_ABI,
      eventName: 'MessageDelivered',
      args: { kind: FROM_LEDGER },
      fromBlock,
      toBlock,
      strict: true,
    });
    return logs.reduce((sum, { args }) => sum + (args.token === token ? args.amount : 0n), 0n);
  }
}

function publicOf(chain: EngramChain, { rpcUrl }: Devnet) {
  return createPublicClient({ chain, transport: http(rpcUrl), pollingInterval: POLL_MS }).extend(laneActions);
}

/** Both sides of the conservation rule. */
export function sides(books: LaneBooks): { readonly onLane: bigint; readonly onL1: bigint } {
  const { supply, pending, undelivered, unclaimed, vault, owed, unproven } = books;
  return { onLane: supply + pending + undelivered + unclaimed, onL1: vault + owed + unproven };
}

/** Asks again until it is so; the test's own time limit ends it. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
