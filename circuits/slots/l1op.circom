// One L1 operation (docs/protocol.md, section 3). It can never make a batch unprovable by what its L1 caller chose.
// Enforced by L1, which compares the words with its queue: keys on the curve, address < 2^160 and ≠ 0, 0 < index < 2^24 for ops 2 and 3.
// Cost an account slot: select, meta, balance, write; select its controller, read c = 6.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "../ops/deposit.circom";
include "../ops/forcedExit.circom";

template L1OpSlot(A, POS) {
    signal input w[4];
    signal input slotIndex[A];
    signal input slotToken[A];
    signal input slotBirth[A];
    signal input slotKind[A];
    signal input slotOver[A];
    signal input slotController[A];
    signal input slotC[A];
    signal input in[A];
    signal output out[A];
    signal output create;     // 1 bit: DEPOSIT_NEW
    signal output createTag;  // index(32) | token(16) | kind(8) | creator(24) of the created account

    // A. Word 0.
    signal bits[160];
    var sum = 0;
    for (var i = 0; i < 160; i++) {
        bits[i] <-- (w[0] >> i) & 1; // pinned by booleanity and the sum
        bits[i] * (bits[i] - 1) === 0;
        sum += bits[i] * (1 << i);
    }
    sum === w[0];
    var index = 0;
    for (var i = 0; i < 24; i++) index += bits[16 + i] * (1 << i);
    var token = 0;
    for (var i = 0; i < 16; i++) token += bits[48 + i] * (1 << i);
    var amount = 0;
    for (var i = 0; i < 96; i++) amount += bits[64 + i] * (1 << i);
    // opcode 0…3, flags: bit 0 only, index 24 bits
    for (var i = 2; i < 8; i++) bits[i] === 0;
    for (var i = 9; i < 16; i++) bits[i] === 0;
    for (var i = 40; i < 48; i++) bits[i] === 0;
    signal isForced <== bits[0] * bits[1];
    signal isNew <== bits[0] - isForced;
    signal isTo <== bits[1] - isForced;
    signal active <== bits[0] + bits[1] - isForced;
    signal void <== bits[8];

    // B. Unused words.
    (1 - active) * w[0] === 0;
    (1 - active) * w[3] === 0;
    (1 - isNew) * w[1] === 0;
    (1 - isNew) * w[2] === 0;

    // C. The account.
    signal hot[A];
    signal meta[A];
    signal balanceRead[A];
    var sumHot = 0;
    var sumMeta = 0;
    var sumBalance = 0;
    for (var j = 0; j < A; j++) {
        hot[j] <-- (active == 1 && slotIndex[j] == index) ? 1 : 0; // pinned by the next line (indices are distinct) and the sum
        hot[j] * (slotIndex[j] - index) === 0;
        meta[j] <== hot[j] * (slotToken[j] + slotBirth[j] * (1 << 16) + slotKind[j] * (1 << 32) + slotOver[j] * (1 << 34)
            + slotController[j] * (1 << 35));
        balanceRead[j] <== hot[j] * in[j];
        sumHot += hot[j];
        sumMeta += meta[j];
        sumBalance += balanceRead[j];
    }
    sumHot === active;
    component metaBits = Num2Bits(59);
    metaBits.in <== sumMeta;
    var accountToken = 0;
    for (var i = 0; i < 16; i++) accountToken += metaBits.out[i] * (1 << i);
    var birth = 0;
    for (var i = 0; i < 16; i++) birth += metaBits.out[16 + i] * (1 << i);
    var controller = 0;
    for (var i = 0; i < 24; i++) controller += metaBits.out[35 + i] * (1 << i);
    component live = LessThan(16); // both inputs < 2^16: birth by its bits, POS is a constant
    live.in[0] <== birth;
    live.in[1] <== POS;

    // The controller of a live account, for FORCED_EXIT: it was live before the account was.
    signal seeks <== isForced * live.out;
    signal hotBy[A];
    signal cRead[A];
    var sumBy = 0;
    var sumC = 0;
    for (var j = 0; j < A; j++) {
        hotBy[j] <-- (seeks == 1 && slotIndex[j] == controller) ? 1 : 0; // pinned by the next line and the sum
        hotBy[j] * (slotIndex[j] - controller) === 0;
        cRead[j] <== hotBy[j] * slotC[j];
        sumBy += hotBy[j];
        sumC += cRead[j];
    }
    sumBy === seeks;

    // D. The operations.
    component depositNew = DepositNew(POS);
    depositNew.is <== isNew;
    depositNew.birth <== birth;
    component depositTo = DepositTo();
    depositTo.is <== isTo;
    depositTo.live <== live.out;
    depositTo.accountToken <== accountToken;
    depositTo.token <== token;
    component forcedExit = ForcedExit();
    forcedExit.is <== isForced;
    forcedExit.live <== live.out;
    forcedExit.kind[0] <== metaBits.out[32];
    forcedExit.kind[1] <== metaBits.out[33];
    forcedExit.over <== metaBits.out[34];
    forcedExit.accountToken <== accountToken;
    forcedExit.ownerAddress <== sumC;
    forcedExit.balance <== sumBalance;
    forcedExit.address <== w[3];
    forcedExit.token <== token;
    forcedExit.amount <== amount;

    // E. void is computed, not chosen.
    signal voidTo <== isTo * (1 - depositTo.ok);
    signal voidForced <== isForced * (1 - forcedExit.ok);
    void === voidTo + voidForced;

    // F. The balance: + amount for a deposit that is not void, − amount (the whole balance, 0 when void) for a forced exit.
    signal delta <== (isNew + isTo - voidTo - isForced) * amount;
    for (var j = 0; j < A; j++) out[j] <== in[j] + hot[j] * delta;

    create <== isNew;
    createTag <== index + token * (1 << 32) + (1 << 48); // no creator
}
