import { type Command, Option } from 'commander';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import { Reader } from '../../bridge/client/rollupReader.ts';
import type { Deriver } from '../../chain/derive/deriveChain.ts';
import type { DerivedBatch } from '../../chain/derive/types.ts';
import { bytesHex } from '../../chain/evm/crypto.ts';
import { wordHex } from '../../protocol/bytes.ts';
import type { Hex } from '../../protocol/lane/types.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { withJson } from './context.ts';
import { type Derivation, deriveFromL1, withDb } from './deriveFromL1.ts';
import { CliError, Exit, guarded, lines, type OutputOptions, progress } from './output.ts';
import { address, count } from './parsers.ts';

export interface DeriveL1Options extends OutputOptions {
  readonly l1RpcUrl: string;
  readonly l1Rollup: Hex;
  readonly l1EvmLane: Hex;
  readonly l1StartBlock: number;
  readonly genesis: string;
  readonly out?: string;
  readonly to?: number;
}

interface DeriveCommandOptions extends DeriveL1Options {
  readonly fromL1?: boolean;
  readonly compare?: string;
}

/** Where L1 is, and what to derive from it. */
export function withDeriveSource(command: Command): Command {
  return withJson(command)
    .addOption(new Option('--l1-rpc-url <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .requiredOption('--l1-rollup <address>', 'the Rollup contract', address)
    .requiredOption('--l1-evm-lane <address>', 'the EvmLane contract', address)
    .option('--l1-start-block <n>', 'L1 block of the contracts’ deployment', count, 0)
    .option('--genesis <spec>', 'chain spec: a name of genesis/specs or a file', 'devnet')
    .option('--out <dir>', 'keep the derived chain in this folder, and go on from what it holds')
    .option('--to <batch>', 'the last batch; default: the last proven one', count);
}

/** `engram derive --from-l1`: both lanes rebuilt from L1 data alone; needs no node. */
export function registerDeriveCommand(program: Command): void {
  withDeriveSource(program.command('derive'))
    .description('rebuild both lanes from L1 data alone and compare them with what was posted; needs no node')
    .option('--from-l1', 'the source; there is no other')
    .option('--compare <url>', 'compare the blocks with those of this Ethereum JSON-RPC')
    .action((options: DeriveCommandOptions) => guarded(options, () => derive(options), lines));
}

/** Connects to L1, derives, and hands over while the database is open. */
export async function derived<T>(
  options: DeriveL1Options,
  work: (derivation: Derivation, l1: { rollup: Reader; lane: EvmLaneReader }) => Promise<T>,
): Promise<T> {
  const publicClient = l1PublicClient({ rpcUrl: options.l1RpcUrl, pollMs: 500 });
  await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${options.l1RpcUrl}`, { cause });
  });
  const deployedAt = BigInt(options.l1StartBlock);
  const rollup = await Reader.connect({ address: options.l1Rollup, deployedAt }, publicClient);
  const lane = await EvmLaneReader.connect(
    { address: options.l1EvmLane, deployedAt, rollup: options.l1Rollup },
    publicClient,
  );
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.once('SIGINT', abort);
  try {
    return await withDb(options.out, async (db) => {
      const { genesis, to } = options;
      const deps = { rollup, lane, db, onBatch: report, signal: stop.signal };
      return work(await deriveFromL1({ genesis, to, deployedAt }, deps), { rollup, lane });
    });
  } finally {
    process.off('SIGINT', abort);
  }
}

async function derive(options: DeriveCommandOptions): Promise<object> {
  if (options.fromL1 !== true) {
    throw new CliError(Exit.USAGE, 'BAD_OPTIONS', 'say --from-l1: blocks are derived from nothing else');
  }
  return derived(options, async (derivation) => {
    const { deriver, provenRoot, provenBatch } = derivation;
    const { head } = deriver;
    const comparison = options.compare === undefined ? undefined : await compare(deriver, options.compare);
    const result = {
      ...outcome(derivation),
      isProvenRoot: head.batch === provenBatch ? head.ledgerRoot === provenRoot : undefined,
      ...comparison,
    };
    const isBad = !result.isLastCommitmentDerived || result.differing.length > 0 || comparison?.isSameChain === false;
    if (isBad) process.exitCode = Exit.REFUSED;
    return result;
  });
}

/** What a derivation says. `differing`: batches whose posted outcome is not the derived one; `replaced`: those whose data did not count. */
export function outcome({ deriver, totals, last, provenBatch }: Derivation) {
  const { head } = deriver;
  return {
    batch: head.batch,
    provenBatch,
    block: head.header.number,
    ledgerRoot: wordHex(head.ledgerRoot),
    blockHash: head.blockHash,
    stateRoot: bytesHex(head.header.stateRoot),
    outboxRoot: last?.evm.output.outboxRoot,
    outboxCount: last?.evm.output.outboxCount,
    inboxCount: head.inboxCount,
    commitment: last === undefined ? undefined : wordHex(last.evm.commitment),
    derivedBatches: totals.batches,
    evmTransactions: totals.evmTxs,
    ledgerTransactions: totals.ledgerTxs,
    l1Messages: totals.l1Messages,
    /** Of the last batch, whose block hash binds everything before it. */
    isLastCommitmentDerived: last === undefined || last.evm.commitment === last.posted.header.evmCommitment,
    differing: totals.differing,
    replaced: totals.replaced,
  };
}

function report({ number, header, isSameOutput, fault }: DerivedBatch, last: number): void {
  if (!isSameOutput) progress(`batch ${number}: the posted outcome is not the derived one`);
  if (fault !== undefined) progress(`batch ${number}: the posted data do not count (${fault.reason} ${fault.detail})`);
  const isWorthALine = number === last || number % Math.max(1, Math.floor(last / 100)) === 0;
  if (isWorthALine) progress(`batch ${number} of ${last}, block ${header.number}`);
}

interface Comparison {
  readonly isSameChain: boolean;
  readonly firstDifferentBlock: bigint | undefined;
}

/** A block's hash binds all before it: the newest tells whether anything differs, halving finds where it began. */
async function compare(deriver: Deriver, rpcUrl: string): Promise<Comparison> {
  const node = l1PublicClient({ rpcUrl, pollMs: 500 });
  const isSame = async (number: bigint): Promise<boolean> => {
    const ours = number === 0n ? bytesHex(deriver.lane.genesis.hash()) : (await deriver.block(number))?.hash;
    const theirs = await node.getBlock({ blockNumber: number }).catch((cause: unknown) => {
      throw new CliError(Exit.UNREACHABLE, 'NODE_UNREACHABLE', `no block ${number} from ${rpcUrl}`, { cause });
    });
    return ours === theirs.hash;
  };
  let high = deriver.head.header.number;
  if (await isSame(high)) return { isSameChain: true, firstDifferentBlock: undefined };
  let low = 0n;
  while (low < high) {
    const middle = (low + high) / 2n;
    if (await isSame(middle)) low = middle + 1n;
    else high = middle;
  }
  return { isSameChain: false, firstDifferentBlock: low };
}
