/** A reward round: many contributors are paid under one signature, all or none. */
import { parseEther, toHex } from 'viem';
import { type AccountIndex, ledgerAccount, ops, sha256Bytes } from '../sdk/index.ts';
import { connect, type ExampleOptions, person, runExample } from './support.ts';

const CONTRIBUTORS = 20;

export async function rewardRound(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);
  const pool = await person(network, 9);
  const from = (await pool.deposit(parseEther('1'))) as AccountIndex;

  // Contributors have keys of their own and no account yet: the pool registers them, without any deposit on L1.
  const contributors = Array.from({ length: CONTRIBUTORS }, (_, n) =>
    ledgerAccount({ seed: sha256Bytes(new TextEncoder().encode(`contributor ${n} of round ${from}`)) }),
  );
  // What fits into one transaction is the batch's: operations, and accounts besides the pool's and the fees'.
  const { shape } = await pool.ledger.getChainInfo();
  const size = Math.min(shape.N, shape.A - 2);
  const parts = Array.from({ length: Math.ceil(CONTRIBUTORS / size) }, (_, i) => i * size);
  for (const start of parts) {
    const newcomers = contributors.slice(start, start + size);
    const hash = await pool.ledger.bundle({
      from,
      ops: newcomers.map(({ key }, n) => ops.register({ from, key, address: BigInt(start + n + 1), amount: 0n })),
    });
    await pool.ledger.waitFor(hash, 'included');
  }
  const shares: { to: AccountIndex; amount: bigint }[] = [];
  for (const [n, contributor] of contributors.entries()) {
    const [account] = await pool.ledger.getAccounts(contributor);
    if (account === undefined) throw new RangeError('a contributor was not registered');
    shares.push({ to: account.index, amount: parseEther('0.001') * BigInt(n + 1) });
  }

  let signatures = 0;
  for (const start of parts) {
    const hash = await pool.ledger.bundle({
      from,
      ops: shares.slice(start, start + size).map((share) => ops.transfer({ from, ...share })),
    });
    signatures += 1;
    await pool.ledger.waitFor(hash, 'included');
  }
  const paid = await Promise.all(shares.map(async ({ to }) => (await pool.ledger.getAccount(to)).balance));
  const total = paid.reduce((sum, balance) => sum + balance, 0n);
  log(`${CONTRIBUTORS} contributors got ${total} wei with ${signatures} signature${signatures === 1 ? '' : 's'}`);
  return { signatures, isPaid: paid.every((balance, n) => balance === shares[n]?.amount), total, pool: toHex(from) };
}

await runExample(import.meta.url, rewardRound);
