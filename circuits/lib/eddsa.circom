// EdDSA-Poseidon over Baby Jubjub: accepts exactly what protocol/crypto/eddsa.ts accepts.
//
//   enabled   1 bit    1: the signature must hold; 0: nothing is said (a padding slot still needs points on the curve)
//   ax, ay             public key; on the curve (enforced when the key enters the tree: by L1 for deposits, by REGISTER)
//   r8x, r8y, s, m     signature and message
//
// S·B8 = R8 + h·(8A), h = Poseidon5(R8, A, M), S < l, R8 on the curve, 8A ≠ O. A torsion component of A vanishes in 8A; one of R8 fails
// the equation, as both other terms lie in the prime-order subgroup.
pragma circom 2.1.6;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/compconstant.circom";
include "circomlib/circuits/escalarmulfix.circom";
include "circomlib/circuits/poseidon.circom";
include "./varBaseMul.circom";

template EdDSAVerify() {
    signal input enabled;
    signal input ax;
    signal input ay;
    signal input r8x;
    signal input r8y;
    signal input s;
    signal input m;

    // A. S < l
    component sBits = Num2Bits(253);
    sBits.in <== s;
    component sCmp = CompConstant(2736030358979909402780800718157159386076813972158567259200215660948447373040);
    for (var i = 0; i < 253; i++) sCmp.in[i] <== sBits.out[i];
    sCmp.in[253] <== 0;
    sCmp.out * enabled === 0;

    // B. R8 on the curve
    component onCurve = BabyCheck();
    onCurve.x <== r8x;
    onCurve.y <== r8y;

    // C. h, canonical bits
    component h = Poseidon(5);
    h.inputs[0] <== r8x;
    h.inputs[1] <== r8y;
    h.inputs[2] <== ax;
    h.inputs[3] <== ay;
    h.inputs[4] <== m;
    component hBits = Num2Bits_strict();
    hBits.in <== h.out;

    // D. Q = 8A, not the neutral point
    component dbl[3];
    for (var i = 0; i < 3; i++) {
        dbl[i] = BabyDbl();
        if (i == 0) {
            dbl[i].x <== ax;
            dbl[i].y <== ay;
        } else {
            dbl[i].x <== dbl[i - 1].xout;
            dbl[i].y <== dbl[i - 1].yout;
        }
    }
    component isNeutral = IsZero();
    isNeutral.in <== dbl[2].xout;
    isNeutral.out * enabled === 0;

    // E. S·B8 = R8 + h·Q
    component hq = VarBaseMul();
    for (var i = 0; i < 254; i++) hq.bits[i] <== hBits.out[i];
    hq.p[0] <== dbl[2].xout;
    hq.p[1] <== dbl[2].yout;
    component right = BabyAdd();
    right.x1 <== r8x;
    right.y1 <== r8y;
    right.x2 <== hq.out[0];
    right.y2 <== hq.out[1];

    var BASE8[2] = [
        5299619240641551281634865583518297030282874472190772894086521144482721001553,
        16950150798460657717958625567821834550301663161624707787222815936182638968203
    ];
    component left = EscalarMulFix(253, BASE8);
    for (var i = 0; i < 253; i++) left.e[i] <== sBits.out[i];

    (left.out[0] - right.xout) * enabled === 0;
    (left.out[1] - right.yout) * enabled === 0;
}
