import { prefixedHex } from '../../../../protocol/bytes.ts';
import { BASE8 } from '../../../../protocol/crypto/babyjub.ts';
import { sign } from '../../../../protocol/crypto/eddsa.ts';
import { accountIndex } from '../../../../protocol/ids.ts';
import { BABY_JUBJUB, LEDGER_READ, MODEL_ATTESTATION, POSEIDON } from '../../../../protocol/lane/addresses.ts';
import type { Hex } from '../../../../protocol/lane/types.ts';
import { ANSWER_CHANNEL } from '../../../../protocol/receipts/answer.ts';
import { encodeProof, encodeReceipt } from '../../../../protocol/receipts/receiptCodec.ts';
import { AT, alice } from '../../../../protocol/testing/market.ts';
import type { Field } from '../../../../protocol/types.ts';
import { digestOf, marketLeaves, receiptOf, treeOf } from './ledger.ts';
import { precompileAt, type World } from './world.ts';

/** A call of each function of each precompile that succeeds in the world that `everyCall` prepares. */
export interface KnownCall {
  readonly name: string;
  readonly address: Hex;
  readonly data: Hex;
  readonly isWrite: boolean;
}

export const ATTESTED = digestOf('weights');
const UNKNOWN = digestOf('unknown');
const DOCUMENT: Hex = `0x${'d0'.repeat(32)}`;

const receipts = Array.from({ length: 100 }, (_, i) => receiptOf(i));
const tree = treeOf(receipts);

/** Mirrors a ledger, attests 20 descendants of one artefact in the EVM lane and returns the calls. */
export async function everyCall(world: World): Promise<KnownCall[]> {
  await world.mirror({
    leaves: marketLeaves,
    claims: [{ channel: accountIndex(AT.channel), receiptsRoot: tree.root, total: 1000n }],
  });
  const attestations = await precompileAt(world, 'IModelAttestation', MODEL_ATTESTATION);
  for (let i = 0n; i < 20n; i += 1n) {
    await attestations.call('attest', [ATTESTED, DOCUMENT, i === 0n ? 0 : 1, i, 0, 1]);
  }
  const message = 42n as Field;
  const { r8, s } = sign(alice.seed, message);
  const receipt = prefixedHex(encodeReceipt(receiptOf(37)));
  const proof = prefixedHex(encodeProof(tree.proof(37)));
  const answer = prefixedHex(encodeReceipt(receiptOf(1, { channel: ANSWER_CHANNEL })));
  const calls: [name: string, address: Hex, calls: [fn: string, args: unknown[]][]][] = [
    [
      'IModelAttestation',
      MODEL_ATTESTATION,
      [
        ['attest', [UNKNOWN, DOCUMENT, 0, BigInt(AT.model), 500, 1]],
        ['find', [ATTESTED]],
        ['findAll', [ATTESTED, 0n, 20n]],
        ['isAttested', [ATTESTED]],
        ['get', [0, BigInt(AT.model)]],
        ['get', [1, 1n]],
        ['count', []],
        ['lineage', [1, 20n, 20n]],
      ],
    ],
    ['IPoseidon', POSEIDON, [1, 2, 4, 5, 8, 16].map((n) => ['hash', [Array.from({ length: n }, () => 2n ** 253n)]])],
    [
      'IBabyJubjub',
      BABY_JUBJUB,
      [
        ['verify', [alice.key, message, [...r8, s]]],
        ['isOnCurve', [BASE8]],
      ],
    ],
    [
      'ILedgerRead',
      LEDGER_READ,
      [
        ['account', [AT.alice]],
        ['exists', [AT.alice]],
        ['channel', [AT.channel]],
        ['isSettled', [AT.channel, tree.root]],
        ['verifyReceipt', [receipt, proof]],
        ['verifyAnswer', [AT.dave, answer]],
      ],
    ],
  ];
  const known: KnownCall[] = [];
  for (const [contract, address, list] of calls) {
    const at = await precompileAt(world, contract, address);
    for (const [fn, args] of list) {
      const detail = fn === 'hash' ? ` of ${(args[0] as unknown[]).length}` : fn === 'get' ? ` lane ${args[0]}` : '';
      known.push({
        name: `${contract.slice(1)}.${fn}${detail}`,
        address,
        data: at.encode(fn, args),
        isWrite: fn === 'attest',
      });
    }
  }
  return known;
}
