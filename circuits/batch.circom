// The batch circuit: docs/protocol.md says what is proven, circuits/README.md says how (phases A to J).
//
// Public:  c   commitment to all words          r   challenge, 248 bits, from L1          y   Σ words[i]·r^i
// Private: header[10], l1[L][4], exits[E][2], ops[N][4]: the words; account slots; signature slots; the fee lanes' tokens.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "./lib/sponge.circom";
include "./slots/account.circom";
include "./slots/signature.circom";
include "./slots/l1op.circom";
include "./slots/op.circom";

// One factor of the creation argument: 1 if `is` is 0, else gamma − (tag + r·a + r²·b + r³·c).
template CreationFactor() {
    signal input is;
    signal input tag;
    signal input a;
    signal input b;
    signal input c;
    signal input r[3]; // r, r², r³
    signal input gamma;
    signal output out;

    signal ra <== r[0] * a;
    signal rb <== r[1] * b;
    signal rc <== r[2] * c;
    out <== 1 + is * (gamma - tag - ra - rb - rc - 1);
}

// BITS: width of an operation's position, 2^BITS > L + N.
template Batch(L, N, S, A, E, BITS) {
    signal input c;
    signal input r;
    signal input y;

    signal input header[10];
    signal input l1[L][4];
    signal input exits[E][2];
    signal input ops[N][4];

    signal input index[A];
    signal input balance[A];
    signal input claimed[A];
    signal input nonce[A];
    signal input token[A];
    signal input kind[A];
    signal input a[A];
    signal input b[A];
    signal input cc[A];
    signal input oldLive[A];
    signal input born[A];
    signal input birth[A];
    signal input children[A][8][8];

    signal input sigEnabled[S];
    signal input sigSigner[S];
    signal input sigNonce[S];
    signal input sigValidUntil[S];
    signal input sigChain[S];
    signal input sigAx[S];
    signal input sigAy[S];
    signal input sigR8x[S];
    signal input sigR8y[S];
    signal input sigS[S];

    signal input laneToken[4];

    var KEY = 1;
    assert(L + N < (1 << BITS));

    // A. The words that the rules use. L1 builds the header itself: timestamp < 2^40; batch number, counts, blocks and EVM commitment only pass through.
    var domain = header[0];
    var oldRoot = header[1];
    var newRoot = header[2];
    var timestamp = header[4];

    // B. Account slots, strictly increasing and so distinct: each is loaded once (and written back once, phase H).
    component slot[A];
    component above[A - 1];
    for (var j = 0; j < A; j++) {
        slot[j] = AccountLoad(BITS);
        slot[j].index <== index[j];
        slot[j].balance <== balance[j];
        slot[j].claimed <== claimed[j];
        slot[j].nonce <== nonce[j];
        slot[j].token <== token[j];
        slot[j].kind <== kind[j];
        slot[j].oldLive <== oldLive[j];
        slot[j].born <== born[j];
        slot[j].birth <== birth[j];
        if (j > 0) {
            above[j - 1] = Num2Bits(24); // indices are 24 bits, so the difference cannot wrap
            above[j - 1].in <== index[j] - index[j - 1] - 1;
        }
    }

    // Index 0 means "none" and is never created; only the first slot can hold it.
    component isNone = IsZero();
    isNone.in <== index[0];
    isNone.out * born[0] === 0;

    // C. Signature slots. The running nonce is linear in the selections.
    component sig[S];
    var runningNonce[A];
    for (var j = 0; j < A; j++) runningNonce[j] = nonce[j];
    var sumEnabled = 0;
    for (var s = 0; s < S; s++) {
        sig[s] = SignatureSlot(A);
        sig[s].enabled <== sigEnabled[s];
        sig[s].signer <== sigSigner[s];
        sig[s].nonce <== sigNonce[s];
        sig[s].validUntil <== sigValidUntil[s];
        sig[s].chain <== sigChain[s];
        sig[s].ax <== sigAx[s];
        sig[s].ay <== sigAy[s];
        sig[s].r8x <== sigR8x[s];
        sig[s].r8y <== sigR8y[s];
        sig[s].s <== sigS[s];
        sig[s].domain <== domain;
        sig[s].timestamp <== timestamp;
        for (var j = 0; j < A; j++) {
            sig[s].slotIndex[j] <== index[j];
            sig[s].slotKind[j] <== kind[j];
            sig[s].slotA[j] <== a[j];
            sig[s].slotB[j] <== b[j];
            sig[s].slotNonce[j] <== runningNonce[j];
        }
        for (var j = 0; j < A; j++) runningNonce[j] += sig[s].hot[j];
        sumEnabled += sigEnabled[s];
    }

    // D. Fee lanes: a live KEY account each, of pairwise different tokens. An unused lane's key matches no token.
    component laneBits[4];
    component laneOff[4];
    component laneTokenBits[4];
    component sameLane[6];
    signal feeKey[4];
    signal hotLane[4][A];
    var lanes = 0;
    var pair = 0;
    for (var k = 0; k < 4; k++) {
        laneBits[k] = Num2Bits(24);
        laneOff[k] = IsZero();
        laneTokenBits[k] = Num2Bits(16);
        laneTokenBits[k].in <== laneToken[k];
    }
    signal lane[4];
    for (var k = 0; k < 4; k++) {
        lane[k] <-- (header[6] >> (32 * k)) & 0xffffffff; // pinned by the ranges and the sum below
        laneBits[k].in <== lane[k];
        laneOff[k].in <== lane[k];
        lanes += lane[k] * (1 << (32 * k));
        feeKey[k] <== laneToken[k] + laneOff[k].out * (1 << 17);
        var sum = 0;
        for (var j = 0; j < A; j++) {
            hotLane[k][j] <-- (lane[k] != 0 && index[j] == lane[k]) ? 1 : 0; // pinned by the next line and the sum
            hotLane[k][j] * (index[j] + token[j] * (1 << 32) + kind[j] * (1 << 48) - (lane[k] + laneToken[k] * (1 << 32) + KEY * (1 << 48))) === 0;
            sum += hotLane[k][j];
        }
        sum === 1 - laneOff[k].out;
    }
    lanes === header[6];
    for (var k = 0; k < 4; k++) {
        for (var m = k + 1; m < 4; m++) {
            sameLane[pair] = IsZero();
            sameLane[pair].in <== feeKey[k] - feeKey[m];
            sameLane[pair].out * (1 - laneOff[k].out) === 0;
            pair++;
        }
    }

    // E. The creation argument: the accounts born in this batch are exactly those that its operations create. Both multisets are fixed by C
    //    (operations as words, accounts through newRoot), so r is a valid challenge for folding, and gamma for the product.
    signal rPow[3];
    rPow[0] <== r;
    rPow[1] <== r * r;
    rPow[2] <== rPow[1] * r;
    component gamma = Poseidon(2);
    gamma.inputs[0] <== r;
    gamma.inputs[1] <== c;
    component bornFactor[A];
    signal bornProduct[A + 1];
    bornProduct[0] <== 1;
    for (var j = 0; j < A; j++) {
        bornFactor[j] = CreationFactor();
        bornFactor[j].is <== born[j];
        bornFactor[j].tag <== index[j] + token[j] * (1 << 32) + kind[j] * (1 << 48);
        bornFactor[j].a <== a[j];
        bornFactor[j].b <== b[j];
        bornFactor[j].c <== cc[j];
        for (var k = 0; k < 3; k++) bornFactor[j].r[k] <== rPow[k];
        bornFactor[j].gamma <== gamma.out;
        bornProduct[j + 1] <== bornProduct[j] * bornFactor[j].out;
    }
    component madeFactor[L + N];
    for (var i = 0; i < L + N; i++) {
        madeFactor[i] = CreationFactor();
        for (var k = 0; k < 3; k++) madeFactor[i].r[k] <== rPow[k];
        madeFactor[i].gamma <== gamma.out;
    }

    // F. L1 operations, in queue order, before all ops.
    component l1op[L];
    for (var i = 0; i < L; i++) {
        l1op[i] = L1OpSlot(A, i + 1);
        for (var k = 0; k < 4; k++) l1op[i].w[k] <== l1[i][k];
        for (var j = 0; j < A; j++) {
            l1op[i].slotIndex[j] <== index[j];
            l1op[i].slotToken[j] <== token[j];
            l1op[i].slotBirth[j] <== slot[j].birthTag;
            l1op[i].slotKind[j] <== kind[j];
            l1op[i].slotC[j] <== cc[j];
            if (i == 0) {
                l1op[i].in[j] <== balance[j];
            } else {
                l1op[i].in[j] <== l1op[i - 1].out[j];
            }
        }
        madeFactor[i].is <== l1op[i].create;
        madeFactor[i].tag <== l1op[i].createTag;
        madeFactor[i].a <== l1[i][1];
        madeFactor[i].b <== l1[i][2];
        madeFactor[i].c <== l1[i][3];
    }

    // G. Ops. A tx is a run of ops of one authority that ends with `last`; NOPs only after the last tx.
    component op[N];
    var laneFees[4];
    for (var k = 0; k < 4; k++) laneFees[k] = 0;
    var usedExit[E];
    for (var e = 0; e < E; e++) usedExit[e] = 0;
    var txCount = 0;
    var exitCount = 0;
    for (var i = 0; i < N; i++) {
        op[i] = OpSlot(A, S, E, BITS, L + 1 + i);
        for (var k = 0; k < 4; k++) op[i].w[k] <== ops[i][k];
        op[i].domain <== domain;
        op[i].txCount <== txCount;
        op[i].exitCount <== exitCount;
        for (var s = 0; s < S; s++) {
            op[i].sigEnabled[s] <== sigEnabled[s];
            op[i].sigSigner[s] <== sigSigner[s];
            op[i].sigChain[s] <== sigChain[s];
        }
        for (var k = 0; k < 4; k++) op[i].feeKey[k] <== feeKey[k];
        for (var e = 0; e < E; e++) {
            op[i].e0[e] <== exits[e][0];
            op[i].e1[e] <== exits[e][1];
        }
        for (var j = 0; j < A; j++) {
            op[i].slotIndex[j] <== index[j];
            op[i].slotToken[j] <== token[j];
            op[i].slotBirth[j] <== slot[j].birthTag;
            op[i].slotKind[j] <== kind[j];
            if (i == 0) {
                op[i].in[j] <== l1op[L - 1].out[j];
            } else {
                op[i].in[j] <== op[i - 1].out[j];
            }
        }
        if (i == 0) {
            op[i].first <== 1;
            op[i].chainIn <== 0;
        } else {
            op[i].first <== op[i - 1].last;
            op[i].chainIn <== op[i - 1].chain;
            // an open tx goes on: no NOP, same authority (open = neither NOP nor last, one of which excludes the other)
            (1 - op[i - 1].nop - op[i - 1].last) * op[i].nop === 0;
            (1 - op[i - 1].nop - op[i - 1].last) * (op[i].authority - op[i - 1].authority) === 0;
            op[i - 1].nop * (1 - op[i].nop) === 0;
        }
        madeFactor[L + i].is <== op[i].create;
        madeFactor[L + i].tag <== op[i].createTag;
        madeFactor[L + i].a <== ops[i][1];
        madeFactor[L + i].b <== ops[i][2];
        madeFactor[L + i].c <== ops[i][3];
        txCount += op[i].last;
        exitCount += op[i].exit;
        for (var k = 0; k < 4; k++) laneFees[k] += op[i].laneFee[k];
        for (var e = 0; e < E; e++) usedExit[e] += op[i].hotExit[e];
    }
    op[N - 1].nop + op[N - 1].last === 1;
    // Every enabled signature closes exactly one tx: op slots take slots 0, 1, 2 … and there are no more enabled ones.
    txCount === sumEnabled;
    // An exit slot that no op filled is empty.
    for (var e = 0; e < E; e++) {
        (1 - usedExit[e]) * exits[e][0] === 0;
        (1 - usedExit[e]) * exits[e][1] === 0;
    }

    signal madeProduct[L + N + 1];
    madeProduct[0] <== 1;
    for (var i = 0; i < L + N; i++) madeProduct[i + 1] <== madeProduct[i] * madeFactor[i].out;
    bornProduct[A] === madeProduct[L + N]; // phase E

    // H. Fees are credited when the batch closes; every slot is written back once, against the running root.
    signal credit[4][A];
    component write[A];
    for (var j = 0; j < A; j++) {
        var end = op[N - 1].out[j];
        for (var k = 0; k < 4; k++) {
            credit[k][j] <== hotLane[k][j] * laneFees[k];
            end += credit[k][j];
        }
        write[j] = AccountWrite();
        for (var i = 0; i < 24; i++) write[j].indexBits[i] <== slot[j].indexBits[i];
        write[j].balance <== balance[j];
        write[j].claimed <== claimed[j];
        write[j].nonce <== nonce[j];
        write[j].token <== token[j];
        write[j].kind <== kind[j];
        write[j].a <== a[j];
        write[j].b <== b[j];
        write[j].c <== cc[j];
        write[j].oldLive <== oldLive[j];
        write[j].born <== born[j];
        write[j].balanceEnd <== end;
        write[j].nonceEnd <== runningNonce[j];
        for (var d = 0; d < 8; d++) {
            for (var k = 0; k < 8; k++) write[j].children[d][k] <== children[j][d][k];
        }
        if (j == 0) {
            write[j].oldRoot === oldRoot;
        } else {
            write[j].oldRoot === write[j - 1].newRoot;
        }
    }
    write[A - 1].newRoot === newRoot;

    // I. C and y bind the words to what was posted on L1.
    var W = 10 + 4 * L + 2 * E + 4 * N;
    component sponge = WordSponge(W);
    component poly = WordPolynomial(W);
    sponge.iv <== L + N * (1 << 32) + E * (1 << 64);
    poly.r <== r;
    for (var k = 0; k < 10; k++) {
        sponge.words[k] <== header[k];
        poly.words[k] <== header[k];
    }
    for (var i = 0; i < L; i++) {
        for (var k = 0; k < 4; k++) {
            sponge.words[10 + 4 * i + k] <== l1[i][k];
            poly.words[10 + 4 * i + k] <== l1[i][k];
        }
    }
    for (var e = 0; e < E; e++) {
        for (var k = 0; k < 2; k++) {
            sponge.words[10 + 4 * L + 2 * e + k] <== exits[e][k];
            poly.words[10 + 4 * L + 2 * e + k] <== exits[e][k];
        }
    }
    for (var i = 0; i < N; i++) {
        for (var k = 0; k < 4; k++) {
            sponge.words[10 + 4 * L + 2 * E + 4 * i + k] <== ops[i][k];
            poly.words[10 + 4 * L + 2 * E + 4 * i + k] <== ops[i][k];
        }
    }
    sponge.out === c;
    poly.out === y;
}
