/** What both demos stand on: people with wallets, deposits, the book, and the comparison of it with the ledger and L1. */
import { type Address, erc20Abi, parseEther } from 'viem';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import type { DevName } from '../../node/devnet/accounts.ts';
import type { DevToken } from '../../node/devnet/deployment.ts';
import type { Devnet } from '../../node/devnet/devnet.ts';
import { Book, Checks } from './book.ts';
import { Person } from './people.ts';

export const ETH = 0;
const BURN: Address = '0x000000000000000000000000000000000000dEaD';

/**
 * Lines of the book: `ledger:<who>:<token>` on the ledger; `l1:<who>:<token>` in the wallet, gas aside; `paid:<who>:<token>` what the
 * bridge owes or paid out to people; `owed:…:<token>` what it owes to contracts.
 */
export class World {
  readonly devnet: Devnet;
  readonly book = new Book();
  readonly people: readonly Person[];
  readonly token: DevToken;
  readonly #startBlock: bigint;
  readonly #queueFee: bigint;
  readonly #bond: bigint;
  /** Ledger accounts besides the people's own, by line of the book. */
  readonly #tracked = new Map<string, number>();

  private constructor(
    devnet: Devnet,
    parts: { people: readonly Person[]; token: DevToken; startBlock: bigint; queueFee: bigint; bond: bigint },
  ) {
    this.devnet = devnet;
    this.people = parts.people;
    this.token = parts.token;
    this.#startBlock = parts.startBlock;
    this.#queueFee = parts.queueFee;
    this.#bond = parts.bond;
  }

  /** `rich` get test tokens on L1; from here on the book counts. */
  static async open(
    devnet: Devnet,
    { names, rich }: { names: readonly DevName[]; rich: readonly DevName[] },
  ): Promise<World> {
    const { publicClient, walletClient } = localClients(devnet.l1);
    const token = devnet.tokens.find(({ id }) => id !== ETH);
    if (token === undefined) throw new RangeError('the devnet has no test token');
    const { abi } = artifact(await buildTestContracts(), 'PlainToken');
    const deployer = walletClient(devnet.person('deployer').l1);
    for (const name of rich) {
      const args = [devnet.person(name).l1.address, parseEther('1000')];
      const hash = await deployer.writeContract({ address: token.address, abi, functionName: 'mint', args });
      await publicClient.waitForTransactionReceipt({ hash });
    }
    const people = await Promise.all(names.map((name) => Person.of(devnet, name)));
    const [somebody] = people;
    if (somebody === undefined) throw new RangeError('people are missing');
    const startBlock = await publicClient.getBlockNumber();
    const world = new World(devnet, { people, token, startBlock, ...(await somebody.l1.parameters()) });
    for (const person of people) {
      const owner = person.account.l1.address;
      const wallet = await publicClient.getBalance({ address: owner, blockNumber: startBlock });
      world.book.add(`l1:${person.name}:${ETH}`, wallet);
      world.book.add(`l1:${person.name}:${token.id}`, await world.tokenBalance(owner));
    }
    return world;
  }

  who(name: DevName): Person {
    const found = this.people.find((person) => person.name === name);
    if (found === undefined) throw new RangeError(`nobody is called ${name}`);
    return found;
  }

  tokenBalance(owner: Address): Promise<bigint> {
    const { publicClient } = localClients(this.devnet.l1);
    const address = this.token.address;
    return publicClient.readContract({ address, abi: erc20Abi, functionName: 'balanceOf', args: [owner] });
  }

  /** Into a new ledger account. */
  async deposit(who: Person, token: number, amount: bigint): Promise<void> {
    await who.l1.depositNew({ token, amount, key: who.account.key });
    this.book.move(`l1:${who.name}:${token}`, `ledger:${who.name}:${token}`, amount);
    this.payQueueFee(who);
  }

  payQueueFee(who: Person): void {
    this.book.add(`l1:${who.name}:${ETH}`, -this.#queueFee);
  }

  /** Fees in `token` of somebody's operations. */
  payFees(who: string, token: number, amount: bigint): void {
    this.book.move(`ledger:${who}:${token}`, `ledger:fees:${token}`, amount);
  }

  /** At the end the account `index` must own what the book says of `name`. */
  track(name: string, token: number, index: number): void {
    this.#tracked.set(`ledger:${name}:${token}`, index);
  }

  /** What L1 has to pay out by the book. */
  owed(): { person: Person; token: number; amount: bigint }[] {
    return this.book.entries().flatMap(([line, amount]) => {
      const [place, name, token] = line.split(':');
      if (place !== 'paid' || amount === 0n) return [];
      return [{ person: this.who(name as DevName), token: Number(token), amount }]; // `who` knows the names
    });
  }

  async isPayable(): Promise<boolean> {
    const found = this.owed().map(async ({ person, token, amount }) => {
      return (await person.l1.pendingWithdrawal(token, person.account.l1.address)) === amount;
    });
    return (await Promise.all(found)).every(Boolean);
  }

  async withdrawAll(): Promise<void> {
    for (const { person, token, amount } of this.owed()) {
      await person.l1.withdraw(token);
      this.book.move(`paid:${person.name}:${token}`, `l1:${person.name}:${token}`, amount);
    }
  }

  /** Every wallet, every ledger account, the vault, and the head on both sides. */
  async reconcile(): Promise<Checks> {
    const checks = new Checks();
    await this.#checkWallets(checks);
    await this.#checkLedger(checks);
    await this.#checkVault(checks);
    const { proven } = await this.#anybody.l1.state();
    const { heads } = await this.devnet.rpc.request('engram_chainInfo', []);
    checks.equal('proven root: node and L1', proven.root, BigInt(heads.proven.root));
    return checks;
  }

  get #anybody(): Person {
    return this.people[0] ?? this.who('alice'); // `open` made sure of one
  }

  async #checkWallets(checks: Checks): Promise<void> {
    const { publicClient } = localClients(this.devnet.l1);
    // At one block: attestors among the people send transactions meanwhile.
    const blockNumber = await publicClient.getBlockNumber();
    const gas = await this.#gasSpent(blockNumber);
    for (const { name, account } of this.people) {
      const owner = account.l1.address;
      const spent = gas.get(owner.toLowerCase()) ?? 0n;
      const wallet = await publicClient.getBalance({ address: owner, blockNumber });
      checks.equal(`${name}: ETH on L1`, this.book.get(`l1:${name}:${ETH}`) - spent, wallet);
      const line = `l1:${name}:${this.token.id}`;
      checks.equal(`${name}: ${this.token.symbol} on L1`, this.book.get(line), await this.tokenBalance(owner));
    }
  }

  async #checkLedger(checks: Checks): Promise<void> {
    const own = this.people.flatMap(({ name, index }) =>
      [...index].map(([token, account]) => [`ledger:${name}:${token}`, account] as const),
    );
    for (const [line, index] of [...own, ...this.#tracked]) {
      const account = await this.devnet.rpc.request('engram_getAccount', [index]);
      checks.equal(line, this.book.get(line), BigInt(account?.balance ?? -1));
    }
  }

  /** What the ledger says the vault holds, plus what it still owes, plus the bond. */
  async #checkVault(checks: Checks): Promise<void> {
    const { rollup, l1 } = this.devnet;
    const pending = (owner: Address): Promise<bigint> => this.#anybody.l1.pendingWithdrawal(ETH, owner);
    const reserved = this.#bond + (await pending(this.devnet.person('sequencer').l1.address)) + (await pending(BURN));
    const eth = await localClients(l1).publicClient.getBalance({ address: rollup });
    checks.equal('vault: ETH', this.#inRollup(ETH) + reserved, eth);
    checks.equal(`vault: ${this.token.symbol}`, this.#inRollup(this.token.id), await this.tokenBalance(rollup));
  }

  #inRollup(token: number): bigint {
    return this.book
      .entries()
      .filter(([line]) => /^(ledger|owed):/.test(line) && line.endsWith(`:${token}`))
      .reduce((sum, [, amount]) => sum + amount, 0n);
  }

  /** Wei by sender, in lower case. */
  async #gasSpent(to: bigint): Promise<Map<string, bigint>> {
    const { publicClient } = localClients(this.devnet.l1);
    const spent = new Map<string, bigint>();
    for (let number = this.#startBlock + 1n; number <= to; number += 1n) {
      const block = await publicClient.getBlock({ blockNumber: number });
      for (const hash of block.transactions) {
        const { from, gasUsed, effectiveGasPrice } = await publicClient.getTransactionReceipt({ hash });
        const key = from.toLowerCase();
        spent.set(key, (spent.get(key) ?? 0n) + gasUsed * effectiveGasPrice);
      }
    }
    return spent;
  }
}
