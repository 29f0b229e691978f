import { type Hex, recoverTypedDataAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { beforeEach, describe, expect, it } from 'vitest';
import { attestationTypedData } from '../../bridge/client/attestation.ts';
import { BridgeError } from '../../bridge/client/errors.ts';
import type { RollupReader } from '../../bridge/client/interface.ts';
import type { L1Call, PostedBatch } from '../../bridge/client/types.ts';
import type { EvmBlockRecord } from '../../chain/evm/types.ts';
import { silentLogger } from '../../chain/logger.ts';
import { FakeClock } from '../../chain/testing/fakeClock.ts';
import { evmBatchOf } from '../../protocol/lane/evmCommitment.ts';
import type { EvmBatch, L1Message } from '../../protocol/lane/types.ts';
import { Attestor, type AttestorOptions } from './attestor.ts';

const KEYS = [1, 2, 3].map((n) => privateKeyToAccount(`0x${String(n).repeat(64)}`));
const STRANGER = privateKeyToAccount(`0x${'9'.repeat(64)}`);
const DOMAIN = { l1ChainId: 31337n, evmLane: `0x${'1a'.repeat(20)}` } as const;

interface Sent {
  readonly batch: number;
  readonly signatures: readonly Hex[];
}

/** L1 and our own chain: one block a batch, one message in each. */
class FakeWorld {
  proven = 0;
  l1Block = 100n;
  attested = 0;
  /** Signers that are needed. */
  needed = 2;
  readonly sent: Sent[] = [];
  readonly own = new Map<number, EvmBatch>();
  readonly posted = new Map<number, EvmBatch>();
  readonly onL1: L1Message[] = [];
  readonly ours: L1Message[] = [];
  failure: unknown;
  askedAt = -1n;
  readonly clock = new FakeClock();

  /** A batch that is proven on L1; `posted` differs only if something is wrong. */
  prove(posted?: Partial<EvmBatch['output']>): void {
    this.proven += 1;
    const message = messageAt(BigInt(this.proven - 1));
    this.onL1.push(message);
    this.ours.push(message);
    const output = {
      blockHash: `0x${String(this.proven).padStart(64, '0')}` as Hex,
      outboxRoot: `0x${'11'.repeat(32)}` as Hex,
      outboxCount: 0n,
      inboxCount: BigInt(this.proven),
    };
    const data = Uint8Array.of(1, this.proven);
    this.own.set(this.proven, evmBatchOf(output, data));
    this.posted.set(this.proven, evmBatchOf({ ...output, ...posted }, data));
  }

  attestor(keys = KEYS, options: AttestorOptions = {}): Attestor {
    const rollup = {
      state: async ({ blockNumber = -1n } = {}) => {
        this.askedAt = blockNumber;
        return { proven: { batch: this.proven } };
      },
      readBatch: async (number: number) => {
        const batch = this.posted.get(number);
        return { number, header: { evmCommitment: batch?.commitment }, stored: {}, evmData: batch?.data };
      },
    } as unknown as Pick<RollupReader, 'state' | 'readBatch'>; // as much of the answers as is looked at
    return new Attestor(options, {
      chain: {
        evmBatch: async (n) => this.own.get(n),
        summary: async (n) => ({ firstBlock: BigInt(n), lastBlock: BigInt(n) }),
        evmBlock: async (n) => this.#block(n),
      },
      rollup,
      lane: {
        // the call carries what the fake contract needs
        calls: {
          attest: ({ posted, signatures }) => {
            const { number } = posted as unknown as PostedBatch; // the whole of it was given
            return { to: DOMAIN.evmLane, data: JSON.stringify({ batch: number, signatures }) as Hex, value: 0n };
          },
        },
        attestationDomain: DOMAIN,
        attestedBatch: async () => this.attested,
        attestors: async () => KEYS.map(({ address }) => ({ address })),
        messages: async (from, to) => this.onL1.filter(({ index }) => index >= from && index < to),
      },
      l1: { getBlockNumber: async () => this.l1Block },
      keys,
      send: async (call) => this.#send(call),
      clock: this.clock,
      log: silentLogger,
    });
  }

  #block(number: bigint): EvmBlockRecord | undefined {
    const message = this.ours[Number(number) - 1];
    if (message === undefined) return undefined;
    return { inboxCount: number, messages: [message] } as unknown as EvmBlockRecord; // what is looked at
  }

  #send({ data }: L1Call): { hash: Hex; gasUsed: bigint } {
    if (this.failure !== undefined) {
      const { failure } = this;
      this.failure = undefined;
      throw failure;
    }
    const call = JSON.parse(data) as Sent; // made above
    this.sent.push(call);
    if (call.signatures.length >= this.needed) this.attested = call.batch;
    return { hash: `0x${'22'.repeat(32)}`, gasUsed: 60_000n };
  }
}

function messageAt(index: bigint): L1Message {
  return { kind: 'token', index, l1Timestamp: 1, token: 1, name: 'a', symbol: 'A', decimals: 18 };
}

let world: FakeWorld;
beforeEach(() => {
  world = new FakeWorld();
});

describe('Attestor', () => {
  it('signs the newest proven batch with every key, once', async () => {
    const attestor = world.attestor();
    expect(await attestor.step()).toEqual({ kind: 'idle', batch: 0 });
    world.prove();
    world.prove();
    expect(await attestor.step()).toMatchObject({ kind: 'attested', batch: 2 });
    expect(await attestor.step()).toMatchObject({ kind: 'idle' });
    expect(world.sent.map(({ batch }) => batch)).toEqual([2]);
    const commitment = world.own.get(2)?.commitment ?? 0n;
    const signers = await Promise.all(
      (world.sent[0]?.signatures ?? []).map((signature) =>
        recoverTypedDataAddress({ ...attestationTypedData(DOMAIN, 2, commitment), signature }),
      ),
    );
    expect(signers).toEqual(KEYS.map(({ address }) => address));
  });

  it('looks at L1 as of buried blocks', async () => {
    await world.attestor(KEYS, { confirmations: 7 }).step();
    expect(world.askedAt).toBe(93n);
  });

  it('leaves out keys that are no attestor’s, and sends nothing if none is', async () => {
    world.prove();
    world.needed = 1;
    await world.attestor([STRANGER, ...KEYS.slice(0, 1)]).step();
    expect(world.sent[0]?.signatures).toHaveLength(1);
    world.prove();
    expect(await world.attestor([STRANGER]).step()).toMatchObject({ kind: 'notAttestor' });
    expect(world.sent).toHaveLength(1);
  });

  it('waits for the others once its own signatures are counted', async () => {
    world.prove();
    const attestor = world.attestor(KEYS.slice(0, 1));
    expect(await attestor.step()).toMatchObject({ kind: 'counted', batch: 1 });
    expect(await attestor.step()).toMatchObject({ kind: 'idle', batch: 1 });
    world.prove();
    expect(await attestor.step()).toMatchObject({ kind: 'counted', batch: 2 });
    expect(world.sent).toHaveLength(2);
  });

  it('takes no harm from a restart after it was counted, or from somebody who was faster', async () => {
    world.prove();
    world.failure = new BridgeError('NothingCounted', {});
    const attestor = world.attestor(KEYS.slice(0, 1));
    expect(await attestor.step()).toMatchObject({ kind: 'counted' });
    expect(await attestor.step()).toMatchObject({ kind: 'idle' });
    world.failure = new BridgeError('AlreadyAttested', {});
    expect(await world.attestor().step()).toMatchObject({ kind: 'attested' });
  });

  it('tries again after a failure', async () => {
    world.prove();
    const attestor = world.attestor();
    world.failure = new BridgeError('L1_UNREACHABLE', {});
    await expect(attestor.step()).rejects.toMatchObject({ code: 'L1_UNREACHABLE' });
    expect(await attestor.step()).toMatchObject({ kind: 'attested' });
  });

  it('attests every so many batches if told so', async () => {
    const attestor = world.attestor(KEYS, { everyBatches: 3 });
    world.prove();
    world.prove();
    expect(await attestor.step()).toMatchObject({ kind: 'idle' });
    world.prove();
    expect(await attestor.step()).toMatchObject({ kind: 'attested', batch: 3 });
  });

  it('runs until it is told to stop, whatever L1 answers', async () => {
    world.prove();
    world.failure = new TypeError('fetch failed');
    const stop = new AbortController();
    const run = world.attestor().run(stop.signal);
    await expect.poll(() => world.failure).toBeUndefined();
    expect(world.sent).toEqual([]);
    await expect
      .poll(() => {
        world.clock.advance(4_000);
        return world.sent.length;
      })
      .toBe(1);
    stop.abort();
    await run;
  });
});

describe('what is never signed', () => {
  it('another outcome than ours, until L1 has ours', async () => {
    world.prove({ outboxRoot: `0x${'66'.repeat(32)}` });
    const attestor = world.attestor();
    expect(await attestor.step()).toEqual({ kind: 'mismatch', batch: 1 });
    expect(attestor.status).toEqual({ attestedBatch: 0, mismatch: 1 });
    expect(world.sent).toEqual([]);
    world.prove();
    expect(await attestor.step()).toMatchObject({ kind: 'attested', batch: 2 });
    expect(attestor.status.mismatch).toBeUndefined();
  });

  it('the same outcome with other data', async () => {
    world.prove();
    const own = world.own.get(1);
    if (own !== undefined) world.posted.set(1, evmBatchOf(own.output, Uint8Array.of(9)));
    expect(await world.attestor().step()).toMatchObject({ kind: 'mismatch' });
    expect(world.sent).toEqual([]);
  });

  it('a batch that this node does not have', async () => {
    world.prove();
    world.own.clear();
    expect(await world.attestor().step()).toEqual({ kind: 'unknown', batch: 1 });
    expect(world.sent).toEqual([]);
  });

  it.each<[string, (world: FakeWorld) => void]>([
    ['that is gone from L1', ({ onL1 }) => onL1.splice(1)],
    ['whose amount is another on L1', ({ onL1 }) => onL1.splice(1, 1, { ...messageAt(1n), token: 2 })],
    ['that L1 queued at another time', ({ onL1 }) => onL1.splice(1, 1, { ...messageAt(1n), l1Timestamp: 2 })],
  ])('a chain with a message %s', async (_, spoil) => {
    world.prove();
    const attestor = world.attestor();
    expect(await attestor.step()).toMatchObject({ kind: 'attested' });
    world.prove();
    world.prove();
    spoil(world);
    expect(await attestor.step()).toMatchObject({ kind: 'mismatch', batch: 3 });
    expect(await world.attestor().step()).toMatchObject({ kind: 'mismatch', batch: 3 });
    expect(world.sent).toHaveLength(1);
  });
});
