import { randomBytes } from 'node:crypto';
import { brotliCompressSync, constants } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { type Answer, Attacker, prefixed } from './testing/attacker.ts';
import { startNetwork, type TestNetwork, type TestOptions, until } from './testing/testNetwork.ts';
import { noMetrics, type RequestKind, type Verdict } from './types.ts';

const running: { stop(): Promise<void> }[] = [];

async function start(options?: TestOptions): Promise<TestNetwork> {
  const network = await startNetwork(options);
  running.push(network.network);
  return network;
}

async function attack(victim: TestNetwork, answers: Partial<Record<RequestKind, Answer>> = {}): Promise<Attacker> {
  const attacker = await Attacker.start({ answers });
  running.push(attacker);
  await attacker.connect(victim);
  return attacker;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

const PLAIN = 0;
const BROTLI = 1;
const frame = (codec: number, bytes: Uint8Array): Uint8Array => Uint8Array.from([codec, ...bytes]);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const bomb = frame(
  BROTLI,
  brotliCompressSync(Buffer.alloc(64 * 1_048_576), { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
);

/** The verdicts of a victim, by reason. */
function verdicts(): { readonly counts: Map<string, number>; readonly options: TestOptions } {
  const counts = new Map<string, number>();
  const gossip = (topic: string, outcome: string, reason: string): void => {
    const key = `${topic} ${outcome} ${reason}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return { counts, options: { metrics: { ...noMetrics, gossip } } };
}

async function isBanned(victim: TestNetwork, attacker: Attacker): Promise<void> {
  await until(() => !attacker.isConnected && victim.network.peers().every(({ id }) => id !== attacker.peerId));
  await expect(victim.network.dial(attacker.address)).rejects.toMatchObject({ code: 'BANNED' });
  await expect(victim.network.status(attacker.peerId)).rejects.toMatchObject({ code: 'BANNED' });
  await attacker.knock(victim);
  await until(() => !attacker.isConnected);
}

describe('gossip of a liar', () => {
  it('bans a peer at its second rejected message; the first costs score only', async () => {
    const verdict: Verdict = { outcome: 'reject', reason: 'BAD_SIGNATURE' };
    const banned: string[] = [];
    const victim = await start({ handlers: { onGossip: async () => verdict } });
    victim.network.events.on('banned', ({ peer, reason }) => banned.push(`${peer} ${reason}`));
    const attacker = await attack(victim);
    await attacker.publish('ledger-tx', frame(PLAIN, text('one')));
    await victim.hears(1);
    await until(() => (victim.network.peers()[0]?.score ?? 0) < -50);
    expect(attacker.isConnected).toBe(true);
    await attacker.publish('ledger-tx', frame(PLAIN, text('two')));
    await isBanned(victim, attacker);
    expect(banned).toEqual([`${attacker.peerId} BAD_SIGNATURE`]);
  });

  it.each([
    ['a compression bomb', bomb, 'TOO_LARGE'],
    ['a message over the limit of its topic', frame(PLAIN, new Uint8Array(257)), 'TOO_LARGE'],
    ['a frame cut off', frame(BROTLI, brotliCompressSync(Buffer.alloc(200, 'cut')).subarray(0, -3)), 'BAD_FRAME'],
    [
      'bytes behind a packed frame',
      frame(BROTLI, Buffer.concat([brotliCompressSync(text('x')), text('y')])),
      'BAD_FRAME',
    ],
    ['a codec that is none', frame(7, text('x')), 'BAD_FRAME'],
    ['no frame at all', new Uint8Array(0), 'BAD_FRAME'],
  ])('rejects %s before anybody looks at it', async (_, bytes, reason) => {
    const { counts, options } = verdicts();
    const victim = await start(options);
    const attacker = await attack(victim);
    await attacker.publish('attestation', bytes);
    await until(() => counts.get(`attestation reject ${reason}`) === 1);
    expect(victim.heard).toEqual([]);
    expect(victim.network.peers()[0]?.score).toBeLessThan(-50);
  });

  it('looks at no more of a flood than its rate, bans the sender, and hears others meanwhile', async () => {
    const { counts, options } = verdicts();
    const victim = await start({ ...options, limits: { gossipPerSecond: 10 } });
    const honest = await start();
    await honest.network.dial(victim.address);
    const attacker = await attack(victim);
    for (let i = 0; attacker.isConnected; i += 1) {
      await attacker.publish('evm-tx', frame(PLAIN, text(`flood ${i}`)));
      // Both live in one process.
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (i % 200 === 0) await honest.network.publish('block', text(`block ${i}`));
    }
    await isBanned(victim, attacker);
    expect(counts.get('evm-tx ignore FLOOD')).toBeGreaterThanOrEqual(2_000);
    // 50 at once and 10 a second.
    expect(victim.heard.filter(({ topic }) => topic === 'evm-tx').length).toBeLessThan(700);
    await until(() => victim.heard.filter(({ topic }) => topic === 'block').length > 0);
    expect(victim.network.peers().map(({ id }) => id)).toEqual([honest.network.peerId]);
  });

  it('ignores what comes while as many are looked at as may be, and what takes too long', async () => {
    const { counts, options } = verdicts();
    let release: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      release = resolve;
    });
    const victim = await start({
      ...options,
      limits: {
        validationMs: 100,
        validations: { block: 4, 'ledger-tx': 4, 'evm-tx': 4, attestation: 4, announcement: 4 },
      },
      handlers: {
        onGossip: async (topic) => {
          if (topic === 'block') await hanging;
          return { outcome: 'accept', reason: 'OK' };
        },
      },
    });
    const attacker = await attack(victim);
    for (let i = 0; i < 6; i += 1) await attacker.publish('block', frame(PLAIN, text(`${i}`)));
    await until(() => counts.get('block ignore BUSY') === 4 && counts.get('block ignore TIMEOUT') === 2);
    // Their places are taken until they end, those of other topics are free.
    await attacker.publish('block', frame(PLAIN, text('late')));
    await attacker.publish('attestation', frame(PLAIN, text('other')));
    await until(() => counts.get('block ignore BUSY') === 5 && counts.get('attestation accept OK') === 1);
    release();
    await new Promise((resolve) => setImmediate(resolve));
    await attacker.publish('block', frame(PLAIN, text('again')));
    await until(() => counts.get('block accept OK') === 1);
  });

  it('logs and ignores when the handler throws', async () => {
    const { counts, options } = verdicts();
    const victim = await start({ ...options, handlers: { onGossip: () => Promise.reject(new Error('broken')) } });
    const attacker = await attack(victim);
    await attacker.publish('block', frame(PLAIN, text('x')));
    await until(() => counts.get('block ignore FAILED') === 1);
    expect(attacker.isConnected).toBe(true);
  });
});

describe('requests of a liar', () => {
  it.each([
    ['longer than any request', prefixed(new Uint8Array(100))],
    ['that claims 4 GiB', prefixed(new Uint8Array(1), 0xffff_ffff)],
    ['that is no RLP', prefixed(frame(PLAIN, Uint8Array.of(0xff, 0xff)))],
    ['with a number too many', prefixed(frame(PLAIN, Uint8Array.of(0xc3, 1, 2, 3)))],
    ['with a number not in its shortest form', prefixed(frame(PLAIN, Uint8Array.of(0xc3, 0x81, 1, 2)))],
    ['that is a bomb', prefixed(frame(BROTLI, brotliCompressSync(Buffer.alloc(1_048_576))))],
    ['cut off', prefixed(Uint8Array.of(0, 0xc2, 1), 4)],
  ])('a request %s is not answered and costs score; the second bans', async (_, bytes) => {
    let asked = 0;
    const victim = await start({
      handlers: {
        blocks: async function* () {
          asked += 1;
          yield text('block');
        },
      },
    });
    const attacker = await attack(victim);
    for (const expected of [-50, -100]) {
      const stream = await attacker.open(victim, 'blocks');
      stream.send(bytes);
      await stream.close();
      if (expected === -50) await until(() => (victim.network.peers()[0]?.score ?? 0) < -50);
    }
    await isBanned(victim, attacker);
    expect(asked).toBe(0);
  });

  it('a flood of requests is answered at its rate, the sender banned, and others are answered', async () => {
    let answered = 0;
    const victim = await start({
      handlers: {
        status: () => {
          answered += 1;
          return text('here');
        },
      },
    });
    const honest = await start();
    await honest.network.dial(victim.address);
    const attacker = await attack(victim);
    while (attacker.isConnected) {
      await attacker.open(victim, 'status').then(
        (stream) => stream.close(),
        () => undefined,
      );
    }
    await isBanned(victim, attacker);
    // 10 at once and 1 a second; each refused one costs 5.
    expect(answered).toBeLessThan(30);
    expect(await honest.network.status(victim.network.peerId)).toEqual(text('here'));
  });

  it('who asks and does not read loses its place', async () => {
    const chunk = randomBytes(1_048_576);
    let sent = 0;
    const refused: string[] = [];
    const victim = await start({
      limits: { frameMs: 300 },
      metrics: { ...noMetrics, refused: (reason) => refused.push(reason) },
      handlers: {
        batch: async function* () {
          for (;;) {
            sent += 1;
            yield chunk;
          }
        },
      },
    });
    const attacker = await attack(victim);
    const stream = await attacker.open(victim, 'batch');
    stream.pause();
    stream.send(prefixed(Uint8Array.of(0, 0xc1, 1)));
    await until(() => refused.includes('REQUEST_TIMEOUT'));
    expect(sent).toBeLessThan(20);
  });

  it('who opens a stream and sends nothing loses its place', async () => {
    const refused: string[] = [];
    const victim = await start({
      limits: { frameMs: 200 },
      metrics: { ...noMetrics, refused: (reason) => refused.push(reason) },
    });
    const attacker = await attack(victim);
    const streams = await Promise.all([1, 2, 3].map(() => attacker.open(victim, 'blocks')));
    await until(() => refused.filter((reason) => reason === 'REQUEST_TIMEOUT').length === 3);
    await until(() => streams.every(({ status }) => status !== 'open'));
  });
});

describe('answers of a liar', () => {
  const item = prefixed(frame(PLAIN, text('block')));
  const send =
    (...parts: Uint8Array[]): Answer =>
    async (stream) => {
      for (const part of parts) stream.send(part);
      await stream.close();
    };

  it.each<[string, Answer, string]>([
    ['that is cut off', send(item, item.subarray(0, 6)), 'BAD_RESPONSE'],
    ['with a codec that is none', send(prefixed(frame(9, text('x')))), 'BAD_RESPONSE'],
    ['that claims 4 GiB', send(prefixed(new Uint8Array(1), 0xffff_ffff)), 'TOO_LARGE'],
    ['that is a bomb', send(prefixed(bomb)), 'TOO_LARGE'],
    ['of more frames than were asked for', send(...Array.from({ length: 7 }, () => item)), 'TOO_LARGE'],
    ['broken off', (stream) => stream.abort(new Error('broken')), 'UNREACHABLE'],
  ])('an answer %s', async (_, answer, code) => {
    const victim = await start();
    const attacker = await attack(victim, { blocks: answer });
    const take = async (): Promise<void> => {
      for await (const bytes of victim.network.blocks(attacker.peerId, 1n, 3)) expect(bytes).toEqual(text('block'));
    };
    await expect(take()).rejects.toMatchObject({ name: 'NetworkError', code });
    const score = victim.network.peers()[0]?.score ?? 0;
    if (code === 'UNREACHABLE') expect(score).toBeGreaterThan(-1);
    else expect(score).toBeLessThan(-50);
  });

  it('one byte now and then is given up in time', async () => {
    const victim = await start({ limits: { frameMs: 400 } });
    const attacker = await attack(victim, {
      blocks: async (stream) => {
        const bytes = prefixed(frame(PLAIN, new Uint8Array(1_000)));
        for (const byte of bytes) {
          if (stream.status !== 'open') return;
          stream.send(Uint8Array.of(byte));
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    });
    const take = async (): Promise<void> => {
      for await (const _ of victim.network.blocks(attacker.peerId, 1n, 3)) expect.unreachable();
    };
    await expect(take()).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(victim.network.peers()[0]?.score).toBeLessThan(-5);
  });

  it('an endless answer, each frame in time, is given up in time', async () => {
    const victim = await start({ limits: { frameMs: 400, responseMs: 1_000 } });
    const attacker = await attack(victim, {
      batch: async (stream) => {
        while (stream.status === 'open') {
          stream.send(item);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
    });
    const take = async (): Promise<void> => {
      for await (const _ of victim.network.batch(attacker.peerId, 1));
    };
    await expect(take()).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('an endless answer as fast as it can ends at the limit of bytes, and is held back while nobody takes it', async () => {
    const victim = await start({ limits: { responseBytes: 8 * 1_048_576, itemBytes: 1_048_576 } });
    const big = prefixed(frame(PLAIN, new Uint8Array(1_000_000)));
    let sent = 0;
    const attacker = await attack(victim, {
      batch: async (stream) => {
        while (stream.status === 'open') {
          const isFree = stream.send(big);
          sent += 1;
          if (!isFree) await stream.onDrain().catch(() => undefined);
          while (stream.writeBufferLength > 0 && stream.status === 'open')
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
    const take = async (): Promise<void> => {
      for await (const _ of victim.network.batch(attacker.peerId, 1)) {
        if (sent < 4) await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };
    await expect(take()).rejects.toMatchObject({ code: 'TOO_LARGE' });
    expect(sent).toBeLessThan(15);
  });
});
