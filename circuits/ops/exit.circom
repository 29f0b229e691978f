// EXIT: `to` and the unused payload are 0; what L1 pays stands in an exit slot (slots/exit.circom; batch, phase E).
pragma circom 2.1.6;

template Exit() {
    signal input is;
    signal input to;
    signal input p[3];

    is * to === 0;
    is * p[1] === 0;
    is * p[2] === 0;
}
