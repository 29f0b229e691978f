// EXIT: `to` and the unused payload are 0; the e-th EXIT of the batch owns exit slot e, whose words L1 reads.
//
//   count   number of EXIT ops before this one
//   e0, e1  the exit slots' words: recipient, amount(96) | token(16)
// Out: hot[E]: which exit slot this op fills (all 0 if it is no EXIT).
pragma circom 2.1.6;

template Exit(E) {
    signal input is;
    signal input to;
    signal input p[3];
    signal input amount;
    signal input token;
    signal input count;
    signal input e0[E];
    signal input e1[E];
    signal output hot[E];

    is * to === 0;
    is * p[1] === 0;
    is * p[2] === 0;

    var sum = 0;
    for (var e = 0; e < E; e++) {
        hot[e] <-- (is == 1 && count == e) ? 1 : 0; // pinned by the next line (at most one e fits) and the sum
        hot[e] * (count - e) === 0;
        hot[e] * (e0[e] - p[0]) === 0;
        hot[e] * (e1[e] - amount - token * (1 << 96)) === 0;
        sum += hot[e];
    }
    sum === is;
}
