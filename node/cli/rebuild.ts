import type { RollupReader } from '../../bridge/client/interface.ts';
import type { PostedBatch } from '../../bridge/client/types.ts';
import type { AccountTree } from '../../protocol/tree.ts';
import { ProvenLedger } from '../../sdk/recovery/provenLedger.ts';
import { CliError, Exit } from './output.ts';

/** The account tree after the last proven batch (number 0 and no `posted` before the first). */
export interface ProvenTree {
  readonly tree: AccountTree;
  readonly batch: number;
  readonly posted?: PostedBatch;
}

/**
 * The account tree as of the last proven batch, from what was posted on L1 and nothing else.
 * @throws ProtocolError if the posted data do not lead to the root on L1, BridgeError
 */
export async function rebuildProvenTree(
  rollup: Pick<RollupReader, 'parameters' | 'state' | 'readBatch'>,
  onBatch: (number: number, last: number) => void = () => undefined,
): Promise<ProvenTree> {
  const { domain } = await rollup.parameters();
  const { proven } = await rollup.state();
  const ledger = new ProvenLedger({ domain });
  let last: PostedBatch | undefined;
  for (let n = 1; n <= proven.batch; n += 1) {
    onBatch(n, proven.batch);
    last = await rollup.readBatch(n);
    ledger.apply(last);
  }
  const { tree } = ledger;
  if (tree.root !== proven.root) {
    throw new CliError(Exit.REFUSED, 'ROOT_MISMATCH', 'what was posted on L1 does not lead to the proven root');
  }
  return { tree, batch: proven.batch, ...(last !== undefined && { posted: last }) };
}
