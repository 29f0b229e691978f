// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// EdDSA-Poseidon over Baby Jubjub as circomlib has it: the ledger's signatures. At 0x456E6772616D0000000000000000000000000003.
interface IBabyJubjub {
    /// The calldata have no such function.
    error UnknownFunction(bytes4 selector);
    /// The calldata are too short.
    error MalformedCall();
    /// Calls do not take value.
    error ValueSent(uint256 value);

    /// Whether the ledger would take this signature. Words that are not canonical, points off the curve, S ≥ l, keys of small order: false.
    /// @param pub the public key (x, y)
    /// @param sig R8x, R8y, S
    function verify(uint256[2] calldata pub, uint256 message, uint256[3] calldata sig) external view returns (bool);

    /// Whether (x, y) is a point of the curve with canonical coordinates (its order may be small).
    function isOnCurve(uint256[2] calldata point) external view returns (bool);
}
