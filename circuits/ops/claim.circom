// CLAIM: what a voucher settles. delta = total − claimed; royalty = floor(delta · bps / 10000) is owed to the model's account.
// The batch (phase E) compares delta, royalty, provider, total and receipts root with the op's: there delta = amount + fee + royalty, and amount and fee are
// ranged, as royalty is here. So 0 ≤ delta < 2^98 (a voucher below what was claimed fits no op), and the op's own range check bounds it by the balance.
// `claimed` is the channel's by the claims' own argument.
//
//   is          1 bit  a voucher's slot; else nothing is owed to anybody: there is no model
//   channelTag  provider(24) | model(24): pinned by the caller's selection of the channel if `is`
//   total, claimed, royalty
//   slotBps[A]  royalty rate of each account slot, 0 … 10000; 0 if it is no ATTEST account
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";

template Claim(A) {
    signal input is;
    signal input channelTag;
    signal input total;
    signal input claimed;
    signal input royalty;
    signal input slotIndex[A];
    signal input slotBps[A];
    signal output provider;
    signal output delta;
    signal output toModel[A];

    var BPS = 10000;

    // A. Provider and model, 24 bits each. Without a voucher nothing selects a channel, so nothing else would keep a slot from crediting a model.
    (1 - is) * channelTag === 0;
    component tagBits = Num2Bits(48);
    tagBits.in <== channelTag;
    var low = 0;
    var high = 0;
    for (var i = 0; i < 24; i++) {
        low += tagBits.out[i] * (1 << i);
        high += tagBits.out[24 + i] * (1 << i);
    }
    provider <== low;
    signal model <== high;

    // B. delta.
    delta <== total - claimed;

    // C. The model's rate. No model: rate 0.
    component noModel = IsZero();
    noModel.in <== model;
    var rate = 0;
    for (var j = 0; j < A; j++) {
        if (model != 0 && slotIndex[j] == model) rate = slotBps[j];
    }
    signal bps <-- rate; // pinned by the tag of hot, or 0
    component bpsBits = Num2Bits(14);
    bpsBits.in <== bps;
    noModel.out * bps === 0;
    signal hot[A];
    var sum = 0;
    for (var j = 0; j < A; j++) {
        hot[j] <-- (model != 0 && slotIndex[j] == model) ? 1 : 0; // pinned by the next line (indices are distinct) and the sum
        hot[j] * (slotIndex[j] + slotBps[j] * (1 << 32) - (model + bps * (1 << 32))) === 0;
        sum += hot[j];
    }
    sum === 1 - noModel.out;

    // D. royalty·10000 + rest = delta·bps, 0 ≤ rest < 10000, over the integers: both sides are below 2^112.
    signal due <== delta * bps;
    component royaltyBits = Num2Bits(96);
    royaltyBits.in <== royalty;
    signal rest <== due - royalty * BPS;
    component restBits = Num2Bits(14);
    restBits.in <== rest;
    component restLess = Num2Bits(14);
    restLess.in <== BPS - 1 - rest;

    for (var j = 0; j < A; j++) toModel[j] <== hot[j] * royalty;
}
