/** The EVM lane with viem: ETH from L1, a look at the ledger as contracts see it, a payment, and back to L1. */
import { createPublicClient, createWalletClient, formatEther, http, parseEther } from 'viem';
import {
  INBOX,
  LEDGER_READ,
  LEDGER_READ_ABI,
  laneActions,
  laneBridgeActions,
  laneWalletActions,
} from '../sdk/index.ts';
import { connect, type ExampleOptions, person, runExample } from './support.ts';

export async function evmLane(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);
  const { chain } = network;

  // The same key is an account on L1, on the EVM lane, and, by a signature, the owner of ledger accounts.
  const alice = await person(network, 3);
  const bob = await person(network, 4);
  const l1 = alice.wallet.extend(laneBridgeActions(chain));
  const client = createPublicClient({ chain, transport: http(), pollingInterval: 200 }).extend(laneActions);
  const wallet = createWalletClient({ account: alice.wallet.account, chain, transport: http(), pollingInterval: 200 })
    .extend(laneActions)
    .extend(laneWalletActions);

  const { index } = await l1.depositToLane({ amount: parseEther('1') });
  const { block, isDelivered } = await client.waitForMessage(index, { timeoutMs: 120_000 });
  log(`message ${index} of L1 was delivered by ${INBOX} in block ${block}`);

  // Money moves from the ledger in one block.
  const account = await alice.deposit(parseEther('2'));
  const exit = await alice.ledger.exitToLane({ from: account, amount: parseEther('0.5') });
  await alice.ledger.waitFor(exit, 'included');

  // What contracts see of the ledger, they ask LedgerRead; so can anybody.
  const seen = await client.readContract({
    address: LEDGER_READ,
    abi: LEDGER_READ_ABI,
    functionName: 'account',
    args: [account],
  });
  log(`contracts see ${formatEther(seen.balance)} ETH in ledger account ${account}`);

  const paid = await wallet.sendTransaction({ to: bob.address, value: parseEther('0.1') });
  await client.waitForTransactionReceipt({ hash: paid });

  const withdrawal = await wallet.withdrawFromLane({ amount: parseEther('0.7'), recipient: bob.address });
  log(`withdrawal ${withdrawal.index} is in block ${withdrawal.block}`);
  await wallet.waitForWithdrawal(withdrawal.index);
  const before = await network.l1.getBalance({ address: bob.address });
  // The node gives the proof; it is checked against L1 before anything is sent.
  const { hash } = await l1.claimWithdrawal({ client, withdrawal });
  const received = (await network.l1.getBalance({ address: bob.address })) - before;
  log(`L1 paid ${formatEther(received)} ETH in ${hash}`);
  return { isDelivered, ledgerBalance: seen.balance, received };
}

await runExample(import.meta.url, evmLane);
