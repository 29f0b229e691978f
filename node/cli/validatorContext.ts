/** What the `engram validator` commands share: the registry, the signer, and sending as the owner. */
import type { Command } from 'commander';
import type { PublicClient } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import type { AttestationDomain } from '../../bridge/client/attestation.ts';
import { type RegistryParameters, RegistryReader } from '../../bridge/client/registryReader.ts';
import type { L1Call } from '../../bridge/client/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { checkNetwork } from '../networks/checkNetwork.ts';
import { loadNetwork } from '../networks/networkFile.ts';
import { L1Sender } from '../validator/l1Sender.ts';
import {
  type L1KeyOptions,
  type L1Options,
  l1Account,
  l1Url,
  unlockKeystore,
  withDev,
  withJson,
  withL1,
} from './context.ts';
import { readL1Key } from './keyFile.ts';
import { CliError, Exit, type OutputOptions } from './output.ts';
import { address } from './parsers.ts';

export interface RegistryOptions extends OutputOptions, L1Options {
  readonly registry?: Hex;
  readonly network?: string;
}

export interface SignerOptions {
  readonly signer?: Hex;
  readonly signerKeystore?: string;
  readonly signerPassphraseFile?: string;
  readonly signerKeyFile?: string;
}

/** A command about a registry on L1. */
export function withRegistry(command: Command): Command {
  return withDev(withL1(withJson(command)))
    .option('--registry <address>', 'the ValidatorRegistry contract', address)
    .option('--network <name>', 'or the network file (or devnet) that names it');
}

/** Whose stake it is about. */
export function withSigner(command: Command): Command {
  return command
    .option('--signer <address>', 'the validator’s signer; default: the address of the L1 key', address)
    .option('--signer-keystore <file>', 'or its keystore, if it is not the L1 key')
    .option('--signer-passphrase-file <file>', 'file with that keystore’s passphrase')
    .option('--signer-key-file <file>', 'or a file with its key');
}

export interface OpenRegistry {
  readonly registry: RegistryReader;
  readonly parameters: RegistryParameters;
  readonly publicClient: PublicClient;
  /** What the validators of this registry sign for. */
  readonly attestationDomain: AttestationDomain;
}

/** @throws CliError NO_REGISTRY; BridgeError NOT_A_REGISTRY, L1_UNREACHABLE; NetworkFileError */
export async function openRegistry(options: RegistryOptions, command: Command): Promise<OpenRegistry> {
  const network = options.network === undefined ? undefined : loadNetwork(options.network);
  const publicClient = l1PublicClient({ rpcUrl: l1Url(command, options, network), pollMs: 500 });
  if (network !== undefined) await checkNetwork(network, { publicClient });
  const address = options.registry ?? network?.l1.registry;
  if (address === undefined) {
    throw new CliError(Exit.USAGE, 'NO_REGISTRY', 'name the contract: --registry <address> or --network <file>');
  }
  const registry = await RegistryReader.connect({ address, deployedAt: BigInt(options.l1StartBlock) }, publicClient);
  const parameters = await registry.parameters();
  const { l1ChainId } = registry.registrationDomain;
  return { registry, parameters, publicClient, attestationDomain: { l1ChainId, evmLane: parameters.evmLane } };
}

/** The signer's key: one of its own, or the L1 key. @throws CliError, KeystoreError */
export async function signerAccount(options: SignerOptions & L1KeyOptions): Promise<PrivateKeyAccount> {
  const { signerKeystore, signerPassphraseFile, signerKeyFile } = options;
  if (signerKeystore !== undefined) {
    return privateKeyToAccount(await unlockKeystore(signerKeystore, signerPassphraseFile));
  }
  return signerKeyFile === undefined ? l1Account(options) : privateKeyToAccount(readL1Key(signerKeyFile));
}

/** Its address, for which no key is needed if it is named. */
export async function signerAddress(options: SignerOptions & L1KeyOptions): Promise<Hex> {
  const found = options.signer ?? (await signerAccount(options)).address;
  return found.toLowerCase() as Hex; // still an address
}

/** Sends as the owner of the L1 key, and waits until it is mined. @throws BridgeError with the contract's error, L1Error */
export async function sendToRegistry(
  call: L1Call,
  account: PrivateKeyAccount,
  { registry, publicClient }: OpenRegistry,
): Promise<{ readonly l1Transaction: string; readonly l1Block: bigint; readonly gasUsed: bigint }> {
  const simulate = (checked: L1Call, from: Hex): Promise<bigint> => registry.simulate(checked, from);
  const sender = new L1Sender({ pollMs: 500 }, { publicClient, account, simulate });
  const { hash, blockNumber, gasUsed } = await sender.send(call);
  return { l1Transaction: hash, l1Block: blockNumber, gasUsed };
}
