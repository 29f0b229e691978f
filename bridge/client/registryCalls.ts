import { encodeFunctionData, toHex } from 'viem';
import { registryAbi } from './registryAbi.ts';
import type { Address, Hex, L1Call } from './types.ts';

/** One attestation of a batch, as evidence. */
export interface SignedCommitment {
  /** 256 bits. */
  readonly commitment: bigint;
  /** 65 bytes. */
  readonly signature: Hex;
}

/** Two of them, of the same batch and signer: what costs a stake. */
export interface Equivocation {
  readonly batch: number;
  readonly first: SignedCommitment;
  readonly second: SignedCommitment;
}

/** Unsigned calls of one deployment; amounts in wei. Pure. */
export interface RegistryCalls {
  /** By the owner, who gets the money back. `signature`: the signer's, for `registrationTypedData`. `value`: the stake. */
  register(p: { signer: Address; signature: Hex; value: bigint }): L1Call;
  /** By the owner; it counts from the next epoch on. */
  addStake(signer: Address, value: bigint): L1Call;
  /** By the owner; the whole stake counts no more from the next epoch on, and can be withdrawn when the delay is over. */
  unstake(signer: Address): L1Call;
  /** Pays the caller all that it can have: stakes that are free, rewards, reports. */
  withdraw(): L1Call;
  /** By anyone, who gets a tenth. */
  slash(evidence: Equivocation): L1Call;
  /** By anyone, for the signer's owner, when the epoch is over. */
  claimReward(signer: Address, epoch: number): L1Call;
  fund(value: bigint): L1Call;
}

export function registryCalls(to: Address): RegistryCalls {
  const abi = registryAbi;
  const call = (data: Hex, value = 0n): L1Call => ({ to, data, value });
  const statement = ({ commitment, signature }: SignedCommitment) =>
    ({ commitment: toHex(commitment, { size: 32 }), signature }) as const;
  return {
    register: ({ signer, signature, value }) =>
      call(encodeFunctionData({ abi, functionName: 'register', args: [signer, signature] }), value),
    addStake: (signer, value) => call(encodeFunctionData({ abi, functionName: 'addStake', args: [signer] }), value),
    unstake: (signer) => call(encodeFunctionData({ abi, functionName: 'unstake', args: [signer] })),
    withdraw: () => call(encodeFunctionData({ abi, functionName: 'withdraw' })),
    slash: ({ batch, first, second }) =>
      call(
        encodeFunctionData({
          abi,
          functionName: 'slash',
          args: [BigInt(batch), statement(first), statement(second)],
        }),
      ),
    claimReward: (signer, epoch) =>
      call(encodeFunctionData({ abi, functionName: 'claimReward', args: [signer, BigInt(epoch)] })),
    fund: (value) => call(encodeFunctionData({ abi, functionName: 'fund' }), value),
  };
}
