// One signature slot: "the key of account `signer` signed this message". A transaction's: a KEY account, at this nonce, over a message that ends in
// `chain`. A voucher's: a CHANNEL, over its total and receipts root; the claim it settles is computed here (docs/protocol.md, section 3).
//
//   enabled      1 bit    0: padding; any signature and points on the curve
//   isVoucher    1 bit    implies enabled
//   signer       24 bits  the KEY account, or the channel
//   nonce        32 bits  running; ≤ 2^32 − 2 (so that nonce + 1 fits the leaf). Transactions sign it; a channel's counts its claims
//   validUntil            timestamp ≤ validUntil < timestamp + 2^40 (a voucher does not sign it)
//   chain                 h(k) of the tx; the closing op is compared with it (batch, phase E)
//   channel               a voucher's: provider(24) | model(24) of its channel, pinned by the selection; else 0
//   total, receipts       the voucher's; claimed: what the channel had paid out before; royalty: of this claim
//   ax, ay                pinned to the selected account's a, b when enabled
//   slot*[A]              the account slots; slotNonce: running, before this signature
//
// Out: hot[A]       the selection (all 0 when disabled): the running nonce grows by it
//      m            the message; with `claimed`, `royalty` and the flags it fixes everything said here
//      provider, delta   of a claim
//      toModel[A]   royalty owed to each account slot
// That the signer's account is live when its ops run is enforced by the op slots, which select `from` or `to` = signer.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "../lib/eddsa.circom";
include "../ops/claim.circom";

template SignatureSlot(A) {
    signal input enabled;
    signal input isVoucher;
    signal input signer;
    signal input nonce;
    signal input validUntil;
    signal input chain;
    signal input channel;
    signal input total;
    signal input receipts;
    signal input claimed;
    signal input royalty;
    signal input ax;
    signal input ay;
    signal input r8x;
    signal input r8y;
    signal input s;
    signal input domain;
    signal input voucherDomain;
    signal input timestamp;
    signal input slotIndex[A];
    signal input slotKind[A];
    signal input slotA[A];
    signal input slotB[A];
    signal input slotChannel[A];
    signal input slotBps[A];
    signal input slotNonce[A];
    signal output hot[A];
    signal output m;
    signal output provider;
    signal output delta;
    signal output toModel[A];

    var KEY = 1;

    enabled * (enabled - 1) === 0;
    isVoucher * (isVoucher - 1) === 0;
    isVoucher * (1 - enabled) === 0;
    component signerBits = Num2Bits(24);
    signerBits.in <== signer;
    component nonceBits = Num2Bits(32);
    nonceBits.in <== nonce + 1;
    component notExpired = Num2Bits(40);
    notExpired.in <== validUntil - timestamp;

    // A. The claim that a voucher settles.
    component claim = Claim(A);
    claim.is <== isVoucher;
    claim.channelTag <== channel;
    claim.total <== total;
    claim.claimed <== claimed;
    claim.royalty <== royalty;
    for (var j = 0; j < A; j++) {
        claim.slotIndex[j] <== slotIndex[j];
        claim.slotBps[j] <== slotBps[j];
    }
    for (var j = 0; j < A; j++) toModel[j] <== claim.toModel[j];
    provider <== claim.provider;
    delta <== claim.delta;

    // B. The signer's slot. Tags are packed ranged values and indices are distinct, so at most one slot can match: hot is 0 or 1.
    var sum = 0;
    for (var j = 0; j < A; j++) {
        hot[j] <-- (enabled == 1 && slotIndex[j] == signer) ? 1 : 0; // pinned by the next line and the sum
        hot[j] * (slotIndex[j] + slotKind[j] * (1 << 32) + slotNonce[j] * (1 << 40) + slotChannel[j] * (1 << 72)
            - (signer + (KEY + isVoucher) * (1 << 32) + nonce * (1 << 40) + channel * (1 << 72))) === 0;
        hot[j] * (slotA[j] - ax) === 0;
        hot[j] * (slotB[j] - ay) === 0;
        sum += hot[j];
    }
    sum === enabled;

    // C. The message: (chain, signer | nonce, validUntil, domain) or (voucherDomain, channel, total, receipts).
    signal first <== chain + isVoucher * (voucherDomain - chain);
    signal second <== signer + (1 - isVoucher) * nonce * (1 << 32);
    signal third <== validUntil + isVoucher * (total - validUntil);
    signal fourth <== domain + isVoucher * (receipts - domain);
    component hash = Poseidon(4);
    hash.inputs[0] <== first;
    hash.inputs[1] <== second;
    hash.inputs[2] <== third;
    hash.inputs[3] <== fourth;
    m <== hash.out;

    component verify = EdDSAVerify();
    verify.enabled <== enabled;
    verify.ax <== ax;
    verify.ay <== ay;
    verify.r8x <== r8x;
    verify.r8y <== r8y;
    verify.s <== s;
    verify.m <== hash.out;
}
