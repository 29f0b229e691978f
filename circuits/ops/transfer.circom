// TRANSFER, and the movement of value that every op shares: debit `from`, then credit `to`, on the running balances.
//
//   from: selected by its tag index(32) | token(16) | birth(16) | kind(2) | over(6) | controller(24): it exists, is live before position POS, is of the
//         wanted kind, has the wanted controller; a CHANNEL is over or not, as wanted
//   to:   selected by index(32) | token(16) | birth(16): same token; live before POS, or born at POS if `create`
// Tags are packed from ranged values and indices are distinct, so at most one slot matches a tag: the selections are 0 or 1.
// Cost a slot: select, read balance, debit; select, credit = 5.
//
//   active  1 bit  0: nothing moves (NOP)
//   hasTo   1 bit  a credit takes place
//   kind, over, controller   ranged by the caller
//   debit          what leaves `from` (≤ 2^98); credit = amount (< 2^96); ranged by the op slot
//   in/out         running balances, each < 2^96: a debit is range-checked here; credits are bounded by the vault's sum (L1)
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";

template Move(A, BITS, POS) {
    signal input active;
    signal input hasTo;
    signal input create;
    signal input from;
    signal input to;
    signal input token;
    signal input kind;
    signal input over;
    signal input controller;
    signal input debit;
    signal input credit;
    signal input slotIndex[A];
    signal input slotToken[A];
    signal input slotBirth[A];
    signal input slotKind[A];
    signal input slotOver[A];
    signal input slotController[A];
    signal input in[A];
    signal output out[A];

    signal hotFrom[A];
    signal hotTo[A];
    signal read[A];
    signal mid[A];
    signal birthFrom;
    signal birthTo;

    // Births of the two accounts: witnesses, pinned by the tags; ranged so that they cannot borrow from their neighbours.
    var bf = 0;
    var bt = 0;
    for (var j = 0; j < A; j++) {
        if (slotIndex[j] == from) bf = slotBirth[j];
        if (slotIndex[j] == to) bt = slotBirth[j];
    }
    birthFrom <-- active == 1 ? bf : 0; // pinned by the tag of hotFrom
    birthTo <-- hasTo == 1 ? bt : 0;    // pinned by the tag of hotTo
    component bfBits = Num2Bits(BITS);
    bfBits.in <== birthFrom;
    component btBits = Num2Bits(BITS);
    btBits.in <== birthTo;
    component bfLive = Num2Bits(BITS);
    bfLive.in <== POS - 1 - birthFrom;
    component btLive = Num2Bits(BITS);
    btLive.in <== POS - 1 + create - birthTo;
    create * (birthTo - POS) === 0;

    var wantFrom = from + token * (1 << 32) + birthFrom * (1 << 48) + kind * (1 << 64) + over * (1 << 66)
        + controller * (1 << 72);
    var wantTo = to + token * (1 << 32) + birthTo * (1 << 48);
    var sumFrom = 0;
    var sumTo = 0;
    var balance = 0;
    for (var j = 0; j < A; j++) {
        hotFrom[j] <-- (active == 1 && slotIndex[j] == from) ? 1 : 0; // pinned by the next line and the sum
        hotFrom[j] * (slotIndex[j] + slotToken[j] * (1 << 32) + slotBirth[j] * (1 << 48) + slotKind[j] * (1 << 64)
            + slotOver[j] * (1 << 66) + slotController[j] * (1 << 72) - wantFrom) === 0;
        hotTo[j] <-- (hasTo == 1 && slotIndex[j] == to) ? 1 : 0;      // likewise
        hotTo[j] * (slotIndex[j] + slotToken[j] * (1 << 32) + slotBirth[j] * (1 << 48) - wantTo) === 0;
        sumFrom += hotFrom[j];
        sumTo += hotTo[j];
        read[j] <== hotFrom[j] * in[j];
        balance += read[j];
    }
    sumFrom === active;
    sumTo === hasTo;

    component left = Num2Bits(96);
    left.in <== balance - debit;

    for (var j = 0; j < A; j++) {
        mid[j] <== in[j] - hotFrom[j] * debit;
        out[j] <== mid[j] + hotTo[j] * credit;
    }
}
