// FORCED_EXIT: the whole balance of a live account leaves to its controller's Ethereum address: of a KEY account itself, an ATTEST account's owner, a
// CHANNEL's payer once the channel is over. Void otherwise, and if somebody else asks.
// The L1 words carry the result: token and amount, both 0 when void.
//
//   kind[2]  bits of the account's kind          ownerAddress  c of its controller
pragma circom 2.1.6;

include "circomlib/circuits/comparators.circom";

template ForcedExit() {
    signal input is;
    signal input live;
    signal input kind[2];
    signal input over;
    signal input accountToken;
    signal input ownerAddress;
    signal input balance;
    signal input address;
    signal input token;
    signal input amount;
    signal output ok; // 1 if not void (meaningful if `is`)

    component isOwner = IsEqual();
    isOwner.in[0] <== ownerAddress;
    isOwner.in[1] <== address;
    signal channel <== kind[1] * (1 - kind[0]);
    signal locked <== channel * (1 - over);
    signal free <== live * (1 - locked);
    ok <== free * isOwner.out;

    signal paidToken <== ok * accountToken;
    signal paidAmount <== ok * balance;
    is * (token - paidToken) === 0;
    is * (amount - paidAmount) === 0;
}
