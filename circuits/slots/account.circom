// One account slot: a leaf loaded once (AccountLoad), written back once (AccountWrite).
//
//   index     24 bits  its base-8 digits are the path
//   balance   96 bits  before the batch           claimed 96, nonce 32, token 16, kind 2: ditto (kind, token: of the account when it is born here)
//   oldLive   1 bit    the leaf was live before the batch
//   born      1 bit    an operation of this batch creates it
//   birth     BITS     if born: position of the creating operation (L1 op l: l + 1, op i: L + 1 + i); else any
//
// Out: birthTag = 0 (live before), birth (born), 65535 (not live): "live at position p" is birthTag < p.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/merkle8.circom";

template AccountLoad(BITS) {
    signal input index;
    signal input balance;
    signal input claimed;
    signal input nonce;
    signal input token;
    signal input kind;
    signal input oldLive;
    signal input born;
    signal input birth;
    signal output birthTag;
    signal output indexBits[24];

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
}

// Writes the slot back: the root before and after. Inputs as above, ranged and boolean by AccountLoad, and the account after the batch:
//   balanceEnd  < 2^96 because a token's sum in the vault is (L1 keeps it) and debits are range-checked
//   nonceEnd    < 2^32 by the signature slots
template AccountWrite() {
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
    signal input balanceEnd;
    signal input nonceEnd;
    signal input children[8][8];
    signal output oldRoot;
    signal output newRoot;

    component oldHash = Poseidon(4);
    oldHash.inputs[0] <== balance + claimed * (1 << 96) + nonce * (1 << 192) + token * (1 << 224) + kind * (1 << 240);
    oldHash.inputs[1] <== a;
    oldHash.inputs[2] <== b;
    oldHash.inputs[3] <== c;
    component newHash = Poseidon(4);
    newHash.inputs[0] <== balanceEnd + claimed * (1 << 96) + nonceEnd * (1 << 192) + token * (1 << 224) + kind * (1 << 240);
    newHash.inputs[1] <== a;
    newHash.inputs[2] <== b;
    newHash.inputs[3] <== c;

    component path = MerkleUpdate8(8);
    for (var i = 0; i < 24; i++) path.bits[i] <== indexBits[i];
    path.oldLeaf <== oldLive * oldHash.out;
    path.newLeaf <== (oldLive + born) * newHash.out;
    for (var d = 0; d < 8; d++) {
        for (var k = 0; k < 8; k++) path.children[d][k] <== children[d][k];
    }
    oldRoot <== path.oldRoot;
    newRoot <== path.newRoot;
}
