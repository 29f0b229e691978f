/**
 * The executor of the EVM lane alone: signed transactions in, blocks on a LevelDB out, in one process. Transfers go to new accounts,
 * tokens (OpenZeppelin's ERC20) to new holders. Prints figures as JSON on stdout, and with --profile where the time goes.
 *
 *   node --import tsx bench/evmExecutor.ts [--txs 8000] [--block 1000] [--profile]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createTx, type TypedTxData } from '@ethereumjs/tx';
import { bigIntToUnpaddedBytes } from '@ethereumjs/util';
import secp256k1 from 'secp256k1';
import { encodeDeployData, encodeFunctionData, erc20Abi } from 'viem';
import { openLevel } from '../chain/db.ts';
import { bytesHex, hexBytes, keccak, keccakHex, senderOf } from '../chain/evm/crypto.ts';
import { decodeEvmTx } from '../chain/evm/decodeTx.ts';
import { EvmLane } from '../chain/evm/evmLane.ts';
import { createdBy } from '../chain/evm/receipts.ts';
import type { EvmBlockInput, EvmTx, TxSource } from '../chain/evm/types.ts';
import { artifact, compile } from '../genesis/compiler.ts';
import { genesisState, loadSpec } from '../genesis/spec.ts';
import type { Hex } from '../protocol/lane/types.ts';
import type { Field } from '../protocol/types.ts';

const { values } = parseArgs({
  options: {
    txs: { type: 'string', default: '8000' },
    block: { type: 'string', default: '1000' },
    senders: { type: 'string', default: '200' },
    profile: { type: 'boolean', default: false },
  },
});
const count = Number(values.txs);
const perBlock = Number(values.block);
const senders = Array.from({ length: Number(values.senders) }, (_, i) => keyOf(`sender ${i}`));

const TOKEN = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract BenchToken is ERC20 {
  constructor(address[] memory holders) ERC20("Bench", "BENCH") {
    for (uint256 i = 0; i < holders.length; i++) _mint(holders[i], 10 ** 24);
  }
}`;

interface Sender {
  readonly key: Uint8Array;
  readonly address: Hex;
  nonce: bigint;
}

function keyOf(name: string): Sender {
  const key = keccak(new TextEncoder().encode(name));
  const address = bytesHex(keccak(secp256k1.publicKeyCreate(key, false).slice(1)).slice(12));
  return { key, address, nonce: 0n };
}

const folder = await mkdtemp(join(tmpdir(), 'engram-bench-'));
const db = await openLevel(folder);
const base = await genesisState(await loadSpec('devnet'));
const funded = senders.map(({ address }) => ({
  address,
  balance: 10n ** 24n,
  nonce: 0n,
  code: new Uint8Array(0),
  storage: [],
}));
const genesis = { ...base, gasLimit: 10n ** 10n, accounts: [...base.accounts, ...funded] };
const lane = await EvmLane.open({ genesis, domain: 1n as Field }, { db }); // any field element
await db.write(await lane.genesisWrites());

function signed(sender: Sender, data: TypedTxData): Uint8Array {
  const tx = createTx(
    {
      type: 2,
      chainId: lane.common.chainId(),
      nonce: sender.nonce++,
      maxFeePerGas: 10n ** 12n,
      maxPriorityFeePerGas: 10n ** 9n,
      ...data,
    } as TypedTxData, // a fee market transaction
    { common: lane.common },
  );
  const { signature, recid } = secp256k1.ecdsaSign(tx.getHashedMessageToSign(), sender.key);
  const [r, s] = [signature.slice(0, 32), signature.slice(32)];
  return tx.addSignature(BigInt(recid), trim(r), trim(s)).serialize();
}

function trim(bytes: Uint8Array): Uint8Array {
  return bigIntToUnpaddedBytes(BigInt(bytesHex(bytes)));
}

function decoded(raw: Uint8Array): EvmTx {
  const tx = decodeEvmTx(raw, lane.common);
  return { hash: keccakHex(raw), sender: senderOf(tx), raw, tx };
}

function inputOn(): EvmBlockInput {
  return {
    parent: lane.head,
    timestamp: Number(lane.head.timestamp) + 1,
    beneficiary: '0x00000000000000000000000000000000000000fe',
    ledgerRoot: 1n as Field, // as above
    ledgerHash: keccakHex(lane.head.hash()),
    mirror: { leaves: [], claims: [] },
    messages: [],
  };
}

function sourceOf(txs: readonly EvmTx[]): TxSource {
  let at = 0;
  return {
    next: () => txs[at++],
    accept: () => {},
    reject: (_, code) => {
      throw new RangeError(code);
    },
  };
}

interface Times {
  /** CPU time of the process: the machine may be busy with something else. */
  cpu: number;
  build: number;
  write: number;
}

/** Executes and stores blocks; returns milliseconds. */
async function run(txs: readonly EvmTx[]): Promise<Times> {
  const times = { cpu: 0, build: 0, write: 0 };
  const cpuBegin = process.cpuUsage();
  for (let at = 0; at < txs.length; at += perBlock) {
    const begin = performance.now();
    const block = await lane.build(inputOn(), sourceOf(txs.slice(at, at + perBlock)));
    const built = performance.now();
    await db.write(block.writes);
    block.commit();
    times.build += built - begin;
    times.write += performance.now() - built;
    const failed = block.receipts.filter(({ status }) => status === 0).length;
    if (failed > 0 || block.txs.length !== Math.min(perBlock, txs.length - at))
      throw new RangeError(`failed: ${failed}`);
  }
  const { user, system } = process.cpuUsage(cpuBegin);
  times.cpu = (user + system) / 1000;
  return times;
}

function senderAt(i: number): Sender {
  return senders[i % senders.length] as Sender; // in range
}

function newAddress(name: string, i: number): Hex {
  return bytesHex(keccak(new TextEncoder().encode(`${name} ${i}`)).slice(0, 20));
}

function transfers(name: string, length: number): Uint8Array[] {
  return Array.from({ length }, (_, i) =>
    signed(senderAt(i), { to: newAddress(name, i), value: 1n + BigInt(i), gasLimit: 21_000n }),
  );
}

const token = artifact(await compile({ 'BenchToken.sol': TOKEN }), 'BenchToken');
const deployer = senderAt(0);
const tokenAddress = bytesHex(createdBy(hexBytes(deployer.address), 0n));
const deployData = encodeDeployData({ ...token, args: [senders.map(({ address }) => address)] });
await run([decoded(signed(deployer, { data: hexBytes(deployData), gasLimit: 30_000_000n }))]);

function tokenTransfers(name: string, length: number): Uint8Array[] {
  return Array.from({ length }, (_, i) => {
    const args = [newAddress(name, i), 1n + BigInt(i)] as const;
    const data = hexBytes(encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args }));
    return signed(senderAt(i), { to: tokenAddress, data, gasLimit: 100_000n });
  });
}

async function profiled<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (!values.profile) return work();
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  const result = await work();
  const { profile } = await session.post('Profiler.stop');
  const total = profile.nodes.reduce((sum, node) => sum + (node.hitCount ?? 0), 0);
  const self = new Map<string, number>();
  for (const { callFrame, hitCount = 0 } of profile.nodes) {
    const file = callFrame.url.split('/').slice(-3).join('/');
    const where = `${callFrame.functionName || '(anonymous)'} ${file}:${callFrame.lineNumber + 1}`;
    self.set(where, (self.get(where) ?? 0) + hitCount);
  }
  console.error(`\n${name}: share of the time, by function`);
  for (const [where, hits] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 45)) {
    console.error(`${((100 * hits) / total).toFixed(1).padStart(6)} %  ${where}`);
  }
  return result;
}

await run(transfers('warm up', 1000).map(decoded));
await run(tokenTransfers('warm up', 1000).map(decoded));

const raws = transfers('transfer', count);
const decodeBegin = performance.now();
const txs = raws.map(decoded);
const decodeMs = performance.now() - decodeBegin;
const transferTimes = await profiled('transfers', () => run(txs));
const tokenTxs = tokenTransfers('token', count / 2).map(decoded);
const tokenTimes = await profiled('ERC-20 transfers', () => run(tokenTxs));

const perSecond = (n: number, ms: number): number => Math.round((1000 * n) / ms);
const figures = {
  transfersPerSecond: perSecond(count, transferTimes.build + transferTimes.write),
  erc20PerSecond: perSecond(count / 2, tokenTimes.build + tokenTimes.write),
  decodeAndRecoverPerSecond: perSecond(count, decodeMs),
  transferMicros: {
    cpu: (1000 * transferTimes.cpu) / count,
    build: (1000 * transferTimes.build) / count,
    write: (1000 * transferTimes.write) / count,
  },
  erc20Micros: {
    cpu: (2000 * tokenTimes.cpu) / count,
    build: (2000 * tokenTimes.build) / count,
    write: (2000 * tokenTimes.write) / count,
  },
  peakMemoryMB: Math.round(process.resourceUsage().maxRSS / 1024),
};
console.log(JSON.stringify(figures));
await db.close();
await rm(folder, { recursive: true });
