/** The short form of `npm run test:web`: the page is alive, sends money, and can be used by everybody. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium } from './browser/chromium.ts';
import { LOOKS, MAIN_PLACES } from './looks/places.ts';
import { happen } from './run.ts';
import type { Scenario } from './scenario.ts';
import { depositToken } from './scenarios/deposit.ts';
import { seen } from './scenarios/looks.ts';
import { doubleClick, rejection } from './scenarios/refusals.ts';
import { size } from './scenarios/size.ts';
import { World } from './world.ts';

const hasChromium = findChromium() !== undefined;
if (!hasChromium) process.stderr.write('test/web: skipped, there is no Chromium here (apt-get install chromium)\n');

describe.skipIf(!hasChromium)('the web page in Chromium', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.open({ proofs: 'instant' });
  });
  afterAll(() => world?.stop());

  const holds = async (scenario: Scenario): Promise<void> => {
    const { isOk, reason } = await happen(scenario, world, () => undefined);
    expect({ isOk, reason }).toEqual({ isOk: true, reason: undefined });
  };

  it('loads within its budget of script', () => holds(size));
  it('deposits a token, with its approval', () => holds(depositToken));
  it('sends nothing when the person says no', () => holds(rejection));
  it('sends once, however often it is clicked', () => holds(doubleClick));
  it.each(LOOKS)('has nothing that axe objects to: $name', async (look) => {
    expect(await seen(world, await world.person('depositor'), look, MAIN_PLACES)).toEqual([]);
  });
});
