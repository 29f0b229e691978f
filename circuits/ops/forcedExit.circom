// FORCED_EXIT: the whole balance of a live KEY account leaves to its Ethereum address. Void if it is not that caller's account.
// The L1 words carry the result: token and amount, both 0 when void.
pragma circom 2.1.6;

include "circomlib/circuits/comparators.circom";

template ForcedExit() {
    signal input is;
    signal input live;
    signal input accountKind;
    signal input accountToken;
    signal input accountC;
    signal input balance;
    signal input address;
    signal input token;
    signal input amount;
    signal output ok; // 1 if not void (whatever `is` is)

    component isKey = IsEqual();
    isKey.in[0] <== accountKind;
    isKey.in[1] <== 1;
    component isOwner = IsEqual();
    isOwner.in[0] <== accountC;
    isOwner.in[1] <== address;
    signal liveKey <== live * isKey.out;
    ok <== liveKey * isOwner.out;

    signal paidToken <== ok * accountToken;
    signal paidAmount <== ok * balance;
    is * (token - paidToken) === 0;
    is * (amount - paidAmount) === 0;
}
