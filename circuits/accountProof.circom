// One live leaf under a root: used by `escape` on L1 and for attestations.
// Public: root, index (24 bits), state, a, b, c. The caller (L1) requires each < r_F and unpacks `state`; a live leaf has kind ≠ 0 there.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/poseidon.circom";
include "./lib/merkle8.circom";

template AccountProof() {
    signal input root;
    signal input index;
    signal input state;
    signal input a;
    signal input b;
    signal input c;
    signal input children[8][8];

    component bits = Num2Bits(24);
    bits.in <== index;
    component leaf = Poseidon(4);
    leaf.inputs[0] <== state;
    leaf.inputs[1] <== a;
    leaf.inputs[2] <== b;
    leaf.inputs[3] <== c;
    component path = MerkleRoot8(8);
    for (var i = 0; i < 24; i++) path.bits[i] <== bits.out[i];
    path.leaf <== leaf.out;
    for (var d = 0; d < 8; d++) {
        for (var k = 0; k < 8; k++) path.children[d][k] <== children[d][k];
    }
    path.root === root;
}
