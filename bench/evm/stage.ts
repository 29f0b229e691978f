/** What a target needs before the first round: contracts, and money and tokens for all senders. The same calls on every target. */
import { readFile } from 'node:fs/promises';
import {
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  maxUint256,
  parseAbi,
  parseEther,
} from 'viem';
import { artifact, compile } from '../../bridge/build.ts';
import { BenchRpc } from './rpc.ts';
import { benchPerson, benchSenders, sign } from './workload.ts';

const EACH = parseEther('5');
const SPREAD_AT_ONCE = 100;
const spreadAbi = parseAbi([
  'function money(address[] to, uint256 each) payable',
  'function tokens(address token, address[] to, uint256 each)',
]);
const tokenAbi = parseAbi([
  'constructor(uint256 supply)',
  'function approve(address spender, uint256 value) returns (bool)',
]);

/** Deploys everything; its money has to be there before. */
export const funder = benchPerson('funder');

export function moneyFor(senders: number): bigint {
  return EACH * BigInt(senders) + parseEther('20');
}

/** Addresses follow from the funder's nonces. */
export const token: Hex = getContractAddress({ from: funder.address, nonce: 0n });
const spread: Hex = getContractAddress({ from: funder.address, nonce: 1n });

export async function prepareTarget(
  url: string,
  { chainId, senders }: { chainId: number; senders: number },
): Promise<void> {
  const contracts = await benchContracts();
  const supply = 10n ** 30n;
  const people = benchSenders(senders).map(({ address }) => address);
  const calls: { to?: Hex; value?: bigint; data: Hex; gas: bigint }[] = [
    { data: encodeDeployData({ abi: tokenAbi, bytecode: contracts.token, args: [supply] }), gas: 3_000_000n },
    { data: contracts.spread, gas: 3_000_000n },
    {
      to: token,
      data: encodeFunctionData({ abi: tokenAbi, functionName: 'approve', args: [spread, maxUint256] }),
      gas: 100_000n,
    },
  ];
  for (let from = 0; from < people.length; from += SPREAD_AT_ONCE) {
    const to = people.slice(from, from + SPREAD_AT_ONCE);
    const money = encodeFunctionData({ abi: spreadAbi, functionName: 'money', args: [to, EACH] });
    calls.push({ to: spread, value: EACH * BigInt(to.length), data: money, gas: 8_000_000n });
    const tokens = encodeFunctionData({ abi: spreadAbi, functionName: 'tokens', args: [token, to, 10n ** 24n] });
    calls.push({ to: spread, data: tokens, gas: 8_000_000n });
  }
  const rpc = new BenchRpc(url, 1);
  try {
    const hashes: Hex[] = [];
    for (const [nonce, { to, value = 0n, data, gas }] of calls.entries()) {
      const { raw } = sign({ chainId, nonce, gas, to, value, data }, funder.key);
      hashes.push(await rpc.call<Hex>('eth_sendRawTransaction', [raw]));
    }
    for (const hash of hashes) await succeeded(rpc, hash);
  } finally {
    rpc.close();
  }
}

async function succeeded(rpc: BenchRpc, hash: Hex): Promise<void> {
  for (;;) {
    const receipt = await rpc.call<{ status: Hex } | null>('eth_getTransactionReceipt', [hash]);
    if (receipt?.status === '0x1') return;
    if (receipt !== null) throw new RangeError(`the preparation failed: ${hash}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Creation code of the contracts of the workload. */
export async function benchContracts(): Promise<{ token: Hex; spread: Hex }> {
  const sources: Record<string, string> = {};
  for (const name of ['BenchToken.sol', 'Spread.sol']) {
    sources[name] = await readFile(new URL(`contracts/${name}`, import.meta.url), 'utf8');
  }
  const artifacts = await compile(sources);
  return { token: artifact(artifacts, 'BenchToken').bytecode, spread: artifact(artifacts, 'Spread').bytecode };
}
