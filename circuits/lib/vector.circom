// A vector of 2^K values: the one at a position, and a change at a position. bits[K]: the position, little-endian, boolean (enforced by the
// caller's Num2Bits).
pragma circom 2.1.6;

// in[position]. 2^K − 1 constraints.
template Pick(K) {
    signal input bits[K];
    signal input in[1 << K];
    signal output out;

    var SIZE = 1 << K;
    signal node[SIZE - 1]; // levels of the tree of selections, the widest first
    var from = 0;
    for (var level = 0; level < K; level++) {
        var width = SIZE >> (level + 1);
        var below = from - 2 * width; // start of the level below
        for (var i = 0; i < width; i++) {
            var left = level == 0 ? in[2 * i] : node[below + 2 * i];
            var right = level == 0 ? in[2 * i + 1] : node[below + 2 * i + 1];
            node[from + i] <== left + bits[level] * (right - left);
        }
        from += width;
    }
    out <== node[SIZE - 2];
}

// `in` at the position, 0 elsewhere. 2^K − 1 constraints.
template Place(K) {
    signal input bits[K];
    signal input in;
    signal output out[1 << K];

    if (K == 1) {
        out[1] <== bits[0] * in;
        out[0] <== in - out[1];
    } else {
        component half = Place(K - 1); // places at position >> 1
        half.in <== in;
        for (var i = 1; i < K; i++) half.bits[i - 1] <== bits[i];
        for (var i = 0; i < (1 << (K - 1)); i++) {
            out[2 * i + 1] <== bits[0] * half.out[i];
            out[2 * i] <== half.out[i] - out[2 * i + 1];
        }
    }
}
