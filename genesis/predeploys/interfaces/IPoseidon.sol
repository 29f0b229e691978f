// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// Poseidon over BN254's scalar field as circomlib has it. At 0x456e6772616D0000000000000000000000000002.
interface IPoseidon {
    /// The calldata have no such function.
    error UnknownFunction(bytes4 selector);
    /// The calldata are too short.
    error MalformedCall();
    /// Calls do not take value.
    error ValueSent(uint256 value);
    /// Not 1 … 16 words.
    error BadArity(uint256 words);
    /// The word at this position is not below r.
    error WordNotCanonical(uint256 position);

    /// Initial state 0, output 0. @param words 1 … 16, each below r
    function hash(uint256[] calldata words) external view returns (uint256);
}
