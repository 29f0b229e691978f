import { createBlockHeader } from '@ethereumjs/block';
import { bytesToHex, concat, type Hex, keccak256, numberToHex, size, stringToHex } from 'viem';
import { describe, expect, it } from 'vitest';
import { encodeTx } from '../protocol/codec/tx.ts';
import { batchNumber } from '../protocol/ids.ts';
import { actor, exit, signed, transfer } from '../protocol/testing/actors.ts';
import type { AccountIndex, Field, L1Op } from '../protocol/types.ts';
import { type BlockBody, blockOf, bodyChecksum, encodeBody, isHeaderOf } from './block.ts';
import { EngramCommon } from './evm/common.ts';
import { genesisBlock } from './evm/evmRecords.ts';
import { ledgerHash } from './evm/ledgerPart.ts';

const { key, address } = actor(1);

const DEPOSIT: L1Op = {
  opcode: 1,
  isVoid: false,
  index: 1 as AccountIndex,
  token: 0,
  amount: 5n,
  x: key[0],
  y: key[1],
  address,
};

const TX = signed(actor(1), { signer: 1, nonce: 0, ops: [transfer(1, 2, 3n)] });

const BODY: BlockBody = {
  number: 7n,
  timestamp: 1_800_000_000,
  batch: batchNumber(3),
  l1: { firstQueueIndex: 9n, ops: [DEPOSIT] },
  txs: [TX],
  feeAccounts: [1 as AccountIndex],
  ledgerRoot: 11n as Field,
};

const CHANGES: readonly [string, Partial<BlockBody>][] = [
  ['number', { number: 8n }],
  ['batch', { batch: batchNumber(4) }],
  ['ledger root', { ledgerRoot: 12n as Field }],
  ['timestamp', { timestamp: 1_800_000_001 }],
  ['queue index', { l1: { firstQueueIndex: 8n, ops: [DEPOSIT] } }],
  ['L1 operations', { l1: { firstQueueIndex: 9n, ops: [] } }],
  ['a void flag', { l1: { firstQueueIndex: 9n, ops: [{ ...DEPOSIT, isVoid: true }] } }],
  ['an assigned index', { l1: { firstQueueIndex: 9n, ops: [{ ...DEPOSIT, index: 2 as AccountIndex }] } }],
  ['fee accounts', { feeAccounts: [] }],
  ['transactions', { txs: [] }],
  ['another transaction', { txs: [signed(actor(1), { signer: 1, nonce: 0, ops: [exit(1, 2n, 3n)] })] }],
];
const SIGNATURE = { txs: [{ ...TX, signature: { ...TX.signature, s: TX.signature.s + 1n } }] };

/** The header of a block with this ledger part and nothing else. */
function headerOf(body: BlockBody) {
  const { l1, ...rest } = body;
  const part = { ...rest, firstQueueIndex: l1.firstQueueIndex, l1Ops: l1.ops };
  const extraData = Buffer.from(body.ledgerRoot.toString(16).padStart(64, '0'), 'hex');
  return createBlockHeader(
    { number: body.number, timestamp: body.timestamp, extraData, parentBeaconBlockRoot: ledgerHash(part) },
    { common: new EngramCommon(7001n) },
  );
}

describe('a block', () => {
  const evm = genesisBlock(headerOf(BODY));

  it('has the hash of its Ethereum header', () => {
    expect(blockOf(BODY, evm).hash).toBe(BigInt(keccak256(evm.header.serialize())));
    expect(isHeaderOf(BODY, evm)).toBe(true);
  });

  it.each(CHANGES)('its header depends on %s', (_, change) => {
    const changed = { ...BODY, ...change };
    expect(isHeaderOf(changed, evm)).toBe(false);
    expect(blockOf(changed, genesisBlock(headerOf(changed))).hash).not.toBe(blockOf(BODY, evm).hash);
  });

  it('its header does not depend on what L1 does not show: signatures', () => {
    expect(isHeaderOf({ ...BODY, ...SIGNATURE }, evm)).toBe(true);
  });
});

describe('checksum of the stored ledger part', () => {
  it.each([...CHANGES, ['a signature', SIGNATURE] as const])('depends on %s', (_, change) => {
    expect(bodyChecksum({ ...BODY, ...change })).not.toBe(bodyChecksum(BODY));
  });

  it('is keccak256 of the documented bytes', () => {
    const tx = bytesToHex(encodeTx(TX));
    const u = (value: bigint | number, size: number): Hex => numberToHex(value, { size });
    const deposit = [u(1, 1), u(0, 1), u(1, 4), u(0, 4), u(5, 12), u(key[0], 32), u(key[1], 32), u(address, 20)];
    const bytes = concat([
      stringToHex('engram/block/2'),
      ...[u(7, 8), u(1_800_000_000, 5), u(3, 8), u(11, 32)],
      ...[u(9, 8), u(1, 4), ...deposit],
      ...[u(1, 1), u(1, 4)],
      ...[u(1, 4), u(size(tx), 4), tx],
    ]);
    expect(bytesToHex(encodeBody(BODY))).toBe(bytes);
    expect(bodyChecksum(BODY)).toBe(BigInt(keccak256(bytes)));
  });

  it('refuses to encode what does not fit its field, instead of cutting it', () => {
    expect(() => encodeBody({ ...BODY, number: 1n << 64n })).toThrow(RangeError);
    expect(() => encodeBody({ ...BODY, timestamp: -1 })).toThrow(RangeError);
  });
});
