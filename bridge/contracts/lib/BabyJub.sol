// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

// Order of BN254's scalar field: every word that enters a circuit must be below it.
uint256 constant R_FIELD = 21888242871839275222246405745257275088548364400416034343698204186575808495617;

/// Baby Jubjub in the twisted Edwards form of circomlib: 168700 x^2 + y^2 = 1 + 168696 x^2 y^2 over Fr.
library BabyJub {
    uint256 private constant A = 168700;
    uint256 private constant D = 168696;

    /// True if (x, y) is a canonical point of the curve. Low-order points pass: such a key can never sign (docs/protocol.md 1).
    function isOnCurve(uint256 x, uint256 y) internal pure returns (bool) {
        if (x >= R_FIELD || y >= R_FIELD) return false;
        uint256 xx = mulmod(x, x, R_FIELD);
        uint256 yy = mulmod(y, y, R_FIELD);
        uint256 left = addmod(mulmod(A, xx, R_FIELD), yy, R_FIELD);
        uint256 right = addmod(1, mulmod(D, mulmod(xx, yy, R_FIELD), R_FIELD), R_FIELD);
        return left == right;
    }
}
