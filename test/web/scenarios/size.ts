import { WebCheckError } from '../errors.ts';
import { firstLoad } from '../looks/firstLoad.ts';
import type { Scenario } from '../scenario.ts';

/** Gzipped bytes of the scripts that the first load of the bridge page asks for. */
export const SCRIPT_BUDGET = 300_000;

export const size: Scenario = {
  name: 'size',
  about: `the bridge page loads at most ${SCRIPT_BUDGET / 1_000} kB of script, gzipped`,
  run: async (world, saw) => {
    const { scriptBytes, scripts, usableMs } = await firstLoad(world.browser, world.url);
    saw(`${scripts} scripts, ${(scriptBytes / 1_000).toFixed(1)} kB gzipped; usable after ${Math.round(usableMs)} ms`);
    if (scriptBytes === 0 || scriptBytes > SCRIPT_BUDGET) {
      throw new WebCheckError('DIFFERS', `${scriptBytes} bytes of script, at most ${SCRIPT_BUDGET} are allowed`);
    }
  },
};
