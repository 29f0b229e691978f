import { keyAccount } from '../../protocol/account.ts';
import { accountIndex, batchNumber } from '../../protocol/ids.ts';
import { OpenBatch } from '../../protocol/openBatch.ts';
import { SHAPES } from '../../protocol/shapes.ts';
import { actor, signed, TEST_DOMAIN, TEST_TIME, transfer } from '../../protocol/testing/actors.ts';
import { SeededRandom } from '../../protocol/testing/random.ts';
import { AccountTree } from '../../protocol/tree.ts';
import type { AccountIndex, Batch } from '../../protocol/types.ts';

const SHAPE = SHAPES.large;
/** Keys are shared out among the accounts: deriving one each would only make the preparation longer. */
const KEYS = 64;

export function ownerOf(index: number) {
  return actor(100 + (index % KEYS));
}

/** A tree of `accounts` funded KEY accounts at the indices 1, 2, …. */
export function fundedTree(accounts: number): AccountTree {
  const tree = new AccountTree();
  for (let i = 1; i <= accounts; i += 1) {
    const { key, address } = ownerOf(i);
    tree.set(accountIndex(i), keyAccount({ key, address, token: 0, balance: 1_000_000n }));
  }
  return tree;
}

/** `count` different accounts of the tree. */
function pickAccounts(random: SeededRandom, tree: AccountTree, count: number): AccountIndex[] {
  const picked = new Set<AccountIndex>();
  while (picked.size < count) picked.add(accountIndex(1 + random.int(tree.size)));
  return [...picked];
}

/**
 * `count` full batches of the large shape with transfers in bundles of `bundle`, each batch among 64 random accounts. The tree is
 * left as it was.
 */
export function makeBatches(tree: AccountTree, options: { count: number; bundle: number; seed: number }): Batch[] {
  const { count, bundle, seed } = options;
  const random = new SeededRandom(seed);
  const start = tree.checkpoint();
  const batches = Array.from({ length: count }, (_, i): Batch => {
    const position = { number: batchNumber(i + 1), firstBlock: BigInt(i), timestamp: TEST_TIME };
    const open = new OpenBatch({ ...position, shape: SHAPE, domain: TEST_DOMAIN }, { tree });
    const accounts = pickAccounts(random, tree, SHAPE.A);
    const txs = Math.min(SHAPE.S, Math.floor(SHAPE.N / bundle));
    for (let t = 0; t < txs; t += 1) {
      const signer = accounts[t] ?? accountIndex(1);
      const ops = Array.from({ length: bundle }, () => transfer(signer, random.pick(accounts), 1n));
      const nonce = open.account(signer)?.nonce ?? 0;
      open.applyTx(signed(ownerOf(signer), { signer, nonce, ops }), { signatureChecked: true });
    }
    return open.close({ lastBlock: BigInt(i), evmCommitment: 0n, slots: false }).batch;
  });
  tree.revert(start);
  return batches;
}
