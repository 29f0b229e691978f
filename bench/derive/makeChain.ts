import { encodeFunctionData, type Hex, hexToBytes, parseEther } from 'viem';
import { artifact, buildTestContracts } from '../../bridge/build.ts';
import { EvmLaneClient } from '../../bridge/client/evmLaneClient.ts';
import { localClients } from '../../bridge/deploy/localL1.ts';
import { systemClock } from '../../chain/clock.ts';
import { BRIDGED_TOKEN_ABI } from '../../genesis/predeploys/abi.ts';
import { tokenAddress } from '../../genesis/predeploys/inboxCall.ts';
import { accountsOf } from '../../node/devnet/funding.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { signTx } from '../../protocol/tx.ts';
import type { SignedTx } from '../../protocol/types.ts';
import { transfer } from '../../sdk/ops.ts';
import { type InstantDevnet, startInstantDevnet } from '../../test/e2e/support/instantDevnet.ts';
import { benchPerson, benchSenders, type Person, sign } from '../evm/workload.ts';

export interface ChainPlan {
  readonly blocks: number;
  readonly evmPerBlock: number;
  readonly ledgerPerBlock: number;
  /** Share of the EVM lane's transactions that call an ERC-20; the others are transfers. */
  readonly erc20Share: number;
}

/** Where the chain is posted. */
export interface DeriveChain {
  readonly l1Url: string;
  readonly rollup: Hex;
  readonly evmLane: Hex;
  readonly deployedAt: number;
}

export interface MadeChain {
  readonly chain: DeriveChain;
  readonly blockHash: Hex;
  /** Stops L1; the node is stopped already. */
  stop(): Promise<void>;
}

const SENDERS = 50;
/** A transaction of the ledger lane must not wait for the batch after next. */
const FOREVER = 2 ** 40 - 1;

/** A chain of both lanes, posted and proven. Blocks are made as fast as they can be. */
export async function makeChain(plan: ChainPlan, deps: { progress: (text: string) => void }): Promise<MadeChain> {
  const { progress } = deps;
  progress('starting L1 and a node');
  const devnet = await startInstantDevnet({
    shapes: ['large'],
    // made by tick() alone
    flags: { '--sequencer-block-ms': 60_000, '--evm-pool-txs': 100_000, '--evm-pool-account-txs': 20_000 },
  });
  try {
    const senders = benchSenders(SENDERS);
    progress('funding');
    await fund(devnet, senders);
    progress('signing');
    const evm = evmTxs(devnet, senders, plan);
    const ledger = await ledgerTxs(devnet, plan);
    progress(`making ${plan.blocks} blocks`);
    const { sequencer } = devnet.node;
    for (let block = 0; block < plan.blocks; block += 1) {
      const raws = evm.slice(block * plan.evmPerBlock, (block + 1) * plan.evmPerBlock);
      await Promise.all(raws.map((raw) => sequencer.submitEvm(hexToBytes(raw))));
      const txs = ledger.slice(block * plan.ledgerPerBlock, (block + 1) * plan.ledgerPerBlock);
      await Promise.all(txs.map((tx) => sequencer.submit(tx)));
      await sequencer.tick();
    }
    while (sequencer.evmPool.status().pending > 0 || sequencer.mempool.size > 0) await sequencer.tick();
    await sequencer.closeBatch();
    await proven(devnet, progress);
    const hash = sequencer.lane.head.hash();
    await devnet.node.stop();
    const { l1Url, rollup, evmLane, deployedAt } = devnet;
    return {
      chain: { l1Url, rollup, evmLane, deployedAt: Number(deployedAt) },
      blockHash: `0x${Buffer.from(hash).toString('hex')}`,
      stop: () => devnet.stop(),
    };
  } catch (error) {
    await devnet.stop();
    throw error;
  }
}

/** By deposits on L1: ETH for one, who passes it on, and an ERC-20 for everybody. */
async function fund(devnet: InstantDevnet, senders: readonly Person[]): Promise<void> {
  const clients = localClients(devnet.l1);
  const wallet = clients.walletClient(devnet.person('dave').l1);
  const lane = await EvmLaneClient.open(
    { address: devnet.evmLane, deployedAt: devnet.deployedAt },
    { publicClient: clients.publicClient, wallet },
  );
  const token = devnet.tokens[1];
  if (token === undefined) throw new RangeError('the devnet has a token');
  const { abi } = artifact(await buildTestContracts(), 'PlainToken');
  const amount = parseEther('50000');
  const data = encodeFunctionData({ abi, functionName: 'mint', args: [lane.account, amount] });
  await lane.send({ to: token.address, data, value: 0n });
  const bank = benchPerson('bank');
  const owner = { to: bank.address, refundTo: bank.address };
  await lane.depositEvm({ ...owner, amount: parseEther('100') });
  await lane.depositEvmToken({ ...owner, token: token.id, amount });
  const { sequencer } = devnet.node;
  await sequencer.pollQueue();
  await sequencer.tick();
  const chainId = Number(sequencer.lane.common.chainId());
  const erc20 = tokenAddress(token.id);
  for (const [i, { address }] of senders.entries()) {
    const args = [address, parseEther('1000')] as const;
    const call = encodeFunctionData({ abi: BRIDGED_TOKEN_ABI, functionName: 'transfer', args });
    const gift = { chainId, gas: 21_000n, nonce: 2 * i, to: address, value: parseEther('1'), data: '0x' } as const;
    const tokens = { chainId, gas: 100_000n, nonce: 2 * i + 1, to: erc20, value: 0n, data: call };
    for (const tx of [gift, tokens]) await sequencer.submitEvm(hexToBytes(sign(tx, bank.key).raw));
  }
  await sequencer.tick();
}

function evmTxs(devnet: InstantDevnet, senders: readonly Person[], plan: ChainPlan): Hex[] {
  const chainId = Number(devnet.node.sequencer.lane.common.chainId());
  const token = tokenAddress(devnet.tokens[1]?.id ?? 0);
  const every = plan.erc20Share;
  return Array.from({ length: plan.blocks * plan.evmPerBlock }, (_, i) => {
    const sender = senders[i % senders.length] ?? benchPerson('nobody');
    const to = benchPerson(`recipient ${i % 2_000}`).address;
    const nonce = Math.floor(i / senders.length);
    const isToken = Math.floor((i + 1) * every) > Math.floor(i * every);
    const args = [to, BigInt(i + 1)] as const;
    const data = isToken ? encodeFunctionData({ abi: BRIDGED_TOKEN_ABI, functionName: 'transfer', args }) : '0x';
    const value = isToken ? 0n : BigInt(i + 1) * 10n ** 9n;
    const gas = isToken ? 100_000n : 21_000n;
    return sign({ chainId, nonce, gas, to: isToken ? token : to, value, data }, sender.key).raw;
  });
}

async function ledgerTxs(devnet: InstantDevnet, plan: ChainPlan): Promise<SignedTx[]> {
  const [alice, bob] = [devnet.person('alice'), devnet.person('bob')];
  for (const [name, { key }] of [
    ['alice', alice],
    ['bob', bob],
  ] as const) {
    await (await devnet.as(name)).depositNew({ token: 0, amount: parseEther('10'), key });
  }
  await devnet.node.sequencer.pollQueue();
  await devnet.node.sequencer.tick();
  const [from] = await accountsOf(alice, 1, { rpc: devnet.rpc });
  const [to] = await accountsOf(bob, 1, { rpc: devnet.rpc });
  if (from === undefined || to === undefined) throw new RangeError('the deposits are in');
  const { domain } = await (await devnet.as('alice')).parameters();
  const [signer, receiver] = [accountIndex(from.index), accountIndex(to.index)];
  return Array.from({ length: plan.blocks * plan.ledgerPerBlock }, (_, nonce) => {
    const ops = [transfer({ from: signer, to: receiver, amount: BigInt(nonce + 1) })];
    return signTx({ signer, nonce, validUntil: FOREVER, ops }, alice.seed, domain);
  });
}

async function proven(devnet: InstantDevnet, progress: (text: string) => void): Promise<void> {
  const { sequencer } = devnet.node;
  const closed = devnet.node.store.head.closedBatch;
  for (let seen = -1; seen < closed; ) {
    const { proven: done } = sequencer.publisher.state;
    if (done !== seen) progress(`${done} of ${closed} batches are proven`);
    seen = done;
    await systemClock.sleep(200);
  }
}
