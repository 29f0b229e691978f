/** Gas of every call on a fresh deployment with mock verifiers (a pairing check costs about 230k more). */
import { packState } from '../../protocol/account.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { actor, exit, signed, transfer } from '../../protocol/testing/actors.ts';
import type { Field, SignedTx } from '../../protocol/types.ts';
import type { QueueEntry } from '../client/types.ts';
import { type Fixture, TEST_SETTINGS } from './fixture.ts';
import { ANY_PROOF, TestLedger } from './ledger.ts';

export type GasReport = Record<string, number>;

/** Transfers between accounts 1 and 2: as many transactions as the dev shape has, filling its 32 op slots. */
function fullDevBatch(): SignedTx[] {
  return Array.from({ length: 8 }, (_, nonce) => {
    const ops = Array.from({ length: 4 }, (_, i) => transfer(1, 2, 1_234_567_890_123n + BigInt(i)));
    return signed(actor(1), { signer: 1, nonce, ops });
  });
}

export async function measureGas(f: Fixture): Promise<GasReport> {
  const report: GasReport = {};
  const { clients } = f;
  const note = async (name: string, hash: `0x${string}`) => {
    report[name] = Number((await clients.publicClient.getTransactionReceipt({ hash })).gasUsed);
  };
  const noteEntry = async (name: string, entry: QueueEntry) => {
    await note(name, entry.l1.transactionHash);
    return entry;
  };
  const ledger = new TestLedger(f.deployment.domain);
  const token = await f.deployTest('PlainToken', ['Plain', 'PLN']);
  await token.write('mint', [f.alice.account, 10n ** 24n]);
  await token.write('approve', [f.deployment.address, 10n ** 24n]);
  await note('registerToken', (await f.alice.registerToken(token.address)).receipt.hash);
  const ether = { token: 0, amount: 10n ** 15n, key: actor(1).key } as const;
  const queue = [
    await noteEntry('depositNew.eth.first', await f.alice.depositNew(ether)),
    await noteEntry('depositNew.eth', await f.alice.depositNew({ ...ether, key: actor(2).key })),
    await f.alice.depositNew({ token: 1, amount: 10n ** 18n, key: actor(3).key }),
    await noteEntry('depositNew.erc20', await f.alice.depositNew({ token: 1, amount: 10n ** 18n, key: actor(4).key })),
    await noteEntry('depositTo.eth', await f.alice.depositTo({ index: 2, token: 0, amount: 5n })),
    await noteEntry('forcedExit', await f.alice.forcedExit(3)),
  ];
  const at = await f.now();
  const batches = {
    'small.deposits': ledger.close({ timestamp: at, queue: queue.slice(0, 2) }),
    'dev.transfers': ledger.close({ timestamp: at, shape: 'dev', txs: fullDevBatch() }),
    'dev.transfersAgain': ledger.close({ timestamp: at, shape: 'dev', txs: nextNonces(fullDevBatch(), 8) }),
    'dev.memos': ledger.close({ timestamp: at, shape: 'dev', txs: [memos(16)] }),
    'dev.queue': ledger.close({ timestamp: at, shape: 'dev', queue: queue.slice(2) }),
    'small.exits': ledger.close({ timestamp: at, txs: [exits(f, 17)] }),
  };
  for (const [name, closed] of Object.entries(batches)) {
    await f.warp(12); // within one second, the sequencer's time of last commit would not change: cheaper by chance
    const posted = await f.sequencer.commitBatch(closed);
    await note(`commit.${name}`, posted.l1.transactionHash);
    await note(`prove.${name}`, (await f.bob.proveBatches([{ posted, proof: ANY_PROOF }])).hash);
  }
  await note('withdraw.eth', (await f.bob.withdraw(0)).hash);
  await note('withdraw.erc20', (await f.alice.withdraw(1)).hash);
  const late = await f.alice.depositNew(ether);
  await f.warp(TEST_SETTINGS.graceSeconds + 10);
  const open = await f.bob.submitProvenBatch(ledger.close({ timestamp: await f.now() }), ANY_PROOF);
  await note('submitProven.empty', open.l1.transactionHash);
  await f.warp(TEST_SETTINGS.queueDeadlineSeconds + 10);
  await note('freeze', (await f.bob.freeze()).hash);
  const account = ledger.tree.get(accountIndex(2));
  if (account !== undefined) {
    const leaf = { index: 2, state: packState(account), a: account.a, b: account.b, c: account.c };
    await note('escape', (await f.bob.escape(leaf, ANY_PROOF)).hash);
  }
  await note('refund', (await f.bob.refund(late)).hash);
  return report;
}

function nextNonces(txs: readonly SignedTx[], by: number): SignedTx[] {
  return txs.map((tx) => ({ ...tx, nonce: tx.nonce + by }));
}

function memos(nonce: number): SignedTx {
  const memo = [1n, 2n ** 250n - 1n, 2n ** 253n - 1n] as Field[]; // below the field's order
  return signed(actor(1), { signer: 1, nonce, ops: Array.from({ length: 32 }, () => transfer(1, 2, 7n, { memo })) });
}

function exits(f: Fixture, nonce: number): SignedTx {
  const ops = [exit(1, BigInt(f.bob.account), 1000n), exit(1, BigInt(f.alice.account), 2000n)];
  return signed(actor(1), { signer: 1, nonce, ops });
}
