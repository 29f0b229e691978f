/** A reward round: many are paid in one bundle, with one signature. Contributors have a ledger key and never touch L1. */
import { parseEther } from 'viem';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { field } from '../../protocol/field.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import type { Person } from './people.ts';
import type { World } from './world.ts';

export interface Recipient {
  /** As the book calls it. */
  readonly name: string;
  readonly index: number;
}

const FEE = 1_000n;

function contributor(n: number) {
  const seed = bigintToBytes(keccak256(new TextEncoder().encode(`engram demo contributor ${n}`)), 32);
  return { key: publicKey(seed), address: 0xc0000000000000000000000000000000000000n + BigInt(n) };
}

/** `payer` creates accounts for `count` contributors, empty yet, in one bundle. */
export async function registerContributors(world: World, payer: Person, count: number): Promise<Recipient[]> {
  const token = world.token.id;
  const people = Array.from({ length: count }, (_, n) => contributor(n));
  await payer.send(
    token,
    people.map((owner) => payer.register(token, owner, 0n)),
  );
  const recipients: Recipient[] = [];
  for (const [n, { key }] of people.entries()) {
    const keys = [key[0].toString(), key[1].toString()] as const;
    const [account] = await world.devnet.rpc.request('engram_getAccountsByKey', keys);
    if (account === undefined) throw new RangeError('a contributor was not registered');
    const name = `contributor${n}`;
    world.track(name, token, account.index);
    recipients.push({ name, index: account.index });
  }
  return recipients;
}

/** What the n-th of them is paid; every one another amount, so that a mix-up shows. */
function reward(n: number): bigint {
  return parseEther('1') + BigInt(n) * 10n ** 16n;
}

/** One bundle; the memo of each payment says for which place in the round it is. */
export async function payRewards(world: World, payer: Person, recipients: readonly Recipient[]): Promise<Hex> {
  const token = world.token.id;
  const hash = await payer.send(
    token,
    recipients.map(({ index }, n) => payer.transfer(token, index, reward(n), { fee: FEE, memo: [field(BigInt(n))] })),
  );
  recipients.forEach(({ name }, n) => {
    world.book.move(`ledger:${payer.name}:${token}`, `ledger:${name}:${token}`, reward(n));
    world.payFees(payer.name, token, FEE);
  });
  return hash;
}
