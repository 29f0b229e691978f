import { encodeFunctionData, parseGwei } from 'viem';
import { ALICE as EVM_ALICE, BOB as EVM_BOB, LANE } from '../../chain/derive/testing/testSequencer.ts';
import { hexBytes } from '../../chain/evm/crypto.ts';
import type { FakeClock } from '../../chain/testing/fakeClock.ts';
import { OUTBOX_ABI } from '../../genesis/predeploys/abi.ts';
import { GRACE_SECONDS } from '../../protocol/account.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import {
  type Actor,
  attest,
  claim,
  close,
  exit,
  open,
  register,
  type SignedClaim,
  signed,
  transfer,
} from '../../protocol/testing/actors.ts';
import type { SeededRandom } from '../../protocol/testing/random.ts';
import { type Account, type AccountIndex, Kind, type Op, type SignedTx } from '../../protocol/types.ts';
import type { FakeL1 } from './fakeL1.ts';
import { ALICE, BOB, CAROL, depositNew, OPERATOR } from './life.ts';

/** Ledger accounts: the operator's for fees (1: ETH, 2: token 7), Alice 3 and Bob 4 (ETH), Carol 5 (token 7). */
export const PEOPLE = [
  { index: 3, who: ALICE },
  { index: 4, who: BOB },
  { index: 5, who: CAROL },
] as const;
export const TOKEN = 7;
export const EVM_CHAIN = 7171;
const MODEL_BPS = 1000;
const EVM_PEOPLE = [EVM_ALICE, EVM_BOB];

export interface TrafficWorld {
  readonly l1: FakeL1;
  readonly clock: FakeClock;
  /** L1's messages to the EVM lane: traffic adds some. */
  readonly messages: L1Message[];
  /** As of some node's head. */
  account(index: AccountIndex): Account | undefined;
  evmNonce(address: string): Promise<number>;
  /** What a node does not take is no part of the story. */
  submit(tx: SignedTx): Promise<boolean>;
  submitEvm(raw: Uint8Array): Promise<boolean>;
}

/** The accounts of `PEOPLE`, still to be taken in from L1's queue. */
export function fundPeople(l1: FakeL1): void {
  l1.enqueue(depositNew(OPERATOR, 0n), depositNew(OPERATOR, 0n, TOKEN), depositNew(ALICE, 10n ** 9n));
  l1.enqueue(depositNew(BOB, 10n ** 9n), depositNew(CAROL, 10n ** 9n, TOKEN));
  l1.mine(2);
}

/** Everything people can want of both lanes, at random. */
export class Traffic {
  readonly #random: SeededRandom;
  readonly #world: TrafficWorld;

  constructor(random: SeededRandom, world: TrafficWorld) {
    this.#random = random;
    this.#world = world;
  }

  /** Names of what can happen; each a method's. */
  static readonly KINDS = [
    'transfer',
    'exitToLane',
    'modelToLane',
    'exitToL1',
    'bundle',
    'open',
    'claim',
    'close',
    'queue',
    'message',
    'evm',
  ] as const;

  /** One thing somebody wants. */
  async any(): Promise<void> {
    await this[this.#random.pick(Traffic.KINDS)]();
  }

  /** The account's next transaction. */
  async submit(who: Actor, signer: number, ...ops: (Op | SignedClaim)[]): Promise<boolean> {
    const nonce = this.#world.account(accountIndex(signer))?.nonce ?? 0;
    return this.#world.submit(signed(who, { signer, nonce, ops, validUntil: 2 ** 40 - 1 }));
  }

  async transfer(): Promise<void> {
    const { who, index } = this.#one();
    const to = this.#live(Kind.KEY)?.index ?? 3;
    await this.submit(who, index, transfer(index, to, this.#amount(), { fee: this.#fee() }));
  }

  async exitToLane(): Promise<void> {
    const { who, index } = this.#one();
    await this.submit(who, index, exit(index, BigInt(LANE), this.#amount(), this.#fee()));
  }

  async modelToLane(): Promise<void> {
    const found = this.#live(Kind.ATTEST);
    const owner = PEOPLE.find(({ index }) => index === Number(found && found.account.c & 0xffffffffn));
    if (found === undefined || owner === undefined) return;
    await this.submit(owner.who, owner.index, exit(found.index, BigInt(LANE), found.account.balance, 0n));
  }

  async exitToL1(): Promise<void> {
    const { who, index } = this.#one();
    await this.submit(who, index, exit(index, who.address, this.#amount(), this.#fee()));
  }

  async bundle(): Promise<void> {
    const { who, index } = this.#one();
    const parent = this.#live(Kind.ATTEST)?.index ?? 0;
    await this.submit(
      who,
      index,
      register(index, 0, CAROL, this.#amount(), this.#fee()),
      exit(index, BigInt(LANE), this.#amount()),
      attest(index, 0, { royaltyBps: MODEL_BPS, amount: this.#amount(), parent }),
    );
  }

  async open(): Promise<void> {
    const { who, index } = this.#one();
    const model = this.#random.oneIn(3) ? 0 : (this.#live(Kind.ATTEST)?.index ?? 0);
    const expiry = this.#now + this.#random.int(4000);
    const terms = { provider: this.#one().index, voucherKey: CAROL, amount: this.#amount(), expiry, model };
    await this.submit(who, index, open(index, 0, { ...terms, fee: this.#fee() }));
  }

  async claim(): Promise<void> {
    const found = this.#live(Kind.CHANNEL);
    if (found === undefined) return;
    const { c, claimed, balance } = found.account;
    const provider = PEOPLE.find(({ index }) => index === Number(c & 0xffffffffn)) ?? PEOPLE[0];
    const royaltyBps = ((c >> 64n) & 0xffffffffn) === 0n ? 0 : MODEL_BPS;
    const total = claimed + BigInt(this.#random.int(Number(balance) + 1));
    const parts = { voucherKey: CAROL, total, claimed, royaltyBps, fee: royaltyBps === 0 ? 0n : this.#fee() };
    if (total - claimed < 100n) return;
    await this.submit(provider.who, provider.index, claim(found.index, provider.index, parts));
  }

  async close(): Promise<void> {
    const found = this.#live(Kind.CHANNEL);
    const payer = PEOPLE.find(({ index }) => BigInt(index) === (((found?.account.c ?? 0n) >> 32n) & 0xffffffffn));
    if (found === undefined || payer === undefined) return;
    await this.submit(payer.who, payer.index, close(found.index, payer.index, found.account.balance, 0n));
  }

  /** Deposits and forced exits. */
  async queue(): Promise<void> {
    const random = this.#random;
    const { l1, account } = this.#world;
    const { who, index } = this.#one();
    const target = accountIndex(random.oneIn(2) ? index : 1 + random.int(70));
    const owner = account(target)?.c ?? 1n;
    const token = random.oneIn(2) ? 0 : TOKEN;
    const deposit = { opcode: 2, index: target, token, amount: this.#amount(), address: who.address } as const;
    // never the whole of a person: the story would end
    const isSafe = target > 5;
    const item = random.oneIn(3) && isSafe ? ({ opcode: 3, index: target, address: owner } as const) : deposit;
    l1.enqueue(random.oneIn(3) ? depositNew(who, this.#amount(), token) : item);
    l1.mine(2);
  }

  async message(): Promise<void> {
    const random = this.#random;
    const { messages } = this.#world;
    for (let count = random.oneIn(4) ? 20 : 1; count > 0; count -= 1) {
      const index = BigInt(messages.length);
      const people = { sender: EVM_ALICE, to: random.oneIn(3) ? OUTBOX : EVM_BOB.address, refundTo: EVM_ALICE };
      const [sender, to, refundTo] = [people.sender.address, people.to, people.refundTo.address].map(
        (address) => address.toLowerCase() as `0x${string}`, // still an address
      );
      if (sender === undefined || to === undefined || refundTo === undefined) return;
      const l1Timestamp = this.#now - 10;
      if (random.oneIn(5)) {
        const text = random.pick(['Tok', '\u0000\ufffd\u00fc', 'x'.repeat(80), '']);
        messages.push({ kind: 'token', index, l1Timestamp, token: TOKEN, name: text, symbol: text, decimals: 255 });
      } else {
        const amount = random.pick([0n, 1n, 2n ** 96n - 1n, this.#amount()]);
        const money = { token: random.pick([0, TOKEN, 65_535]), amount, gasLimit: 100_000n, data: '0x' } as const;
        messages.push({ kind: 'deposit', index, l1Timestamp, sender, to, refundTo, ...money });
      }
    }
  }

  async evm(): Promise<void> {
    const from = this.#random.pick(EVM_PEOPLE);
    const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [from.address, 3] });
    const call = this.#random.oneIn(2) ? { to: OUTBOX, data } : { to: LANE };
    const fees = { maxFeePerGas: parseGwei('10'), maxPriorityFeePerGas: 1n } as const;
    const nonce = await this.#world.evmNonce(from.address.toLowerCase());
    const value = BigInt(this.#random.int(9));
    const tx = { type: 'eip1559', chainId: EVM_CHAIN, ...fees, ...call, nonce, gas: 300_000n, value } as const;
    await this.#world.submitEvm(hexBytes(await from.signTransaction(tx)));
  }

  get #now(): number {
    return Math.floor(this.#world.clock.nowMs() / 1000);
  }

  #one(): (typeof PEOPLE)[number] {
    return this.#random.pick(PEOPLE);
  }

  #fee(): bigint {
    return this.#random.oneIn(2) ? BigInt(this.#random.int(50)) : 0n;
  }

  #amount(): bigint {
    return BigInt(this.#random.int(this.#random.oneIn(5) ? 2 * 10 ** 9 : 10 ** 6));
  }

  /** A live account of that kind; undefined: none was found in a few tries. */
  #live(kind: Kind): { index: number; account: Account } | undefined {
    for (let i = 0; i < 60; i += 1) {
      const index = 1 + this.#random.int(60);
      const account = this.#world.account(accountIndex(index));
      if (account?.kind === kind) return { index, account };
    }
    return undefined;
  }
}

/** What an account may have waited for before it can be closed, in seconds. */
export const LONG = GRACE_SECONDS + 5000;
