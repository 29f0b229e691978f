// Paths in the account tree: arity 8, depth 8, node = Poseidon8(children), an empty leaf is 0.
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";

// One-hot vector of a base-8 digit. in: bits[3], boolean (enforced by the caller's Num2Bits). 4 constraints.
template OneHot8() {
    signal input bits[3];
    signal output hot[8];

    signal p01 <== bits[0] * bits[1];
    signal p02 <== bits[0] * bits[2];
    signal p12 <== bits[1] * bits[2];
    signal p012 <== p01 * bits[2];
    hot[0] <== 1 - bits[0] - bits[1] - bits[2] + p01 + p02 + p12 - p012;
    hot[1] <== bits[0] - p01 - p02 + p012;
    hot[2] <== bits[1] - p01 - p12 + p012;
    hot[3] <== p01 - p012;
    hot[4] <== bits[2] - p02 - p12 + p012;
    hot[5] <== p02 - p012;
    hot[6] <== p12 - p012;
    hot[7] <== p012;
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

    component hot[DEPTH];
    component oldNode[DEPTH];
    component newNode[DEPTH];
    for (var d = 0; d < DEPTH; d++) {
        hot[d] = OneHot8();
        for (var i = 0; i < 3; i++) hot[d].bits[i] <== bits[3 * d + i];
        oldNode[d] = Poseidon(8);
        newNode[d] = Poseidon(8);
        var oldChild = d == 0 ? oldLeaf : oldNode[d - 1].out;
        var newChild = d == 0 ? newLeaf : newNode[d - 1].out;
        for (var k = 0; k < 8; k++) {
            hot[d].hot[k] * (children[d][k] - oldChild) === 0;
            oldNode[d].inputs[k] <== children[d][k];
            newNode[d].inputs[k] <== children[d][k] + hot[d].hot[k] * (newChild - oldChild);
        }
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

    component hot[DEPTH];
    component node[DEPTH];
    for (var d = 0; d < DEPTH; d++) {
        hot[d] = OneHot8();
        for (var i = 0; i < 3; i++) hot[d].bits[i] <== bits[3 * d + i];
        node[d] = Poseidon(8);
        var child = d == 0 ? leaf : node[d - 1].out;
        for (var k = 0; k < 8; k++) {
            hot[d].hot[k] * (children[d][k] - child) === 0;
            node[d].inputs[k] <== children[d][k];
        }
    }
    root <== node[DEPTH - 1].out;
}
