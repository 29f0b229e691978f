import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Attestor } from '../../bridge/client/evmLaneReader.ts';
import { deployRollup, type VerifierKey } from '../../bridge/deploy/deploy.ts';
import type { GenesisValidator } from '../../bridge/deploy/registry.ts';
import { ensureArtifacts } from '../../circuits/build/artifacts.ts';
import { progressReporter } from '../../circuits/build/progress.ts';
import { LOCAL_CHAIN_IDS } from '../../circuits/keys/checks.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { EMPTY_ROOT } from '../../protocol/tree.ts';
import type { ShapeName } from '../../protocol/types.ts';
import type { Hex } from '../../sdk/rpcTypes.ts';
import { verifierKey } from '../devnet/deployment.ts';
import { writeNetworkFile } from '../networks/networkFile.ts';
import { type L1KeyOptions, type L1Options, l1Clients, withDev, withJson, withL1Key } from './context.ts';
import { readDeploySettings } from './deploySettings.ts';
import { checkWritable } from './outFile.ts';
import { CliError, Exit, guarded, type OutputOptions, progress } from './output.ts';
import { address, amount, count } from './parsers.ts';

interface DeployCommandOptions extends OutputOptions, L1KeyOptions, Pick<L1Options, 'l1'> {
  readonly l2ChainId: number;
  readonly sequencer?: Hex;
  readonly attestors?: readonly Attestor[];
  readonly validators?: readonly GenesisValidator[];
  readonly rotate?: boolean;
  readonly networkFile?: string;
  readonly name: string;
  readonly shapes: readonly ShapeName[];
  readonly settings?: string;
  readonly cache?: string;
  readonly keys?: string;
}

/** `engram deploy`: verifiers, `Rollup`, `Attestations`, `EvmLane` and its attestors or the validators' registry, immutable from then on. */
export function registerDeployCommand(program: Command): void {
  withL1Key(withDev(withJson(program.command('deploy'))), 'pays, the bond included')
    .description('deploy the verifiers, Rollup, Attestations and EvmLane with its attestors; immutable from then on')
    .addOption(new Option('--l1 <url>', 'JSON-RPC of L1').env('ENGRAM_L1_URL').default('http://127.0.0.1:8545'))
    .requiredOption('--l2-chain-id <n>', 'chain id of the new ledger', count)
    .option('--sequencer <address>', 'who holds the seat; default: the sender', address)
    .option(
      '--attestors <list>',
      'who attests the EVM lane, as address or address:weight, comma-separated; default, on local chains only: the sequencer',
      attestorList,
    )
    .option(
      '--validators <list>',
      'or a ValidatorRegistry with these, as signer:stake or signer:stake:owner, comma-separated (0x…:32ether); the sender pays the stakes',
      validatorList,
    )
    .option('--rotate', 'the seat is the registry’s: validators build blocks in turn, without a bond')
    .option('--network-file <file>', 'write what nodes need to join (engram node --network)')
    .option('--name <name>', 'the network’s name in that file', 'engram')
    .option('--shapes <list>', 'batch circuits it verifies', shapeList, ['dev'] satisfies ShapeName[])
    .option('--settings <file>', 'JSON of times (seconds) and money (wei, as strings); see bridge/README.md')
    .option('--keys <dir>', 'folder of a ceremony’s keys; dev keys are refused outside local chains')
    .option('--cache <dir>', 'folder of compiled circuits and keys')
    .action((options: DeployCommandOptions) => guarded(options, () => deploy(options)));
}

async function deploy(options: DeployCommandOptions): Promise<object> {
  const { validators, rotate = false, networkFile } = options;
  const settings = options.settings === undefined ? { rollup: {}, registry: {} } : readDeploySettings(options.settings);
  if (validators !== undefined && options.attestors !== undefined) {
    throw new CliError(Exit.USAGE, 'BAD_ATTESTORS', 'either --attestors or --validators');
  }
  if (validators === undefined && (rotate || Object.keys(settings.registry).length > 0)) {
    throw new CliError(Exit.USAGE, 'NO_VALIDATORS', '--rotate and settings of a registry need --validators');
  }
  if (networkFile !== undefined) checkWritable(networkFile);
  const { publicClient, wallet, chainId } = await l1Clients(options);
  if (validators === undefined && options.attestors === undefined && !LOCAL_CHAIN_IDS.includes(chainId)) {
    // The default would let the sequencer alone say what the EVM lane pays out.
    throw new CliError(
      Exit.USAGE,
      'NO_ATTESTORS',
      'name who attests the EVM lane: --validators <signer:stake,…> or --attestors <address:weight,…>',
    );
  }
  const bar = progressReporter();
  const key = async (name: Parameters<typeof ensureArtifacts>[0]): Promise<VerifierKey> =>
    verifierKey(
      await ensureArtifacts(name, {
        cacheDir: options.cache,
        keysDir: options.keys,
        onProgress: (state) => bar.update(name, state),
      }),
    );
  const batchVerifiers: Partial<Record<ShapeName, VerifierKey>> = {};
  let accountVerifier: VerifierKey;
  try {
    accountVerifier = await key('account-proof');
    for (const shape of options.shapes) batchVerifiers[shape] = await key(`batch-${shape}`);
  } finally {
    bar.stop();
  }
  progress(`deploying to chain ${chainId}`);
  const { address, attestations, evmLane, attestors, registry, deployedAt, domain, gasUsed } = await deployRollup(
    {
      l2ChainId: BigInt(options.l2ChainId),
      genesisRoot: EMPTY_ROOT,
      sequencer: options.sequencer ?? wallet.account.address,
      batchVerifiers,
      accountVerifier,
      settings: settings.rollup,
      ...(validators !== undefined && { registry: { settings: settings.registry, genesis: validators, rotate } }),
      ...(options.attestors !== undefined && { attestors: options.attestors }),
    },
    { wallet, publicClient },
  );
  const { l2ChainId } = options;
  const contracts = { rollup: address, attestations, evmLane, attestors, ...(registry !== undefined && { registry }) };
  if (networkFile !== undefined) {
    const l1 = { rollup: address, attestations, evmLane, registry, startBlock: Number(deployedAt) };
    writeNetworkFile(networkFile, { name: options.name, l1ChainId: chainId, l2ChainId, l1, bootnodes: [] });
  }
  return { ...contracts, deployedAt, l1ChainId: chainId, l2ChainId, domain, gasUsed };
}

function attestorList(text: string): Attestor[] {
  return text.split(',').map((entry) => {
    const [, who, weight = '1'] = /^(0x[0-9a-fA-F]{40})(?::([1-9]\d{0,17}))?$/.exec(entry.trim()) ?? [];
    if (who === undefined) throw new InvalidArgumentError('expected address or address:weight, comma-separated');
    return { address: address(who), weight: BigInt(weight) };
  });
}

function validatorList(text: string): GenesisValidator[] {
  return text.split(',').map((entry) => {
    const [signer = '', stake = '', owner = signer, ...rest] = entry.trim().split(':');
    if (rest.length > 0) throw new InvalidArgumentError('expected signer:stake or signer:stake:owner, comma-separated');
    return { signer: address(signer), stake: amount(stake), owner: address(owner) };
  });
}

function shapeList(text: string): ShapeName[] {
  const names = text.split(',');
  const known = names.filter((name): name is ShapeName => Object.hasOwn(SHAPES, name));
  if (known.length !== names.length || new Set(names).size !== names.length) {
    throw new InvalidArgumentError(`expected some of ${Object.keys(SHAPES).join(',')}`);
  }
  return known;
}
