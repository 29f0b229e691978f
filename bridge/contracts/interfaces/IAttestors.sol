// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Who may attest the EVM lane, and with what weight. Weights and the total are constant within an epoch (but a weight may fall to 0):
/// signatures are counted within one epoch only, or else weight could count twice by moving from one address to another.
interface IAttestors {
    /// The present one.
    function epoch() external view returns (uint256);

    /// In the present epoch; 0: no attestor.
    function weightOf(address signer) external view returns (uint256);

    function totalWeight() external view returns (uint256);

    /// Told by the lane whose signatures it counted, and with what weights. The lane goes on if this reverts.
    function onCounted(address[] calldata signers, uint256[] calldata weights) external;
}
