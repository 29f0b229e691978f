// One exit slot: the two words L1 pays by. The e-th EXIT op of the batch owns slot e (batch, phase E).
//
//   used  1 bit  an op fills it; both words of an unused slot are 0
//   e0    recipient, 160 bits, not 0          e1    amount(96) | token(16), as the op has them
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";

template ExitSlot() {
    signal input used;
    signal input e0;
    signal input e1;

    used * (used - 1) === 0;
    (1 - used) * e0 === 0;
    (1 - used) * e1 === 0;
    component recipientBits = Num2Bits(160);
    recipientBits.in <== e0;
    component noRecipient = IsZero();
    noRecipient.in <== e0;
    used * noRecipient.out === 0;
}
