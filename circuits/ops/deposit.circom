// DEPOSIT_NEW and DEPOSIT_TO: what the sequencer chose is a hard constraint, what the L1 caller chose can only make the operation void.
//
//   position POS; birth: the account's birthTag (0 live before, 65535 not live); live: 1 bit, birth < POS
pragma circom 2.1.6;

include "circomlib/circuits/comparators.circom";

template DepositNew(POS) {
    signal input is;
    signal input birth;
    // Born here: the leaf was empty, and the creation argument fixes its words.
    is * (birth - POS) === 0;
}

template DepositTo() {
    signal input is;
    signal input live;
    signal input accountToken;
    signal input token;
    signal output ok; // 1 if not void (whatever `is` is)
    component same = IsEqual();
    same.in[0] <== accountToken;
    same.in[1] <== token;
    ok <== live * same.out;
}
