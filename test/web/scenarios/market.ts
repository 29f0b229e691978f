import { en } from '../../../bridge/web/src/texts/en.ts';
import { dataOf } from '../data.ts';
import type { Scenario } from '../scenario.ts';
import { shows } from './explorer.ts';

export const market: Scenario = {
  name: 'market',
  about: 'models with their lineage, providers by what they settled, a service with its terms',
  run: async (world, saw) => {
    const { model, dataset, paidModel, provider, service, serviceName } = await dataOf(world);
    const visit = await world.visit();
    const { page } = visit;
    const open = async (place: string): Promise<void> => visit.goTo(`${world.url}#/market${place}`);
    try {
      await open('');
      await shows(page, en.market.overview.claims);
      await open('/models');
      await page
        .getByRole('link', { name: new RegExp(`\\b${model}\\b`) })
        .first()
        .waitFor();
      await open(`/models/${model}`);
      const graph = page.getByRole('group', { name: en.market.artefactPage.lineage });
      await graph
        .getByRole('link', { name: new RegExp(`\\b${dataset}\\b`) })
        .first()
        .waitFor();
      saw(`model ${model} with its dataset ${dataset} in the graph of its lineage`);
      await open(`/models/${paidModel}`);
      await shows(page, '0.0025');
      await open('/providers');
      await page
        .getByRole('link', { name: new RegExp(`\\b${provider}\\b`) })
        .first()
        .waitFor();
      await open(`/providers/${provider}`);
      await shows(page, '0.00225');
      saw(`provider ${provider}: what consumers paid and what is left after royalties, from settled claims`);
      await open('/services');
      await page
        .getByRole('link', { name: new RegExp(serviceName) })
        .first()
        .waitFor();
      await open(`/services/${service}`);
      await shows(page, serviceName);
      await shows(page, '0.01');
      saw(`service ${service} “${serviceName}” with the terms of its document`);
      visit.check();
    } catch (error) {
      throw await visit.asSeen(error);
    } finally {
      await visit.close();
    }
  },
};
