import { encodeFunctionData, keccak256 } from 'viem';
import type { OutboxLeaf } from '../../genesis/predeploys/outbox.ts';
import { OUTBOX_DEPTH } from '../../protocol/lane/constants.ts';
import type { EvmOutput } from '../../protocol/lane/types.ts';
import { BridgeError } from './errors.ts';
import { evmLaneAbi } from './evmLaneAbi.ts';
import type { Address, Hex, L1Call, PostedBatch } from './types.ts';

/** ETH and a message for `to`. `refundTo` gets the ETH in the EVM lane if the call of `to` fails. */
export interface EvmDeposit {
  readonly to: Address;
  /** Wei; may be 0. */
  readonly amount: bigint;
  readonly refundTo: Address;
  /** For the call of `to`; at most 1,000,000. Default 0: enough for an account without code. */
  readonly gasLimit?: bigint;
  /** At most 4,096 bytes. */
  readonly data?: Hex;
}

export interface EvmTokenDeposit {
  /** The rollup's id. */
  readonly token: number;
  readonly amount: bigint;
  readonly to: Address;
  readonly refundTo: Address;
}

export interface Attested {
  readonly posted: Pick<PostedBatch, 'stored' | 'evmData'>;
  /** What derivation says; it must be what the committer stated. */
  readonly output: EvmOutput;
  /** 65 bytes each, in any order. */
  readonly signatures: readonly Hex[];
}

/** Unsigned calls of one deployment. Pure. */
export interface EvmLaneCalls {
  depositEvm(deposit: EvmDeposit): L1Call;
  /** The ERC-20 must have approved the lane. */
  depositEvmToken(deposit: EvmTokenDeposit): L1Call;
  announceToken(token: number): L1Call;
  attest(attested: Attested): L1Call;
  /** Brings the rollup's queue fee if the leaf names an account of the ledger. @throws BridgeError BAD_PROOF, as `claimToL1` */
  claim(leaf: OutboxLeaf, proof: readonly Hex[]): L1Call;
  /** By the leaf's recipient: paid on L1 although the leaf names an account of the ledger. */
  claimToL1(leaf: OutboxLeaf, proof: readonly Hex[]): L1Call;
  collect(token: number): L1Call;
}

export function evmLaneCalls(to: Address, { queueFee }: { queueFee: bigint }): EvmLaneCalls {
  const abi = evmLaneAbi;
  const call = (data: Hex, value = 0n): L1Call => ({ to, data, value });
  return {
    depositEvm: ({ to: recipient, amount, refundTo, gasLimit = 0n, data = '0x' }) =>
      call(
        encodeFunctionData({ abi, functionName: 'depositEvm', args: [recipient, gasLimit, data, refundTo] }),
        amount,
      ),
    depositEvmToken: ({ token, amount, to: recipient, refundTo }) =>
      call(encodeFunctionData({ abi, functionName: 'depositEvmToken', args: [token, amount, recipient, refundTo] })),
    announceToken: (token) => call(encodeFunctionData({ abi, functionName: 'announceToken', args: [token] })),
    attest: ({ posted, output, signatures }) =>
      call(
        encodeFunctionData({
          abi,
          functionName: 'attest',
          args: [posted.stored, output, keccak256(posted.evmData), [...signatures]],
        }),
      ),
    claim: (leaf, proof) =>
      call(
        encodeFunctionData({ abi, functionName: 'claim', args: [leaf, siblings(proof)] }),
        leaf.account === 0 ? 0n : queueFee,
      ),
    claimToL1: (leaf, proof) =>
      call(encodeFunctionData({ abi, functionName: 'claimToL1', args: [leaf, siblings(proof)] })),
    collect: (token) => call(encodeFunctionData({ abi, functionName: 'collect', args: [token] })),
  };
}

type Siblings = Parameters<typeof encodeFunctionData<typeof evmLaneAbi, 'claim'>>[0]['args'][1];

function siblings(proof: readonly Hex[]): Siblings {
  if (proof.length !== OUTBOX_DEPTH) throw new BridgeError('BAD_PROOF', { siblings: proof.length });
  return proof as Siblings; // just counted
}
