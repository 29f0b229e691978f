// Paths in the account tree: arity 8, depth 8, node = Poseidon8(children), an empty leaf is 0.
pragma circom 2.1.6;

include "circomlib/circuits/poseidon.circom";
include "./vector.circom";

// Replaces one leaf; 14 constraints a level beside the two hashes. bits[3·DEPTH]: the index, little-endian, boolean (enforced by the caller's Num2Bits).
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
        pick[d] = Pick(3);
        place[d] = Place(3);
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
        pick[d] = Pick(3);
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

// The root over 8^LEVELS subroots.
template MerkleTop8(LEVELS) {
    signal input in[1 << (3 * LEVELS)];
    signal output root;

    component node[LEVELS][1 << (3 * (LEVELS - 1))];
    for (var d = 0; d < LEVELS; d++) {
        for (var i = 0; i < (1 << (3 * (LEVELS - 1 - d))); i++) {
            node[d][i] = Poseidon(8);
            for (var k = 0; k < 8; k++) {
                if (d == 0) {
                    node[d][i].inputs[k] <== in[8 * i + k];
                } else {
                    node[d][i].inputs[k] <== node[d - 1][8 * i + k].out;
                }
            }
        }
    }
    root <== node[LEVELS - 1][0].out;
}
