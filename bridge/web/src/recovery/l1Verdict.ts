import { type Address, type PublicClient, parseAbi, toHex } from 'viem';
import { rollupAbi } from '../../../client/abi.ts';
import { solidityProof } from '../../../client/calls.ts';
import { BridgeError } from '../../../client/errors.ts';
import type { RollupReader } from '../../../client/interface.ts';
import { bridgeError } from '../../../client/revert.ts';
import type { ProvenLeaf, RollupState } from '../../../client/types.ts';
import { RecoveryError } from './errors.ts';
import { l1Error } from './l1Answers.ts';
import type { EscapeProof } from './types.ts';

const verifierAbi = parseAbi([
  'function verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[6] publicSignals) view returns (bool)',
]);

interface Dependencies {
  readonly rollup: RollupReader;
  readonly l1: PublicClient;
  readonly state: RollupState;
}

/**
 * L1 itself is asked before a wallet is: the contract's verifier about each leaf, and, once frozen, the escape as a whole. Other
 * keys than the contract's make proofs that verify here and nowhere else.
 * @throws RecoveryError PROOF_REFUSED, AlreadyEscaped, L1_UNREACHABLE
 */
export async function requireAccepted(
  { leaf, controller }: EscapeProof,
  { rollup, l1, state }: Dependencies,
): Promise<void> {
  const [, parameters] = await l1.readContract({ address: rollup.address, abi: rollupAbi, functionName: 'parameters' });
  const { root } = state.proven;
  for (const each of controller === undefined ? [leaf] : [leaf, controller]) {
    if (!(await isProven(each, { verifier: parameters.accountVerifier, root, l1 }))) {
      throw new RecoveryError('PROOF_REFUSED', { index: each.leaf.index, reason: 'ProofInvalid' });
    }
  }
  if (!state.isFrozen) return;
  // Anyone may send it; the owner is somebody who exists.
  const from = toHex(BigInt.asUintN(160, (controller ?? leaf).leaf.c), { size: 20 });
  try {
    await rollup.simulate(rollup.calls.escape(leaf.leaf, leaf.proof, controller), from);
  } catch (error) {
    const { index } = leaf.leaf;
    if (!(error instanceof BridgeError)) throw l1Error(error);
    if (error.code === 'AlreadyEscaped') throw new RecoveryError('AlreadyEscaped', { index }, { cause: error });
    if (error.code === 'L1_UNREACHABLE') throw l1Error(error);
    throw new RecoveryError('PROOF_REFUSED', { index, reason: error.code }, { cause: error });
  }
}

async function isProven(
  { leaf: { index, state, a, b, c }, proof }: ProvenLeaf,
  { verifier, root, l1 }: { verifier: Address; root: bigint; l1: PublicClient },
): Promise<boolean> {
  const { a: piA, b: piB, c: piC } = solidityProof(proof);
  const signals = [root, BigInt(index), state, a, b, c] as const;
  try {
    const args = [piA, piB, piC, signals] as const;
    return await l1.readContract({ address: verifier, abi: verifierAbi, functionName: 'verifyProof', args });
  } catch (error) {
    // A verifier may also revert at points that are on no curve.
    if (bridgeError(error).code === 'L1_REVERTED') return false;
    throw l1Error(error);
  }
}
