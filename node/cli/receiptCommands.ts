import { type Command, Option } from 'commander';
import { Reader } from '../../bridge/client/rollupReader.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import { unpackChannel } from '../../protocol/account.ts';
import { bytesToHex } from '../../protocol/bytes.ts';
import type { SignedReceipt } from '../../protocol/receipts/receipt.ts';
import { proofFromJson, proofToJson, receiptFromJson, receiptToJson } from '../../protocol/receipts/receiptCodec.ts';
import { ReceiptError } from '../../protocol/receipts/receiptError.ts';
import type { ReceiptProof } from '../../protocol/receipts/receiptTree.ts';
import { settledClaims } from '../../protocol/receipts/settledClaims.ts';
import { type ReceiptStatement, verifyReceipt } from '../../protocol/receipts/verifyReceipt.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import { type Field, Kind } from '../../protocol/types.ts';
import { RpcClient, RpcClientError } from '../../sdk/rpcClient.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { type NodeOptions, withNode } from './context.ts';
import { readJson } from './files.ts';
import { CliError, Exit, guarded, progress } from './output.ts';
import { address, count } from './parsers.ts';
import { rebuildProvenTree } from './rebuild.ts';
import { receiptRefusal, receiptView, type Verified } from './receiptView.ts';

/** What a receipt file holds: the receipt, and its inclusion proof under a root that was claimed. */
interface ReceiptFile {
  readonly receipt: SignedReceipt;
  readonly proof: ReceiptProof;
  /** Transaction that claimed it. */
  readonly claim?: Hex;
}

interface VerifyOptions extends NodeOptions {
  readonly l1?: boolean;
  readonly l1Url: string;
  readonly rollup?: Hex;
  readonly l1StartBlock: number;
}

/** `engram receipt verify`. */
export function registerReceiptCommands(program: Command): void {
  const receipt = program.command('receipt').description('what an inference was, signed by its provider');
  withNode(receipt.command('verify'))
    .description('whether a receipt is the provider’s, of the channel’s model, and paid by a claim')
    .argument('<file>', 'JSON: {receipt, proof, claim?}')
    .option('--l1', 'trust no node: claims, accounts and keys from what L1 has proven')
    .addOption(new Option('--l1-url <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .option('--rollup <address>', 'the contract; default: what the node says', address)
    .option('--l1-start-block <n>', 'L1 block of the contract’s deployment', count, 0)
    .action((file: string, options: VerifyOptions) => guarded(options, () => verify(file, options), receiptView));
}

async function verify(file: string, options: VerifyOptions): Promise<Verified> {
  const found = readJson(file, parseReceiptFile);
  return (options.l1 ? verifyOnL1(found, options) : verifyByNode(found, options)).catch((error: unknown) => {
    const code = error instanceof RpcClientError ? error.reason : error instanceof ReceiptError ? error.code : '';
    const why = receiptRefusal(code);
    throw why === undefined ? error : new CliError(Exit.REFUSED, code, why, { cause: error });
  });
}

async function verifyByNode({ receipt, proof, claim }: ReceiptFile, options: VerifyOptions): Promise<Verified> {
  return new RpcClient(options.rpc).request('engram_verifyReceipt', [
    { receipt: receiptToJson(receipt), proof: proofToJson(proof), ...(claim !== undefined && { claim }) },
  ]);
}

function parseReceiptFile(json: unknown): ReceiptFile {
  const { receipt, proof, claim } = (json ?? {}) as Record<string, unknown>;
  const isHash = typeof claim === 'string' && /^0x[0-9a-fA-F]{64}$/.test(claim);
  return {
    receipt: receiptFromJson(receipt),
    proof: proofFromJson(proof),
    ...(isHash && { claim: claim as Hex }), // by the pattern
  };
}

async function verifyOnL1({ receipt, proof }: ReceiptFile, options: VerifyOptions): Promise<Verified> {
  const rpcUrl = options.l1Url;
  const publicClient = l1PublicClient({ rpcUrl, pollMs: 500 });
  await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${rpcUrl}`, { cause });
  });
  const contract = options.rollup ?? (await new RpcClient(options.rpc).request('engram_chainInfo', [])).rollup;
  const rollup = await Reader.connect({ address: contract, deployedAt: BigInt(options.l1StartBlock) }, publicClient);
  const posted: PostedBatch[] = [];
  const keeping = {
    parameters: () => rollup.parameters(),
    state: () => rollup.state(),
    readBatch: async (number: number): Promise<PostedBatch> => {
      const batch = await rollup.readBatch(number);
      posted.push(batch);
      return batch;
    },
  };
  const { tree } = await rebuildProvenTree(keeping, (n, last) => progress(`reading batch ${n} of ${last}`));
  const { domain } = await rollup.parameters();
  const { statement, batch } = search({ receipt, proof }, { tree, posted, domain });
  const { channel, provider, model, sequence, time, price, inputHash, outputHash, settled } = statement;
  const attested = model === 0 ? undefined : tree.get(model);
  return {
    isProven: true,
    batch,
    rollup: contract,
    channel,
    provider,
    model,
    ...(attested !== undefined && { artefact: attested.a }),
    sequence,
    time,
    price,
    inputHash: `0x${bytesToHex(inputHash)}`,
    outputHash: `0x${bytesToHex(outputHash)}`,
    settled,
  };
}

/** The newest proven claim under which the receipt is. @throws CliError UNKNOWN_ACCOUNT; ReceiptError */
function search(
  { receipt, proof }: ReceiptFile,
  { tree, posted, domain }: { tree: AccountTree; posted: readonly PostedBatch[]; domain: Field },
): { statement: ReceiptStatement; batch: number } {
  const channel = tree.get(receipt.channel);
  if (channel?.kind !== Kind.CHANNEL) {
    throw new CliError(
      Exit.NOT_FOUND,
      'UNKNOWN_ACCOUNT',
      `account ${receipt.channel} is no channel in the last proven batch (yet)`,
    );
  }
  const terms = unpackChannel(channel.c);
  const provider = tree.get(terms.provider);
  if (provider?.kind !== Kind.KEY) throw new ReceiptError('CLAIM_PROVIDER', { provider: terms.provider });
  for (const { number, shape, header, oldRoot, body, stored } of [...posted].reverse()) {
    const { claims } = settledClaims({ header: { ...header, number, domain, oldRoot, shape }, body, stored });
    for (const claim of [...claims].reverse()) {
      if (claim.channel !== receipt.channel) continue;
      const evidence = { receipt, proof, claim, terms, providerKey: [provider.a, provider.b] as const };
      const verdict = verifyReceipt(evidence, domain);
      if (verdict.isValid) return { statement: verdict.statement, batch: number };
      // another claim may have settled it; what else is wrong is wrong with every claim
      if (verdict.code !== 'RECEIPT_NOT_INCLUDED') {
        throw new ReceiptError(verdict.code as ReceiptError['code'], verdict.data); // it was parsed, so it can be packed
      }
    }
  }
  throw new ReceiptError('RECEIPT_NOT_INCLUDED', { channel: receipt.channel });
}
