import { encodeFunctionData, type Hex } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { OUTBOX_ABI } from '../../genesis/predeploys/abi.ts';
import type { GenesisState } from '../../genesis/spec.ts';
import { ProtocolError } from '../../protocol/errors.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { OUTBOX } from '../../protocol/lane/addresses.ts';
import type { L1Message } from '../../protocol/lane/types.ts';
import type { BatchClose } from '../../protocol/network/digests.ts';
import {
  type Actor,
  actor,
  attest,
  claim,
  exit,
  open as openChannel,
  register,
  type SignedClaim,
  signed,
  TEST_DOMAIN,
  TEST_TIME,
  transfer,
} from '../../protocol/testing/actors.ts';
import type { SeededRandom } from '../../protocol/testing/random.ts';
import {
  type AccountIndex,
  Kind,
  type L1Op,
  type Op,
  type QueueItem,
  type ShapeName,
  type SignedTx,
} from '../../protocol/types.ts';
import type { Db } from '../db.ts';
import { deposit, evmTx, tokenMessages } from '../derive/testing/story.ts';
import { ALICE, BOB, LANE } from '../derive/testing/testSequencer.ts';
import { hexBytes } from '../evm/crypto.ts';
import type { EvmLane } from '../evm/evmLane.ts';
import type { EvmTx, TxSource } from '../evm/types.ts';
import { userTx } from '../evm/userTx.ts';
import type { ClosedRun } from '../importClose.ts';
import { Ledger } from '../ledger.ts';
import { openChain } from '../openChain.ts';
import type { ChainStore } from '../store.ts';
import { wireBlockOf } from '../wire/codec.ts';
import type { WireBlock } from '../wire/types.ts';

export interface FullChain {
  readonly db: Db;
  readonly store: ChainStore;
  readonly lane: EvmLane;
  readonly ledger: Ledger;
}

export const FEE_ADDRESS: Hex = `0x${'fe'.repeat(20)}`;

/** Both lanes with the protocol's contracts, as a process finds them that opens the database. */
export async function openFull(
  db: Db,
  {
    genesis,
    shapes = ['dev'],
    domain = TEST_DOMAIN,
  }: { genesis: GenesisState; shapes?: readonly ShapeName[]; domain?: typeof TEST_DOMAIN },
): Promise<FullChain> {
  const { store, lane } = await openChain({ domain, genesis }, { db });
  const ledger = await Ledger.load({ shapes, evmLane: LANE, beneficiary: FEE_ADDRESS }, { store, lane });
  return { db, store, lane, ledger };
}

/** The stored block as it travels. */
export async function wireAt({ store }: Pick<FullChain, 'store'>, number: bigint): Promise<WireBlock> {
  const block = await store.block(number);
  if (block === undefined) throw new RangeError(`no block ${number}`);
  const { open } = store.head;
  const timestamp = open?.number === block.batch ? open.timestamp : (await store.summary(block.batch))?.timestamp;
  if (timestamp === undefined) throw new RangeError(`no batch ${block.batch}`);
  return wireBlockOf(block, timestamp);
}

export function closeOf({ closed }: Pick<ClosedRun, 'closed'>): BatchClose {
  const { number, lastBlock, shape, evmCommitment } = closed.batch;
  return { number, lastBlock, shape, c: closed.commitment.c, evmCommitment };
}

/** All messages of L1 that a random history may take, in their order. */
export const MESSAGES: readonly L1Message[] = [
  deposit(0),
  ...tokenMessages(1),
  ...[3, 4, 5, 6, 7, 8, 9].map((i) => deposit(i)),
];
const PEOPLE = [1, 2, 3, 4, 5].map((n) => actor(n));

/** A chain that does a bit of everything, at random. It remembers nothing: what it does next follows from the chain alone. */
export class RandomHistory {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Adds a block with something in it; the open batch is closed first now and then, and when it is full. */
  async block(chain: FullChain): Promise<ClosedRun | undefined> {
    const random = this.#random;
    const { ledger, store } = chain;
    let closed: ClosedRun | undefined;
    if (ledger.open !== undefined && random.oneIn(4)) closed = await ledger.close();
    const timestamp = Math.max(TEST_TIME, store.head.timestamp) + random.int(3);
    const open = ledger.open?.batch ?? ledger.begin(timestamp);
    const l1Ops: L1Op[] = [];
    const txs: SignedTx[] = [];
    const tryTo = (act: () => void): void => {
      try {
        act();
      } catch (error) {
        // What does not fit, or is not possible, does not happen.
        if (!(error instanceof ProtocolError)) throw error;
      }
    };
    for (let i = random.int(3); i > 0; i -= 1) {
      tryTo(() => l1Ops.push(open.applyL1(this.#queueItem(ledger), firstFree(ledger))));
    }
    const feeAccounts = [...ledger.feeAccounts];
    if (feeAccounts.length === 0) {
      tryTo(() => {
        open.nameFeeAccount(accountIndex(1));
        feeAccounts.push(accountIndex(1));
      });
    }
    for (let i = random.int(4); i > 0; i -= 1) {
      const tx = this.#tx(ledger, feeAccounts.length > 0);
      if (tx === undefined) continue;
      tryTo(() => {
        open.applyTx(tx, { signatureChecked: true });
        txs.push(tx);
      });
    }
    const from = Number(store.head.inboxCount);
    const l1Messages = MESSAGES.slice(from, from + random.int(3));
    const evmTxs = sourceOf(await this.#evmTxs(chain));
    const sealed = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts, l1Messages, evmTxs });
    if (sealed === undefined) ledger.abandonEmpty();
    return closed;
  }

  #queueItem(ledger: Ledger): QueueItem {
    const random = this.#random;
    const person = random.pick(PEOPLE);
    const index = accountIndex(1 + random.int(12));
    if (ledger.account(accountIndex(1)) === undefined || random.oneIn(2)) {
      return { opcode: 1, token: 0, amount: 1_000_000n, key: person.key, address: person.address };
    }
    if (random.oneIn(4)) return { opcode: 3, index, address: person.address };
    return { opcode: 2, index, token: 0, amount: 77n, address: person.address };
  }

  #tx(ledger: Ledger, hasLane: boolean): SignedTx | undefined {
    const random = this.#random;
    const signer = 1 + random.int(8);
    const account = ledger.account(accountIndex(signer));
    const owner = PEOPLE.find(({ key }) => key[0] === account?.a);
    if (account === undefined || account.kind !== Kind.KEY || owner === undefined) return undefined;
    const ops = this.#ops(ledger, signer, hasLane ? BigInt(random.int(3)) : 0n);
    return signed(owner, { signer, nonce: account.nonce, ops, validUntil: TEST_TIME + 100_000 });
  }

  #ops(ledger: Ledger, signer: number, fee: bigint): (Op | SignedClaim)[] {
    const random = this.#random;
    const free = firstFree(ledger);
    const other = 1 + random.int(6);
    switch (random.int(7)) {
      case 0:
        return [register(signer, free, random.pick(PEOPLE), 10n, fee)];
      case 1:
        return [exit(signer, random.oneIn(2) ? BigInt(LANE) : 0xbeefn, 20n, fee)];
      case 2:
        return [attest(signer, free, { royaltyBps: 100 })];
      case 3:
        return [openChannel(signer, free, { provider: other, voucherKey: voucherKey(), amount: 500n })];
      case 4: {
        const channel = this.#channelOf(ledger, signer);
        const claimed = channel === undefined ? undefined : ledger.account(channel)?.claimed;
        if (channel !== undefined && claimed !== undefined) {
          return [claim(channel, signer, { voucherKey: voucherKey(), total: claimed + 5n, claimed })];
        }
        return [transfer(signer, other, 1n, { fee })];
      }
      default:
        return [transfer(signer, other, 3n, { fee }), transfer(signer, 1, 1n)];
    }
  }

  #channelOf(ledger: Ledger, provider: number): AccountIndex | undefined {
    for (let i = 1; i < 30; i += 1) {
      const account = ledger.account(accountIndex(i));
      if (account?.kind === Kind.CHANNEL && Number(account.c & 0xffffffffn) === provider) return accountIndex(i);
    }
    return undefined;
  }

  async #evmTxs({ lane }: FullChain): Promise<EvmTx[]> {
    const random = this.#random;
    const state = lane.stateAt(lane.head.stateRoot);
    const txs: EvmTx[] = [];
    for (const from of [ALICE, BOB]) {
      let nonce = Number((await state.account(from.address.toLowerCase() as Hex))?.nonce ?? 0n);
      for (let i = random.int(3); i > 0; i -= 1) {
        const data = encodeFunctionData({ abi: OUTBOX_ABI, functionName: 'withdrawETH', args: [BOB.address, 0] });
        const what = random.oneIn(3)
          ? { to: OUTBOX, value: 10n, data }
          : { to: privateKeyToAccount(`0x${'11'.repeat(31)}${10 + random.int(80)}`).address, value: 5n };
        txs.push(userTx(hexBytes(await evmTx(from, nonce, what)), lane.common));
        nonce += 1;
      }
    }
    return txs;
  }
}

function voucherKey(): Actor {
  return actor(40);
}

function sourceOf(txs: readonly EvmTx[]): TxSource {
  const left = [...txs];
  return {
    next: () => left.shift(),
    accept: () => undefined,
    reject: (_, code) => {
      throw new Error(`refused: ${code}`);
    },
  };
}

function firstFree(ledger: Ledger): AccountIndex {
  let index = 1;
  while (ledger.account(accountIndex(index)) !== undefined) index += 1;
  return accountIndex(index);
}
