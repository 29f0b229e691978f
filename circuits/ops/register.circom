// REGISTER and OPEN: create an account with the key (p1, p2) at `to`: it must be on the curve. ATTEST carries no key.
// Emptiness of `to` is checked by its birth, the new leaf's words (and that payer or owner is `from`) by the creation argument, the fields of c = p3 by
// the account's slot, a model or parent by `Reference` there.
pragma circom 2.1.6;

template KeyOnCurve() {
    signal input is;
    signal input x;
    signal input y;

    var A = 168700;
    var D = 168696;
    signal x2 <== x * x;
    signal y2 <== y * y;
    signal t <== x2 * y2;
    is * (A * x2 + y2 - 1 - D * t) === 0;
}
