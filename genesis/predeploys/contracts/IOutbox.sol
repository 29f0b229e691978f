// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// @title Where value leaves the lane, for L1 or for an account of the ledger
/// @notice A withdrawal is a leaf of a Merkle tree whose root every batch commits to (docs/protocol.md section 10).
interface IOutbox {
    /// @param index of the leaf
    /// @param account a ledger account, or 0: pay `recipient` on L1
    event Withdrawal(
        uint256 indexed index,
        address indexed sender,
        uint16 token,
        uint256 amount,
        address recipient,
        uint32 account
    );

    error AmountOutOfRange(uint256 amount);
    error ZeroRecipient();
    error AccountOutOfRange(uint32 account);
    error OutboxFull();

    /// @notice The ETH sent along leaves the lane.
    /// @param recipient who may be paid on L1; with an account, who gets the money if the account cannot take it
    function withdrawETH(address recipient, uint32 account) external payable returns (uint256 index);

    /// @notice Burns the caller's tokens; no approval is needed.
    function withdrawToken(uint16 token, uint256 amount, address recipient, uint32 account)
        external
        returns (uint256 index);

    /// @notice Of all withdrawals so far.
    function root() external view returns (bytes32);

    function count() external view returns (uint256);
}
