import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { tsWorker } from '../../circuits/build/tsWorker.ts';
import { serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import { DOCUMENT, SERVICE, ServiceWorld } from '../../protocol/epochs/testing/serviceWorld.ts';
import { TEST_DOMAIN } from '../../protocol/testing/actors.ts';
import { ReplayThread } from './replayThread.ts';
import { expectReason } from './testing/expectReason.ts';
import { chainOf, summariesOf } from './testing/serviceChain.ts';

const TEXT = serviceDocumentText(DOCUMENT);
const threads: ReplayThread[] = [];
const workers: Worker[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.stop();
  workers.length = 0;
});

function threadOf(onDeath: () => void = () => undefined): ReplayThread {
  const startThread = (): Worker => {
    const worker = tsWorker(new URL('./replayWorker.ts', import.meta.url), undefined);
    workers.push(worker);
    return worker;
  };
  const thread = new ReplayThread({ onDeath, startThread });
  threads.push(thread);
  return thread;
}

describe('the thread of replays', () => {
  it('begins with the first call, and tells a defect without ending', async () => {
    const { port } = threadOf();
    expect(workers).toEqual([]);
    await expect(port.follow(SERVICE, 'no document', TEST_DOMAIN)).rejects.toMatchObject({ code: 'REPLAY_FAILED' });
    await port.follow(SERVICE, TEXT, TEST_DOMAIN);
    expect(await port.summaries(SERVICE, 5, 0)).toEqual([]);
    expect(workers).toHaveLength(1);
  }, 60_000);

  it('that dies is replaced, and services are gone through again', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const onDeath = vi.fn();
    const { port } = threadOf(onDeath);
    const market = await chain.market({ replays: port });
    onDeath.mockImplementation(() => market.onThreadDeath());
    await market.publish(SERVICE, TEXT);
    await summariesOf(market);
    await workers[0]?.terminate();
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalledOnce());
    await expectReason('SERVICE_REPLAYING', market.epochs(SERVICE, 5));
    expect(await summariesOf(market)).toEqual([]);
    expect(workers).toHaveLength(2);
  }, 60_000);

  it('that dies refuses what waited for it', async () => {
    const mute = new Worker('setInterval(() => undefined, 1000)', { eval: true });
    const thread = new ReplayThread({ onDeath: () => undefined, startThread: () => mute });
    const asked = thread.port.summaries(SERVICE, 5, 0);
    await Promise.all([mute.terminate(), expectReason('STOPPED', asked)]);
  });

  it('once stopped, answers nothing', async () => {
    const thread = threadOf();
    const asked = thread.port.drop(SERVICE);
    await Promise.all([thread.stop(), expectReason('STOPPED', asked)]);
    await expectReason('STOPPED', thread.port.drop(SERVICE));
    await thread.stop();
  });
});
