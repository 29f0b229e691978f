/** The EVM lane's side of the demo: people's wallets there, the lane's contract on L1, and their lines of the book. */
import {
  type Address,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  erc20Abi,
  getAddress,
  type Hex,
  http,
  type PublicClient,
  type TransactionReceipt,
} from 'viem';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { systemClock } from '../../chain/clock.ts';
import {
  type EngramChain,
  fetchEngramChain,
  INBOX,
  laneActions,
  laneTokenAddress,
  laneWalletActions,
  OUTBOX,
} from '../../sdk/index.ts';
import { exit } from '../../sdk/ops.ts';
import type { Checks } from './book.ts';
import type { Person } from './people.ts';
import { ETH, type World } from './world.ts';

const POLL_MS = 100;

function publicOf(chain: EngramChain) {
  return createPublicClient({ chain, transport: http(), pollingInterval: POLL_MS }).extend(laneActions);
}

function walletOf(chain: EngramChain, { account }: Person) {
  return createWalletClient({ account: account.l1, chain, transport: http(), pollingInterval: POLL_MS })
    .extend(laneActions)
    .extend(laneWalletActions);
}

export type LaneWallet = ReturnType<typeof walletOf>;

/**
 * Lines of the book: `lane:<who>:<token>` on the EVM lane, people and contracts; `outbox:<who>:<token>` withdrawn there and not paid yet;
 * `vault:lane:<token>` what `EvmLane` holds on L1; `owed:lane:<token>` what the rollup owes it. Outbox keeps withdrawn ETH: `lane:burnt:0`.
 */
export class Lane {
  readonly world: World;
  readonly evm: ReturnType<typeof publicOf>;
  readonly chain: EngramChain;
  readonly #wallets = new Map<Person, LaneWallet>();
  readonly #bridges = new Map<Person, Promise<EvmLaneClient>>();
  /** Address by name: everything on the lane that may own something. */
  readonly #holders = new Map<string, Address>();

  private constructor(world: World, chain: EngramChain) {
    this.world = world;
    this.chain = chain;
    this.evm = publicOf(chain);
    for (const { name, account } of world.people) this.#holders.set(name, account.l1.address);
    this.#holders.set('burnt', OUTBOX);
    this.#holders.set('inbox', INBOX);
  }

  static async open(world: World): Promise<Lane> {
    return new Lane(world, await fetchEngramChain(world.devnet.rpcUrl));
  }

  wallet(who: Person): LaneWallet {
    const known = this.#wallets.get(who) ?? walletOf(this.chain, who);
    this.#wallets.set(who, known);
    return known;
  }

  /** The lane's contract on L1, with somebody's wallet. */
  bridge(who: Person): Promise<EvmLaneClient> {
    const { devnet } = this.world;
    const clients = localClients(devnet.l1);
    const known =
      this.#bridges.get(who) ??
      EvmLaneClient.open(
        { address: devnet.evmLane, deployedAt: devnet.deployedAt, rollup: devnet.rollup },
        { publicClient: clients.publicClient as PublicClient, wallet: clients.walletClient(who.account.l1) },
      );
    this.#bridges.set(who, known);
    return known;
  }

  /** A contract of the story. */
  track(name: string, address: Address): void {
    this.#holders.set(name, address);
  }

  /** From L1; resolves once it is on the lane. `to`: a holder, called with `data`. */
  async deposit(
    who: Person,
    token: number,
    amount: bigint,
    { to = who.name, ...call }: { to?: string; data?: Hex; gasLimit?: bigint } = {},
  ): Promise<void> {
    const bridge = await this.bridge(who);
    const at = this.#holders.get(to) ?? who.account.l1.address;
    const deposit = { to: at, amount, refundTo: who.account.l1.address };
    const { index } = await (token === ETH
      ? bridge.depositEvm({ ...deposit, ...call })
      : bridge.depositEvmToken({ ...deposit, token }));
    this.world.book.move(`l1:${who.name}:${token}`, `lane:${to}:${token}`, amount);
    this.world.book.add(`vault:lane:${token}`, amount);
    const { isDelivered } = await this.evm.waitForMessage(index);
    if (!isDelivered) throw new RangeError(`message ${index} was refused`);
  }

  /** From the ledger, in one block: an EXIT to the lane's contract arrives at the account's owner. */
  async enter(who: Person, token: number, amount: bigint): Promise<void> {
    const { book, devnet } = this.world;
    await who.send(token, [exit({ from: who.indexOf(token), recipient: BigInt(devnet.evmLane), amount })]);
    book.move(`ledger:${who.name}:${token}`, `lane:${who.name}:${token}`, amount);
    book.add(`owed:lane:${token}`, amount);
  }

  /** Sends, waits for the receipt, and books the fee. `gas`: sent even if it must fail. */
  async send(
    who: Person,
    call: { to?: Address; data?: Hex; value?: bigint; gas?: bigint },
  ): Promise<TransactionReceipt> {
    const hash = await this.wallet(who).sendTransaction(call);
    const receipt = await this.evm.waitForTransactionReceipt({ hash });
    this.payGas(who, receipt.gasUsed * receipt.effectiveGasPrice);
    return receipt;
  }

  /** Tips and base fee both go to whoever makes the blocks. */
  payGas(who: Person, fee: bigint): void {
    this.world.book.move(`lane:${who.name}:${ETH}`, `lane:fees:${ETH}`, fee);
  }

  /** Tokens on the lane. */
  async transfer(who: Person, to: string, amount: bigint): Promise<void> {
    const { id } = this.world.token;
    const data = encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [this.#at(to), amount] });
    await this.send(who, { to: laneTokenAddress(id), data });
    this.world.book.move(`lane:${who.name}:${id}`, `lane:${to}:${id}`, amount);
  }

  /** L1 has accepted the batch's outcome. Nothing tells of it: the node is asked. */
  async waitForAttestation(batch: number, signal: AbortSignal | undefined): Promise<void> {
    while ((await this.evm.getLane()).attestedBatch < batch) {
      await systemClock.sleep(POLL_MS, signal);
      signal?.throwIfAborted();
    }
  }

  balance(name: string, token: number): Promise<bigint> {
    const address = this.#at(name);
    if (token === ETH) return this.evm.getBalance({ address });
    const contract = { address: laneTokenAddress(token), abi: erc20Abi } as const;
    return this.evm.readContract({ ...contract, functionName: 'balanceOf', args: [address] });
  }

  /** Every balance of the lane and its vault, and that neither has a wei more than the other. Everything withdrawn must be paid. */
  async reconcile(checks: Checks): Promise<void> {
    const { book, devnet, token } = this.world;
    const { publicClient } = localClients(devnet.l1);
    const [somebody] = this.world.people;
    for (const id of [ETH, token.id]) {
      let supply = 0n;
      for (const name of this.#holders.keys()) {
        const found = await this.balance(name, id);
        checks.equal(`EVM lane, ${name}: token ${id}`, book.get(`lane:${name}:${id}`), found);
        if (name !== 'burnt') supply += found;
      }
      const address = devnet.evmLane;
      const vault = id === ETH ? await publicClient.getBalance({ address }) : await this.world.tokenBalance(address);
      const owed = (await somebody?.l1.pendingWithdrawal(id, address)) ?? 0n;
      checks.equal(`vault of the EVM lane: token ${id}`, book.get(`vault:lane:${id}`), vault);
      checks.equal(`owed to the EVM lane: token ${id}`, book.get(`owed:lane:${id}`), owed);
      checks.equal(`conservation on the EVM lane: token ${id}`, vault + owed, supply);
    }
    const contract = { address: laneTokenAddress(token.id), abi: erc20Abi } as const;
    const supply = await this.evm.readContract({ ...contract, functionName: 'totalSupply' });
    const held = await Promise.all([...this.#holders.keys()].map((name) => this.balance(name, token.id)));
    checks.equal(
      'supply of the token on the EVM lane',
      held.reduce((sum, part) => sum + part, 0n),
      supply,
    );
    const { miner } = await this.evm.getBlock();
    checks.equal('fees go to', BigInt(getAddress(this.#at('fees'))), BigInt(miner));
  }

  #at(name: string): Address {
    const address = this.#holders.get(name);
    if (address === undefined) throw new RangeError(`nobody on the lane is called ${name}`);
    return address;
  }
}
