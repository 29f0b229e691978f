// Two multisets of tuples are equal if Π (gamma − fold(tuple)) is, where fold(t0, t1 …) = t0 + rho·t1 + rho²·t2 … and rho, gamma are challenges
// that depend on every value compared (docs/adr/0005).
pragma circom 2.1.6;

// One factor: gamma − folded if `is`, else 1. 1 constraint.
template Factor() {
    signal input is; // 1 bit
    signal input folded;
    signal input gamma;
    signal output out;

    out <== 1 + is * (gamma - folded - 1);
}

// N − 1 constraints.
template Product(N) {
    signal input in[N];
    signal output out;

    signal acc[N];
    acc[0] <== in[0];
    for (var i = 1; i < N; i++) acc[i] <== acc[i - 1] * in[i];
    out <== acc[N - 1];
}
