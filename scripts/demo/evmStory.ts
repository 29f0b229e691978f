/** The story of the EVM lane, step by step; each step writes into the book what it should have done. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { parseEther } from 'viem';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { hexToBytes, prefixedHex } from '../../protocol/bytes.ts';
import { Subtype } from '../../protocol/types.ts';
import { type LaneWithdrawal, MODEL_ATTESTATION, MODEL_ATTESTATION_ABI, waitForDeposit } from '../../sdk/index.ts';
import { attest } from '../../sdk/ops.ts';
import { type Artefact, hex, makeArtefacts } from './aiArtefacts.ts';
import { attestAll, type Channel, FEE, type Model, openChannel } from './aiMarket.ts';
import { type Claimable, type Claimed, claimAll } from './aiSettle.ts';
import { MAX_PRICE } from './aiStream.ts';
import type { Streams } from './aiStreams.ts';
import type { Checks } from './book.ts';
import type { Lane } from './evmLane.ts';
import { bytesOf, Market, type Terms } from './evmMarket.ts';
import type { Phases } from './phases.ts';
import { ETH, type World } from './world.ts';

export interface EvmStage {
  readonly world: World;
  readonly lane: Lane;
  readonly phases: Phases;
  readonly streams: Streams;
  readonly checks: Checks;
  readonly inferences: number;
  /** Seconds: the ledger's clock when the story began. */
  readonly time: number;
  readonly signal?: AbortSignal | undefined;
}

/** Of the fine-tune, which the bounty does not pay. */
const OTHER_STREAM = 20;
const UNSETTLED = 4;
const RECEIPTS_PAID = 12;
const REWARD = parseEther('0.001');
const DERIVED_ROYALTY_BPS = 300;
const DAY = 86_400;

export interface Bounty {
  readonly market: Market;
  /** Gas of each paid receipt. */
  readonly claimGas: readonly bigint[];
  /** The contract's or precompile's error by what was tried. */
  readonly refusals: Readonly<Record<string, string>>;
}

/** Money in both lanes, attested models, channels. */
export async function prepare({ world, lane, phases, streams, inferences, time, signal }: EvmStage) {
  const TEST = world.token.id;
  const [alice, bob, carol, erin] = (['alice', 'bob', 'carol', 'erin'] as const).map((name) => world.who(name));
  if (!alice || !bob || !carol || !erin) throw new RangeError('people are missing');
  await phases.run('deposits from L1 into the ledger', async () => {
    const owners = world.people.filter((person) => person !== bob);
    for (const person of owners) await world.deposit(person, TEST, parseEther('100'));
    await world.deposit(carol, ETH, parseEther('2'));
    for (const person of owners) await person.findAccounts(person === carol ? 2 : 1, signal);
  });
  await phases.run('deposits of ETH and the token from L1 into the EVM lane', async () => {
    await lane.deposit(bob, ETH, parseEther('10'));
    await lane.deposit(bob, TEST, parseEther('100'));
    await lane.deposit(alice, ETH, parseEther('1'));
  });
  const artefacts = await makeArtefacts(join(world.devnet.dataDir, 'artefacts'));
  const models = await phases.run('a dataset, a model trained from it and its fine-tune are attested', () =>
    attestAll(world, artefacts),
  );
  const channels = await phases.run('a consumer opens channels to a provider', async () => {
    const parties = { consumer: 'alice', provider: 'carol', expiry: time + 90 * DAY } as const;
    const deposit = MAX_PRICE * BigInt(inferences + 10);
    const first = await openChannel(world, { name: 'channel1', model: models.model, deposit, ...parties });
    const second = await openChannel(world, { name: 'channel2', model: models.fineTune, deposit, ...parties });
    return [first, second] as const;
  });
  for (const channel of channels) await streams.open(channel);
  return { models, channels };
}

export interface Traded {
  readonly claims: readonly [Claimed, Claimed];
  /** Of inferences after the claim. */
  readonly unsettled: Claimable;
}

/** Inferences, one claim for all of them, some more that no claim settles; the provider moves what it earned to the EVM lane. */
export async function trade(
  { world, lane, phases, streams, inferences }: EvmStage,
  [first, second]: readonly [Channel, Channel],
): Promise<Traded> {
  const carol = world.who('carol');
  const vouchers = await phases.run(`${inferences} inferences off-chain, each with a voucher and a receipt`, () =>
    streams.run([
      [first, inferences],
      [second, OTHER_STREAM],
    ]),
  );
  const [one, two] = await phases.run('the provider claims them all in one transaction', () =>
    claimAll(world, vouchers),
  );
  const [unsettled] = await streams.run([[first, UNSETTLED]]);
  if (one === undefined || two === undefined || unsettled === undefined) throw new RangeError('claims are missing');
  await phases.run('the provider moves ETH and tokens from the ledger to the EVM lane', async () => {
    await lane.enter(carol, world.token.id, parseEther('50'));
    await lane.enter(carol, ETH, parseEther('1'));
  });
  return { claims: [one, two], unsettled };
}

/** A contract on the EVM lane that pays for receipts of the ledger. */
export async function bounty(stage: EvmStage, models: Models, traded: Traded): Promise<Bounty> {
  const { world, lane, phases, streams, checks } = stage;
  const [alice, bob, carol, erin] = (['alice', 'bob', 'carol', 'erin'] as const).map((name) => world.who(name));
  if (!alice || !bob || !carol || !erin) throw new RangeError('people are missing');
  const terms: Terms = {
    model: models.model.artefact,
    owner: erin.account.l1.address,
    origin: models.dataset.artefact,
    consumer: alice,
    reward: REWARD,
  };
  const refusals: Record<string, string> = {};
  const refused = (what: string, expected: string, found: string): void => {
    refusals[what] = found;
    checks.equal(`refused, ${what}: ${expected}`, 1n, found === expected ? 1n : 0n);
  };
  const market = await phases.run('a bounty contract for the attested model is deployed and funded', async () => {
    const owner = bob.account.l1.address;
    refused('another owner of the model', 'WrongOwner', await Market.refusal(lane, bob, { ...terms, owner }));
    const origin = models.fineTune.artefact;
    refused('another origin of the model', 'WrongOrigin', await Market.refusal(lane, bob, { ...terms, origin }));
    const unknown = { ...terms.model, sha256: sha256('nobody attested this') };
    refused(
      'a model that nobody attested',
      'NotAttested',
      await Market.refusal(lane, bob, { ...terms, model: unknown }),
    );
    const deployed = await Market.deploy(lane, bob, terms, parseEther('0.5'));
    await lane.transfer(bob, 'market', parseEther('1'));
    // from L1 in one step: the message calls the contract
    await lane.deposit(bob, ETH, parseEther('0.25'), { to: 'market', data: deployed.call('fund'), gasLimit: 100_000n });
    return deployed;
  });
  const [one, two] = traded.claims;
  const claimGas = await phases.run(`${RECEIPTS_PAID} receipts are paid to the provider`, async () => {
    const gas: bigint[] = [];
    for (let i = 0; i < RECEIPTS_PAID; i += 1) {
      gas.push(await market.claim(alice, carol, await streams.evidence(one, i * 7)));
    }
    return gas;
  });
  await phases.run('forged, unsettled, foreign and repeated receipts are refused', async () => {
    const genuine = bytesOf(await streams.evidence(one, 1));
    const other = bytesOf(await streams.evidence(one, 2));
    const attempts: readonly (readonly [
      what: string,
      expected: string,
      { receipt: `0x${string}`; proof: `0x${string}` },
    ])[] = [
      ['a receipt that was paid', 'AlreadyPaid', bytesOf(await streams.evidence(one, 0))],
      [
        'an output that the provider did not sign',
        'ReceiptSignature',
        { ...genuine, receipt: forged(genuine.receipt) },
      ],
      ['a proof of another receipt', 'ReceiptPosition', { ...genuine, proof: other.proof }],
      [
        'a receipt that no claim settled',
        'ReceiptNotSettled',
        bytesOf(await streams.evidence({ ...one, receipts: traded.unsettled.receipts }, one.receipts)),
      ],
      ['a receipt of another model', 'WrongModel', bytesOf(await streams.evidence(two, 3))],
    ];
    for (const [what, expected, bytes] of attempts) refused(what, expected, await market.refusedClaim(alice, bytes));
    const under = (change: Partial<Terms>): Promise<string> =>
      Market.refusalUnder(lane, bob, { ...terms, ...change }, genuine);
    refused('a receipt that another consumer paid', 'WrongConsumer', await under({ consumer: erin }));
    refused('a receipt paid in another token', 'WrongToken', await under({ token: ETH }));
  });
  return { market, claimGas, refusals };
}

type Models = { readonly dataset: Model; readonly model: Model; readonly fineTune: Model };

/** The contract attests a model made from the bounty's; somebody attests the same file on the ledger; both lanes' attestations are one list. */
export async function derive({ world, lane, phases, checks }: EvmStage, models: Models, market: Market): Promise<void> {
  const [bob, frank] = [world.who('bob'), world.who('frank')];
  const artefact: Artefact = { file: '', sha256: sha256('a model derived on the EVM lane'), provenance: sha256('how') };
  await phases.run('a contract attests a derived model; both lanes find it', async () => {
    const number = await market.attestDerived(bob, artefact, DERIVED_ROYALTY_BPS);
    const TEST = world.token.id;
    const op = attest({
      from: frank.indexOf(TEST),
      artefact: artefactCommitment(artefact.sha256),
      provenance: provenanceCommitment(artefact.provenance),
      parent: models.model.index,
      subtype: Subtype.MODEL,
      fee: FEE,
    });
    await frank.send(TEST, [op]);
    world.payFees('frank', TEST, FEE);
    const contract = { address: MODEL_ATTESTATION, abi: MODEL_ATTESTATION_ABI } as const;
    const digest = hex(artefact.sha256);
    const [found, laneOf, index] = await lane.evm.readContract({ ...contract, functionName: 'find', args: [digest] });
    checks.equal('found first in lane', 1n, found ? BigInt(laneOf) : -1n);
    checks.equal('found first, number', number, index);
    const { owner } = await lane.evm.readContract({ ...contract, functionName: 'get', args: [1, number] });
    checks.equal('the contract owns it', BigInt(market.address), BigInt(owner));
    const [total, entries] = await lane.evm.readContract({
      ...contract,
      functionName: 'findAll',
      args: [digest, 0n, 10n],
    });
    checks.equal('attestations of both lanes', 2n, total);
    const [second] = await world.devnet.rpc.request('engram_findAttestations', [digest]);
    checks.equal('the second is the ledger’s', BigInt(second?.index ?? -1), entries[1]?.index ?? -2n);
    world.track('derived', TEST, second?.index ?? 0);
    const ancestors = await lane.evm.readContract({ ...contract, functionName: 'lineage', args: [1, number, 64n] });
    const expected = [models.model.index, models.dataset.index];
    expected.forEach((ancestor, i) => {
      checks.equal(`ancestor ${i + 1} across the lanes`, BigInt(ancestor), ancestors[i]?.index ?? -1n);
    });
    await market.close(bob);
  });
}

/** Out of the EVM lane: ETH and the token to L1, ETH into an account of the ledger. */
export async function withdraw({ world, lane, phases }: EvmStage): Promise<LaneWithdrawal[]> {
  const carol = world.who('carol');
  return phases.run('withdrawals from the EVM lane: to L1, and into the ledger', async () => {
    const made: LaneWithdrawal[] = [];
    const wanted = [
      { token: ETH, amount: parseEther('0.4') },
      { token: world.token.id, amount: parseEther('20') },
      { token: ETH, amount: parseEther('0.3'), account: carol.indexOf(ETH) },
    ];
    for (const parameters of wanted) {
      const withdrawal = await lane.wallet(carol).withdrawFromLane(parameters);
      lane.payGas(carol, withdrawal.fee);
      const { token, amount } = parameters;
      world.book.move(`lane:carol:${token}`, `outbox:carol:${token}`, amount);
      if (token === ETH) world.book.add(`lane:burnt:${ETH}`, amount);
      made.push(withdrawal);
    }
    return made;
  });
}

/** L1 pays each withdrawal, checked against L1 before it is brought there. */
export async function claimOnL1(
  { world, lane, phases, signal }: EvmStage,
  made: readonly LaneWithdrawal[],
): Promise<void> {
  const { book } = world;
  const [bob, carol] = [world.who('bob'), world.who('carol')];
  await phases.run('the withdrawals are attested and L1 pays them', async () => {
    const bridge = await lane.bridge(carol);
    for (const { index, token, amount, account, sender, recipient } of made) {
      const { siblings } = await lane.evm.waitForWithdrawal(index, { signal });
      const { queueTail } = await carol.l1.state();
      await bridge.claim({ index, token, amount, account, sender, recipient }, siblings);
      book.add(`vault:lane:${token}`, -amount);
      const to = account === 0 ? `l1:carol:${token}` : `ledger:carol:${token}`;
      book.move(`outbox:carol:${token}`, to, amount);
      if (account === 0) continue;
      world.payQueueFee(carol);
      await waitForDeposit(lane.evm, queueTail, { signal });
    }
    const { id } = world.token;
    await (await lane.bridge(bob)).collect(id);
    book.move(`owed:lane:${id}`, `vault:lane:${id}`, book.get(`owed:lane:${id}`));
  });
}

function forged(receipt: `0x${string}`): `0x${string}` {
  const OUTPUT_HASH = 61;
  const bytes = hexToBytes(receipt);
  bytes[OUTPUT_HASH] = (bytes[OUTPUT_HASH] ?? 0) ^ 1;
  return prefixedHex(bytes);
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
