// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// What the rollup asks of the registry that holds its seat.
interface IValidatorRegistry {
    /// The rollup whose seat it is.
    function rollup() external view returns (address);

    function slotSeconds() external view returns (uint256);

    function unstakeDelaySeconds() external view returns (uint256);

    /// Who commits at this L1 time; 0: nobody.
    function leaderAt(uint256 timestamp) external view returns (address);

    /// Batches were dropped because nobody proved them in time; `caller` saw to it. Never reverts for the rollup.
    /// @param committer of the oldest of them
    function onReverted(address committer, address caller) external;
}
