/**
 * A process that builds blocks and closes batches as fast as it can on the store named by its argument, and tells its parent of
 * every block it accepted, until it is killed.
 */
import { actor } from '../../protocol/testing/actors.ts';
import { openLevel } from '../db.ts';
import { addBlock, openLedger } from './fixture.ts';

const [path] = process.argv.slice(2);
if (path === undefined) throw new Error('which store?');
const chain = await openLedger(await openLevel(path), ['dev']);
// A killed process leaves its parent; a killed parent must not leave its process.
process.on('disconnect', () => process.exit(1));
for (;;) {
  const { key, address } = actor(1);
  const amount = chain.store.head.block + 1n;
  const block = await addBlock(chain, { deposits: [{ opcode: 1, token: 0, amount, key, address }] });
  process.send?.({ number: block.number.toString(), hash: block.hash.toString() });
  if ((chain.ledger.open?.batch.counts.l1Ops ?? 0) >= 3) await chain.ledger.close();
}
