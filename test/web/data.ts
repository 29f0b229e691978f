import { attestModel } from '../../examples/02-attest-model.ts';
import { payPerInference } from '../../examples/03-pay-per-inference.ts';
import { WebCheckError } from './errors.ts';
import type { World } from './world.ts';

/** What the explorer has to show, and the market of what nobody judges. */
export interface Data {
  /** ATTEST accounts. */
  readonly dataset: number;
  readonly model: number;
  /** The one that a channel paid for. */
  readonly paidModel: number;
  readonly channel: number;
  /** KEY account. */
  readonly provider: number;
}

const worlds = new WeakMap<World, Promise<Data>>();

/** A model with its dataset, a channel whose receipts are claimed. Made once a world. */
export function dataOf(world: World): Promise<Data> {
  const known = worlds.get(world) ?? make(world);
  worlds.set(world, known);
  return known;
}

async function make(world: World): Promise<Data> {
  const options = { rpc: world.devnet.rpcUrl, l1: world.devnet.l1Url, log: () => undefined };
  const { data } = await attestModel(options);
  await payPerInference(options);
  const { rpc } = world.devnet;
  const lineage = await rpc.request('engram_getLineage', [data.index]);
  const model = lineage?.descendants[0]?.index;
  const attested = (await rpc.request('engram_getAttestations', [{ kind: 'model' }])).items;
  const paid = attested.find(({ settled }) => settled.claims > 0);
  const [channel] = paid === undefined ? [] : await rpc.request('engram_getChannels', [{ model: paid.index }]);
  if (model === undefined || paid === undefined || channel === undefined) {
    throw new WebCheckError('NOT_DONE', 'the examples have left no model, or no channel with claims');
  }
  const { provider } = channel;
  return { dataset: data.index, model, paidModel: paid.index, channel: channel.index, provider };
}
