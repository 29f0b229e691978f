/** Unmodified clients against a running devnet; every answer is checked against the schemas. `npm run test:clients` prints the table. */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { castSuite } from './cast/suite.ts';
import { ethersSuite } from './ethers/suite.ts';
import { clientsReport, FEATURES, type Feature, type Features } from './features.ts';
import { type Network, person, RICH, startNetwork } from './network.ts';
import { askRareMethods, servedMethods, subscribeRarely } from './rareMethods.ts';
import { type Recorder, startRecorder } from './recorder.ts';
import { SchemaBook } from './schemas.ts';
import { suiteCode } from './suiteContracts.ts';
import { viemSuite } from './viem/suite.ts';

const isOurs = (process.env.ENGRAM_CLIENTS_TARGET ?? 'devnet') === 'devnet';
const code = await suiteCode();
const suites = [viemSuite(code), ethersSuite(code), castSuite(code)];
const outcomes = new Map<string, Map<Feature, boolean>>();
const book = await SchemaBook.open();
let network: Network;
let recorder: Recorder;

beforeAll(async () => {
  network = await startNetwork();
  recorder = await startRecorder(network.url, (seen) => book.observe(seen));
  await network.fund(
    suites.map(({ client }) => person(client).account.address),
    RICH,
  );
});

afterAll(async () => {
  for (const suite of suites) await suite.stop();
  await recorder?.stop();
  await network?.stop();
  const path = process.env.ENGRAM_CLIENTS_REPORT;
  if (path !== undefined) writeFileSync(path, JSON.stringify(clientsReport(network.target, outcomes, book)));
});

for (const suite of suites) {
  describe(suite.client, () => {
    const done = new Map<Feature, boolean>();
    outcomes.set(suite.client, done);
    let features: Features = {};
    beforeAll(() => {
      features = suite.features({ ...network, url: recorder.url, wsUrl: recorder.wsUrl });
    });
    for (const feature of FEATURES) {
      test(feature, async () => {
        const run = features[feature];
        if (run === undefined) return;
        done.set(feature, false);
        await run();
        done.set(feature, true);
      });
    }
  });
}

describe.runIf(isOurs)('what no client asks', () => {
  const recorded = (): Network => ({ ...network, url: recorder.url, wsUrl: recorder.wsUrl });

  test('methods of blocks and transactions in their bytes, uncles, base fee', () => askRareMethods(recorded()));
  test('whole pending transactions, told as they come', () => subscribeRarely(recorded()));
});

describe('the answers', () => {
  test.runIf(isOurs)('were those of every method the node serves', () => {
    expect(servedMethods().filter((method) => !book.checked.has(method))).toEqual([]);
  });

  test.runIf(isOurs)('validate against the OpenRPC schemas', () => {
    expect(book.mismatches).toEqual([]);
    expect([...book.unknown]).toEqual([]);
  });
});
