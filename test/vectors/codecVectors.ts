import { bytesToHex } from '../../protocol/bytes.ts';
import { opWords } from '../../protocol/codec/opWords.ts';
import { encodeTx } from '../../protocol/codec/tx.ts';
import { signedTxToJson } from '../../protocol/serialize.ts';
import {
  actor,
  artefact,
  attest,
  claim,
  close,
  exit,
  open,
  register,
  signed,
  TEST_DOMAIN,
  transfer,
} from '../../protocol/testing/actors.ts';
import { txHash } from '../../protocol/tx.ts';
import type { Field, SignedTx } from '../../protocol/types.ts';
import { hex, word } from './hex.ts';

const alice = actor(1);

function txVector(name: string, tx: SignedTx) {
  return {
    name,
    tx: signedTxToJson(tx),
    wire: hex(encodeTx(tx)),
    words: tx.ops.map((op, i) => opWords(op, i === tx.ops.length - 1).map(word)),
    message: word(txHash(tx, TEST_DOMAIN)),
  };
}

/** A transfer of 1.5 ETH with a fee and one memo word; also the example in docs/protocol.md. */
export const EXAMPLE_TX: SignedTx = signed(alice, {
  signer: 1,
  nonce: 7,
  ops: [transfer(1, 2, 1_500_000_000_000_000_000n, { fee: 21_000n, memo: [0x68656c6c6fn as Field] })],
});

const BUNDLE: SignedTx = signed(alice, {
  signer: 1,
  nonce: 8,
  ops: [
    transfer(1, 2, (1n << 96n) - 1n, { fee: (1n << 64n) - 1n }),
    register(1, 0, actor(4), 5n, 1n),
    exit(1, 0xdeadbeefn, 9n),
    transfer(1, 2 ** 24 - 1, 0n, { memo: [1n, 0n, 3n] as Field[] }),
  ],
});

/** Two claims of a channel whose vouchers Bob signs, beside a transfer; also in docs/protocol.md. */
export const CLAIM_TX: SignedTx = signed(alice, {
  signer: 1,
  nonce: 9,
  ops: [
    claim(30, 1, { voucherKey: actor(2), total: 1001n, royaltyBps: 1234, receiptsRoot: 5n as Field }),
    transfer(1, 2, 1n),
    claim(30, 1, { voucherKey: actor(2), total: 3000n, claimed: 1001n, royaltyBps: 1234, fee: 4n }),
  ],
});

const AI_OPS: SignedTx = signed(alice, {
  signer: 1,
  nonce: 10,
  ops: [
    attest(1, 0, {
      artefact: artefact('model'),
      provenance: 7n as Field,
      parent: 20,
      royaltyBps: 10_000,
      subtype: 255,
    }),
    open(1, 0, { provider: 2 ** 24 - 1, voucherKey: actor(2), amount: 5n, model: 21, expiry: 2 ** 40 - 1, fee: 1n }),
    close(30, 1, 9n, 2n, [1n, 2n, 3n] as Field[]),
  ],
});

/** Wire forms that must be refused, and with which code. Offsets: docs/protocol.md, "Wire form". */
function refusals() {
  const good = encodeTx(EXAMPLE_TX);
  const edited = (at: number, ...values: number[]) => {
    const bytes = good.slice();
    bytes.set(values, at);
    return bytes;
  };
  // 14 bytes of head, then w0: its last byte is the opcode, the one before the flags.
  const flagsAt = 14 + 28;
  const opcodeAt = 14 + 29;
  const payloadAt = 14 + 30;
  const over = Array.from({ length: 32 }, () => 0xff);
  const claims = encodeTx(CLAIM_TX);
  const assigned = signed(alice, { signer: 1, nonce: 8, ops: [register(1, 5, actor(4), 5n)] });
  const cases: [string, string, Uint8Array][] = [
    ['empty', 'MALFORMED_BYTES', new Uint8Array()],
    ['a byte too few', 'MALFORMED_BYTES', good.slice(0, -1)],
    ['a byte too many', 'MALFORMED_BYTES', Uint8Array.from([...good, 0])],
    ['no ops', 'MALFORMED_BYTES', Uint8Array.from([...good.slice(0, 13), 0, ...good.slice(-96)])],
    ['one op announced as two', 'MALFORMED_BYTES', edited(13, 2)],
    ['last op does not close the transaction', 'MALFORMED_BYTES', edited(flagsAt, 0x02)],
    ['flag bit 3 set', 'MALFORMED_BYTES', edited(flagsAt, 0x0b)],
    ['opcode NOP', 'UNKNOWN_OPCODE', edited(opcodeAt, 0)],
    ['opcode 8', 'UNKNOWN_OPCODE', edited(opcodeAt, 8)],
    ['opcode 255', 'UNKNOWN_OPCODE', edited(opcodeAt, 255)],
    ['signer 2^24', 'INDEX_OUT_OF_RANGE', edited(0, 1, 0, 0, 0)],
    ['target 2^24', 'INDEX_OUT_OF_RANGE', edited(14 + 20, 1)],
    ['memo not canonical', 'WORD_NOT_CANONICAL', edited(payloadAt, ...over)],
    ['R8 not canonical', 'WORD_NOT_CANONICAL', edited(good.length - 96, ...over)],
    ['assigned index filled in by a user', 'ASSIGNED_INDEX_NOT_ZERO', encodeTx(assigned)],
    ['a voucher without a claim', 'MALFORMED_BYTES', Uint8Array.from([...good, ...good.slice(-96)])],
    ['no voucher', 'MALFORMED_BYTES', claims.slice(0, -192)],
    ['a voucher too few', 'MALFORMED_BYTES', claims.slice(0, -96)],
    ['a voucher too many', 'MALFORMED_BYTES', Uint8Array.from([...claims, ...claims.slice(-96)])],
    ['half a voucher', 'MALFORMED_BYTES', claims.slice(0, -48)],
    [
      'a voucher’s R8 not canonical',
      'WORD_NOT_CANONICAL',
      Uint8Array.from([...claims.slice(0, -96), ...over, ...over, ...over]),
    ],
  ];
  return cases.map(([name, code, bytes]) => ({ name, code, wire: hex(bytes) }));
}

export function codecVectors() {
  return {
    comment: 'Written by test/vectors/make.ts. Words and hashes are 32-byte hex; numbers inside tx are decimal.',
    domain: word(TEST_DOMAIN),
    seed: `0x${bytesToHex(alice.seed)}`,
    publicKey: alice.key.map(word),
    txs: [
      txVector('transfer with a memo', EXAMPLE_TX),
      txVector('bundle at the limits', BUNDLE),
      txVector('claims', CLAIM_TX),
      txVector('attest, open, close', AI_OPS),
    ],
    refused: refusals(),
  };
}
