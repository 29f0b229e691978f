import { en } from '../../../bridge/web/src/texts/en.ts';
import { dataOf } from '../data.ts';
import { marketOf } from '../market/market.ts';
import { MarketUi } from '../market/marketUi.ts';
import { shownByCli } from '../market/shownByCli.ts';
import type { Scenario } from '../scenario.ts';
import { until } from '../until.ts';
import { shows } from './explorer.ts';
import { epochIsShown, nodeAgrees, providersAreShown, serviceIsShown } from './marketEpoch.ts';

export const market: Scenario = {
  name: 'market',
  about: 'models with their lineage, announced providers, a service whose epoch is over and paid: as L1’s data have it',
  run: async (world, saw) => {
    const { model, dataset, paidModel, provider } = await dataOf(world);
    const { rpc } = world.devnet;
    const batches = async () => (await rpc.request('engram_chainInfo', [])).heads.proven.batch;
    const before = await batches();
    const made = await marketOf(world);
    const { service, lineage, epoch } = made;
    const took = (await batches()) - before;
    const cli = await shownByCli(world, service, epoch);
    saw(
      `service ${service.index}: epoch ${epoch} was judged by ${cli.weights.length}, is over, paid and proven: ${took} batches`,
    );
    const view = await until('the node has computed the epoch, too', async () => {
      const found = await rpc.request('engram_getEpoch', [service.index, epoch]);
      return found?.state === 'paid' && found;
    });
    nodeAgrees(view, cli);
    const visit = await world.visit();
    const { page } = visit;
    const ui = new MarketUi(page);
    const open = async (place: string): Promise<void> => visit.goTo(`${world.url}#/market${place}`);
    try {
      await open('');
      await shows(page, en.market.overview.claims);
      await open('/models');
      await page
        .getByRole('link', { name: new RegExp(`\\b${model}\\b`) })
        .first()
        .waitFor();
      const graph = page.getByRole('group', { name: en.market.artefactPage.lineage });
      const inGraph = (index: number) => graph.getByRole('link', { name: new RegExp(`\\b${index}\\b`) }).first();
      await open(`/models/${model}`);
      await inGraph(dataset).waitFor();
      await open(`/models/${lineage.model}`);
      for (const index of Object.values(lineage)) await inGraph(index).waitFor();
      saw(`the graph of ${lineage.model}: dataset, training run, model and fine-tune, each a link`);
      await open(`/models/${paidModel}`);
      await shows(page, '0.0025');
      await open('/providers');
      await providersAreShown(ui, made, { cli, views: await rpc.request('engram_getProviders', []) });
      saw('both announced providers: their price, their score and place by L1’s data, their hours');
      await open(`/providers/${provider}`);
      await shows(page, '0.00225');
      saw(`provider ${provider} that announces nothing: what consumers paid and what is left after royalties`);
      await open('/services');
      await page
        .getByRole('link', { name: new RegExp(service.document.name) })
        .first()
        .waitFor();
      await open(`/services/${service.index}`);
      await shows(page, service.document.name);
      await serviceIsShown(ui, made, cli);
      saw(`service ${service.index} “${service.document.name}” with the terms of its document; epoch ${epoch} is paid`);
      await open(`/services/${service.index}/${epoch}`);
      await epochIsShown(page, ui, cli);
      saw('epoch: due, paid, incentives, dividends and weights are those of `engram epoch show --from-l1`, to the wei');
      visit.check();
    } catch (error) {
      throw await visit.asSeen(error);
    } finally {
      await visit.close();
    }
  },
};
