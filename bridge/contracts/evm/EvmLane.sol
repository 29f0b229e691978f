// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {
    AlreadyClaimed,
    EtherTransferFailed,
    IndexOutOfRange,
    NotRecipient,
    RootNotAttested,
    WrongValue
} from "../Errors.sol";
import {OutboxLeaf} from "../Types.sol";
import {LaneAttestation} from "./LaneAttestation.sol";
import {LaneVault} from "./LaneVault.sol";

/// The EVM lane's gate on L1: money and messages in, withdrawals out. Immutable, without owner, proxy or pause. It has a vault of
/// its own: whoever fools it can take what was moved into the lane, never what the ledger holds. States, trust: bridge/README.md.
contract EvmLane is LaneAttestation {
    using SafeERC20 for IERC20;
    using BitMaps for BitMaps.BitMap;

    uint256 private constant DEPTH = 32;

    /// Keyed on the leaf's index, which is bounded: it is one leaf in every root that has it.
    BitMaps.BitMap private _claimed;

    /// `account` 0: paid to the recipient.
    event Claimed(uint256 indexed index, address indexed recipient, uint16 token, uint256 amount, uint32 account);

    constructor(address rollup_, address attestors_) LaneVault(rollup_) LaneAttestation(attestors_) {}

    /// Pays out a withdrawal, once: to its recipient on L1, or, if it names an account of the ledger, by a deposit there, for which
    /// the caller brings the rollup's queue fee. Anyone may trigger it; the money only ever goes where the leaf says. If the recipient
    /// refuses ETH the call reverts, and the leaf can be claimed again.
    function claim(OutboxLeaf calldata leaf, bytes32[DEPTH] calldata proof) external payable nonReentrant {
        uint256 fee = leaf.account == 0 ? 0 : QUEUE_FEE;
        if (msg.value != fee) revert WrongValue(fee, msg.value);
        _settle(leaf, proof, leaf.account);
        if (leaf.account == 0) return _pay(leaf);

        if (leaf.token == 0) {
            _requireFunds(0, IERC20(address(0)), leaf.amount);
        } else {
            IERC20 erc20 = _erc20(leaf.token);
            _requireFunds(leaf.token, erc20, leaf.amount);
            erc20.forceApprove(address(ROLLUP), leaf.amount);
        }
        uint256 value = leaf.token == 0 ? leaf.amount + fee : fee;
        ROLLUP.depositToFor{value: value}(leaf.account, leaf.token, leaf.amount, leaf.recipient);
    }

    /// Pays the caller, who is the leaf's recipient, on L1 although the leaf names an account of the ledger: that one may be
    /// impossible to pay into (the rollup is frozen, the index is none, its vault is full).
    function claimToL1(OutboxLeaf calldata leaf, bytes32[DEPTH] calldata proof) external nonReentrant {
        if (msg.sender != leaf.recipient) revert NotRecipient(msg.sender);
        _settle(leaf, proof, 0);
        _pay(leaf);
    }

    function isClaimed(uint256 index) external view returns (bool) {
        return _claimed.get(index);
    }

    /// Checks the leaf under an attested root and marks it claimed, before anybody is paid.
    function _settle(OutboxLeaf calldata leaf, bytes32[DEPTH] calldata proof, uint32 account) private {
        // Before it keys anything: the tree has no other leaves, and higher bits would make the same leaf look like another.
        if (leaf.index >> DEPTH != 0) revert IndexOutOfRange(leaf.index);
        if (_claimed.get(leaf.index)) revert AlreadyClaimed(leaf.index);
        // A leaf is the hash of 192 bytes and a node that of 64: neither can pass for the other.
        bytes32 node = keccak256(abi.encode(leaf));
        for (uint256 i = 0; i < DEPTH; ++i) {
            bool isRight = (leaf.index >> i) & 1 == 1;
            node = isRight ? Hashes.efficientKeccak256(proof[i], node) : Hashes.efficientKeccak256(node, proof[i]);
        }
        if (!isAttestedRoot(node)) revert RootNotAttested(node);
        _claimed.set(leaf.index);
        emit Claimed(leaf.index, leaf.recipient, leaf.token, leaf.amount, account);
    }

    function _pay(OutboxLeaf calldata leaf) private {
        if (leaf.token == 0) {
            _requireFunds(0, IERC20(address(0)), leaf.amount);
            (bool isPaid,) = leaf.recipient.call{value: leaf.amount}("");
            if (!isPaid) revert EtherTransferFailed(leaf.recipient);
        } else {
            IERC20 erc20 = _erc20(leaf.token);
            _requireFunds(leaf.token, erc20, leaf.amount);
            erc20.safeTransfer(leaf.recipient, leaf.amount);
        }
    }
}
