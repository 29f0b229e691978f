// REGISTER: creates the KEY account (p1, p2; p3) at `to`. The key must be on the curve; the address is checked by the op slot
// (shared with EXIT); emptiness of `to` by its birth; the new leaf's words by the creation argument.
pragma circom 2.1.6;

template Register() {
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
