/** The story of a proposal, the same for every client: what is deployed and called, in which order, and what must be seen. */
import { encodeFunctionData, type Hex, keccak256, stringToBytes } from 'viem';
import { same, until } from './check.ts';
import type { Network } from './network.ts';
import { boxAbi, type SuiteContract } from './suiteContracts.ts';

export const TIMELOCK_SECONDS = 3_600;
const SUPPLY = 10n ** 24n;
const FOR = 1;
/** The governor's states. */
const ACTIVE = 1;
const SUCCEEDED = 4;
const QUEUED = 5;
const EXECUTED = 7;

/** What a client has to be able to do for it. Every transaction is mined when the promise ends. */
export interface Governing {
  readonly voter: Hex;
  deploy(name: SuiteContract, args: readonly unknown[]): Promise<Hex>;
  send(name: SuiteContract, address: Hex, functionName: string, args: readonly unknown[]): Promise<void>;
  read(name: SuiteContract, address: Hex, functionName: string, args: readonly unknown[]): Promise<unknown>;
  /** Another block, by a transaction of no meaning. */
  anotherBlock(): Promise<void>;
  /** How many VoteCast events of the governor the client finds. */
  votesCast(governor: Hex): Promise<number>;
}

/** A token holder makes the timelock store a number: proposal, vote, queue, execution. */
export async function governorStory(network: Network, client: Governing): Promise<void> {
  const { voter } = client;
  const token = await client.deploy('VoteToken', [SUPPLY]);
  const timelock = await client.deploy('SuiteTimelock', [TIMELOCK_SECONDS, [], [zero], voter]);
  const governor = await client.deploy('SuiteGovernor', [token, timelock]);
  const box = await client.deploy('Box', [timelock]);
  const proposer = await client.read('SuiteTimelock', timelock, 'PROPOSER_ROLE', []);
  await client.send('SuiteTimelock', timelock, 'grantRole', [proposer, governor]);
  await client.send('VoteToken', token, 'delegate', [voter]);
  same(BigInt(String(await client.read('VoteToken', token, 'getVotes', [voter]))), SUPPLY, 'votes');

  const description = `Store 42, says ${voter}`;
  const calldata = encodeFunctionData({ abi: boxAbi, functionName: 'store', args: [1n, 42n] });
  const action = [[box], [0n], [calldata]] as const;
  const byHash = [...action, keccak256(stringToBytes(description))] as const;
  await client.send('SuiteGovernor', governor, 'propose', [...action, description]);
  const id = await client.read('SuiteGovernor', governor, 'hashProposal', byHash);
  const reach = (wanted: number): Promise<true> =>
    until(async () => {
      const state = Number(await client.read('SuiteGovernor', governor, 'state', [id]));
      if (state === wanted) return true;
      await client.anotherBlock();
      return undefined;
    }, 0);
  await reach(ACTIVE);
  await client.send('SuiteGovernor', governor, 'castVote', [id, FOR]);
  await reach(SUCCEEDED);
  await client.send('SuiteGovernor', governor, 'queue', byHash);
  await reach(QUEUED);
  await network.passTime(TIMELOCK_SECONDS + 1);
  await client.anotherBlock();
  await client.send('SuiteGovernor', governor, 'execute', byHash);
  same(Number(await client.read('SuiteGovernor', governor, 'state', [id])), EXECUTED, 'state of the proposal');
  same(BigInt(String(await client.read('Box', box, 'values', [1n]))), 42n, 'what the proposal stored');
  same(await client.votesCast(governor), 1, 'votes in the logs');
}

const zero: Hex = '0x0000000000000000000000000000000000000000';
