/**
 * A contract asks an attested model: three providers commit to their answers, then show them; two agree and are paid, the contract is called
 * back with what they said.
 */
import { createPublicClient, createWalletClient, formatEther, http, parseEther } from 'viem';
import {
  askedIn,
  laneActions,
  laneBridgeActions,
  oracleActions,
  oracleWalletActions,
  Subtype,
  sha256Bytes,
  signOracleAnswer,
} from '../sdk/index.ts';
import { buildAskModel } from './contracts/build.ts';
import { connect, type ExampleOptions, type Network, person, runExample } from './support.ts';

const FEE = parseEther('0.003');
const QUORUM = 2;
/** Half of it for commitments. */
const OPEN_SECONDS = 600;
const FOR_GAS = parseEther('0.05');

/** Stands for a model that answers the same question always the same way; `agents/answers` runs real ones. */
function infer(input: Uint8Array): Uint8Array {
  return sha256Bytes(input).subarray(0, 8);
}

/** Somebody with money on the EVM lane. */
async function laneWallet(network: Network, addressIndex: number) {
  const somebody = await person(network, addressIndex);
  const { chain } = network;
  const wallet = createWalletClient({
    account: somebody.wallet.account,
    chain,
    transport: http(),
    pollingInterval: 200,
  })
    .extend(oracleActions)
    .extend(oracleWalletActions);
  const { index } = await somebody.wallet.extend(laneBridgeActions(chain)).depositToLane({ amount: FOR_GAS });
  const client = createPublicClient({ chain, transport: http(), pollingInterval: 200 }).extend(laneActions);
  await client.waitForMessage(index, { timeoutMs: 120_000 });
  return { ...somebody, evm: wallet, client };
}

export async function askAModel(options: ExampleOptions) {
  const { log } = options;
  const network = await connect(options);
  const asker = await laneWallet(network, 9);
  const providers = [await laneWallet(network, 6), await laneWallet(network, 7), await laneWallet(network, 8)];

  // Who answers needs a KEY account, whose key signs; its owner's address is paid. The model is attested once, by anybody.
  const accounts: number[] = [];
  for (const provider of providers) accounts.push(await provider.deposit(parseEther('0.1')));
  const [first, ...others] = providers;
  if (first === undefined) throw new RangeError('nobody answers');
  const weights = sha256Bytes(new TextEncoder().encode(`weights ${accounts.join()}`));
  const model = await first.ledger.attest({ from: accounts[0] ?? 0, sha256: weights, subtype: Subtype.MODEL });

  const { abi, bytecode } = await buildAskModel();
  const args = [model.index, accounts, QUORUM];
  const deployed = await asker.evm.deployContract({ abi, bytecode, args });
  const { contractAddress } = await asker.client.waitForTransactionReceipt({ hash: deployed });
  if (contractAddress == null) throw new RangeError('not deployed');
  const contract = { address: contractAddress, abi };

  // The input is for the model; the deadline is when the fee may be taken back.
  const input = new TextEncoder().encode('what is it?');
  const { time } = await first.ledger.getChainInfo();
  const hash = await asker.evm.writeContract({
    ...contract,
    functionName: 'ask',
    args: [`0x${Buffer.from(input).toString('hex')}`, time + OPEN_SECONDS],
    value: FEE,
  });
  const { question } = askedIn(await asker.client.waitForTransactionReceipt({ hash }));
  const { price, revealFrom } = await asker.evm.getQuestion(question);
  log(`question ${question}: ${formatEther(price)} ETH for each of ${QUORUM} answers that agree`);

  // Each signs its answer and commits to it, so that nobody copies what another shows. The first one makes its answer up: it is signed all the
  // same, and nobody confirms it.
  const answers = providers.map((provider, i) => {
    const output = provider === first ? new TextEncoder().encode('no idea') : infer(input);
    const said = { question, model: model.index, price, input, output, time };
    return {
      provider,
      of: accounts[i] ?? 0,
      output,
      receipt: signOracleAnswer(provider.ledger, provider.account, said),
    };
  });
  for (const { provider, receipt } of answers) await provider.evm.commitAnswer(receipt);
  log(`${answers.length} answers are committed to`);

  // A development network sets its clock forward. A block must say that it is time: on a lane without traffic, any transaction makes one.
  await first.ledger.request({ method: 'engram_devAdvanceTime', params: [OPEN_SECONDS / 2] });
  for (const { provider, receipt } of answers.slice(0, 1)) await provider.evm.commitAnswer(receipt);
  await asker.evm.waitForReveal(question, { timeoutMs: 60_000 });
  log(`shown from ${new Date(revealFrom * 1_000).toISOString()} on`);
  for (const { provider, of, output, receipt } of answers) {
    await provider.evm.answerQuestion({ provider: of, output, receipt });
  }

  const { output, paid, hasCallbackFailed } = await asker.evm.waitForAnswer(question, { timeoutMs: 60_000 });
  const learnt = (await asker.client.readContract({ ...contract, functionName: 'answerOf', args: [question] })) as {
    isThere: boolean;
    output: string;
  }; // AskModel.sol's Answer
  log(`accounts ${paid.join(' and ')} say ${learnt.output}`);

  const credits: bigint[] = [];
  for (const { evm, address } of providers) credits.push(await evm.getOracleCredit(address));
  for (const { evm } of others) await evm.withdrawOracleCredit();
  return {
    isRight: Buffer.from(output).equals(infer(input)),
    isLearnt: learnt.isThere && !hasCallbackFailed,
    paid: credits.map((credit) => credit / price),
  };
}

await runExample(import.meta.url, askAModel);
