/** What the commands of the EVM lane talk to: its node, and the contracts on L1. */
import { type Command, Option } from 'commander';
import { createPublicClient, createWalletClient, http } from 'viem';
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { EvmLaneReader } from '../../bridge/client/evmLaneReader.ts';
import {
  bridgeOf,
  type EngramChain,
  fetchEngramChain,
  laneActions,
  laneBridgeActions,
  laneWalletActions,
} from '../../sdk/index.ts';
import { devAccount } from '../devnet/accounts.ts';
import { l1PublicClient } from '../l1/clients.ts';
import { type L1Options, l1Clients, type NodeOptions } from './context.ts';
import { readL1Key } from './keyFile.ts';
import { CliError, Exit } from './output.ts';

const POLL_MS = 500;

export interface EthereumKeyOptions {
  readonly keyFile?: string;
  readonly dev?: NonNullable<L1Options['dev']>;
}

/** The same key is an account on L1 and on the EVM lane. */
export function withEthereumKey(command: Command): Command {
  return command.addOption(
    new Option('--key-file <file>', 'file with the Ethereum key that signs on the EVM lane (0x and 64 hex digits)'),
  );
}

/** @throws CliError NO_KEY, KEY_FILE */
export function ethereumAccount({ dev, keyFile }: EthereumKeyOptions): PrivateKeyAccount {
  if (dev !== undefined) return devAccount(dev).l1;
  if (keyFile === undefined) throw new CliError(Exit.USAGE, 'NO_KEY', 'an Ethereum key is needed: --key-file <file>');
  return privateKeyToAccount(readL1Key(keyFile));
}

/** The deployment that the node says it serves. @throws CliError NO_EVM_LANE; NodeUnavailableError */
export async function laneChain({ rpc }: NodeOptions): Promise<EngramChain> {
  const chain = await fetchEngramChain(rpc);
  if (chain.contracts.evmLane === undefined) {
    throw new CliError(Exit.REFUSED, 'NO_EVM_LANE', 'the node knows of no contract of the EVM lane on L1');
  }
  return chain;
}

export function laneClient(chain: EngramChain) {
  return createPublicClient({ chain, transport: http(), pollingInterval: POLL_MS }).extend(laneActions);
}

export function laneWallet(chain: EngramChain, account: PrivateKeyAccount) {
  return createWalletClient({ account, chain, transport: http(), pollingInterval: POLL_MS })
    .extend(laneActions)
    .extend(laneWalletActions);
}

/** The lane's contract on L1, for reading: nobody pays. @throws CliError L1_UNREACHABLE; BridgeError */
export async function laneReader(chain: EngramChain, { l1, l1StartBlock }: Pick<L1Options, 'l1' | 'l1StartBlock'>) {
  const publicClient = l1PublicClient({ rpcUrl: l1, pollMs: POLL_MS });
  await publicClient.getChainId().catch((cause: unknown) => {
    throw new CliError(Exit.UNREACHABLE, 'L1_UNREACHABLE', `no answer from ${l1}`, { cause });
  });
  const { rollup, evmLane = '0x' } = bridgeOf(chain); // `laneChain` made sure of it
  return EvmLaneReader.connect({ address: evmLane, rollup, deployedAt: BigInt(l1StartBlock) }, publicClient);
}

/** The lane's contract on L1 with the wallet that pays there. @throws CliError NO_KEY, L1_UNREACHABLE */
export async function laneBridge(options: L1Options & NodeOptions) {
  const { wallet } = await l1Clients(options);
  const chain = await laneChain(options);
  return { chain, wallet, bridge: laneBridgeActions(chain)(wallet) };
}
