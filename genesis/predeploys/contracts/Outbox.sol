// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {TOKEN_FACTORY} from "./Addresses.sol";
import {IOutbox} from "./IOutbox.sol";
import {ITokenFactory} from "./ITokenFactory.sol";

/// ETH that is withdrawn stays here for ever: that is how it is burnt.
contract Outbox is IOutbox {
    uint256 private constant DEPTH = 32;
    uint16 private constant ETHER = 0;

    // Slots 0 and 1 are read by every node after each block and proven to light clients: they stay where they are.
    bytes32 private _root;
    uint256 private _count;
    // By level, the left sibling that the path of the next leaf needs: the root of a full subtree.
    bytes32[DEPTH] private _siblings;

    function withdrawETH(address recipient, uint32 account) external payable returns (uint256) {
        return _append(ETHER, msg.value, recipient, account);
    }

    function withdrawToken(uint16 token, uint256 amount, address recipient, uint32 account)
        external
        returns (uint256 index)
    {
        index = _append(token, amount, recipient, account);
        // Ends in our own token's code: nothing can call back. ETH is no token: UnknownToken(0).
        ITokenFactory(TOKEN_FACTORY).burn(token, msg.sender, amount);
    }

    function root() external view returns (bytes32) {
        return _root;
    }

    function count() external view returns (uint256) {
        return _count;
    }

    function _append(uint16 token, uint256 amount, address recipient, uint32 account) private returns (uint256 index) {
        if (amount == 0 || amount >= 1 << 96) revert AmountOutOfRange(amount);
        if (recipient == address(0)) revert ZeroRecipient();
        if (account >= 1 << 24) revert AccountOutOfRange(account);
        index = _count;
        if (index >= 1 << DEPTH) revert OutboxFull();
        _root = _insert(index, keccak256(abi.encode(index, msg.sender, token, amount, recipient, account)));
        _count = index + 1;
        emit Withdrawal(index, msg.sender, token, amount, recipient, account);
    }

    /// Walks from the leaf to the root. Everything to the right is empty; to the left are full subtrees, remembered by level.
    function _insert(uint256 index, bytes32 leaf) private returns (bytes32 node) {
        node = leaf;
        bytes32 empty = 0;
        bool isKept = false;
        for (uint256 level = 0; level < DEPTH; ++level) {
            if ((index >> level) & 1 == 1) {
                node = _hash(_siblings[level], node);
            } else {
                // The first level at which this path is a left child: below it all are full, so this subtree is too.
                if (!isKept) {
                    _siblings[level] = node;
                    isKept = true;
                }
                node = _hash(node, empty);
            }
            empty = _hash(empty, empty);
        }
    }

    function _hash(bytes32 left, bytes32 right) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            result := keccak256(0x00, 0x40)
        }
    }
}
