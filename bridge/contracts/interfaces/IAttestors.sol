// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Who may attest the EVM lane, and with what weight. A set that changes must not let weight move from one address to another while
/// signatures for a batch are being collected: each address is counted once, with the weight it has at that moment.
interface IAttestors {
    /// 0: no attestor.
    function weightOf(address signer) external view returns (uint256);

    function totalWeight() external view returns (uint256);
}
