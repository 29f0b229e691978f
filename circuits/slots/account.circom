// One account slot: a leaf loaded once (AccountLoad), written back once (AccountWrite).
//
//   index     24 bits  its base-8 digits are the path
//   balance   96 bits  before the batch           claimed 96, nonce 32, token 16, kind 2: ditto (kind, token: of the account when it is born here)
//   c         160 bits KEY: Ethereum address; CHANNEL, ATTEST: fields as in docs/protocol.md, section 2
//   oldLive   1 bit    the leaf was live before the batch
//   born      1 bit    an operation of this batch creates it
//   birth     BITS     if born: position of the creating operation (L1 op l: l + 1, op i: L + 1 + i); else any
//
// Out: birthTag = 0 (live before), birth (born), 65535 (not live): "live at position p" is birthTag < p.
//      isKey, isChannel, isAttest: at most one is 1
//      over        1 if a CHANNEL whose expiry and grace are past, else 0
//      controller  the account whose key moves the funds: KEY itself, ATTEST its owner, CHANNEL its payer; 0 if not live
//      creator     `from` of the op that creates such an account: controller of ATTEST and CHANNEL, 0 for KEY
//      channelTag  of a CHANNEL provider(24) | model(24), else 0
//      royaltyBps  of an ATTEST account, else 0
//      refersTo    parent of an ATTEST account, model of a CHANNEL; 0 for none
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/merkle8.circom";
include "../lib/vector.circom";

template AccountLoad(BITS) {
    signal input index;
    signal input balance;
    signal input claimed;
    signal input nonce;
    signal input token;
    signal input kind;
    signal input c;
    signal input oldLive;
    signal input born;
    signal input birth;
    signal input timestamp;
    signal output birthTag;
    signal output indexBits[24];
    signal output isKey;
    signal output isChannel;
    signal output isAttest;
    signal output over;
    signal output controller;
    signal output creator;
    signal output channelTag;
    signal output royaltyBps;
    signal output refersTo;

    var GRACE = 86400;
    var BPS = 10000;

    // A. Ranges. They make the packed state, and every packed tag built from these signals, unique.
    component indexToBits = Num2Bits(24);
    indexToBits.in <== index;
    for (var i = 0; i < 24; i++) indexBits[i] <== indexToBits.out[i];
    component balanceBits = Num2Bits(96);
    balanceBits.in <== balance;
    component claimedBits = Num2Bits(96);
    claimedBits.in <== claimed;
    component nonceBits = Num2Bits(32);
    nonceBits.in <== nonce;
    component tokenBits = Num2Bits(16);
    tokenBits.in <== token;
    component kindBits = Num2Bits(2); // the kinds there are; the tree holds no other
    kindBits.in <== kind;
    component birthBits = Num2Bits(BITS);
    birthBits.in <== birth;

    // B. Life: (oldLive, born) is (1,0), (0,1) or (0,0); a leaf that is not live has no kind; an empty leaf starts from zero.
    oldLive * (oldLive - 1) === 0;
    born * (born - 1) === 0;
    oldLive * born === 0;
    signal never <== 1 - oldLive - born;
    never * kind === 0;
    (1 - oldLive) * (balance + claimed + nonce) === 0; // sum of ranged values: zero only if each is
    birthTag <== born * birth + never * 65535;

    // C. Kind: 1 KEY, 2 CHANNEL, 3 ATTEST.
    isAttest <== kindBits.out[0] * kindBits.out[1];
    isKey <== kindBits.out[0] - isAttest;
    isChannel <== kindBits.out[1] - isAttest;

    // D. The fields of c. A KEY account's address is not 0.
    component cBits = Num2Bits(160);
    cBits.in <== c;
    var first = 0;   // provider, owner
    var second = 0;  // payer, parent
    var third = 0;   // model
    var bps = 0;
    var expiry = 0;
    var unused = 0;
    var expirySum = 0;
    for (var i = 0; i < 24; i++) {
        first += cBits.out[i] * (1 << i);
        second += cBits.out[32 + i] * (1 << i);
        third += cBits.out[64 + i] * (1 << i);
        unused += cBits.out[136 + i];
    }
    for (var i = 0; i < 8; i++) unused += cBits.out[24 + i] + cBits.out[56 + i] + cBits.out[88 + i];
    for (var i = 0; i < 16; i++) bps += cBits.out[64 + i] * (1 << i);
    for (var i = 0; i < 40; i++) {
        expiry += cBits.out[96 + i] * (1 << i);
        expirySum += cBits.out[96 + i];
    }
    kindBits.out[1] * unused === 0;
    isAttest * expirySum === 0;
    component noAddress = IsZero();
    noAddress.in <== c;
    isKey * noAddress.out === 0;
    royaltyBps <== isAttest * bps;
    component bpsBits = Num2Bits(14);
    bpsBits.in <== isAttest * BPS - royaltyBps;

    // E. Who controls it, what it refers to.
    signal ownIndex <== isKey * index;
    signal owner <== isAttest * first;
    signal payer <== isChannel * second;
    creator <== owner + payer;
    controller <== ownIndex + creator;
    channelTag <== isChannel * (first + third * (1 << 24));
    signal parent <== isAttest * second;
    signal model <== isChannel * third;
    refersTo <== parent + model;

    // F. Over: timestamp ≥ expiry + GRACE. Both sides are below 2^41.
    signal isPast <-- timestamp >= expiry + GRACE ? 1 : 0; // pinned: boolean, and the gap is not negative
    isPast * (isPast - 1) === 0;
    component gap = Num2Bits(41);
    gap.in <== isPast * (2 * (timestamp - expiry - GRACE) + 1) + expiry + GRACE - 1 - timestamp;
    over <== isPast * isChannel;
}

// An account born here refers to nothing, or to an ATTEST account that is live before it; a CHANNEL's model is of the channel's token.
//
//   refersTo  24 bits  0: nothing
//   born, birth, isChannel, token: the account's; slot*[A]: all account slots
template Reference(A, BITS) {
    signal input refersTo;
    signal input born;
    signal input birth;
    signal input isChannel;
    signal input token;
    signal input slotIndex[A];
    signal input slotToken[A];
    signal input slotBirth[A];
    signal input slotAttest[A];

    signal wanted <== born * refersTo;
    component none = IsZero();
    none.in <== wanted;

    var b = 0;
    var t = token;
    for (var k = 0; k < A; k++) {
        if (wanted != 0 && slotIndex[k] == wanted) {
            b = slotBirth[k];
            t = slotToken[k];
        }
    }
    signal refBirth <-- b; // pinned by the tag of hot
    signal refToken <-- t; // likewise
    component refBirthBits = Num2Bits(BITS);
    refBirthBits.in <== refBirth;
    component before = Num2Bits(BITS);
    before.in <== (1 - none.out) * (birth - 1 - refBirth);
    component refTokenBits = Num2Bits(16);
    refTokenBits.in <== refToken;
    isChannel * (refToken - token) === 0;

    signal hot[A];
    var sum = 0;
    for (var k = 0; k < A; k++) {
        hot[k] <-- (wanted != 0 && slotIndex[k] == wanted) ? 1 : 0; // pinned by the next line and the sum
        hot[k] * (slotIndex[k] + slotToken[k] * (1 << 32) + slotBirth[k] * (1 << 48) + slotAttest[k] * (1 << 64)
            - (wanted + refToken * (1 << 32) + refBirth * (1 << 48) + (1 << 64))) === 0;
        sum += hot[k];
    }
    sum === 1 - none.out;
}

// Writes the slot back. The tree's TOP uppermost levels are shared by all slots: `in`, `out` are the running subroots below them.
// Inputs as above, ranged and boolean by AccountLoad, and the account after the batch:
//   balanceEnd  < 2^96 because a token's sum in the vault is (L1 keeps it) and debits are range-checked
//   claimedEnd  changes only for a CHANNEL, by its claims (batch, phase E)
//   nonceEnd    < 2^32 by the signature slots
template AccountWrite(TOP) {
    var DEPTH = 8 - TOP;
    signal input indexBits[24];
    signal input balance;
    signal input claimed;
    signal input nonce;
    signal input token;
    signal input kind;
    signal input a;
    signal input b;
    signal input c;
    signal input oldLive;
    signal input born;
    signal input isChannel;
    signal input balanceEnd;
    signal input claimedEnd;
    signal input nonceEnd;
    signal input children[DEPTH][8];
    signal input in[1 << (3 * TOP)];
    signal output out[1 << (3 * TOP)];

    component claimedEndBits = Num2Bits(96);
    claimedEndBits.in <== claimedEnd;
    (1 - isChannel) * (claimedEnd - claimed) === 0;

    component oldHash = Poseidon(4);
    oldHash.inputs[0] <== balance + claimed * (1 << 96) + nonce * (1 << 192) + token * (1 << 224) + kind * (1 << 240);
    oldHash.inputs[1] <== a;
    oldHash.inputs[2] <== b;
    oldHash.inputs[3] <== c;
    component newHash = Poseidon(4);
    newHash.inputs[0] <== balanceEnd + claimedEnd * (1 << 96) + nonceEnd * (1 << 192) + token * (1 << 224) + kind * (1 << 240);
    newHash.inputs[1] <== a;
    newHash.inputs[2] <== b;
    newHash.inputs[3] <== c;

    component path = MerkleUpdate8(DEPTH);
    for (var i = 0; i < 3 * DEPTH; i++) path.bits[i] <== indexBits[i];
    path.oldLeaf <== oldLive * oldHash.out;
    path.newLeaf <== (oldLive + born) * newHash.out;
    for (var d = 0; d < DEPTH; d++) {
        for (var k = 0; k < 8; k++) path.children[d][k] <== children[d][k];
    }

    component pick = Pick(3 * TOP);
    component place = Place(3 * TOP);
    for (var i = 0; i < 3 * TOP; i++) {
        pick.bits[i] <== indexBits[3 * DEPTH + i];
        place.bits[i] <== indexBits[3 * DEPTH + i];
    }
    for (var k = 0; k < (1 << (3 * TOP)); k++) pick.in[k] <== in[k];
    pick.out === path.oldRoot;
    place.in <== path.newRoot - path.oldRoot;
    for (var k = 0; k < (1 << (3 * TOP)); k++) out[k] <== in[k] + place.out[k];
}
