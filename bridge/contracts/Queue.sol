// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IndexOutOfRange, KeyOffCurve, WrongValue, ZeroAddress} from "./Errors.sol";
import {Control} from "./Types.sol";
import {Vault} from "./Vault.sol";
import {INDEX_LIMIT} from "./lib/AccountLeaf.sol";
import {BabyJub} from "./lib/BabyJub.sol";

/// What L1 asks of the ledger: deposits and forced exits, in order, each with a deadline.
/// What is checked here is what lets no queue item ever make a batch unprovable.
abstract contract Queue is Vault {
    uint256 internal constant DEPOSIT_NEW = 1;
    uint256 internal constant DEPOSIT_TO = 2;
    uint256 internal constant FORCED_EXIT = 3;
    uint256 internal constant DEADLINE_MASK = (1 << 40) - 1;

    /// `l0` holds opcode, index, token and amount as in docs/protocol.md section 3.
    event Queued(uint64 indexed queueIndex, address indexed owner, uint256 l0, uint256 x, uint256 y, uint40 deadline);

    /// A new account with ledger key (x, y). `owner` is its way out on L1 and cannot be changed.
    function depositNew(uint16 token, uint256 amount, uint256 x, uint256 y, address owner)
        external
        payable
        nonReentrant
        whileLive
        returns (uint64 queueIndex)
    {
        if (!BabyJub.isOnCurve(x, y)) revert KeyOffCurve(x, y);
        if (owner == address(0)) revert ZeroAddress();
        uint256 received = _takeIn(token, amount);
        return _enqueue(DEPOSIT_NEW | (uint256(token) << 48) | (received << 64), x, y, owner);
    }

    /// A top-up of account `index`. Void, and refunded to the caller, if that account does not exist or holds another token.
    function depositTo(uint32 index, uint16 token, uint256 amount) external payable returns (uint64 queueIndex) {
        return _topUp(index, token, amount, msg.sender);
    }

    /// The same by somebody (a contract, say) who passes the money on for `refundTo`: a void deposit is refunded there.
    function depositToFor(uint32 index, uint16 token, uint256 amount, address refundTo)
        external
        payable
        returns (uint64 queueIndex)
    {
        if (refundTo == address(0)) revert ZeroAddress();
        return _topUp(index, token, amount, refundTo);
    }

    /// Takes the whole balance of account `index` to L1. Void unless the caller is that account's Ethereum address.
    function forcedExit(uint32 index) external payable nonReentrant whileLive returns (uint64 queueIndex) {
        if (index == 0 || index >= INDEX_LIMIT) revert IndexOutOfRange(index);
        if (msg.value != QUEUE_FEE) revert WrongValue(QUEUE_FEE, msg.value);
        return _enqueue(FORCED_EXIT | (uint256(index) << 16), 0, 0, msg.sender);
    }

    /// Hash (upper 216 bits) and deadline (lower 40) of a queue item; 0 if there is none.
    function queueEntry(uint64 queueIndex) external view returns (bytes32) {
        return _queue[queueIndex];
    }

    function _itemHash(uint256 l0, uint256 x, uint256 y, uint256 owner) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(l0, x, y, owner))) & ~DEADLINE_MASK;
    }

    function _deadlineOf(uint256 queueIndex) internal view returns (uint256) {
        return uint256(_queue[queueIndex]) & DEADLINE_MASK;
    }

    function _topUp(uint32 index, uint16 token, uint256 amount, address refundTo)
        private
        nonReentrant
        whileLive
        returns (uint64 queueIndex)
    {
        if (index == 0 || index >= INDEX_LIMIT) revert IndexOutOfRange(index);
        uint256 received = _takeIn(token, amount);
        uint256 l0 = DEPOSIT_TO | (uint256(index) << 16) | (uint256(token) << 48) | (received << 64);
        return _enqueue(l0, 0, 0, refundTo);
    }

    function _enqueue(uint256 l0, uint256 x, uint256 y, address owner) private returns (uint64 queueIndex) {
        Control storage control = _control;
        queueIndex = control.queueTail;
        control.queueTail = uint48(queueIndex + 1);
        uint40 deadline = uint40(block.timestamp + QUEUE_DEADLINE_SECONDS);
        _queue[queueIndex] = bytes32(_itemHash(l0, x, y, uint160(owner)) | deadline);
        emit Queued(queueIndex, owner, l0, x, y, deadline);
    }
}
