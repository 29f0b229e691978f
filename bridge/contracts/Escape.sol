// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {
    AlreadyEscaped,
    AlreadyTakenIn,
    BadOwner,
    EscapeKindUnsupported,
    IndexOutOfRange,
    ProofInvalid,
    QueueMismatch,
    WordNotCanonical
} from "./Errors.sol";
import {Recovery} from "./Recovery.sol";
import {Proof, QueueItem} from "./Types.sol";
import {IAccountVerifier} from "./interfaces/IVerifiers.sol";
import {R_FIELD} from "./lib/BabyJub.sol";

/// The way out after a freeze: each account once, by a proof of its leaf under the last proven root; and each queue item that
/// no proven batch took in.
abstract contract Escape is Recovery {
    using BitMaps for BitMaps.BitMap;

    uint256 private constant KIND_KEY = 1;

    /// Keyed on the account's index: proof bytes are malleable.
    BitMaps.BitMap private _escaped;

    event Escaped(uint32 indexed index, address indexed owner, uint16 token, uint256 amount);
    event Refunded(uint64 indexed queueIndex);

    /// Credits the balance of account `index` to its owner on L1. Anyone may trigger it.
    function escape(uint256 index, uint256 state, uint256 a, uint256 b, uint256 c, Proof calldata proof)
        external
        nonReentrant
        whenFrozen
    {
        // Before it keys anything: index + 2^24 would be the same leaf under another key.
        if (index == 0 || index >= INDEX_LIMIT) revert IndexOutOfRange(index);
        if (state >= R_FIELD || a >= R_FIELD || b >= R_FIELD || c >= R_FIELD) revert WordNotCanonical();
        if (_escaped.get(index)) revert AlreadyEscaped(index);
        uint256[6] memory publicInputs = [_provenRoot, index, state, a, b, c];
        if (!IAccountVerifier(ACCOUNT_VERIFIER).verifyProof(proof.a, proof.b, proof.c, publicInputs)) revert ProofInvalid();
        _escaped.set(index);
        address owner = _escapeOwner(state >> 240, c);
        uint256 token = uint16(state >> 224);
        uint256 amount = uint96(state);
        emit Escaped(uint32(index), owner, uint16(token), amount);
        _credit(owner, token, amount);
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

    /// Who is owed the balance of a leaf. Other kinds of account override this.
    function _escapeOwner(uint256 kind, uint256 c) internal view virtual returns (address) {
        if (kind != KIND_KEY) revert EscapeKindUnsupported(kind);
        if (c == 0 || c >> 160 != 0) revert BadOwner(c);
        return address(uint160(c));
    }
}
