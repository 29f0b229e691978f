import { parseEther } from 'viem';
import { type LocalL1, localClients } from '../../../bridge/deploy/localL1.ts';
import { NodeError } from '../../nodeError.ts';
import { devOperator } from '../accounts.ts';
import type { DevnetDir } from '../dataDir.ts';
import { type DevCircuits, type DevDeployment, deployDevnet, keyHashes } from '../deployment.ts';
import { DEVNET_L2_CHAIN_ID } from '../devnet.ts';
import type { NetworkOptions } from './options.ts';
import { NETWORK_SETTINGS, REGISTRY_SETTINGS } from './settings.ts';

/** Of each validator at the start. */
const STAKE = parseEther('32');

type DeployedOptions = Pick<NetworkOptions, 'validators' | 'rotate' | 'l2ChainId' | 'settings' | 'registrySettings'>;

/** What is on L1 already, if it is of the same circuits and validators; else a new deployment. @throws NodeError DEVNET_STALE */
export async function deployNetwork(
  { validators, rotate = false, l2ChainId = DEVNET_L2_CHAIN_ID, ...options }: DeployedOptions,
  { dir, l1, circuits }: { dir: DevnetDir; l1: LocalL1; circuits: DevCircuits },
): Promise<DevDeployment> {
  const wanted = `${validators} ${rotate ? 'rotating' : 'account'}`;
  const known = await dir.deployment();
  if (known !== undefined) {
    const code = await localClients(l1).publicClient.getCode({ address: known.rollup });
    const isSame = Object.entries(keyHashes(circuits)).every(([name, hash]) => known.keyHashes[name] === hash);
    if (code !== undefined && isSame && (await dir.validators()) === wanted) return known;
    const text = `${dir.path} holds a devnet with other circuits or validators, or without its L1`;
    throw new NodeError('DEVNET_STALE', `${text}: use another folder or remove this one`);
  }
  const genesis = Array.from({ length: validators }, (_, i) => {
    const { address } = devOperator(i).l1;
    return { owner: address, signer: address, stake: STAKE };
  });
  const registry =
    validators === 0 ? undefined : { settings: { ...REGISTRY_SETTINGS, ...options.registrySettings }, genesis, rotate };
  const settings = { ...NETWORK_SETTINGS, ...options.settings };
  const made = await deployDevnet({ l2ChainId, settings, registry }, { l1, circuits });
  await dir.saveValidators(wanted);
  await dir.saveDeployment(made);
  return made;
}
