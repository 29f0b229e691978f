// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// @title Where value and messages come into the lane
/// @notice A contract that is called by a message of L1 asks `l1Sender()` who sent it, after checking that `msg.sender` is Inbox.
interface IInbox {
    /// @param kind 1: deposit, 2: a token's metadata, 3: an EXIT of the ledger to the lane
    /// @param index of the message on L1; for kind 3 the ledger account
    /// @param success false: what could not be delivered waits in `pending` (kinds 1, 3), the metadata were not taken (kind 2)
    event MessageDelivered(
        uint8 indexed kind, uint256 indexed index, address indexed to, uint16 token, uint256 amount, bool success
    );
    event PendingAdded(uint16 indexed token, address indexed owner, uint256 amount);
    event PendingClaimed(uint16 indexed token, address indexed owner, address to, uint256 amount);

    error NotSystem(address caller);
    /// The message does not follow the last one.
    error OutOfOrder(uint256 index, uint256 expected);
    error NotDelivering();
    error DeliveryInProgress();
    error NothingPending(uint16 token, address owner);
    error ReservedAddress(address to);
    error CallFailed();

    /// @notice Only the system sender, in a system transaction: ETH for `to`, which is called with `data`.
    function deliverEther(
        uint256 index,
        address sender,
        address to,
        uint256 gasLimit,
        address refundTo,
        bytes calldata data
    ) external payable;

    /// @notice Only the system sender: mints `amount` of a token for `to`, and calls it if there are data.
    function deliverToken(
        uint256 index,
        address sender,
        uint16 token,
        address to,
        uint256 amount,
        uint256 gasLimit,
        address refundTo,
        bytes calldata data
    ) external;

    /// @notice Only the system sender: what L1's token contract says about itself.
    function deliverMetadata(
        uint256 index,
        uint16 token,
        string calldata name,
        string calldata symbol,
        uint8 decimals
    ) external;

    /// @notice Only the system sender: an EXIT of ledger account `account` to the lane, for the account's controller `to`.
    function deliverFromLedger(uint32 account, address to, uint16 token, uint256 amount) external payable;

    /// @notice Takes what could not be delivered to the caller, the `refundTo` of those messages.
    function claimPending(uint16 token, address to) external;

    function pending(uint16 token, address owner) external view returns (uint256 amount);

    /// @notice Whether a message is being delivered in this transaction.
    function isDelivering() external view returns (bool);

    /// @notice Who sent the message being delivered, on L1; 0 if it comes from the ledger. Reverts outside of a delivery.
    function l1Sender() external view returns (address);

    /// @return all system transactions so far
    /// @return fromL1 those that brought L1's messages: the index of the next one
    function delivered() external view returns (uint256 all, uint256 fromL1);
}
