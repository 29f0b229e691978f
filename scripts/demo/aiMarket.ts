/** Who offers what: attested artefacts and the channels on them. */
import type { DevName } from '../../node/devnet/accounts.ts';
import { artefactCommitment, provenanceCommitment } from '../../protocol/attestation.ts';
import { bigintToBytes } from '../../protocol/bytes.ts';
import { publicKey } from '../../protocol/crypto/eddsa.ts';
import { keccak256 } from '../../protocol/crypto/keccak.ts';
import { accountIndex } from '../../protocol/ids.ts';
import { type AccountIndex, Subtype } from '../../protocol/types.ts';
import { attest, open } from '../../sdk/ops.ts';
import { type Artefact, type Artefacts, hex } from './aiArtefacts.ts';
import type { Person } from './people.ts';
import type { World } from './world.ts';

export const FEE = 1_000n;

export interface Model {
  /** As the book calls it. */
  readonly name: string;
  readonly owner: Person;
  readonly index: AccountIndex;
  readonly royaltyBps: number;
  readonly artefact: Artefact;
}

export interface Channel {
  readonly name: string;
  readonly consumer: Person;
  readonly provider: Person;
  readonly model: Model;
  readonly index: AccountIndex;
  readonly deposit: bigint;
  /** Seconds. */
  readonly expiry: number;
}

/** The dataset, the model and its fine-tune, each attested by whoever made it, each naming the one before as its parent. */
export async function attestAll(
  world: World,
  { dataset, model, fineTune }: Artefacts,
): Promise<{ dataset: Model; model: Model; fineTune: Model }> {
  const first = await attestOne(world, { name: 'dataset', owner: 'dave', artefact: dataset, subtype: Subtype.DATASET });
  const second = await attestOne(world, {
    name: 'model',
    owner: 'erin',
    artefact: model,
    parent: first,
    royaltyBps: 500,
  });
  const tuned = { name: 'fine-tune', owner: 'frank', artefact: fineTune, parent: second, royaltyBps: 250 } as const;
  return { dataset: first, model: second, fineTune: await attestOne(world, tuned) };
}

async function attestOne(
  world: World,
  p: { name: string; owner: DevName; artefact: Artefact; parent?: Model; royaltyBps?: number; subtype?: Subtype },
): Promise<Model> {
  const { name, artefact, royaltyBps = 0, subtype = Subtype.MODEL } = p;
  const token = world.token.id;
  const owner = world.who(p.owner);
  await owner.send(token, [
    attest({
      from: owner.indexOf(token),
      artefact: artefactCommitment(artefact.sha256),
      provenance: provenanceCommitment(artefact.provenance),
      ...(p.parent !== undefined && { parent: p.parent.index }),
      royaltyBps,
      subtype,
      fee: FEE,
    }),
  ]);
  world.payFees(owner.name, token, FEE);
  const [found] = await world.devnet.rpc.request('engram_findAttestations', [hex(artefact.sha256)]);
  if (found === undefined) throw new RangeError(`${name} was not attested`);
  world.track(name, token, found.index);
  return { name, owner, index: accountIndex(found.index), royaltyBps, artefact };
}

/** The secret that signs a channel's vouchers: not the one that moves the account, so that it can live where requests are made. */
export function voucherSeed(channel: string): Uint8Array {
  return bigintToBytes(keccak256(new TextEncoder().encode(`engram demo voucher key of ${channel}`)), 32);
}

export async function openChannel(
  world: World,
  p: { name: string; consumer: DevName; provider: DevName; model: Model; deposit: bigint; expiry: number },
): Promise<Channel> {
  const { name, model, deposit, expiry } = p;
  const token = world.token.id;
  const [consumer, provider] = [world.who(p.consumer), world.who(p.provider)];
  const payer = consumer.indexOf(token);
  await consumer.send(token, [
    open({
      from: payer,
      provider: provider.indexOf(token),
      voucherKey: publicKey(voucherSeed(name)),
      amount: deposit,
      expiry,
      model: model.index,
      fee: FEE,
    }),
  ]);
  world.payFees(consumer.name, token, FEE);
  world.book.move(`ledger:${consumer.name}:${token}`, `ledger:${name}:${token}`, deposit);
  const [found] = await world.devnet.rpc.request('engram_getChannels', [{ payer }]); // the newest
  if (found === undefined) throw new RangeError(`${name} was not opened`);
  world.track(name, token, found.index);
  return { name, consumer, provider, model, index: accountIndex(found.index), deposit, expiry };
}
