// NOP: padding after the last op of a batch; every word is 0.
pragma circom 2.1.6;

template Nop() {
    signal input is;
    signal input w[4];
    // w[0] packs non-negative ranged fields, so w[0] = 0 means that each of them is.
    for (var k = 0; k < 4; k++) is * w[k] === 0;
}
