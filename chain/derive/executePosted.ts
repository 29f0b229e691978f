import { EvmError } from '../evm/errors.ts';
import type { EvmLane } from '../evm/evmLane.ts';
import { EvmTxError } from '../evm/txRules.ts';
import type { EvmBlockInput, ExecutedBlock } from '../evm/types.ts';
import { userTx } from '../evm/userTx.ts';

/** A transaction among the posted ones does not stand where it was posted: the data are not valid. */
export class InvalidData extends Error {
  readonly detail: string;

  constructor(detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = 'InvalidData';
    this.detail = detail;
  }
}

/** A block with the posted transactions. @throws InvalidData; whatever is not the transactions' fault is thrown as it is */
export async function executePosted(
  lane: EvmLane,
  input: EvmBlockInput,
  { block, txs }: { block: bigint; txs: readonly Uint8Array[] },
): Promise<ExecutedBlock> {
  try {
    // Copies: posted ones are views of all that was posted.
    return await lane.execute(
      input,
      txs.map((raw) => userTx(raw.slice(), lane.common)),
    );
  } catch (cause) {
    if (cause instanceof EvmTxError) throw new InvalidData(`block ${block}: ${cause.code}`, { cause });
    if (!(cause instanceof EvmError && cause.code === 'INVALID_TX')) throw cause;
    throw new InvalidData(`block ${block}, transaction ${cause.data.position}: ${cause.data.code}`, { cause });
  }
}
