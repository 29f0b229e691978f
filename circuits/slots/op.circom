// One op slot (docs/protocol.md, section 3).
//
//   w[4]            the op's words; w[0] = opcode(8) | flags(8) | from(32) | to(32) | amount(96) | fee(64)
//   first           1 bit  this op opens a tx (linear in the previous slot's `last`)
//   chainIn         h of the previous op slot
//   sigCount, exitCount     signature slots and exit slots taken before this op
//   feeKey[4]       token of each fee lane (≥ 2^16 when unused)
//   rho[4], gamma   challenges: rho, rho², rho³, rho⁴ (batch, phase E)
// Out: running balances, last, nop, exit, claim, chain, authority, lane fees; and its factors of the four arguments: what it creates, the exit slot it fills, the
// signature slot of its tx, the signature slot of its voucher (1 where it has no part).
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/multiset.circom";
include "../ops/nop.circom";
include "../ops/transfer.circom";
include "../ops/register.circom";
include "../ops/exit.circom";

template OpSlot(A, BITS, POS) {
    signal input w[4];
    signal input first;
    signal input chainIn;
    signal input domain;
    signal input sigCount;
    signal input exitCount;
    signal input feeKey[4];
    signal input rho[4];
    signal input gamma;
    signal input slotIndex[A];
    signal input slotToken[A];
    signal input slotBirth[A];
    signal input slotKind[A];
    signal input slotOver[A];
    signal input slotController[A];
    signal input in[A];
    signal output out[A];
    signal output last;
    signal output nop;
    signal output exit;
    signal output claim;
    signal output chain;
    signal output authority;
    signal output laneFee[4];
    signal output createFactor;
    signal output exitFactor;
    signal output txFactor;
    signal output voucherFactor;

    // A. Word 0. from and to are 24 bits (the tree's depth), reserved bits do not exist.
    signal is[8]; // NOP, TRANSFER, REGISTER, EXIT, ATTEST, OPEN, CLAIM, CLOSE
    var sumIs = 0;
    var opcode = 0;
    for (var k = 0; k < 8; k++) {
        is[k] <-- (w[0] & 255) == k ? 1 : 0; // pinned: boolean, exactly one, and the opcode below
        is[k] * (is[k] - 1) === 0;
        sumIs += is[k];
        opcode += k * is[k];
    }
    sumIs === 1;
    signal flags[3];
    for (var k = 0; k < 3; k++) {
        flags[k] <-- (w[0] >> (8 + k)) & 1; // pinned: boolean, and word 0 below
        flags[k] * (flags[k] - 1) === 0;
    }
    signal from <-- (w[0] >> 16) & 0xffffffff; // pinned, like to, amount and fee, by their ranges and word 0 below
    signal to <-- (w[0] >> 48) & 0xffffffff;
    signal amount <-- (w[0] >> 80) & ((1 << 96) - 1);
    signal fee <-- (w[0] >> 176) & ((1 << 64) - 1);
    component fromBits = Num2Bits(24);
    fromBits.in <== from;
    component toBits = Num2Bits(24);
    toBits.in <== to;
    component amountBits = Num2Bits(96);
    amountBits.in <== amount;
    component feeBits = Num2Bits(64);
    feeBits.in <== fee;
    w[0] === opcode + flags[0] * (1 << 8) + flags[1] * (1 << 9) + flags[2] * (1 << 10)
        + from * (1 << 16) + to * (1 << 48) + amount * (1 << 80) + fee * (1 << 176);

    last <== flags[0];
    nop <== is[0];
    exit <== is[3];
    claim <== is[6];
    signal create <== is[2] + is[4] + is[5];
    signal royalty <== is[6] * w[3];
    component nopRules = Nop();
    nopRules.is <== is[0];
    for (var k = 0; k < 4; k++) nopRules.w[k] <== w[k];

    // B. The account `from`: its token and controller are witnesses, pinned by its tag and ranged so that they cannot borrow.
    signal token;
    signal controller;
    signal fromAttest; // 1 bit: TRANSFER or EXIT of an ATTEST account
    var t = 0;
    var by = 0;
    var attest = 0;
    for (var j = 0; j < A; j++) {
        if (is[0] == 0 && slotIndex[j] == from) {
            t = slotToken[j];
            by = slotController[j];
            attest = slotKind[j] == 3 ? 1 : 0;
        }
    }
    token <-- t;       // pinned by the tag of `from`
    controller <-- by; // likewise
    fromAttest <-- attest * (is[1] + is[3]); // boolean, and likewise
    component tokenBits = Num2Bits(16);
    tokenBits.in <== token;
    component controllerBits = Num2Bits(24);
    controllerBits.in <== controller;
    fromAttest * (fromAttest - 1) === 0;
    fromAttest * (1 - is[1] - is[3]) === 0;

    // Who must have signed: the controller of `from`; for CLAIM the provider, which is `to` (its voucher's slot says so). CLOSE pays the payer.
    authority <== controller + is[6] * (to - controller);
    is[7] * (to - controller) === 0;

    // C. Value.
    component move = Move(A, BITS, POS);
    move.active <== 1 - is[0];
    move.hasTo <== 1 - is[0] - is[3];
    move.create <== create;
    move.from <== from;
    move.to <== to;
    move.token <== token;
    move.kind <== 1 - is[0] + 2 * fromAttest + is[6] + is[7]; // KEY; ATTEST; CHANNEL
    move.over <== is[7];
    move.controller <== controller;
    move.debit <== amount + fee + royalty;
    move.credit <== amount;
    for (var j = 0; j < A; j++) {
        move.slotIndex[j] <== slotIndex[j];
        move.slotToken[j] <== slotToken[j];
        move.slotBirth[j] <== slotBirth[j];
        move.slotKind[j] <== slotKind[j];
        move.slotOver[j] <== slotOver[j];
        move.slotController[j] <== slotController[j];
        move.in[j] <== in[j];
    }
    for (var j = 0; j < A; j++) out[j] <== move.out[j];

    // D. The operations' own rules.
    component key = KeyOnCurve();
    key.is <== is[2] + is[5];
    key.x <== w[1];
    key.y <== w[2];
    component exitRules = Exit();
    exitRules.is <== is[3];
    exitRules.to <== to;
    for (var k = 0; k < 3; k++) exitRules.p[k] <== w[1 + k];

    // E. Fee: exactly one lane, of the op's token, takes it (lanes have distinct tokens: batch, phase D).
    signal hotFee[4];
    var sumFee = 0;
    for (var k = 0; k < 4; k++) {
        hotFee[k] <-- (feeKey[k] == token) ? 1 : 0; // pinned: boolean, the lane's token, and the sum of fees
        hotFee[k] * (hotFee[k] - 1) === 0;
        hotFee[k] * (feeKey[k] - token) === 0;
        laneFee[k] <== hotFee[k] * fee;
        sumFee += laneFee[k];
    }
    sumFee === fee;

    // F. The message chain: an assigned index counts as 0.
    last * nop === 0;
    signal start <== first * (domain - chainIn);
    signal assigned <== create * to;
    component h = Poseidon(5);
    h.inputs[0] <== chainIn + start;
    h.inputs[1] <== w[0] - assigned * (1 << 48);
    for (var k = 1; k < 4; k++) h.inputs[1 + k] <== w[k];
    chain <== h.out;

    // G. Its part in the arguments. KEY is created without a creator; ATTEST and CHANNEL name `from` as owner or payer.
    signal payload[3];
    for (var k = 0; k < 3; k++) payload[k] <== rho[k] * w[1 + k];
    signal creator <== (is[4] + is[5]) * from;
    component created = Factor();
    created.is <== create;
    created.folded <== to + token * (1 << 32) + (is[2] + 3 * is[4] + 2 * is[5]) * (1 << 48) + creator * (1 << 56)
        + payload[0] + payload[1] + payload[2];
    created.gamma <== gamma;
    createFactor <== created.out;

    signal exitValue <== rho[1] * (amount + token * (1 << 96));
    component exited = Factor();
    exited.is <== is[3];
    exited.folded <== exitCount + payload[0] + exitValue;
    exited.gamma <== gamma;
    exitFactor <== exited.out;

    signal gross <== rho[3] * (amount + fee + royalty);
    component claimed = Factor();
    claimed.is <== is[6];
    claimed.folded <== sigCount + from * (1 << 16) + to * (1 << 48) + payload[0] + payload[1] + payload[2] + gross;
    claimed.gamma <== gamma;
    voucherFactor <== claimed.out;

    signal chainFold <== rho[0] * chain;
    component closed = Factor();
    closed.is <== last;
    closed.folded <== sigCount + is[6] + authority * (1 << 16) + chainFold;
    closed.gamma <== gamma;
    txFactor <== closed.out;
}
