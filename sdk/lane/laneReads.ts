/** What the node knows of the way between the EVM lane and the rest, with numbers as numbers. All of it is the node's word. */
import type { Address } from 'viem';
import { NodeUnavailableError, SdkError } from '../errors.ts';
import type { LaneView, WithdrawalProofView, WithdrawalView } from '../laneTypes.ts';
import { type AnyClient, request } from '../request.ts';
import type { Wire } from '../rpcTypes.ts';
import type { WaitOptions } from '../wait.ts';
import { watch } from '../watch.ts';

export async function getLane(client: AnyClient): Promise<LaneView> {
  const { heads, inboxCount, outbox, ...rest } = await request(client, 'engram_getLane', []);
  const { latest, safe, finalized } = heads;
  return {
    ...rest,
    heads: { latest: BigInt(latest), safe: BigInt(safe), finalized: BigInt(finalized) },
    inboxCount: BigInt(inboxCount),
    outbox: { root: outbox.root, count: BigInt(outbox.count) },
  };
}

/** Withdrawals that an address sent or is the recipient of, newest first; at most `limit` (default 100, up to 1000). */
export async function getWithdrawals(
  client: AnyClient,
  address: Address,
  { limit }: { readonly limit?: number } = {},
): Promise<readonly WithdrawalView[]> {
  const params = limit === undefined ? ([address] as const) : ([address, { limit }] as const);
  return (await request(client, 'engram_getWithdrawals', params)).map(withdrawal);
}

/**
 * What `EvmLane.claim` asks for.
 * @throws SdkError NOT_FOUND; NodeUnavailableError NOT_CLAIMABLE: its batch is not proven and attested yet
 */
export async function getWithdrawalProof(client: AnyClient, index: bigint): Promise<WithdrawalProofView> {
  const found = await request(client, 'engram_getWithdrawalProof', [index.toString()]);
  if (found === null) throw new SdkError('NOT_FOUND', `there is no withdrawal ${index}`, { index });
  return proofOf(found);
}

/**
 * Resolves with the proof once L1 accepts it: the withdrawal's batch is proven and attested. Asks at the client's pace.
 * @throws SdkError NOT_FOUND; WaitTimeoutError; the signal's reason; NodeUnavailableError if the node cannot be asked
 */
export async function waitForWithdrawal(
  client: AnyClient,
  index: bigint,
  options: Pick<WaitOptions, 'timeoutMs' | 'signal' | 'awayMs'> = {},
): Promise<WithdrawalProofView> {
  return watch(
    client,
    { what: `withdrawal ${index} claimable`, ...options },
    {
      ask: async () => {
        try {
          return await getWithdrawalProof(client, index);
        } catch (error) {
          if (error instanceof NodeUnavailableError && error.code === 'NOT_CLAIMABLE') return undefined;
          throw error;
        }
      },
    },
  );
}

export function withdrawal(wire: Wire<WithdrawalView>): WithdrawalView {
  const { index, amount, block, ...rest } = wire;
  return { ...rest, index: BigInt(index), amount: BigInt(amount), block: BigInt(block) };
}

function proofOf(wire: Wire<WithdrawalProofView>): WithdrawalProofView {
  return { ...wire, withdrawal: withdrawal(wire.withdrawal), siblings: [...wire.siblings] };
}
