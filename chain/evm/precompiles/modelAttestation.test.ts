import { type Abi, decodeEventLog, getAddress } from 'viem';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { prefixedHex } from '../../../protocol/bytes.ts';
import { MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { AT, alice, look } from '../../../protocol/testing/market.ts';
import { GAS } from './gas.ts';
import { digestOf, leafOf, marketLeaves, marketTree } from './testing/ledger.ts';
import { CALLER, type Contract, deploy, precompileAt, Reverted, testArtifacts, World } from './testing/world.ts';

const [LEDGER, EVM] = [0, 1];
const NONE: Hex = `0x${'00'.repeat(32)}`;
const DOCUMENT: Hex = `0x${'d0'.repeat(32)}`;
const digest = digestOf('weights');

let world: World;
let user: Contract;
let attestations: Contract;

beforeAll(() => testArtifacts());

beforeEach(async () => {
  world = await World.create();
  user = await deploy(world, 'PrecompileUser');
  attestations = await precompileAt(world, 'IModelAttestation', MODEL_ATTESTATION);
});

const attest = (of: Hex, change: { lane?: number; parent?: bigint; royaltyBps?: number; subtype?: number } = {}) => {
  const { lane = LEDGER, parent = 0n, royaltyBps = 0, subtype = 1 } = change;
  return user.call('attest', [of, NONE, lane, parent, royaltyBps, subtype]);
};

const refused = (custom: string, act: Promise<unknown>) => expect(act).rejects.toEqual(new Reverted('revert', custom));

describe('attest', () => {
  test('belongs to the contract that calls, and says so in a log of the precompile', async () => {
    const { logs, error } = await user.outcome('attest', [digest, DOCUMENT, LEDGER, 0n, 250, 3]);
    expect(error).toBeUndefined();
    const expected = {
      lane: EVM,
      index: 1n,
      owner: getAddress(user.address),
      ownerIndex: 0,
      parentLane: 0,
      parentIndex: 0n,
      royaltyBps: 250,
      subtype: 3,
      artefact: artefactCommitment(Buffer.from(digest.slice(2), 'hex')),
      provenance: DOCUMENT,
      digest,
    };
    expect(await user.call('get', [EVM, 1n])).toEqual(expected);
    const [address, topics, data] = logs[0] ?? [];
    expect([logs.length, prefixedHex(address as Uint8Array)]).toEqual([1, MODEL_ATTESTATION]);
    const event = decodeEventLog({
      abi: attestations.abi as Abi,
      topics: (topics as Uint8Array[]).map((topic) => prefixedHex(topic)) as [Hex, ...Hex[]],
      data: prefixedHex(data as Uint8Array),
    });
    const { lane: _, ownerIndex: __, artefact: ___, ...said } = expected;
    expect(event).toEqual({ eventName: 'Attested', args: said });
  });

  test('belongs to the account that calls, if no contract stands between', async () => {
    expect(await attestations.call('attest', [digest, NONE, LEDGER, 0n, 0, 1])).toBe(1n);
    expect(await user.call('get', [EVM, 1n])).toMatchObject({ owner: getAddress(CALLER) });
  });

  test('counts from 1, and the same artefact can be attested again', async () => {
    expect([await attest(digest), await attest(digest), await attest(digestOf('other'))]).toEqual([1n, 2n, 3n]);
    expect(await user.call('count')).toBe(3n);
    expect(await user.call('find', [digest])).toEqual([true, EVM, 1n]);
  });

  test('takes parents of both lanes that are live', async () => {
    await world.mirror({ leaves: marketLeaves });
    expect(await attest(digest, { lane: LEDGER, parent: BigInt(AT.model) })).toBe(1n);
    expect(await attest(digestOf('finetune'), { lane: EVM, parent: 1n })).toBe(2n);
    const line = [
      { lane: EVM, index: 1n },
      { lane: LEDGER, index: BigInt(AT.model) },
      { lane: LEDGER, index: BigInt(AT.dataset) },
    ];
    expect(await user.call('lineage', [EVM, 2n, 64n])).toEqual(line);
    expect(await user.call('lineage', [EVM, 2n, 2n])).toEqual(line.slice(0, 2));
    expect(await user.call('lineage', [EVM, 2n, 0n])).toEqual([]);
    expect(await user.call('lineage', [LEDGER, BigInt(AT.dataset), 64n])).toEqual([]);
  });

  test('refuses parents that do not exist, itself included, and accounts that attest nothing', async () => {
    await world.mirror({ leaves: marketLeaves });
    for (const parent of [1n, 2n ** 64n, 2n ** 64n + 1n, 2n ** 256n - 1n]) {
      await refused(`UnknownParent(1,${parent})`, attest(digest, { lane: EVM, parent }));
    }
    for (const parent of [BigInt(AT.alice), BigInt(AT.channel), 99n, 2n ** 24n + BigInt(AT.model), 2n ** 255n]) {
      await refused(`UnknownParent(0,${parent})`, attest(digest, { lane: LEDGER, parent }));
    }
    expect(await user.call('count')).toBe(0n);
  });

  test('refuses royalties over the whole, subtypes without a meaning and lanes there are none of', async () => {
    await refused('BadRoyalty(10001)', attest(digest, { royaltyBps: 10_001 }));
    await refused('BadSubtype(0)', attest(digest, { subtype: 0 }));
    await refused('BadSubtype(6)', attest(digest, { subtype: 6 }));
    await refused('UnknownLane(2)', attest(digest, { lane: 2 }));
    expect(await attest(digest, { royaltyBps: 10_000, subtype: 5 })).toBe(1n);
  });

  test('cannot have a value that its type does not hold', async () => {
    const good = attestations.encode('attest', [digest, NONE, LEDGER, 0n, 0, 1]);
    for (const word of [2, 4, 5]) {
      const at = 2 + 8 + 64 * word;
      const { error, data } = await world.call(MODEL_ATTESTATION, `${good.slice(0, at)}01${good.slice(at + 2)}` as Hex);
      expect([error, user.errorOf(data)]).toEqual(['revert', 'MalformedCall()']);
    }
  });
});

describe('what a revert undoes', () => {
  test('the attestation of the frame that reverts', async () => {
    await refused('Undone()', user.call('attestThenRevert', [digest]));
    expect([await user.call('count'), await user.call('isAttested', [digest])]).toEqual([0n, false]);
  });

  test('that of an inner frame, its log included, but not what the outer frame attests later', async () => {
    const kept = digestOf('kept');
    const { error, logs } = await user.outcome('innerReverts', [digest, kept]);
    expect([error, logs.length]).toEqual([undefined, 1]);
    expect([await user.call('isAttested', [digest]), await user.call('isAttested', [kept])]).toEqual([false, true]);
    expect([await user.call('count'), await user.call('find', [kept])]).toEqual([1n, [true, EVM, 1n]]);
  });

  test('that of a frame which runs out of gas after it', async () => {
    const whole = await attestations.outcome('attest', [digest, NONE, LEDGER, 0n, 0, 1]);
    expect(whole.error).toBeUndefined();
    const again = digestOf('again');
    const args = [again, NONE, LEDGER, 0n, 0, 1];
    // The count is no longer 0: its slot is cheaper. One gas is missing for the log, after all writes.
    const need = whole.gasUsed - GAS.writeNew + GAS.write;
    const short = await attestations.outcome('attest', args, { gasLimit: need - 1n });
    expect([short.error, short.gasUsed]).toEqual(['out of gas', need - 1n]);
    expect([await user.call('count'), await user.call('isAttested', [again])]).toEqual([1n, false]);
    expect((await attestations.outcome('attest', args, { gasLimit: need })).error).toBeUndefined();
  });
});

test('a constructor attests in the name of the contract it makes, with other frames in between', async () => {
  const made = await deploy(world, 'AttestsInConstructor', [user.address, digest]);
  expect([await made.call('FIRST'), await made.call('SECOND')]).toEqual([1n, 3n]);
  const owners = await Promise.all([1n, 2n, 3n].map((index) => user.call('get', [EVM, index])));
  expect(owners).toMatchObject([made, user, made].map(({ address }) => ({ owner: getAddress(address) })));
  expect(await user.call('lineage', [EVM, 3n, 64n])).toEqual([
    { lane: EVM, index: 2n },
    { lane: EVM, index: 1n },
  ]);
});

describe('attestations of the ledger', () => {
  beforeEach(() => world.mirror({ leaves: marketLeaves }));

  test('are found by the SHA-256 and name the lane; the owner has an index and an address', async () => {
    const of = digestOf(`artefact ${AT.model}`);
    expect(await user.call('find', [of])).toEqual([true, LEDGER, BigInt(AT.model)]);
    const account = look(marketTree, AT.model);
    expect(await user.call('get', [LEDGER, BigInt(AT.model)])).toEqual({
      lane: LEDGER,
      index: BigInt(AT.model),
      owner: getAddress(`0x${alice.address.toString(16)}`),
      ownerIndex: AT.alice,
      parentLane: LEDGER,
      parentIndex: BigInt(AT.dataset),
      royaltyBps: 1000,
      subtype: 1,
      artefact: account?.a,
      provenance: prefixedHex(Buffer.alloc(32)),
      digest: NONE,
    });
  });

  test('are not found where there are none', async () => {
    expect(await user.call('find', [digest])).toEqual([false, 0, 0n]);
    expect(await user.call('findAll', [digest, 0n, 10n])).toEqual([0n, []]);
    for (const index of [0n, BigInt(AT.alice), 99n, 2n ** 24n, 2n ** 256n - 1n]) {
      await refused(`UnknownAttestation(0,${index})`, user.call('get', [LEDGER, index]));
      await refused(`UnknownAttestation(0,${index})`, user.call('lineage', [LEDGER, index, 1n]));
    }
    await refused('UnknownAttestation(1,1)', user.call('get', [EVM, 1n]));
    await refused('UnknownAttestation(1,0)', user.call('get', [EVM, 0n]));
    await refused('UnknownLane(255)', user.call('get', [255, 1n]));
  });
});

describe('the earliest of several', () => {
  const same = digestOf(`artefact ${AT.model}`);
  const model = look(marketTree, AT.model);

  test('is the ledger’s in the block in which both appear', async () => {
    await world.mirror({ leaves: marketLeaves });
    await attest(same);
    expect(await user.call('find', [same])).toEqual([true, LEDGER, BigInt(AT.model)]);
  });

  test('is the contract’s if the ledger’s comes in a later block', async () => {
    await attest(same);
    await world.mirror({ leaves: marketLeaves });
    expect(await user.call('find', [same])).toEqual([true, EVM, 1n]);
    expect(await user.call('findAll', [same, 0n, 64n])).toEqual([
      2n,
      [
        { lane: EVM, index: 1n },
        { lane: LEDGER, index: BigInt(AT.model) },
      ],
    ]);
  });

  test('is the one with the smaller index among those of one block of the ledger, whatever their order', async () => {
    if (model === undefined) throw new Reverted('no model', '');
    await world.mirror({ leaves: [5, 3, 8].map((index) => leafOf(index, model)) });
    await world.mirror({ leaves: [leafOf(2, model)] });
    const indices = [3n, 5n, 8n, 2n].map((index) => ({ lane: LEDGER, index }));
    expect(await user.call('findAll', [same, 0n, 64n])).toEqual([4n, indices]);
    expect(await user.call('findAll', [same, 1n, 2n])).toEqual([4n, indices.slice(1, 3)]);
    expect(await user.call('findAll', [same, 3n, 2n ** 256n - 1n])).toEqual([4n, indices.slice(3)]);
    expect(await user.call('findAll', [same, 2n ** 256n - 1n, 2n])).toEqual([4n, []]);
  });

  test('stays when somebody floods the artefact with attestations; a page has 64 at most', async () => {
    for (let i = 0; i < 70; i += 1) await attest(digest);
    expect(await user.call('find', [digest])).toEqual([true, EVM, 1n]);
    const [total, entries] = (await user.call('findAll', [digest, 0n, 1000n])) as [bigint, unknown[]];
    expect([total, entries.length, entries.at(-1)]).toEqual([70n, 64, { lane: EVM, index: 64n }]);
  });

  test('a lineage is cut at 64 and goes on from there', async () => {
    for (let i = 0n; i < 70n; i += 1n) await attest(digest, { lane: EVM, parent: i });
    const first = (await user.call('lineage', [EVM, 70n, 1000n])) as { index: bigint }[];
    expect([first.length, first.at(0)?.index, first.at(-1)?.index]).toEqual([64, 69n, 6n]);
    const rest = (await user.call('lineage', [EVM, 6n, 1000n])) as { index: bigint }[];
    expect(rest.map(({ index }) => index)).toEqual([5n, 4n, 3n, 2n, 1n]);
  });
});
