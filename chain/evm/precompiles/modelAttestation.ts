import { BPS } from '../../../protocol/account.ts';
import { artefactCommitment } from '../../../protocol/attestation.ts';
import { bigintToBytes } from '../../../protocol/bytes.ts';
import { keccak256 } from '../../../protocol/crypto/keccak.ts';
import { MODEL_ATTESTATION } from '../../../protocol/lane/addresses.ts';
import { Subtype } from '../../../protocol/types.ts';
import { asWord, type CallReader, CallReverted, encodeArray, encodeWords } from './abi.ts';
import { attestationAt, attestationWords, isLive, parentOf } from './attestations.ts';
import { GAS } from './gas.ts';
import {
  COUNT_SLOT,
  Lane,
  type ListHead,
  listSlot,
  packEntry,
  packHead,
  packTerms,
  type Reference,
  recordSlot,
  unpackEntry,
  unpackHead,
} from './layout.ts';
import { type Call, precompile } from './precompile.ts';

/** Attestations that one call returns. */
const PAGE = 64n;
const ATTESTED = bigintToBytes(
  keccak256(new TextEncoder().encode('Attested(uint256,address,bytes32,bytes32,uint8,uint256,uint16,uint8)')),
  32,
);

function lesser(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function laneAt(input: CallReader, at: number): Lane {
  const lane = input.uint(at, 8);
  if (lane > 1n) throw new CallReverted('UnknownLane(uint8)', [lane]);
  return lane === 0n ? Lane.LEDGER : Lane.EVM;
}

function referenceAt(input: CallReader, at: number): Reference {
  return { lane: laneAt(input, at), index: input.word(at + 1) };
}

/** Where the list of an artefact's attestations begins. */
function listOf({ input, gas }: Call): bigint {
  gas.use(GAS.commitment);
  return listSlot(artefactCommitment(input.wordBytes(0)));
}

async function headAt({ storage }: Call, slot: bigint): Promise<ListHead> {
  return unpackHead(await storage.read(MODEL_ATTESTATION, slot));
}

async function attest(call: Call): Promise<Uint8Array> {
  const { frame, input, storage } = call;
  const asked = referenceAt(input, 2);
  const [royaltyBps, subtype] = [input.int(4, 16), input.int(5, 8)];
  if (royaltyBps > BPS) throw new CallReverted('BadRoyalty(uint16)', [BigInt(royaltyBps)]);
  if (subtype < Subtype.MODEL || subtype > Subtype.SERVICE) {
    throw new CallReverted('BadSubtype(uint8)', [BigInt(subtype)]);
  }
  const hasParent = asked.index !== 0n;
  if (hasParent && !(await isLive(call.storage, asked))) {
    throw new CallReverted('UnknownParent(uint8,uint256)', [BigInt(asked.lane), asked.index]);
  }
  const parent = hasParent ? asked : { lane: Lane.LEDGER, index: 0n };

  const before = await storage.read(MODEL_ATTESTATION, COUNT_SLOT);
  const index = before + 1n;
  await storage.write(MODEL_ATTESTATION, COUNT_SLOT, before, index);
  const record = recordSlot(index);
  const terms = packTerms({ owner: frame.caller, parent, royaltyBps, subtype });
  await storage.write(MODEL_ATTESTATION, record, 0n, terms);
  await storage.write(MODEL_ATTESTATION, record + 1n, 0n, input.word(0));
  await storage.write(MODEL_ATTESTATION, record + 2n, 0n, input.word(1));
  await append(call, { lane: Lane.EVM, index });
  logAttested(call, index, parent);
  return encodeWords([index]);
}

/** Enters an attestation behind all others of its artefact. */
async function append(call: Call, reference: Reference): Promise<void> {
  const slot = listOf(call);
  const head = await headAt(call, slot);
  const old = head.count === 0n ? 0n : packHead(head);
  if (head.count > 0n) await call.storage.write(MODEL_ATTESTATION, slot + head.count, 0n, packEntry(reference));
  const first = head.count === 0n ? reference : head.first;
  await call.storage.write(MODEL_ATTESTATION, slot, old, packHead({ first, count: head.count + 1n }));
}

function logAttested({ frame, input, gas, log }: Call, index: bigint, parent: Reference): void {
  gas.use(GAS.attestedLog);
  const topics = [ATTESTED, ...[index, frame.caller, input.word(0)].map((word) => bigintToBytes(word, 32))];
  const data = encodeWords([input.word(1), BigInt(parent.lane), parent.index, input.word(4), input.word(5)]);
  log([bigintToBytes(BigInt(MODEL_ATTESTATION), 20), topics, data]);
}

async function find(call: Call): Promise<Uint8Array> {
  const { first, count } = await headAt(call, listOf(call));
  return encodeWords([asWord(count > 0n), BigInt(first.lane), first.index]);
}

async function isAttested(call: Call): Promise<Uint8Array> {
  return encodeWords([asWord((await headAt(call, listOf(call))).count > 0n)]);
}

async function findAll(call: Call): Promise<Uint8Array> {
  const slot = listOf(call);
  const [offset, limit] = [call.input.word(1), call.input.word(2)];
  const { first, count } = await headAt(call, slot);
  const end = lesser(offset + lesser(limit, PAGE), count);
  const entries: Reference[] = [];
  for (let at = offset; at < end; at += 1n) {
    entries.push(at === 0n ? first : unpackEntry(await call.storage.read(MODEL_ATTESTATION, slot + at)));
  }
  return encodeArray([count], entries.map(referenceWords));
}

async function get({ input, storage }: Call): Promise<Uint8Array> {
  return encodeWords(attestationWords(await attestationAt(storage, referenceAt(input, 0))));
}

async function count({ storage }: Call): Promise<Uint8Array> {
  return encodeWords([await storage.read(MODEL_ATTESTATION, COUNT_SLOT)]);
}

/** A parent was live before its child, so that there are no cycles; the length is bounded for the answer's size. */
async function lineage({ input, storage }: Call): Promise<Uint8Array> {
  const from = referenceAt(input, 0);
  const max = lesser(input.word(2), PAGE);
  const ancestors: Reference[] = [];
  let at = await parentOf(storage, from, { isChecked: true });
  while (at.index !== 0n && BigInt(ancestors.length) < max) {
    ancestors.push(at);
    if (BigInt(ancestors.length) < max) at = await parentOf(storage, at, { isChecked: false });
  }
  return encodeArray([], ancestors.map(referenceWords));
}

function referenceWords({ lane, index }: Reference): bigint[] {
  return [BigInt(lane), index];
}

/** IModelAttestation.sol. */
export const modelAttestationPrecompile = precompile([
  { signature: 'attest(bytes32,bytes32,uint8,uint256,uint16,uint8)', isWrite: true, run: attest },
  { signature: 'find(bytes32)', run: find },
  { signature: 'findAll(bytes32,uint256,uint256)', run: findAll },
  { signature: 'isAttested(bytes32)', run: isAttested },
  { signature: 'get(uint8,uint256)', run: get },
  { signature: 'count()', run: count },
  { signature: 'lineage(uint8,uint256,uint256)', run: lineage },
]);
