// One signature slot: "the key of KEY account `signer`, at this nonce, signed the message that ends in `chain`".
//
//   enabled      1 bit    0: padding; any signature and points on the curve
//   signer       24 bits  nonce: 32 bits, ≤ 2^32 − 2 (so that nonce + 1 fits the leaf)
//   validUntil            timestamp ≤ validUntil < timestamp + 2^40
//   chain                 h(k) of the tx (docs/protocol.md, section 3); the closing op slot compares it with its own
//   ax, ay                pinned to the selected account's a, b when enabled
//   slot*[A]              the account slots' index, kind, a, b and running nonce (before this signature)
//
// Out: hot[A], the one-hot selection (all 0 when disabled): the running nonce grows by it.
// That the signer's account is live when its ops run is enforced by the op slots, which select `from` = signer.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/eddsa.circom";

template SignatureSlot(A) {
    signal input enabled;
    signal input signer;
    signal input nonce;
    signal input validUntil;
    signal input chain;
    signal input ax;
    signal input ay;
    signal input r8x;
    signal input r8y;
    signal input s;
    signal input domain;
    signal input timestamp;
    signal input slotIndex[A];
    signal input slotKind[A];
    signal input slotA[A];
    signal input slotB[A];
    signal input slotNonce[A];
    signal output hot[A];

    var KEY = 1;

    enabled * (enabled - 1) === 0;
    component signerBits = Num2Bits(24);
    signerBits.in <== signer;
    component nonceBits = Num2Bits(32);
    nonceBits.in <== nonce + 1;
    component notExpired = Num2Bits(40);
    notExpired.in <== validUntil - timestamp;

    // The signer's slot. Tags are packed ranged values and indices are distinct, so at most one slot can match: hot is 0 or 1.
    var sum = 0;
    for (var j = 0; j < A; j++) {
        hot[j] <-- (enabled == 1 && slotIndex[j] == signer) ? 1 : 0; // pinned by the next line and the sum
        hot[j] * (slotIndex[j] + slotKind[j] * (1 << 32) + slotNonce[j] * (1 << 40) - (signer + KEY * (1 << 32) + nonce * (1 << 40))) === 0;
        hot[j] * (slotA[j] - ax) === 0;
        hot[j] * (slotB[j] - ay) === 0;
        sum += hot[j];
    }
    sum === enabled;

    component m = Poseidon(4);
    m.inputs[0] <== chain;
    m.inputs[1] <== signer + nonce * (1 << 32);
    m.inputs[2] <== validUntil;
    m.inputs[3] <== domain;

    component verify = EdDSAVerify();
    verify.enabled <== enabled;
    verify.ax <== ax;
    verify.ay <== ay;
    verify.r8x <== r8x;
    verify.r8y <== r8y;
    verify.s <== s;
    verify.m <== m.out;
}
