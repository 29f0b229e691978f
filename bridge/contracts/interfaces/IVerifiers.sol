// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// snarkjs's Groth16 verifier of a batch circuit; public inputs C, r, y. Returns false (does not revert) for a bad proof and
/// also when it runs out of gas: the caller must treat false as failure.
interface IBatchVerifier {
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[3] calldata publicInputs
    ) external view returns (bool);
}

/// The same for the AccountProof circuit; public inputs root, index, state, a, b, c.
interface IAccountVerifier {
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        uint256[6] calldata publicInputs
    ) external view returns (bool);
}
