/** What the commands of `engram data` talk to. */
import { createPublicClient, createWalletClient, type Hex, http, publicActions } from 'viem';
import type { Manifest } from '../../agents/data/manifest.ts';
import { manifestHash } from '../../agents/data/manifest.ts';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { type DataActions, dataActions, dataWalletActions } from '../../sdk/data/dataActions.ts';
import type { FoundPurchase } from '../../sdk/data/escrowReads.ts';
import { RpcClient } from '../../sdk/rpcClient.ts';
import type { NodeOptions } from './context.ts';
import { type EthereumKeyOptions, ethereumAccount, laneChain } from './laneClients.ts';
import { CliError, Exit } from './output.ts';

const POLL_MS = 500;

export interface DataOptions extends NodeOptions, EthereumKeyOptions {
  readonly dev?: NonNullable<EthereumKeyOptions['dev']>;
}

export async function dataReader(options: NodeOptions) {
  const chain = await laneChain(options);
  return createPublicClient({ chain, transport: http(), pollingInterval: POLL_MS }).extend(dataActions);
}

export async function dataWallet(options: DataOptions) {
  const account = ethereumAccount(options);
  const chain = await laneChain(options);
  return createWalletClient({ account, chain, transport: http(), pollingInterval: POLL_MS })
    .extend(publicActions)
    .extend(dataActions)
    .extend(dataWalletActions);
}

/** The node's clock, seconds: what the next block's timestamp would be. */
export async function timeOf({ rpc }: NodeOptions): Promise<number> {
  return (await new RpcClient(rpc).request('engram_chainInfo', [])).time;
}

/** A purchase by its id, from the chain. @throws CliError NOT_FOUND */
export async function purchaseById(client: Pick<DataActions, 'findPurchases'>, id: Hex): Promise<FoundPurchase> {
  const [found] = await client.findPurchases({ id });
  if (found === undefined) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_PURCHASE', `there is no purchase ${id}`);
  return found;
}

/**
 * The dataset's attestation is of the manifest's file and of the manifest. The node's word; L1 has the last one (`verifyAttestationOnL1`).
 * @throws CliError UNKNOWN_ACCOUNT, NOT_THE_DATASET
 */
export async function checkAttestation(dataset: number, manifest: Manifest, { rpc }: NodeOptions): Promise<void> {
  const found = await new RpcClient(rpc).request('engram_getAttestation', [dataset]);
  if (found === null) throw new CliError(Exit.NOT_FOUND, 'UNKNOWN_ACCOUNT', `there is no attestation ${dataset}`);
  const isFile = BigInt(found.artefact) === artefactCommitment(manifest.sha256);
  if (isFile && BigInt(found.provenance) === provenanceCommitment(manifestHash(manifest))) return;
  const what = isFile ? 'another manifest as its provenance' : 'another file';
  throw new CliError(Exit.REFUSED, 'NOT_THE_DATASET', `attestation ${dataset} names ${what}`);
}
