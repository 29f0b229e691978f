// Paths in the account tree: arity 8, depth 8, node = Poseidon8(children), an empty leaf is 0.
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// The child at a base-8 digit. bits[3]: little-endian, boolean (enforced by the caller's Num2Bits). 7 constraints.
template Pick8() {
    signal input bits[3];
    signal input in[8];
    signal output out;

    signal by0[4];
    signal by1[2];
    for (var i = 0; i < 4; i++) by0[i] <== in[2 * i] + bits[0] * (in[2 * i + 1] - in[2 * i]);
    for (var i = 0; i < 2; i++) by1[i] <== by0[2 * i] + bits[1] * (by0[2 * i + 1] - by0[2 * i]);
    out <== by1[0] + bits[2] * (by1[1] - by1[0]);
}

// `in` at the position of a base-8 digit, 0 elsewhere. bits[3] as above. 7 constraints.
template Place8() {
    signal input bits[3];
    signal input in;
    signal output out[8];

    signal by2[2];
    signal by1[4];
    by2[1] <== bits[2] * in;
    by2[0] <== in - by2[1];
    for (var i = 0; i < 2; i++) {
        by1[2 * i + 1] <== bits[1] * by2[i];
        by1[2 * i] <== by2[i] - by1[2 * i + 1];
    }
    for (var i = 0; i < 4; i++) {
        out[2 * i + 1] <== bits[0] * by1[i];
        out[2 * i] <== by1[i] - out[2 * i + 1];
    }
}

// Replaces one leaf. bits[24]: the index, little-endian, boolean (enforced by the caller's Num2Bits).
// children[d][8]: all children of the node at height d + 1 on the path, before the write. The same siblings give both roots.
template MerkleUpdate8(DEPTH) {
    signal input bits[3 * DEPTH];
    signal input oldLeaf;
    signal input newLeaf;
    signal input children[DEPTH][8];
    signal output oldRoot;
    signal output newRoot;

    component pick[DEPTH];
    component place[DEPTH];
    component oldNode[DEPTH];
    component newNode[DEPTH];
    for (var d = 0; d < DEPTH; d++) {
        pick[d] = Pick8();
        place[d] = Place8();
        for (var i = 0; i < 3; i++) {
            pick[d].bits[i] <== bits[3 * d + i];
            place[d].bits[i] <== bits[3 * d + i];
        }
        oldNode[d] = Poseidon(8);
        newNode[d] = Poseidon(8);
        var oldChild = d == 0 ? oldLeaf : oldNode[d - 1].out;
        var newChild = d == 0 ? newLeaf : newNode[d - 1].out;
        place[d].in <== newChild - oldChild;
        for (var k = 0; k < 8; k++) {
            pick[d].in[k] <== children[d][k];
            oldNode[d].inputs[k] <== children[d][k];
            newNode[d].inputs[k] <== children[d][k] + place[d].out[k];
        }
        pick[d].out === oldChild;
    }
    oldRoot <== oldNode[DEPTH - 1].out;
    newRoot <== newNode[DEPTH - 1].out;
}

// The root over one leaf.
template MerkleRoot8(DEPTH) {
    signal input bits[3 * DEPTH];
    signal input leaf;
    signal input children[DEPTH][8];
    signal output root;

    component pick[DEPTH];
    component node[DEPTH];
    for (var d = 0; d < DEPTH; d++) {
        pick[d] = Pick8();
        for (var i = 0; i < 3; i++) pick[d].bits[i] <== bits[3 * d + i];
        node[d] = Poseidon(8);
        var child = d == 0 ? leaf : node[d - 1].out;
        for (var k = 0; k < 8; k++) {
            pick[d].in[k] <== children[d][k];
            node[d].inputs[k] <== children[d][k];
        }
        pick[d].out === child;
    }
    root <== node[DEPTH - 1].out;
}
