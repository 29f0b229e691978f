import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseEther } from 'viem';
import { nodePort } from '../../../agents/evaluator/chainPort.ts';
import { Keeper } from '../../../agents/evaluator/keeper.ts';
import { nodeSource } from '../../../agents/evaluator/ledgerSource.ts';
import { openLevel } from '../../../chain/db.ts';
import { encodeCommit, encodeReveal, type Weight, weightWords } from '../../../protocol/epochs/memo.ts';
import { scoreCommitment } from '../../../protocol/epochs/scoreCommitment.ts';
import {
  epochStart,
  revealStart,
  type ServiceDocument,
  serviceDocumentText,
} from '../../../protocol/epochs/serviceDocument.ts';
import { field } from '../../../protocol/field.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import type { AccountIndex } from '../../../protocol/types.ts';
import { domainOf } from '../../../sdk/chain.ts';
import { voucherKey, voucherSeed } from '../../../sdk/channels/voucherSeed.ts';
import { Subtype, sha256Bytes } from '../../../sdk/index.ts';
import { until } from '../until.ts';
import type { World } from '../world.ts';
import type { EVALUATORS, Party } from './people.ts';

/** Long, because people here and their proofs take time of the epoch, too; the harness moves the clocks. */
const EPOCH_SECONDS = 7_200;
const REVEAL_SECONDS = 2_400;
const DAY_SECONDS = 86_400;
const STAKES: Readonly<Record<(typeof EVALUATORS)[number], bigint>> = {
  first: parseEther('0.8'),
  second: parseEther('0.6'),
  third: parseEther('0.5'),
};

export interface Service {
  /** ATTEST account. */
  readonly index: AccountIndex;
  readonly document: ServiceDocument;
  /** Where its text is. */
  readonly file: string;
}

/** Terms on the ledger, money in the pool, the document at the node. The first epoch begins in half an epoch. */
export async function openService(world: World, { ledger, index: from }: Party): Promise<Service> {
  const { time } = await ledger.getChainInfo();
  const document: ServiceDocument = {
    version: 1,
    name: 'weather of tomorrow',
    task: 'forecast',
    start: time + EPOCH_SECONDS / 2,
    epochSeconds: EPOCH_SECONDS,
    revealSeconds: REVEAL_SECONDS,
    emission: parseEther('0.01'),
    minStake: parseEther('0.1'),
    maxEvaluators: 16,
    maxProviders: 64,
    kappa: 32_767,
    bondsPenalty: 65_535,
    bondsMovingAverage: 900_000,
  };
  const text = serviceDocumentText(document);
  const file = path.join(world.folder, 'service.json');
  await writeFile(file, text);
  const sha256 = sha256Bytes(new TextEncoder().encode(text));
  const { index } = await ledger.attest({ from, sha256, subtype: Subtype.SERVICE, amount: parseEther('1') });
  await ledger.request({ method: 'engram_publishService', params: [index, text] });
  return { index: accountIndex(index), document, file };
}

/** A channel to the keeper that names the service: what is in it is the evaluator's voice. */
export async function stake(by: Party, keeper: Party, { index: model, document }: Service): Promise<void> {
  const { ledger, account, index: from, role } = by;
  await ledger.open({
    ...{ from, provider: keeper.index, model, amount: STAKES[role as keyof typeof STAKES] }, // only evaluators stake
    voucherKey: voucherKey(voucherSeed(account, 1)),
    expiry: document.start + 30 * DAY_SECONDS,
  });
}

export interface Scores {
  readonly by: Party;
  /** By agent, ascending. */
  readonly weights: readonly Weight[];
}

const saltOf = ({ index }: Party) => field(BigInt(1_000_003 * index));

/** In the epoch, before reveals. */
export function commit({ by, weights }: Scores, { index: service }: Service, epoch: number) {
  const said = { service, epoch, evaluator: by.index, salt: saltOf(by), words: weightWords(weights) };
  const commitment = scoreCommitment(said, domainOf(by.ledger.chain));
  return included(by, service, encodeCommit({ epoch, commitment }));
}

/** In the last part of the epoch. */
export async function reveal({ by, weights }: Scores, { index: service }: Service, epoch: number) {
  const [memo, ...more] = encodeReveal({ epoch, salt: saltOf(by), weights });
  if (memo === undefined || more.length > 0) throw new RangeError('a few weights are one op');
  return included(by, service, memo);
}

async function included(by: Party, to: number, memo: ReturnType<typeof encodeCommit>): Promise<void> {
  const { ledger, index: from } = by;
  await ledger.waitFor(await ledger.transfer({ from, to, amount: 0n, memo }), 'included');
}

/** To a second of the service's time; the open batch is closed before. */
export async function goTo(world: World, time: number): Promise<void> {
  const { rpc } = world.devnet;
  await until(`the clocks are at ${time}`, async () => {
    const { time: now } = await rpc.request('engram_chainInfo', []);
    if (now < time) await rpc.request('engram_devAdvanceTime', [time - now]);
    return true;
  });
}

export const times = {
  begin: ({ document }: Service, epoch: number): number => epochStart(document, epoch) + 1,
  reveals: ({ document }: Service, epoch: number): number => revealStart(document, epoch) + 1,
  end: ({ document }: Service, epoch: number): number => epochStart(document, epoch + 1) + 1,
} as const;

/** The keeper of `agents/evaluator` pays the epoch, until proven batches say that everybody has what is due. */
export async function payEpoch(world: World, { ledger, account, index }: Party, service: Service, epoch: number) {
  // a batch of the next epoch: this one is over by the ledger's data
  await ledger.waitFor(await ledger.transfer({ from: index, to: index, amount: 0n }), 'included');
  await world.devnet.node.sequencer.closeBatch();
  const db = await openLevel(path.join(world.folder, 'keeper'));
  try {
    const chain = nodePort(ledger, account);
    const { index: attested, document } = service;
    const keeper = await Keeper.open(
      { service: attested, document, domain: chain.domain, account: index },
      { chain, source: nodeSource(ledger, 'proven'), db },
    );
    // batches close by themselves: closed at each look, they would hold one payment each
    await until(
      'the epoch is over by proven batches, and paid',
      async () => (await keeper.pay(epoch)).state === 'paid',
    );
  } finally {
    await db.close();
  }
}
