import { Deriver } from '../../chain/derive/deriveChain.ts';
import { memoryDb } from '../../chain/testing/memoryDb.ts';
import { genesisState, loadSpec } from '../../genesis/spec.ts';
import { headerOf } from '../../protocol/codec/header.ts';
import { batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { TEST_DOMAIN, TEST_TIME } from '../../protocol/testing/actors.ts';
import { AccountTree } from '../../protocol/tree.ts';

/** Blocks a second (of CPU time) of a batch that posts nothing for the EVM lane and names `count` blocks. */
export async function emptyBlocks(count: number): Promise<number> {
  const genesis = await genesisState(await loadSpec('devnet'));
  const options = { genesis, domain: TEST_DOMAIN, evmLane: `0x${'1a'.repeat(20)}`, maxDriftSeconds: 900 } as const;
  const deriver = await Deriver.open(options, { db: memoryDb() });
  const open = new OpenBatch(
    { number: batchNumber(1), shape: SHAPES.small, domain: TEST_DOMAIN, timestamp: TEST_TIME, firstBlock: 1n },
    { tree: new AccountTree() },
  );
  const { batch, commitment } = open.close({ lastBlock: BigInt(count), evmCommitment: 0n });
  const from = process.cpuUsage();
  const posted = {
    header: headerOf(batch, 0),
    body: commitment.body,
    evmData: new Uint8Array(),
    committedAt: TEST_TIME,
  };
  await deriver.applyBatch(posted, []);
  const { user, system } = process.cpuUsage(from);
  return Math.round(count / ((user + system) / 1e6));
}
