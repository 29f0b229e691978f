/** From L1 to the ledger, from one account to another, and back to L1. */
import { formatEther, parseEther } from 'viem';
import { connect, type ExampleOptions, person, runExample } from './support.ts';

export async function depositTransferWithdraw(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);

  // Each wallet signs one text; the ledger key follows from it. Nothing has to be stored.
  const alice = await person(network, 3);
  const bob = await person(network, 4);
  const from = await alice.deposit(parseEther('2'));
  const to = await bob.deposit(parseEther('1'));
  log(`alice's account is ${from}, bob's is ${to}`);

  // Nonce, validity and the least fee are filled in; the hash is known at once.
  const paid = await alice.ledger.transfer({ from, to, amount: parseEther('0.5') });
  await alice.ledger.waitFor(paid, 'included');
  const { balance } = await bob.ledger.getAccount(to);
  log(`bob has ${formatEther(balance)} ETH on the ledger`);

  // An exit is final once its batch is proven on L1. Then anybody can have it paid out.
  const left = await bob.ledger.withdraw({ from: to, recipient: bob.address, amount: parseEther('1.25') });
  await bob.ledger.waitFor(left, 'proven', { onStatus: ({ status }) => log(`the exit is ${status}`) });
  const owed = await bob.wallet.getPendingWithdrawal();
  const { hash } = await bob.wallet.withdrawFromBridge();
  log(`L1 paid ${formatEther(owed)} ETH in ${hash}`);
  return { balance, owed, left: (await bob.ledger.getAccount(to)).balance };
}

await runExample(import.meta.url, depositTransferWithdraw);
