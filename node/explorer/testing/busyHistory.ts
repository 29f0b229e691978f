/** A ledger in which everything happens that can, at random: two tokens, royalties, closed channels, forced exits that take and that do not. */
import type { FullChain } from '../../../chain/testing/history.ts';
import { GRACE_SECONDS, unpackAttestation, unpackChannel } from '../../../protocol/account.ts';
import { ProtocolError } from '../../../protocol/errors.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import {
  type Actor,
  actor,
  attest,
  claim,
  close,
  exit,
  open,
  register,
  type SignedClaim,
  signed,
  TEST_TIME,
  transfer,
} from '../../../protocol/testing/actors.ts';
import type { SeededRandom } from '../../../protocol/testing/random.ts';
import {
  type Account,
  type AccountIndex,
  Kind,
  type L1Op,
  type Op,
  type QueueItem,
  type SignedTx,
} from '../../../protocol/types.ts';

const PEOPLE = [1, 2, 3].map((n) => actor(n));
const VOUCHERS = actor(40);
const ROYALTY_BPS = 1_234;

type Ledger = FullChain['ledger'];
type Found = readonly [index: number, account: Account];

export class BusyHistory {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  async block({ ledger, store }: FullChain): Promise<void> {
    const random = this.#random;
    let jump = random.int(90);
    if (ledger.open !== undefined && random.oneIn(3)) {
      await ledger.close();
      // So that channels get over.
      if (random.oneIn(3)) jump = GRACE_SECONDS;
    }
    const timestamp = Math.max(TEST_TIME, store.head.timestamp) + jump;
    const batch = ledger.open?.batch ?? ledger.begin(timestamp);
    const l1Ops: L1Op[] = [];
    const txs: SignedTx[] = [];
    for (let i = random.int(4); i > 0; i -= 1) {
      attempt(() => l1Ops.push(batch.applyL1(this.#queueItem(ledger), firstFree(ledger))));
    }
    const feeAccounts = [...ledger.feeAccounts];
    for (const token of [0, 1]) {
      const [first] = accounts(ledger, ({ kind, token: of }) => kind === Kind.KEY && of === token);
      if (first === undefined || feeAccounts.some((index) => ledger.account(index)?.token === token)) continue;
      attempt(() => {
        batch.nameFeeAccount(accountIndex(first[0]));
        feeAccounts.push(accountIndex(first[0]));
      });
    }
    for (let i = random.int(5); i > 0; i -= 1) {
      const tx = this.#tx(ledger);
      if (tx === undefined) continue;
      attempt(() => {
        batch.applyTx(tx, { signatureChecked: true });
        txs.push(tx);
      });
    }
    const sealed = await ledger.seal({ timestamp, l1Ops, txs, feeAccounts });
    if (sealed === undefined) ledger.abandonEmpty();
  }

  #queueItem(ledger: Ledger): QueueItem {
    const random = this.#random;
    const person = random.pick(PEOPLE);
    const index = accountIndex(1 + random.int(16));
    const token = random.int(2);
    if (ledger.account(accountIndex(1)) === undefined || random.oneIn(4)) {
      return { opcode: 1, token, amount: 1_000_000n, key: person.key, address: person.address };
    }
    if (random.oneIn(3)) return { opcode: 3, index, address: person.address };
    return { opcode: 2, index, token, amount: 777n, address: person.address };
  }

  #tx(ledger: Ledger): SignedTx | undefined {
    const random = this.#random;
    const mine = accounts(ledger, ({ kind }) => kind === Kind.KEY);
    if (mine.length === 0) return undefined;
    const [signer, account] = random.pick(mine);
    const owner = PEOPLE.find(({ key }) => key[0] === account.a);
    if (owner === undefined) return undefined;
    const ops = [this.#op(ledger, [signer, account], owner)];
    if (random.oneIn(3)) ops.push(transfer(signer, signer, 5n, { fee: 2n }));
    return signed(owner, { signer, nonce: account.nonce, ops, validUntil: 2 ** 40 - 1 });
  }

  #op(ledger: Ledger, [signer, { token }]: Found, owner: Actor): Op | SignedClaim {
    const random = this.#random;
    const fee = BigInt(random.int(4));
    const to = firstFree(ledger);
    const pick = (test: (account: Account) => boolean): Found | undefined => {
      const found = accounts(ledger, test);
      return found.length === 0 ? undefined : random.pick(found);
    };
    const other = pick(({ kind, token: of }) => kind === Kind.KEY && of === token)?.[0] ?? signer;
    const model = pick(({ kind, token: of }) => kind === Kind.ATTEST && of === token);
    const mine = pick(({ kind, c }) => kind === Kind.ATTEST && unpackAttestation(c).owner === signer);
    const claimable = pick(({ kind, c }) => kind === Kind.CHANNEL && unpackChannel(c).provider === signer);
    const payable = pick(({ kind, c }) => kind === Kind.CHANNEL && unpackChannel(c).payer === signer);
    switch (random.int(9)) {
      case 0:
        return register(signer, to, owner, 1_000n, fee);
      case 1:
        return exit(signer, 0xbeefn + BigInt(random.int(2)), 20n, fee);
      case 2:
        return attest(signer, to, { royaltyBps: ROYALTY_BPS, amount: 30n, fee });
      case 3: {
        const terms = { provider: other, voucherKey: VOUCHERS, amount: 9_000n, fee };
        const expiry = ledger.open?.record.timestamp ?? TEST_TIME;
        return open(signer, to, { ...terms, expiry, ...(model !== undefined && { model: model[0] }) });
      }
      case 4:
      case 5: {
        if (claimable === undefined) break;
        const [channel, { claimed, c }] = claimable;
        const royaltyBps = unpackChannel(c).model === 0 ? 0 : ROYALTY_BPS;
        return claim(channel, signer, { voucherKey: VOUCHERS, total: claimed + 500n, claimed, royaltyBps, fee });
      }
      case 6:
        if (payable === undefined) break;
        return close(payable[0], signer, payable[1].balance / 2n, fee);
      case 7:
        if (mine === undefined) break;
        return transfer(mine[0], signer, 3n, { fee });
    }
    return transfer(signer, other, 11n, { fee });
  }
}

/** All live accounts that pass, by index; there are no gaps between them. */
function accounts(ledger: Ledger, test: (account: Account) => boolean): Found[] {
  const found: Found[] = [];
  for (let index = 1; ; index += 1) {
    const account = ledger.account(accountIndex(index));
    if (account === undefined) return found;
    if (test(account)) found.push([index, account]);
  }
}

function firstFree(ledger: Ledger): AccountIndex {
  let index = 1;
  while (ledger.account(accountIndex(index)) !== undefined) index += 1;
  return accountIndex(index);
}

/** What does not fit, or is not possible, does not happen. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
  }
}
