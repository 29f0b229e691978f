import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RollupClient } from '../../bridge/client/rollupClient.ts';
import { NO_EVM } from '../../bridge/testing/evmBatch.ts';
import { type Contract, Fixture, TEST_SETTINGS } from '../../bridge/testing/fixture.ts';
import { ANY_PROOF, TestLedger } from '../../bridge/testing/ledger.ts';
import { systemClock } from '../../chain/clock.ts';
import type { CircuitInputs } from '../../circuits/input.ts';
import { closedBatchToJson } from '../../protocol/serialize.ts';
import type { ClosedBatch } from '../../protocol/types.ts';
import type { ProofResult } from '../../prover/types.ts';
import type { Proving } from '../proving.ts';
import { instantProving } from '../testing/instantProving.ts';
import type { ClosedBatches } from './batchSource.ts';
import { ProofShelf } from './proofShelf.ts';
import { type ProverEvent, RemoteProver, type RemoteProverDeps, type RemoteProverOptions } from './remoteProver.ts';

let f: Fixture;
let ledger: TestLedger;
let batches: ClosedBatch[];
let verifier: Contract;
let folder: string;

beforeAll(async () => {
  f = await Fixture.start();
  verifier = await f.mock(f.verifier);
}, 120_000);
afterAll(() => f?.l1.stop());
beforeEach(async () => {
  await f.reset();
  ledger = new TestLedger(f.deployment.domain);
  batches = [];
  folder = mkdtempSync(join(tmpdir(), 'engram-remote-prover-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((prover) => prover.stop()));
  rmSync(folder, { recursive: true });
});

async function commit(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) {
    const closed = ledger.close({ timestamp: await f.now() });
    await f.sequencer.commitBatch(closed, NO_EVM);
    batches.push(closed);
  }
}

/** A node that has the closed batches, or what a test puts in their place. */
function node(url: string, batchOf: (number: number) => ClosedBatch | undefined = (n) => batches[n - 1]) {
  const asked: number[] = [];
  const rpc: ClosedBatches = {
    url,
    request: async (_method, [number]) => {
      asked.push(number);
      const closed = batchOf(number);
      return closed === undefined ? null : closedBatchToJson(closed);
    },
  };
  return { ...rpc, asked };
}

const running: { stop(): Promise<void> }[] = [];

function start(
  sender: RollupClient,
  options: Partial<RemoteProverOptions> = {},
  parts: Partial<Pick<RemoteProverDeps, 'nodes' | 'shelf' | 'proving' | 'send'>> = {},
) {
  const events: ProverEvent[] = [];
  const abort = new AbortController();
  const prover = new RemoteProver(
    { pollMs: 20, retryMs: 50, ...options },
    {
      rollup: sender,
      nodes: [node('a')],
      proving: instantProving,
      shelf: new ProofShelf({}),
      send: (call) => sender.send(call),
      clock: systemClock,
      onEvent: (event) => events.push(event),
      ...parts,
    },
  );
  const done = prover.run(abort.signal);
  const handle = {
    events,
    of: <E extends ProverEvent['event']>(name: E) =>
      events.filter((event): event is Extract<ProverEvent, { event: E }> => event.event === name),
    stop: async () => {
      abort.abort();
      await done;
    },
  };
  running.push(handle);
  return handle;
}

const provenBatch = async () => (await f.bob.state()).proven.batch;
const until = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000, interval: 20 });
const allProven = (count: number) => until(async () => expect(await provenBatch()).toBe(count));

/** Proves when told to. */
function heldProving() {
  const waiting: { release: () => void; signal: AbortSignal | undefined }[] = [];
  const proving: Proving = {
    ...instantProving,
    backend: {
      name: 'held',
      prove: (request, options) =>
        new Promise<ProofResult>((resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
          const release = () => resolve(instantProving.backend.prove(request));
          waiting.push({ release, signal: options?.signal });
        }),
    },
  };
  return { proving, waiting };
}

describe('a prover of its own', () => {
  it('proves what is committed, and what comes after', async () => {
    await commit(3);
    const { of } = start(f.alice);
    await allProven(3);
    await commit(1);
    await allProven(4);
    expect(of('proven').map(({ batch }) => batch)).toEqual([1, 2, 3, 4]);
    expect(of('failed')).toEqual([]);
  });

  it('sends up to four proofs in one transaction', async () => {
    await commit(6);
    const shelf = new ProofShelf({});
    for (const { batch, commitment } of batches) {
      const { c, r, y } = commitment;
      // the mock takes any proof
      shelf.put({ batch: batch.number, statement: [c, r, y], proof: (await anyProof()).proof });
    }
    const { of } = start(f.alice, {}, { shelf, nodes: [] });
    await allProven(6);
    await until(() =>
      expect(of('sent').map((event) => event.batches)).toEqual([
        [1, 2, 3, 4],
        [5, 6],
      ]),
    );
    expect(of('proving')).toEqual([]);
  });

  it('shares the work with others', async () => {
    await commit(6);
    const [even, odd] = [node('even'), node('odd')];
    const takeoverMs = 3_600_000;
    start(f.alice, { share: { offset: 0, of: 2 }, takeoverMs }, { nodes: [even] });
    start(f.bob, { share: { offset: 1, of: 2 }, takeoverMs }, { nodes: [odd] });
    await allProven(6);
    expect([odd.asked, even.asked]).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
  });

  it('takes over from another one that is gone', async () => {
    await commit(3);
    const { of } = start(f.alice, { share: { offset: 0, of: 2 }, takeoverMs: 300 });
    await allProven(3);
    expect(of('proving').map(({ batch }) => batch)).toEqual([2, 1, 3]);
  });

  it('keeps what it has proven when it is killed', async () => {
    await commit(2);
    const { proving, waiting } = heldProving();
    const share = { offset: 0, of: 2 };
    const first = start(f.alice, { share }, { shelf: new ProofShelf({ dir: folder }), proving });
    await until(() => expect(waiting).toHaveLength(1));
    waiting[0]?.release();
    await until(() => expect(first.of('proven')).toHaveLength(1));
    await first.stop();
    expect(readdirSync(folder)).toEqual(['batch-2.json']);
    writeFileSync(join(folder, 'batch-9.json'), '{"batch": 9');
    const asked = node('a');
    start(f.alice, { share, takeoverMs: 0 }, { shelf: new ProofShelf({ dir: folder }), nodes: [asked] });
    await allProven(2);
    expect(asked.asked).toEqual([1]);
    await until(() => expect(readdirSync(folder)).toEqual([]));
  });
});

describe('against others', () => {
  it('does not believe a node, and asks the next one', async () => {
    await commit(2);
    const liar = node('liar', () => batches[1]);
    const { of } = start(f.alice, {}, { nodes: [liar, node('gone', () => undefined), node('honest')] });
    await allProven(2);
    expect(of('failed')).toEqual([]);
  });

  it('names a node that gives another batch than L1’s, and works once there is another node', async () => {
    await commit(1);
    const other = new TestLedger(f.deployment.domain).close({ timestamp: (await f.now()) - 1 });
    const nodes = [node('liar', () => other)];
    const { of } = start(f.alice, {}, { nodes });
    await until(() => expect(of('failed')[0]).toMatchObject({ batch: 1, code: 'NOT_L1S_BATCH', againInMs: 50 }));
    nodes.push(node('honest'));
    await allProven(1);
  });

  it('a node that speaks nonsense is one that has nothing', async () => {
    await commit(1);
    const nonsense: ClosedBatches = { url: 'x', request: async () => ({ batch: 'none' }) };
    const { of } = start(f.alice, {}, { nodes: [nonsense] });
    await until(() => expect(of('failed')[0]).toMatchObject({ code: 'NO_NODE_HAS_IT' }));
  });

  it('losing a race is no failure', async () => {
    await commit(1);
    const { proving, waiting } = heldProving();
    const { of } = start(
      f.alice,
      {},
      {
        proving,
        send: async (call) => {
          const posted = await f.bob.readBatch(1);
          await f.bob.proveBatches([{ posted, proof: ANY_PROOF }]);
          return f.alice.send(call);
        },
      },
    );
    await until(() => expect(waiting).toHaveLength(1));
    waiting[0]?.release();
    await until(() => expect(of('lost')).toEqual([{ event: 'lost', batch: 1 }]));
    expect([...of('failed'), ...of('refused'), ...of('away')]).toEqual([]);
  });

  it('gives up a proof that somebody else was quicker with', async () => {
    await commit(2);
    const { proving, waiting } = heldProving();
    const { of } = start(f.alice, {}, { proving });
    await until(() => expect(waiting).toHaveLength(1));
    await f.bob.proveBatches([{ posted: await f.bob.readBatch(1), proof: ANY_PROOF }]);
    await until(() => expect(of('cancelled')).toEqual([{ event: 'cancelled', batch: 1 }]));
    await until(() => expect(waiting).toHaveLength(2));
    waiting[1]?.release();
    await allProven(2);
  });

  it('proves anew what was reverted and committed anew', async () => {
    await commit(1);
    const { proving, waiting } = heldProving();
    const { of } = start(f.alice, {}, { proving });
    await until(() => expect(waiting).toHaveLength(1));
    await f.warp(TEST_SETTINGS.proveDeadlineSeconds + 1);
    await f.bob.revertBatches();
    await until(() => expect(of('cancelled')).toHaveLength(1));
    // the seat is lost with it: the next one comes with its proof
    batches = [new TestLedger(f.deployment.domain).close({ timestamp: await f.now() })];
    const [closed] = batches;
    if (closed === undefined) expect.unreachable();
    await f.bob.submitProvenBatch(closed, NO_EVM, ANY_PROOF);
    await until(() => expect(of('heads').at(-1)).toMatchObject({ committed: 1, proven: 1 }));
    expect(of('failed')).toEqual([]);
  });

  it('says when L1 refuses a proof, and tries again later', async () => {
    await commit(2);
    await verifier.write('setAnswer', [false]);
    const { of } = start(f.alice);
    await until(() => expect(of('refused')[0]).toMatchObject({ batch: 1, code: 'ProofInvalid' }));
    await verifier.write('setAnswer', [true]);
    await allProven(2);
  });

  it('waits while L1 is away', async () => {
    await commit(1);
    let isAway = true;
    const { of } = start(
      f.alice,
      {},
      {
        send: async (call) => {
          if (isAway) throw new TypeError('fetch failed');
          return f.alice.send(call);
        },
      },
    );
    await until(() => expect(of('away')[0]).toMatchObject({ code: 'UNAVAILABLE', about: 'fetch failed' }));
    isAway = false;
    await allProven(1);
    expect(of('proving')).toHaveLength(1);
  });
});

/** A proof as a backend gives it. */
async function anyProof(): Promise<ProofResult> {
  const artifacts = await instantProving.artifacts('small');
  // the instant backend looks at the public inputs only
  const inputs = { c: 0n, r: 0n, y: 0n } as unknown as CircuitInputs;
  return instantProving.backend.prove({ inputs, artifacts });
}
