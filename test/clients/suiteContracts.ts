/** The suite's contracts: human-readable ABIs (typed for viem, taken by ethers as they are) and the compiled code. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Hex, parseAbi } from 'viem';
import { artifact, compile } from '../../bridge/build.ts';

const FOLDER = new URL('contracts/', import.meta.url);

const tokenText = [
  'constructor(uint256 supply)',
  'event Transfer(address indexed from, address indexed to, uint256 value)',
  'event Approval(address indexed owner, address indexed spender, uint256 value)',
  'event DelegateVotesChanged(address indexed delegate, uint256 previousVotes, uint256 newVotes)',
  'error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)',
  'function name() view returns (string)',
  'function symbol() view returns (string)',
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function transfer(address to, uint256 value) returns (bool)',
  'function approve(address spender, uint256 value) returns (bool)',
  'function transferFrom(address from, address to, uint256 value) returns (bool)',
  'function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s)',
  'function nonces(address owner) view returns (uint256)',
  'function delegate(address delegatee)',
  'function getVotes(address account) view returns (uint256)',
] as const;

const governorText = [
  'constructor(address token, address timelock)',
  'event ProposalCreated(uint256 proposalId, address proposer, address[] targets, uint256[] values, string[] signatures, bytes[] calldatas, uint256 voteStart, uint256 voteEnd, string description)',
  'event VoteCast(address indexed voter, uint256 proposalId, uint8 support, uint256 weight, string reason)',
  'event ProposalExecuted(uint256 proposalId)',
  'error GovernorUnexpectedProposalState(uint256 proposalId, uint8 current, bytes32 expectedStates)',
  'function hashProposal(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) view returns (uint256)',
  'function propose(address[] targets, uint256[] values, bytes[] calldatas, string description) returns (uint256)',
  'function castVote(uint256 proposalId, uint8 support) returns (uint256)',
  'function queue(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) returns (uint256)',
  'function execute(address[] targets, uint256[] values, bytes[] calldatas, bytes32 descriptionHash) payable returns (uint256)',
  'function state(uint256 proposalId) view returns (uint8)',
  'function proposalVotes(uint256 proposalId) view returns (uint256 against, uint256 forVotes, uint256 abstain)',
] as const;

const timelockText = [
  'constructor(uint256 minDelay, address[] proposers, address[] executors, address admin)',
  'function PROPOSER_ROLE() view returns (bytes32)',
  'function grantRole(bytes32 role, address account)',
] as const;

const boxText = [
  'constructor(address owner)',
  'event Stored(address indexed by, uint256 indexed key, uint256 value)',
  'error OwnableUnauthorizedAccount(address account)',
  'function owner() view returns (address)',
  'function values(uint256 key) view returns (uint256)',
  'function store(uint256 key, uint256 value)',
] as const;

const failuresText = [
  'error Refused(uint256 wanted, address by)',
  'function customError(uint256 wanted) view',
  'function requireText(uint256 value) pure returns (uint256)',
  'function plain() pure',
  'function assertion(bool isTrue) pure',
  'function overflow(uint256 value) pure returns (uint256)',
  'function division(uint256 by) pure returns (uint256)',
  'function item(uint256 position) view returns (uint256)',
  'function invalidOpcode() pure',
  'function burnGas() view',
  'function refusesMoney()',
] as const;

const stressText = [
  'function depthReached() view returns (uint256)',
  'function recurse(uint256 depth) returns (uint256)',
  'function floodLogs(uint256 count, uint256 size)',
  'function spin() view returns (uint256)',
  'function spinForEver() pure',
  'function fill(uint256 size) pure',
  'function hash(uint256 size) pure returns (bytes32)',
  'function write(uint256 from, uint256 count)',
] as const;

const walletText = [
  'error NotSelf()',
  'event Executed(uint256 calls)',
  'function execute((address to, uint256 value, bytes data)[] calls) payable',
] as const;

const multicallText = [
  'function aggregate3((address target, bool allowFailure, bytes callData)[] calls) payable returns ((bool success, bytes returnData)[])',
] as const;

/** ABIs as text, by contract: what ethers takes. */
export const abiText = {
  VoteToken: tokenText,
  SuiteGovernor: governorText,
  SuiteTimelock: timelockText,
  Box: boxText,
  Failures: failuresText,
  Stress: stressText,
  Wallet7702: walletText,
  Multicall: multicallText,
} as const;

export type SuiteContract = keyof typeof abiText;

export const tokenAbi = parseAbi(tokenText);
export const governorAbi = parseAbi(governorText);
export const boxAbi = parseAbi(boxText);
export const failuresAbi = parseAbi(failuresText);
export const stressAbi = parseAbi(stressText);
export const walletAbi = parseAbi(walletText);

export type SuiteCode = Readonly<Record<SuiteContract, Hex>>;

/** Creation code of every contract of the suite; cached by content, about half a minute the first time. */
export async function suiteCode(): Promise<SuiteCode> {
  const sources: Record<string, string> = {};
  for (const file of (await readdir(FOLDER)).sort()) {
    sources[file] = await readFile(fileURLToPath(new URL(file, FOLDER)), 'utf8');
  }
  const artifacts = await compile(sources);
  const names = Object.keys(abiText) as SuiteContract[]; // the keys of a constant
  // Every name is there, `artifact` throws otherwise.
  return Object.fromEntries(names.map((name) => [name, artifact(artifacts, name).bytecode])) as SuiteCode;
}
