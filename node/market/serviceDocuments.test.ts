import { describe, expect, it } from 'vitest';
import { prefixRange } from '../../chain/db.ts';
import { canonicalJson } from '../../protocol/documents/canonicalJson.ts';
import { serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import { DOCUMENT, KEEPER, SERVICE, ServiceWorld } from '../../protocol/epochs/testing/serviceWorld.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { Subtype } from '../../protocol/types.ts';
import { expectReason } from './testing/expectReason.ts';
import type { MarketWorld } from './testing/marketWorld.ts';
import { chainOf, commitmentTo, serviceParts } from './testing/serviceChain.ts';

const TEXT = serviceDocumentText(DOCUMENT);

async function stored(chain: MarketWorld): Promise<string[]> {
  const found: string[] = [];
  for await (const [, text] of chain.db.range(prefixRange('service-document/'))) found.push(text);
  return found;
}

describe('a service’s document', () => {
  it('is kept, over a restart, and told as the service’s terms', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const market = await chain.market();
    expect(await market.services()).toEqual([{ service: SERVICE, keeper: KEEPER, token: 0, pool: 0n }]);
    expect(await market.publish(SERVICE, TEXT)).toEqual({ service: SERVICE });
    await market.publish(SERVICE, TEXT);
    await market.stop();
    const [view] = await (await chain.market()).services();
    const { name, start: startsAt, epochSeconds, emission: reward } = DOCUMENT;
    expect(view?.terms).toEqual({ name, startsAt, epochSeconds, reward, models: [] });
    expect(view?.document).toMatch(/^0x[0-9a-f]{64}$/);
    expect(view?.currentEpoch).toBe(-1);
    expect(await stored(chain)).toEqual([TEXT]);
  });

  it('must be the one that the account commits to, byte for byte', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const market = await chain.market();
    const richer = serviceDocumentText({ ...DOCUMENT, emission: DOCUMENT.emission + 1n });
    for (const text of [richer, ` ${TEXT}`, `${TEXT}\n`, TEXT.slice(1), '', '{}', 'null', '{"a":'.repeat(500)]) {
      await expectReason('WRONG_DOCUMENT', market.publish(SERVICE, text));
    }
    expect(await stored(chain)).toEqual([]);
  });

  it('that is none is refused even if the account commits to it', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const texts = ['free text', canonicalJson({ name: 'x' }), `${TEXT}\n`];
    for (const [i, text] of texts.entries()) {
      const index = accountIndex(70 + i);
      chain.attestation(index, { owner: KEEPER, subtype: Subtype.SERVICE, artefact: commitmentTo(text) });
      await expectReason('WRONG_DOCUMENT', (await chain.market()).publish(index, text));
    }
  });

  it('is of a service only: nobody fills the disk with accounts of other kinds', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const market = await chain.market();
    const { artefact } = serviceParts(DOCUMENT);
    chain.attestation(71, { owner: KEEPER, subtype: Subtype.MODEL, artefact });
    for (const index of [KEEPER, 71, 72])
      await expectReason('UNKNOWN_SERVICE', market.publish(accountIndex(index), TEXT));
    expect(await stored(chain)).toEqual([]);
  });

  it('is unknown again once its account was taken back for another', async () => {
    const chain = chainOf(new ServiceWorld().begin());
    const market = await chain.market();
    await market.publish(SERVICE, TEXT);
    const other = serviceParts({ ...DOCUMENT, name: 'letters' });
    chain.rollback(0n).attestation(SERVICE, other);
    await expectReason('UNKNOWN_DOCUMENT', market.epochs(SERVICE, 5));
    expect((await market.services()).map(({ terms }) => terms)).toEqual([undefined]);
    // The right one takes its place.
    await market.publish(SERVICE, serviceDocumentText({ ...DOCUMENT, name: 'letters' }));
    // What was replayed by the other one is told no more.
    await expectReason('SERVICE_REPLAYING', market.epochs(SERVICE, 5));
    expect((await stored(chain)).map((text) => JSON.parse(text).name)).toEqual(['letters']);
  });
});
