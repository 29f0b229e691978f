// The batch circuit: docs/protocol.md says what is proven, circuits/README.md says how (phases A to I).
//
// Public:  c   commitment to all words          r   challenge, 248 bits, from L1          y   Σ words[i]·r^i
// Private: header[10], l1[L][4], exits[E][2], ops[N][4]: the words; account slots and the subroots above them; signature slots; fee lanes' tokens.
pragma circom 2.1.6;

include "circomlib/circuits/bitify.circom";
include "circomlib/circuits/comparators.circom";
include "circomlib/circuits/poseidon.circom";
include "./lib/sponge.circom";
include "./lib/multiset.circom";
include "./slots/account.circom";
include "./slots/signature.circom";
include "./slots/l1op.circom";
include "./slots/op.circom";
include "./slots/exit.circom";

// BITS: width of an operation's position, 2^BITS > L + N. TOP: uppermost levels of the tree that all account slots share (circuits/sharedLevels.ts).
template Batch(L, N, S, A, E, BITS, TOP) {
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
    signal input claimedEnd[A];
    signal input children[A][8 - TOP][8];
    signal input subroots[1 << (3 * TOP)];

    signal input sigEnabled[S];
    signal input sigVoucher[S];
    signal input sigSigner[S];
    signal input sigNonce[S];
    signal input sigValidUntil[S];
    signal input sigChain[S];
    signal input sigChannel[S];
    signal input sigTotal[S];
    signal input sigReceipts[S];
    signal input sigClaimed[S];
    signal input sigRoyalty[S];
    signal input sigAx[S];
    signal input sigAy[S];
    signal input sigR8x[S];
    signal input sigR8y[S];
    signal input sigS[S];

    signal input laneToken[4];
    signal input exitUsed[E];

    var KEY = 1;
    assert(L + N < (1 << BITS));
    assert(S <= 100); // their flags fit one word

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
        slot[j].c <== cc[j];
        slot[j].timestamp <== timestamp;
        slot[j].oldLive <== oldLive[j];
        slot[j].born <== born[j];
        slot[j].birth <== birth[j];
        if (j > 0) {
            above[j - 1] = Num2Bits(24); // indices are 24 bits, so the difference cannot wrap
            above[j - 1].in <== index[j] - index[j - 1] - 1;
        }
    }

    component refers[A];
    for (var j = 0; j < A; j++) {
        refers[j] = Reference(A, BITS);
        refers[j].refersTo <== slot[j].refersTo;
        refers[j].born <== born[j];
        refers[j].birth <== birth[j];
        refers[j].isChannel <== slot[j].isChannel;
        refers[j].token <== token[j];
        for (var k = 0; k < A; k++) {
            refers[j].slotIndex[k] <== index[k];
            refers[j].slotToken[k] <== token[k];
            refers[j].slotBirth[k] <== slot[k].birthTag;
            refers[j].slotAttest[k] <== slot[k].isAttest;
        }
    }

    // Index 0 means "none" and is never created; only the first slot can hold it.
    component isNone = IsZero();
    isNone.in <== index[0];
    isNone.out * born[0] === 0;

    // C. Signature slots. The running nonce is linear in the selections.
    component voucherDomain = Poseidon(2);
    voucherDomain.inputs[0] <== domain;
    voucherDomain.inputs[1] <== 1;
    component sig[S];
    var runningNonce[A];
    var royalties[A];
    for (var j = 0; j < A; j++) {
        runningNonce[j] = nonce[j];
        royalties[j] = 0;
    }
    for (var s = 0; s < S; s++) {
        sig[s] = SignatureSlot(A);
        sig[s].enabled <== sigEnabled[s];
        sig[s].isVoucher <== sigVoucher[s];
        sig[s].signer <== sigSigner[s];
        sig[s].nonce <== sigNonce[s];
        sig[s].validUntil <== sigValidUntil[s];
        sig[s].chain <== sigChain[s];
        sig[s].channel <== sigChannel[s];
        sig[s].total <== sigTotal[s];
        sig[s].receipts <== sigReceipts[s];
        sig[s].claimed <== sigClaimed[s];
        sig[s].royalty <== sigRoyalty[s];
        sig[s].ax <== sigAx[s];
        sig[s].ay <== sigAy[s];
        sig[s].r8x <== sigR8x[s];
        sig[s].r8y <== sigR8y[s];
        sig[s].s <== sigS[s];
        sig[s].domain <== domain;
        sig[s].voucherDomain <== voucherDomain.out;
        sig[s].timestamp <== timestamp;
        for (var j = 0; j < A; j++) {
            sig[s].slotIndex[j] <== index[j];
            sig[s].slotKind[j] <== kind[j];
            sig[s].slotA[j] <== a[j];
            sig[s].slotB[j] <== b[j];
            sig[s].slotChannel[j] <== slot[j].channelTag;
            sig[s].slotBps[j] <== slot[j].royaltyBps;
            sig[s].slotNonce[j] <== runningNonce[j];
        }
        for (var j = 0; j < A; j++) {
            runningNonce[j] += sig[s].hot[j];
            royalties[j] += sig[s].toModel[j];
        }
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

    // E. Arguments over multisets. Challenges: r already depends on C and so on all words and both roots; rho and gamma also on what the signature slots
    //    say (a message fixes its parts by Poseidon). So every value compared below is fixed before they exist.
    component transcript = WordSponge(2 * S + 2);
    transcript.iv <== r;
    transcript.words[0] <== c;
    var flags = 0;
    for (var s = 0; s < S; s++) {
        flags += (sigEnabled[s] + 2 * sigVoucher[s]) * (1 << (2 * s));
        transcript.words[2 + 2 * s] <== sig[s].m;
        transcript.words[3 + 2 * s] <== sigClaimed[s];
    }
    transcript.words[1] <== flags;
    signal rho[4];
    rho[0] <== transcript.out;
    for (var k = 1; k < 4; k++) rho[k] <== rho[k - 1] * rho[0];
    component gamma = Poseidon(2);
    gamma.inputs[0] <== rho[0];
    gamma.inputs[1] <== 1;

    // E1. The accounts born in this batch are exactly those that its operations create.
    component bornFactor[A];
    component bornProduct = Product(A);
    signal leafFold[A][3];
    for (var j = 0; j < A; j++) {
        leafFold[j][0] <== rho[0] * a[j];
        leafFold[j][1] <== rho[1] * b[j];
        leafFold[j][2] <== rho[2] * cc[j];
        bornFactor[j] = Factor();
        bornFactor[j].is <== born[j];
        bornFactor[j].folded <== index[j] + token[j] * (1 << 32) + kind[j] * (1 << 48) + slot[j].creator * (1 << 56)
            + leafFold[j][0] + leafFold[j][1] + leafFold[j][2];
        bornFactor[j].gamma <== gamma.out;
        bornProduct.in[j] <== bornFactor[j].out;
    }

    // E2. `claimed` of the channels: read (channel, number of the claim, claimed) and write (channel, number + 1, total), in the order of the signature slots.
    component readFactor[S];
    component writeFactor[S];
    component beforeFactor[A];
    component afterFactor[A];
    component claimsIn = Product(A + S);
    component claimsOut = Product(A + S);
    signal claimedFold[A][2];
    signal totalFold[S];
    signal oldFold[S];
    for (var j = 0; j < A; j++) {
        claimedFold[j][0] <== rho[0] * claimed[j];
        claimedFold[j][1] <== rho[0] * claimedEnd[j];
        beforeFactor[j] = Factor();
        beforeFactor[j].is <== slot[j].isChannel;
        beforeFactor[j].folded <== index[j] + nonce[j] * (1 << 32) + claimedFold[j][0];
        beforeFactor[j].gamma <== gamma.out;
        claimsIn.in[j] <== beforeFactor[j].out;
        afterFactor[j] = Factor();
        afterFactor[j].is <== slot[j].isChannel;
        afterFactor[j].folded <== index[j] + runningNonce[j] * (1 << 32) + claimedFold[j][1];
        afterFactor[j].gamma <== gamma.out;
        claimsOut.in[j] <== afterFactor[j].out;
    }
    for (var s = 0; s < S; s++) {
        totalFold[s] <== rho[0] * sigTotal[s];
        oldFold[s] <== rho[0] * sigClaimed[s];
        writeFactor[s] = Factor();
        writeFactor[s].is <== sigVoucher[s];
        writeFactor[s].folded <== sigSigner[s] + (sigNonce[s] + 1) * (1 << 32) + totalFold[s];
        writeFactor[s].gamma <== gamma.out;
        claimsIn.in[A + s] <== writeFactor[s].out;
        readFactor[s] = Factor();
        readFactor[s].is <== sigVoucher[s];
        readFactor[s].folded <== sigSigner[s] + sigNonce[s] * (1 << 32) + oldFold[s];
        readFactor[s].gamma <== gamma.out;
        claimsOut.in[A + s] <== readFactor[s].out;
    }
    claimsIn.out === claimsOut.out;

    // E3. Signature slots: the k-th taken by the ops is slot k; a tx's has the closing op's authority and chain, a voucher's its CLAIM's words.
    component txFactor[S];
    component voucherFactor[S];
    component txProduct = Product(S);
    component voucherProduct = Product(S);
    signal chainFold[S];
    signal voucherFold[S][3];
    for (var s = 0; s < S; s++) {
        chainFold[s] <== rho[0] * sigChain[s];
        txFactor[s] = Factor();
        txFactor[s].is <== sigEnabled[s] - sigVoucher[s];
        txFactor[s].folded <== s + sigSigner[s] * (1 << 16) + chainFold[s];
        txFactor[s].gamma <== gamma.out;
        txProduct.in[s] <== txFactor[s].out;
        voucherFold[s][0] <== rho[1] * sigReceipts[s];
        voucherFold[s][1] <== rho[2] * sigRoyalty[s];
        voucherFold[s][2] <== rho[3] * sig[s].delta;
        voucherFactor[s] = Factor();
        voucherFactor[s].is <== sigVoucher[s];
        voucherFactor[s].folded <== s + sigSigner[s] * (1 << 16) + sig[s].provider * (1 << 48) + totalFold[s] + voucherFold[s][0]
            + voucherFold[s][1] + voucherFold[s][2];
        voucherFactor[s].gamma <== gamma.out;
        voucherProduct.in[s] <== voucherFactor[s].out;
    }

    // E4. Exit slots: the e-th EXIT fills slot e.
    component exit[E];
    component exitFactor[E];
    component exitProduct = Product(E);
    signal exitFold[E][2];
    for (var e = 0; e < E; e++) {
        exit[e] = ExitSlot();
        exit[e].used <== exitUsed[e];
        exit[e].e0 <== exits[e][0];
        exit[e].e1 <== exits[e][1];
        exitFold[e][0] <== rho[0] * exits[e][0];
        exitFold[e][1] <== rho[1] * exits[e][1];
        exitFactor[e] = Factor();
        exitFactor[e].is <== exitUsed[e];
        exitFactor[e].folded <== e + exitFold[e][0] + exitFold[e][1];
        exitFactor[e].gamma <== gamma.out;
        exitProduct.in[e] <== exitFactor[e].out;
    }

    // F. L1 operations, in queue order, before all ops.
    component l1op[L];
    component l1Factor[L];
    component l1Product = Product(L);
    signal l1Fold[L][3];
    for (var i = 0; i < L; i++) {
        l1op[i] = L1OpSlot(A, i + 1);
        for (var k = 0; k < 4; k++) l1op[i].w[k] <== l1[i][k];
        for (var j = 0; j < A; j++) {
            l1op[i].slotIndex[j] <== index[j];
            l1op[i].slotToken[j] <== token[j];
            l1op[i].slotBirth[j] <== slot[j].birthTag;
            l1op[i].slotKind[j] <== kind[j];
            l1op[i].slotOver[j] <== slot[j].over;
            l1op[i].slotController[j] <== slot[j].controller;
            l1op[i].slotC[j] <== cc[j];
            if (i == 0) {
                l1op[i].in[j] <== balance[j];
            } else {
                l1op[i].in[j] <== l1op[i - 1].out[j];
            }
        }
        for (var k = 0; k < 3; k++) l1Fold[i][k] <== rho[k] * l1[i][1 + k];
        l1Factor[i] = Factor();
        l1Factor[i].is <== l1op[i].create;
        l1Factor[i].folded <== l1op[i].createTag + l1Fold[i][0] + l1Fold[i][1] + l1Fold[i][2];
        l1Factor[i].gamma <== gamma.out;
        l1Product.in[i] <== l1Factor[i].out;
    }

    // G. Ops. A tx is a run of ops of one authority that ends with `last`; NOPs only after the last tx.
    component op[N];
    component createProduct = Product(N);
    component opExits = Product(N);
    component opTxs = Product(N);
    component opVouchers = Product(N);
    var laneFees[4];
    for (var k = 0; k < 4; k++) laneFees[k] = 0;
    var sigCount = 0;
    var exitCount = 0;
    for (var i = 0; i < N; i++) {
        op[i] = OpSlot(A, BITS, L + 1 + i);
        for (var k = 0; k < 4; k++) op[i].w[k] <== ops[i][k];
        op[i].domain <== domain;
        op[i].sigCount <== sigCount;
        op[i].exitCount <== exitCount;
        for (var k = 0; k < 4; k++) op[i].feeKey[k] <== feeKey[k];
        for (var k = 0; k < 4; k++) op[i].rho[k] <== rho[k];
        op[i].gamma <== gamma.out;
        for (var j = 0; j < A; j++) {
            op[i].slotIndex[j] <== index[j];
            op[i].slotToken[j] <== token[j];
            op[i].slotBirth[j] <== slot[j].birthTag;
            op[i].slotKind[j] <== kind[j];
            op[i].slotOver[j] <== slot[j].over;
            op[i].slotController[j] <== slot[j].controller;
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
        createProduct.in[i] <== op[i].createFactor;
        opExits.in[i] <== op[i].exitFactor;
        opTxs.in[i] <== op[i].txFactor;
        opVouchers.in[i] <== op[i].voucherFactor;
        sigCount += op[i].last + op[i].claim;
        exitCount += op[i].exit;
        for (var k = 0; k < 4; k++) laneFees[k] += op[i].laneFee[k];
    }
    op[N - 1].nop + op[N - 1].last === 1;
    bornProduct.out === l1Product.out * createProduct.out; // phase E1
    txProduct.out === opTxs.out;                           // phase E3
    voucherProduct.out === opVouchers.out;                 // phase E3
    exitProduct.out === opExits.out;                       // phase E4

    // H. Fees and royalties are credited when the batch closes; every slot is written back once, against the running subroots.
    signal credit[4][A];
    component write[A];
    component oldTop = MerkleTop8(TOP);
    component newTop = MerkleTop8(TOP);
    for (var k = 0; k < (1 << (3 * TOP)); k++) oldTop.in[k] <== subroots[k];
    for (var j = 0; j < A; j++) {
        var end = op[N - 1].out[j] + royalties[j];
        for (var k = 0; k < 4; k++) {
            credit[k][j] <== hotLane[k][j] * laneFees[k];
            end += credit[k][j];
        }
        write[j] = AccountWrite(TOP);
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
        write[j].isChannel <== slot[j].isChannel;
        write[j].balanceEnd <== end;
        write[j].claimedEnd <== claimedEnd[j];
        write[j].nonceEnd <== runningNonce[j];
        for (var d = 0; d < 8 - TOP; d++) {
            for (var k = 0; k < 8; k++) write[j].children[d][k] <== children[j][d][k];
        }
        for (var k = 0; k < (1 << (3 * TOP)); k++) {
            if (j == 0) {
                write[j].in[k] <== subroots[k];
            } else {
                write[j].in[k] <== write[j - 1].out[k];
            }
        }
    }
    for (var k = 0; k < (1 << (3 * TOP)); k++) newTop.in[k] <== write[A - 1].out[k];
    oldTop.root === oldRoot;
    newTop.root === newRoot;

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
