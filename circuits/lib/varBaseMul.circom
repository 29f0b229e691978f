// h · Q on Baby Jubjub for a variable point Q, 7 constraints a bit (circomlib's EscalarMulAny: 9).
//
// Left to right, one "acc := 2·acc + B" a bit in 5 constraints (the y of acc + B is never needed), in Montgomery form,
// whose addition is incomplete: acc = ±B or 2·acc = −B would leave a slope unconstrained. So the digits are chosen such that
// this cannot happen. B is never the neutral point: for bit h_i the digit is c_i + h_i with c_i = 1 (e_i = 1: B = Q or 2Q)
// or c_i = −2 (e_i = 0: B = −2Q or −Q), and acc starts at 4Q. E = Σ e_i·2^i is the constant with
//     4·2^254 + Σ c_i·2^i = 4·2^254 − 2·(2^254 − 1) + 3·E ≡ 0 (mod l),
// hence acc ends at h·Q. With acc = m·Q the integer m starts at 4 and at least doubles minus 2: 4 ≤ m and 2m + 2 < l for all but the
// last 6 bits, so m ≡ ±1, ±2 and 2m ≡ ±1, ±2 (mod l) are impossible there. In the last 6 steps such a collision needs one of
// fewer than 2^6 values of h, and h is a Poseidon hash: hitting one is as hard as a second preimage.
//
// Preconditions, and who enforces them: Q has order exactly l (EdDSAVerify: Q = 8A with A on the curve, and Q ≠ O);
// h are the bits of a canonical field element (Num2Bits_strict in EdDSAVerify).
pragma circom 2.1.6;

include "circomlib/circuits/montgomery.circom";

// (2·A + B) in Montgomery coordinates, 5 constraints. Needs A ≠ ±B and 2A + B ≠ O (see above).
template MontgomeryDoubleAdd() {
    signal input inA[2];
    signal input inB[2];
    signal output out[2];

    var a = 168700;
    var d = 168696;
    var MA = (2 * (a + d)) / (a - d);
    var MB = 4 / (a - d);

    // acc + B: slope l1, abscissa x3
    signal l1 <-- (inB[1] - inA[1]) / (inB[0] - inA[0]); // pinned by the next line, as x_A ≠ x_B
    l1 * (inB[0] - inA[0]) === inB[1] - inA[1];
    signal x3 <== MB * l1 * l1 - MA - inA[0] - inB[0];

    // (acc + B) + acc: slope l2 = 2·y_A / (x_A − x3) − l1
    signal l2 <-- (2 * inA[1]) / (inA[0] - x3) - l1; // pinned by the next line, as x_A ≠ x3
    (l1 + l2) * (inA[0] - x3) === 2 * inA[1];
    out[0] <== MB * l2 * l2 - MA - inA[0] - x3;
    out[1] <== l2 * (inA[0] - out[0]) - inA[1];
}

// in: bits[254] of h, little-endian, boolean; p = Q in Edwards coordinates. out: h·Q in Edwards coordinates.
template VarBaseMul() {
    signal input bits[254];
    signal input p[2];
    signal output out[2];

    // (2·(2^254 − 1) − 4·2^254) / 3 mod l
    var E = 765541092966636383130707765037850855684971684889399227558650845636425795644;

    component toM = Edwards2Montgomery();
    toM.in[0] <== p[0];
    toM.in[1] <== p[1];
    component dbl2 = MontgomeryDouble();
    dbl2.in[0] <== toM.out[0];
    dbl2.in[1] <== toM.out[1];
    component dbl4 = MontgomeryDouble();
    dbl4.in[0] <== dbl2.out[0];
    dbl4.in[1] <== dbl2.out[1];

    var dx = dbl2.out[0] - toM.out[0];
    var dy = dbl2.out[1] - toM.out[1];

    component step[254];
    signal sx[254];
    signal sy[254];
    for (var k = 0; k < 254; k++) {
        var i = 253 - k;
        step[k] = MontgomeryDoubleAdd();
        if (k == 0) {
            step[k].inA[0] <== dbl4.out[0];
            step[k].inA[1] <== dbl4.out[1];
        } else {
            step[k].inA[0] <== step[k - 1].out[0];
            step[k].inA[1] <== step[k - 1].out[1];
        }
        sx[k] <== bits[i] * dx;
        sy[k] <== bits[i] * dy;
        if ((E >> i) & 1 == 1) {
            step[k].inB[0] <== toM.out[0] + sx[k];        // Q or 2Q
            step[k].inB[1] <== toM.out[1] + sy[k];
        } else {
            step[k].inB[0] <== dbl2.out[0] - sx[k];       // −2Q or −Q
            step[k].inB[1] <== sy[k] - dbl2.out[1];
        }
    }

    component toE = Montgomery2Edwards();
    toE.in[0] <== step[253].out[0];
    toE.in[1] <== step[253].out[1];
    out[0] <== toE.out[0];
    out[1] <== toE.out[1];
}
