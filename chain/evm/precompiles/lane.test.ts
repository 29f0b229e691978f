import { encodeDeployData, encodeFunctionData, getContractAddress } from 'viem';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { artifact, type ContractArtifact } from '../../../genesis/compiler.ts';
import { prefixedHex, wordHex } from '../../../protocol/bytes.ts';
import { accountIndex } from '../../../protocol/ids.ts';
import { LEDGER_READ, MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import type { Hex } from '../../../protocol/lane/types.ts';
import { type SignedReceipt, signReceipt } from '../../../protocol/receipts/receipt.ts';
import { encodeProof, encodeReceipt } from '../../../protocol/receipts/receiptCodec.ts';
import { AT, dave } from '../../../protocol/testing/market.ts';
import { EvmLane } from '../evmLane.ts';
import {
  DOMAIN,
  inputOn,
  type LaneFixture,
  laneFixture,
  mine,
  sign,
  WALLETS,
  type Wallet,
} from '../testing/laneFixture.ts';
import type { EvmTx, LedgerMirror } from '../types.ts';
import { leafSlot, listSlot, recordSlot, settledSlot } from './layout.ts';
import { digestOf, marketLeaves, receiptOf, treeOf } from './testing/ledger.ts';
import { testArtifacts } from './testing/world.ts';

const [alice] = WALLETS as [Wallet, ...Wallet[]];
const NONE: Hex = `0x${'00'.repeat(32)}`;
const artefact = digestOf(`artefact ${AT.model}`);

// For the deployment of the fixture's lane.
const receipts = [0, 1, 2].map((i) => signReceipt(receiptOf(i), dave.seed, DOMAIN));
const tree = treeOf(receipts);
const mirror: LedgerMirror = {
  leaves: marketLeaves,
  claims: [{ channel: accountIndex(AT.channel), receiptsRoot: tree.root, total: 30n }],
};

let contract: ContractArtifact;
let fixture: LaneFixture;
let user: Hex;
let nonce: bigint;

beforeAll(async () => {
  contract = artifact(await testArtifacts(), 'PrecompileUser');
});

beforeEach(async () => {
  fixture = await laneFixture();
  nonce = 0n;
  user = getContractAddress({ from: alice.address, nonce }).toLowerCase() as Hex; // an address in hex
});

function tx(to: Hex | undefined, data: Hex): EvmTx {
  const fees = { maxFeePerGas: 10n ** 9n, maxPriorityFeePerGas: 0n, gasLimit: 5_000_000n };
  const target = to === undefined ? {} : { to };
  const made = sign(fixture.lane, alice, { type: 2, nonce, data, ...target, ...fees });
  nonce += 1n;
  return made;
}

const deployed = () => tx(undefined, encodeDeployData({ abi: contract.abi, bytecode: contract.bytecode }));
const called = (functionName: string, args: readonly unknown[]) =>
  tx(user, encodeFunctionData({ abi: contract.abi, functionName, args }));
const attested = (digest: Hex) => called('attest', [digest, NONE, 0, 0n, 0, 1]);
const checked = (receipt: SignedReceipt, position: number) =>
  called('verifyReceipt', [prefixedHex(encodeReceipt(receipt)), prefixedHex(encodeProof(tree.proof(position)))]);

const stored = (lane: EvmLane, address: Hex, slot: bigint) =>
  lane.stateAt(lane.head.stateRoot).storage(address, wordHex(slot));

describe('in the blocks of the lane', () => {
  test('contracts see what the ledger did in their block, and the state has it where README.md says', async () => {
    const good = receipts[1] as SignedReceipt;
    const block = await mine(
      fixture,
      [deployed(), checked(good, 1), checked(receiptOf(1), 1), checked(good, 2), attested(artefact)],
      { mirror },
    );
    expect(block.receipts.map(({ status }) => status)).toEqual([1, 1, 0, 0, 1]);
    const { lane } = fixture;
    for (const { index, state, a, b, c } of marketLeaves) {
      const words = await Promise.all([0n, 1n, 2n, 3n].map((i) => stored(lane, LEDGER_READ, leafSlot(index) + i)));
      expect(words.map(BigInt)).toEqual([state, a, b, c]);
    }
    const settled = await stored(lane, LEDGER_READ, settledSlot(accountIndex(AT.channel), tree.root));
    expect(BigInt(settled)).toBe((1n << 96n) | 30n);
    expect(BigInt(await stored(lane, MODEL_ATTESTATION, recordSlot(1n) + 1n))).toBe(BigInt(artefact));
    // The ledger's attestation of this block is earlier than the contract's: first, of two.
    const commitment = marketLeaves.find(({ index }) => index === AT.model)?.a ?? 0n;
    const head = await stored(lane, MODEL_ATTESTATION, listSlot(commitment));
    expect(BigInt(head)).toBe(BigInt(AT.model) | (2n << 72n));
  });

  test('a leaf can be proven under the block’s state root', async () => {
    await mine(fixture, [], { mirror });
    const { lane } = fixture;
    const slot = wordHex(leafSlot(accountIndex(AT.bob)));
    const { storageProof } = await lane.stateAt(lane.head.stateRoot).proof(LEDGER_READ, [slot]);
    expect(storageProof[0]?.proof.length).toBeGreaterThan(0);
    const bob = marketLeaves.find(({ index }) => index === AT.bob);
    expect(BigInt(storageProof[0]?.value ?? '0x0')).toBe(bob?.state);
  });

  test('what a transaction attests stays if it succeeds, and only then, across blocks and a restart', async () => {
    await mine(fixture, [deployed(), attested(artefact)]);
    const undone = called('attestThenRevert', [artefact]);
    const { receipts: outcome } = await mine(fixture, [undone, called('innerReverts', [artefact, artefact])]);
    expect(outcome.map(({ status, logs }) => [status, logs.length])).toEqual([
      [0, 0],
      [1, 1],
    ]);
    const lane = await EvmLane.open(fixture.options, { db: fixture.db, head: fixture.lane.head });
    expect(BigInt(await stored(lane, MODEL_ATTESTATION, 0n))).toBe(2n);
    fixture = { ...fixture, lane };
    await mine(fixture, [attested(artefact)]);
    expect(BigInt(await stored(lane, MODEL_ATTESTATION, 0n))).toBe(3n);
  });

  test('whoever derives the block gets the same, whatever the order of the mirror’s leaves', async () => {
    const txs = [deployed(), attested(artefact), checked(receipts[0] as SignedReceipt, 0)];
    const block = await mine(fixture, txs, { mirror });
    const { lane } = await laneFixture();
    const reversed = { ...mirror, leaves: [...mirror.leaves].reverse() };
    const again = await lane.execute(inputOn(lane.head, { mirror: reversed }), txs);
    expect(again.hash).toBe(block.hash);
  });

  test('the point evaluation fails its transaction, and the next one runs', async () => {
    const pointEvaluation: Hex = `0x${'0a'.padStart(40, '0')}`;
    const block = await mine(fixture, [deployed(), tx(pointEvaluation, `0x${'11'.repeat(192)}`), attested(artefact)]);
    expect(block.receipts.map(({ status, gasUsed }) => [status, gasUsed === 5_000_000n])).toEqual([
      [1, false],
      [0, true],
      [1, false],
    ]);
    expect(BigInt(await stored(fixture.lane, MODEL_ATTESTATION, 0n))).toBe(1n);
  });
});
