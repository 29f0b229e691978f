import { parseEther } from 'viem';
import { attestModel } from '../../examples/02-attest-model.ts';
import { payPerInference } from '../../examples/03-pay-per-inference.ts';
import { connect, person } from '../../examples/support.ts';
import { type ServiceDocument, serviceDocumentText } from '../../protocol/epochs/serviceDocument.ts';
import { Subtype, sha256Bytes } from '../../sdk/index.ts';
import { WebCheckError } from './errors.ts';
import type { World } from './world.ts';

/** What the explorer and the market have to show. */
export interface Data {
  /** ATTEST accounts. */
  readonly dataset: number;
  readonly model: number;
  /** The one that a channel paid for. */
  readonly paidModel: number;
  readonly channel: number;
  /** KEY account. */
  readonly provider: number;
  readonly service: number;
  readonly serviceName: string;
}

const KEEPER = 9;
const worlds = new WeakMap<World, Promise<Data>>();

/** A model with its lineage, a channel whose receipts are claimed, a service with its document. Made once a world. */
export function dataOf(world: World): Promise<Data> {
  const known = worlds.get(world) ?? make(world);
  worlds.set(world, known);
  return known;
}

async function make(world: World): Promise<Data> {
  const options = { rpc: world.devnet.rpcUrl, l1: world.devnet.l1Url, log: () => undefined };
  const { data } = await attestModel(options);
  const { index: service, name: serviceName } = await openService(options);
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
  return { dataset: data.index, model, paidModel: paid.index, channel: channel.index, provider, service, serviceName };
}

async function openService(options: Parameters<typeof connect>[0]): Promise<{ index: number; name: string }> {
  const keeper = await person(await connect(options), KEEPER);
  const from = await keeper.deposit(parseEther('2'));
  const { time } = await keeper.ledger.getChainInfo();
  const document: ServiceDocument = {
    version: 1,
    name: 'weather of tomorrow',
    task: 'forecast',
    start: time - 600,
    epochSeconds: 3_600,
    revealSeconds: 1_200,
    emission: parseEther('0.01'),
    minStake: parseEther('0.1'),
    maxEvaluators: 16,
    maxProviders: 64,
    kappa: 32_767,
    bondsPenalty: 65_535,
    bondsMovingAverage: 900_000,
  };
  const text = serviceDocumentText(document);
  const sha256 = sha256Bytes(new TextEncoder().encode(text));
  const { index } = await keeper.ledger.attest({ from, sha256, subtype: Subtype.SERVICE, amount: parseEther('1') });
  await keeper.ledger.request({ method: 'engram_publishService', params: [index, text] });
  return { index, name: document.name };
}
