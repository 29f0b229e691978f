/** From the node's configuration to the options of its parts. Pure. */
import type { RollupParameters } from '../bridge/client/types.ts';
import { type ChainSpec, loadSpec } from '../genesis/spec.ts';
import { hexToBytes } from '../protocol/bytes.ts';
import { unpackPoint } from '../protocol/crypto/babyjub.ts';
import { accountIndex } from '../protocol/ids.ts';
import { SHAPES, shapeById } from '../protocol/shapes.ts';
import type { ShapeName } from '../protocol/types.ts';
import type { FeeAccountsOptions } from '../sequencer/feeAccounts.ts';
import type { SequencerOptions } from '../sequencer/sequencerTypes.ts';
import type { Config } from './config/config.ts';
import { NodeError } from './nodeError.ts';

const DEVNET_SPEC = 'devnet';

/** @throws ProtocolError for a fee key that is no key, NodeError SHAPE_NOT_ON_L1, NO_FEE_OWNER */
export function sequencerOptions(
  { sequencer, l1, evm }: Pick<Config, 'sequencer' | 'l1' | 'evm'>,
  parameters: RollupParameters,
): SequencerOptions & { readonly feeAccounts: FeeAccountsOptions } {
  const { confirmations } = l1;
  if (sequencer.feeKey !== undefined && sequencer.feeOwner === undefined) {
    throw new NodeError('NO_FEE_OWNER', 'sequencer.feeOwner: the L1 address of the fee key’s accounts is missing');
  }
  return {
    shapes: usableShapes(sequencer.shapes, parameters),
    timing: {
      blockTimeMs: sequencer.blockMs,
      batchTimeMs: sequencer.batchMs,
      l1WaitMs: sequencer.l1WaitMs,
      l1PollMs: l1.pollMs,
      resubmitAfterMs: sequencer.resubmitMs,
    },
    fees: { minFeePerOp: new Map(sequencer.minimumFees.map(({ token, amount }) => [token, amount])) },
    feeAccounts: {
      key: sequencer.feeKey === undefined ? undefined : unpackPoint(hexToBytes(sequencer.feeKey)),
      owner: sequencer.feeOwner === undefined ? undefined : BigInt(sequencer.feeOwner),
      byToken: new Map(sequencer.feeAccounts.map(({ token, amount }) => [token, accountIndex(Number(amount))])),
    },
    queue: { l1Confirmations: confirmations },
    evm: {
      evmLane: l1.evmLane,
      beneficiary: evm.beneficiary,
      batchBytes: evm.batchBytes,
      maxDriftSeconds: parameters.maxDriftSeconds,
      pool: { minGasPrice: BigInt(evm.minGasPriceWei), maxTxs: evm.poolTxs, maxPerSender: evm.poolAccountTxs },
    },
    handoverMs: sequencer.blockMs,
    publisher: {
      confirmations,
      maxAgeSeconds: parameters.maxAgeSeconds,
      maxFeePerGas: BigInt(sequencer.maxGasPriceGwei) * 10n ** 9n,
    },
  };
}

/** The configured shapes, or all that the contract verifies; their slots must be the contract's. */
function usableShapes(wanted: readonly ShapeName[], { shapes }: RollupParameters): ShapeName[] {
  const names = wanted.length > 0 ? [...wanted] : shapes.map(({ id }) => shapeById(id).name);
  for (const name of names) {
    const { id, L, N, E } = SHAPES[name];
    const onL1 = shapes.find((shape) => shape.id === id);
    if (onL1?.L !== L || onL1.N !== N || onL1.E !== E) {
      throw new NodeError('SHAPE_NOT_ON_L1', `the contract has no verifier for batches of shape ${name}`, {
        shape: name,
      });
    }
  }
  return names;
}

/** The chain spec of the EVM lane. `devnet` is for local chains of any id; every other spec names the one it is for. @throws NodeError, GenesisError */
export async function chainSpec(
  { spec: name }: Pick<Config['evm'], 'spec'>,
  { l2ChainId }: Pick<RollupParameters, 'l2ChainId'>,
): Promise<ChainSpec> {
  const spec = await loadSpec(name);
  if (name === DEVNET_SPEC) return { ...spec, l2ChainId };
  if (spec.l2ChainId !== l2ChainId) {
    throw new NodeError(
      'WRONG_SPEC',
      `${name} is the spec of chain ${spec.l2ChainId}, the rollup is of chain ${l2ChainId}`,
    );
  }
  return spec;
}
