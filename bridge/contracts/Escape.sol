// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {AlreadyEscaped, AlreadyTakenIn, QueueMismatch} from "./Errors.sol";
import {Recovery} from "./Recovery.sol";
import {Leaf, Proof, QueueItem} from "./Types.sol";
import {AccountLeaf} from "./lib/AccountLeaf.sol";

/// The way out after a freeze: each account once, by a proof of its leaf under the last proven root; and each queue item that
/// no proven batch took in.
abstract contract Escape is Recovery {
    using BitMaps for BitMaps.BitMap;
    using AccountLeaf for Leaf;

    /// Keyed on the account's index: proof bytes are malleable.
    BitMaps.BitMap private _escaped;

    event Escaped(uint32 indexed index, address indexed owner, uint16 token, uint256 amount);
    event Refunded(uint64 indexed queueIndex);

    /// Credits the balance of KEY account `index` to its owner on L1. Anyone may trigger it.
    function escape(uint256 index, uint256 state, uint256 a, uint256 b, uint256 c, Proof calldata proof)
        external
        nonReentrant
        whenFrozen
    {
        Leaf memory leaf = Leaf(index, state, a, b, c);
        _requireInside(leaf, proof);
        _leave(leaf, leaf.ethereumAddress());
    }

    /// Credits the balance of a CHANNEL to its payer, of an ATTEST account to its owner, whose KEY account `controller` is proven
    /// beside it. That account's own balance is not touched. Vouchers that were not claimed in a proven batch are lost to the
    /// provider: L1 cannot know the last one. Anyone may trigger it.
    function escapeControlled(
        Leaf calldata account,
        Proof calldata accountProof,
        Leaf calldata controller,
        Proof calldata controllerProof
    ) external nonReentrant whenFrozen {
        Leaf memory leaf = account;
        Leaf memory owner = controller;
        _requireInside(leaf, accountProof);
        owner.requireUnder(ACCOUNT_VERIFIER, _provenRoot, controllerProof);
        _leave(leaf, leaf.controllerAddress(owner));
    }

    /// Pays back a deposit, and the fee of any queue item, that no proven batch took in.
    function refund(uint64 queueIndex, QueueItem calldata item) external nonReentrant whenFrozen {
        if (queueIndex < _proven.queue) revert AlreadyTakenIn(queueIndex);
        uint256 itemHash = _itemHash(item.l0, item.x, item.y, uint160(item.owner));
        if (itemHash != uint256(_queue[queueIndex]) & ~DEADLINE_MASK) revert QueueMismatch(queueIndex);
        delete _queue[queueIndex];
        emit Refunded(queueIndex);
        // A forced exit has amount 0.
        _credit(item.owner, uint16(item.l0 >> 48), uint96(item.l0 >> 64));
        _credit(item.owner, 0, QUEUE_FEE);
    }

    function isEscaped(uint256 index) external view returns (bool) {
        return _escaped.get(index);
    }

    /// Under the last proven root, and not escaped yet.
    function _requireInside(Leaf memory leaf, Proof calldata proof) private view {
        AccountLeaf.requireIndex(leaf.index); // before it keys anything
        if (_escaped.get(leaf.index)) revert AlreadyEscaped(leaf.index);
        leaf.requireUnder(ACCOUNT_VERIFIER, _provenRoot, proof);
    }

    function _leave(Leaf memory leaf, address owner) private {
        _escaped.set(leaf.index);
        uint256 token = uint16(leaf.state >> 224);
        uint256 amount = uint96(leaf.state);
        emit Escaped(uint32(leaf.index), owner, uint16(token), amount);
        _credit(owner, token, amount);
    }
}
