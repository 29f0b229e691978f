// C and y of the batch's words (docs/protocol.md, section 4).
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// s0 = iv; s(k+1) = Poseidon16(s(k), 15 words); zero-padded. 609 constraints for 15 words.
template WordSponge(W) {
    signal input iv;
    signal input words[W];
    signal output out;

    var BLOCKS = (W + 14) \ 15;
    component p[BLOCKS];
    for (var k = 0; k < BLOCKS; k++) {
        p[k] = Poseidon(16);
        if (k == 0) {
            p[k].inputs[0] <== iv;
        } else {
            p[k].inputs[0] <== p[k - 1].out;
        }
        for (var i = 0; i < 15; i++) {
            if (15 * k + i < W) {
                p[k].inputs[1 + i] <== words[15 * k + i];
            } else {
                p[k].inputs[1 + i] <== 0;
            }
        }
    }
    out <== p[BLOCKS - 1].out;
}

// Σ words[i]·r^i, by Horner from the last word. 1 constraint a word.
template WordPolynomial(W) {
    signal input r;
    signal input words[W];
    signal output out;

    signal acc[W];
    acc[W - 1] <== words[W - 1];
    for (var i = W - 2; i >= 0; i--) acc[i] <== acc[i + 1] * r + words[i];
    out <== acc[0];
}
