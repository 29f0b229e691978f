import { type AbiParameter, createPublicClient, http, toFunctionSelector } from 'viem';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeBody } from '../../protocol/codec/body.ts';
import { actor, exit, signed } from '../../protocol/testing/actors.ts';
import { artifact, buildContracts } from '../build.ts';
import { NO_EVM } from '../testing/evmBatch.ts';
import { expectError, Fixture } from '../testing/fixture.ts';
import { ANY_PROOF, TestLedger } from '../testing/ledger.ts';
import { attestationsAbi, rollupAbi } from './abi.ts';
import { evmLaneAbi, signerSetAbi } from './evmLaneAbi.ts';
import { decodeCommit } from './postedBatch.ts';
import { registryAbi } from './registryAbi.ts';
import { RollupClient } from './rollupClient.ts';
import { Reader } from './rollupReader.ts';
import type { L1Position } from './types.ts';
import { queueItemFromWords, queueItemWords } from './units.ts';

let f: Fixture;
beforeAll(async () => {
  f = await Fixture.start();
});
beforeEach(() => f.reset());
afterAll(() => f?.l1.stop());

/** Name, types and names of parameters, indexed flags: all that matters to a caller. */
function signatureOf(entry: {
  type: string;
  name?: string;
  inputs?: readonly AbiParameter[];
  outputs?: readonly AbiParameter[];
}) {
  const parameter = (p: AbiParameter): string => {
    const { components, indexed } = p as { components?: readonly AbiParameter[]; indexed?: boolean }; // by the ABI format
    return `${p.type}${components ? `(${components.map(parameter).join()})` : ''} ${indexed ? 'indexed ' : ''}${p.name ?? ''}`;
  };
  const list = (parameters: readonly AbiParameter[] | undefined) => (parameters ?? []).map(parameter).join(', ');
  return `${entry.type} ${entry.name ?? ''}(${list(entry.inputs)}) ${list(entry.outputs)}`;
}

describe('the written interface', () => {
  it.each([
    ['Rollup', rollupAbi],
    ['Attestations', attestationsAbi],
    ['EvmLane', evmLaneAbi],
    ['SignerSet', signerSetAbi],
    ['ValidatorRegistry', registryAbi],
  ] as const)('of %s is the one the compiler finds', async (name, written) => {
    const { abi } = artifact(await buildContracts(), name);
    // The compiler lists the errors that our code raises; the file lists those, too, and nothing else.
    expect(written.map(signatureOf).sort()).toEqual(abi.map(signatureOf).sort());
  });
});

describe('reading', () => {
  it('returns the constants of the deployment', async () => {
    const parameters = await f.alice.parameters();
    expect(parameters).toMatchObject({ l1ChainId: 31337n, l2ChainId: 7001n, initialSequencer: f.sequencer.account });
    expect(parameters.shapes.map(({ id, L, N, E }) => [id, L, N, E])).toEqual([
      [0, 2, 8, 2],
      [1, 8, 32, 4],
    ]);
  });

  it('rebuilds batches from L1 alone, over several log ranges', async () => {
    const ledger = new TestLedger(f.deployment.domain);
    const queue = [
      await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key }),
      await f.alice.depositTo({ index: 1, token: 0, amount: 5n }),
    ];
    const tx = signed(actor(1), { signer: 1, nonce: 0, ops: [exit(1, BigInt(f.bob.account), 7n)] });
    const closed = [
      ledger.close({ timestamp: await f.now(), queue }),
      ledger.close({ timestamp: await f.now(), shape: 'dev', txs: [tx], blocks: 3n }),
    ];
    for (const batch of closed) await f.sequencer.commitBatch(batch, NO_EVM);
    const reader = await Reader.connect({ ...f.deployment, logRange: 2n }, f.clients.publicClient);
    const found = await reader.readBatches(0n, await f.clients.publicClient.getBlockNumber());
    expect(found.map(({ number, shape, oldRoot }) => [number, shape, oldRoot])).toEqual(
      closed.map(({ batch }) => [batch.number, batch.shape, batch.oldRoot]),
    );
    for (const [i, posted] of found.entries()) {
      const body = decodeBody(posted.body, { shape: posted.shape, ...posted.header });
      expect(body.l1Ops).toEqual(closed[i]?.batch.l1Ops);
      expect(body.exits).toEqual(closed[i]?.exits);
      expect(body.txOps).toEqual(closed[i]?.batch.txs.map(({ ops }) => ops));
    }
    expect(await reader.readQueue(0n, 2n)).toEqual(queue);
    expect(await reader.readBatch(2)).toEqual(found[1]);
    const later = await reader.readBatches(
      found[1]?.l1.blockNumber ?? 0n,
      await f.clients.publicClient.getBlockNumber(),
    );
    expect(later).toEqual(found.slice(1));
    await expectError('UNKNOWN_BATCH', reader.readBatch(3));
    await expectError('UNKNOWN_BATCH', reader.readBatch(0));
  });

  it('reports every event in log order with its place on L1', async () => {
    const ledger = new TestLedger(f.deployment.domain);
    const entry = await f.alice.depositNew({ token: 0, amount: 1000n, key: actor(1).key });
    const posted = await f.sequencer.commitBatch(ledger.close({ timestamp: await f.now(), queue: [entry] }), NO_EVM);
    await f.alice.proveBatches([{ posted, proof: ANY_PROOF }]);
    await f.bob.withdraw(0, f.sequencer.account);
    const events = await f.alice.readEvents(0n, await f.clients.publicClient.getBlockNumber());
    expect(events.map(({ type }) => type)).toEqual(['queued', 'committed', 'proven', 'credited', 'withdrawn']);
    const order = (l1: L1Position) => Number(l1.blockNumber) * 1000 + l1.logIndex;
    const places = events.map(({ l1 }) => order(l1));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(events[0]).toMatchObject({ type: 'queued', entry });
  });

  it('reads state at an older block', async () => {
    const blockNumber = await f.clients.publicClient.getBlockNumber();
    await f.alice.forcedExit(1);
    expect((await f.alice.state({ blockNumber })).queueTail).toBe(0n);
    expect((await f.alice.state()).queueTail).toBe(1n);
  });

  it('leaves out queue items younger than the block asked for', async () => {
    const first = await f.alice.forcedExit(1);
    const toBlock = await f.clients.publicClient.getBlockNumber();
    await f.alice.forcedExit(2);
    expect(await f.alice.readQueue(0n, 10n, { toBlock })).toEqual([first]);
  });

  it('says which queue item is missing from what the node returned', async () => {
    await f.alice.forcedExit(1);
    const fromBlock = (await f.clients.publicClient.getBlockNumber()) + 1n;
    await f.alice.forcedExit(2);
    const error = await expectError('UNKNOWN_QUEUE_ITEM', f.alice.readQueue(0n, 2n, { fromBlock }));
    expect(error.data).toEqual({ queueIndex: 0n });
  });
});

describe('sending', () => {
  it('sends what is asked at once one after the other, and goes on after a failure', async () => {
    const results = await Promise.allSettled([
      f.alice.forcedExit(1),
      f.alice.forcedExit(0),
      f.alice.forcedExit(2),
      f.alice.depositNew({ token: 0, amount: 3n, key: actor(1).key }),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
    expect((await f.alice.readQueue(0n, 3n)).map(({ item }) => item.opcode)).toEqual([3, 3, 1]);
  });
});

describe('errors', () => {
  it('names a transaction that is no commit', async () => {
    const { l1 } = await f.alice.forcedExit(1);
    await expectError('NOT_A_COMMIT', f.alice.readBatchOf(l1.transactionHash));
    expect(() => decodeCommit('0x')).toThrow(expect.objectContaining({ code: 'NOT_A_COMMIT' }));
    expect(() => decodeCommit(toFunctionSelector('freeze()'))).toThrow(
      expect.objectContaining({ code: 'NOT_A_COMMIT' }),
    );
  });

  it('tells a node that cannot be reached from a call that failed', async () => {
    const wallet = f.clients.walletClient(f.l1.accounts[0] ?? expect.unreachable());
    const nowhere = { ...f.deployment, address: f.alice.account };
    await expectError('NOT_A_ROLLUP', RollupClient.open(nowhere, { publicClient: f.clients.publicClient, wallet }));
    const publicClient = createPublicClient({ transport: http('http://127.0.0.1:1', { retryCount: 0 }) });
    await expectError('L1_UNREACHABLE', Reader.connect(f.deployment, publicClient));
    await expectError('L1_REVERTED', f.alice.send({ to: f.verifier, data: '0x12345678', value: 0n }));
  });
});

describe('queue items', () => {
  it('survive packing', () => {
    const address = BigInt(f.alice.account);
    const max = 2n ** 96n - 1n;
    const items = [
      { opcode: 1, token: 65535, amount: max, key: actor(1).key, address },
      { opcode: 2, index: 2 ** 24 - 1, token: 1, amount: 0n, address },
      { opcode: 3, index: 1, address },
    ] as Parameters<typeof queueItemWords>[0][]; // the index brand
    for (const item of items) {
      const { l0, x, y, owner } = queueItemWords(item);
      expect(queueItemFromWords(l0, x, y, owner)).toEqual(item);
    }
  });

  it.each([
    ['an unknown opcode', 4n],
    ['opcode 0', 0n],
    ['bits beyond the record', (1n << 160n) | 3n],
  ])('with %s are no log of ours', (_name, l0) => {
    expect(() => queueItemFromWords(l0, 0n, 0n, f.alice.account)).toThrow(expect.objectContaining({ code: 'BAD_LOG' }));
  });
});
