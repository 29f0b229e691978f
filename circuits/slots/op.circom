// One op slot (docs/protocol.md, section 3).
//
//   w[4]            the op's words; w[0] = opcode(8) | flags(8) | from(32) | to(32) | amount(96) | fee(64)
//   first           1 bit  this op opens a tx (linear in the previous slot's `last`)
//   chainIn         h of the previous op slot
//   txCount, exitCount     closed txs and EXIT ops before this slot
//   sig*[S]         the signature slots: enabled, signer, chain
//   feeKey[4]       token of each fee lane (≥ 2^16 when unused)
// Out: running balances, last, nop, chain, authority, create and its tag, lane fees, exit selection.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../ops/nop.circom";
include "../ops/transfer.circom";
include "../ops/register.circom";
include "../ops/exit.circom";

template OpSlot(A, S, E, BITS, POS) {
    signal input w[4];
    signal input first;
    signal input chainIn;
    signal input domain;
    signal input txCount;
    signal input exitCount;
    signal input sigEnabled[S];
    signal input sigSigner[S];
    signal input sigChain[S];
    signal input feeKey[4];
    signal input e0[E];
    signal input e1[E];
    signal input slotIndex[A];
    signal input slotToken[A];
    signal input slotBirth[A];
    signal input slotKind[A];
    signal input in[A];
    signal output out[A];
    signal output last;
    signal output nop;
    signal output exit;
    signal output chain;
    signal output authority;
    signal output create;
    signal output createTag;
    signal output laneFee[4];
    signal output hotExit[E];

    var KEY = 1;

    // A. Word 0. from and to are 24 bits (the tree's depth), reserved bits do not exist.
    signal is[4]; // NOP, TRANSFER, REGISTER, EXIT
    var sumIs = 0;
    for (var k = 0; k < 4; k++) {
        is[k] <-- (w[0] & 255) == k ? 1 : 0; // pinned: boolean, exactly one, and the opcode below
        is[k] * (is[k] - 1) === 0;
        sumIs += is[k];
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
    w[0] === is[1] + 2 * is[2] + 3 * is[3] + flags[0] * (1 << 8) + flags[1] * (1 << 9) + flags[2] * (1 << 10)
        + from * (1 << 16) + to * (1 << 48) + amount * (1 << 80) + fee * (1 << 176);

    last <== flags[0];
    nop <== is[0];
    exit <== is[3];
    create <== is[2];
    authority <== from; // ops 1 to 3: the debited account's key signs
    component nopRules = Nop();
    nopRules.is <== is[0];
    for (var k = 0; k < 4; k++) nopRules.w[k] <== w[k];

    // B. Value. The token is a witness, pinned by the tag of `from` and ranged so that it cannot borrow.
    signal token;
    var t = 0;
    for (var j = 0; j < A; j++) {
        if (slotIndex[j] == from) t = slotToken[j];
    }
    token <-- is[0] == 1 ? 0 : t; // pinned by the tag of `from`
    component tokenBits = Num2Bits(16);
    tokenBits.in <== token;
    component move = Move(A, BITS, POS);
    move.active <== 1 - is[0];
    move.hasTo <== is[1] + is[2];
    move.create <== create;
    move.from <== from;
    move.to <== to;
    move.token <== token;
    move.kind <== KEY;
    move.debit <== amount + fee;
    move.credit <== amount;
    for (var j = 0; j < A; j++) {
        move.slotIndex[j] <== slotIndex[j];
        move.slotToken[j] <== slotToken[j];
        move.slotBirth[j] <== slotBirth[j];
        move.slotKind[j] <== slotKind[j];
        move.in[j] <== in[j];
    }
    for (var j = 0; j < A; j++) out[j] <== move.out[j];
    createTag <== to + token * (1 << 32) + KEY * (1 << 48);

    // C. The operations' own rules.
    component register = Register();
    register.is <== is[2];
    register.x <== w[1];
    register.y <== w[2];
    component exitRules = Exit(E);
    exitRules.is <== is[3];
    exitRules.to <== to;
    for (var k = 0; k < 3; k++) exitRules.p[k] <== w[1 + k];
    exitRules.amount <== amount;
    exitRules.token <== token;
    exitRules.count <== exitCount;
    for (var e = 0; e < E; e++) {
        exitRules.e0[e] <== e0[e];
        exitRules.e1[e] <== e1[e];
    }
    for (var e = 0; e < E; e++) hotExit[e] <== exitRules.hot[e];

    // D. The Ethereum address that REGISTER (p3) and EXIT (p1) carry: 160 bits, not 0.
    signal registerAddress <== is[2] * w[3];
    signal exitAddress <== is[3] * w[1];
    component addressBits = Num2Bits(160);
    addressBits.in <== registerAddress + exitAddress;
    component noAddress = IsZero();
    noAddress.in <== registerAddress + exitAddress;
    noAddress.out * (is[2] + is[3]) === 0;

    // E. Fee: exactly one lane, of the op's token, takes it (lanes have distinct tokens: batch, phase F).
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

    // G. A closing op owns signature slot number txCount: the slot is enabled, of this authority, over this chain.
    signal hotSig[S];
    var sumSig = 0;
    for (var s = 0; s < S; s++) {
        hotSig[s] <-- (last == 1 && txCount == s) ? 1 : 0; // pinned by the next line (s is part of the tag) and the sum
        hotSig[s] * (sigSigner[s] + s * (1 << 32) + sigEnabled[s] * (1 << 48) - (authority + txCount * (1 << 32) + (1 << 48))) === 0;
        hotSig[s] * (sigChain[s] - chain) === 0;
        sumSig += hotSig[s];
    }
    sumSig === last;
}
