// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {
    Frozen,
    MessageGasTooHigh,
    MessageTooLong,
    PaidMeanwhile,
    TokenAlreadyAnnounced,
    VaultFull,
    ZeroAddress
} from "../Errors.sol";
import {TokenFacts} from "../lib/TokenFacts.sol";
import {LaneVault} from "./LaneVault.sol";

/// L1 to EVM lane: messages with an index, kept in L1's logs (docs/protocol.md section 10). Every block of the lane is derived from
/// them, so each limit here is a rule of the protocol.
abstract contract LaneMessages is LaneVault {
    using SafeERC20 for IERC20;
    using BitMaps for BitMaps.BitMap;

    uint8 private constant DEPOSIT = 1;
    uint8 private constant TOKEN = 2;
    uint256 private constant MAX_GAS = 1_000_000;
    uint256 private constant MAX_DATA = 4_096;
    uint256 private constant AMOUNT_LIMIT = 1 << 96;

    uint64 private _messageCount;
    BitMaps.BitMap private _announced;

    /// `timestamp` is that of the L1 block. The payload of a DEPOSIT (kind 1) is
    /// abi.encode(address to, uint16 token, uint256 amount, uint64 gasLimit, bytes data, address refundTo),
    /// that of a TOKEN (kind 2) abi.encode(uint16 token, bytes name, bytes symbol, uint8 decimals): text as the token gave it.
    event MessageQueued(uint64 indexed index, uint8 kind, address indexed sender, uint40 timestamp, bytes payload);

    /// Brings ETH (it may be none) to `to` in the EVM lane and calls it with `data`. If the call fails, the ETH waits there for
    /// `refundTo`.
    function depositEvm(address to, uint64 gasLimit, bytes calldata data, address refundTo)
        external
        payable
        nonReentrant
        returns (uint64 index)
    {
        _requireOpen(to, refundTo);
        if (gasLimit > MAX_GAS) revert MessageGasTooHigh(MAX_GAS, gasLimit);
        if (data.length > MAX_DATA) revert MessageTooLong(MAX_DATA, data.length);
        if (msg.value >= AMOUNT_LIMIT) revert VaultFull(0);
        return _queue(DEPOSIT, abi.encode(to, uint16(0), msg.value, gasLimit, data, refundTo));
    }

    /// Brings an ERC-20 that the rollup has registered to `to` in the EVM lane, as much as really arrived here. The lane hears of the
    /// token first if it has not yet.
    function depositEvmToken(uint16 token, uint256 amount, address to, address refundTo)
        external
        nonReentrant
        returns (uint64 index)
    {
        _requireOpen(to, refundTo);
        IERC20 erc20 = _erc20(token);
        if (!_announced.get(token)) _announce(token, erc20);
        uint256 received = _takeIn(token, erc20, amount);
        return _queue(DEPOSIT, abi.encode(to, token, received, uint64(0), bytes(""), refundTo));
    }

    /// Tells the EVM lane what a token says of itself, once and for all. Anyone may.
    function announceToken(uint16 token) external nonReentrant returns (uint64 index) {
        IERC20 erc20 = _erc20(token);
        if (_announced.get(token)) revert TokenAlreadyAnnounced(token);
        return _announce(token, erc20);
    }

    function messageCount() external view returns (uint64) {
        return _messageCount;
    }

    function isAnnounced(uint16 token) external view returns (bool) {
        return _announced.get(token);
    }

    /// No batch follows a freeze: what came in then would never arrive.
    function _requireOpen(address to, address refundTo) private view {
        if (to == address(0) || refundTo == address(0)) revert ZeroAddress();
        if (ROLLUP.isFrozen()) revert Frozen();
    }

    function _takeIn(uint16 token, IERC20 erc20, uint256 amount) private returns (uint256 received) {
        (uint256 proven, uint256 owed) = _rollupOwes(token);
        uint256 before = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(msg.sender, address(this), amount);
        received = erc20.balanceOf(address(this)) - before;
        if (received >= AMOUNT_LIMIT) revert VaultFull(token);
        // The rollup pays us whenever anybody asks it to. A token that calls its sender back could have that happen between the two
        // balances, and money that was already minted for an EXIT would be minted once more.
        (uint256 provenNow, uint256 owedNow) = _rollupOwes(token);
        if (provenNow != proven || owedNow != owed) revert PaidMeanwhile(token);
    }

    /// While it lives, what it owes us grows only when a batch is proven and shrinks only when it is paid: if neither number moved,
    /// neither happened.
    function _rollupOwes(uint16 token) private view returns (uint256 proven, uint256 owed) {
        (proven,) = ROLLUP.provenHead();
        owed = ROLLUP.pendingWithdrawals(address(this), token);
    }

    function _announce(uint16 token, IERC20 erc20) private returns (uint64 index) {
        _announced.set(token);
        string memory id = Strings.toString(token);
        bytes memory name = TokenFacts.name(address(erc20), bytes.concat("Token ", bytes(id)));
        bytes memory symbol = TokenFacts.symbol(address(erc20), bytes.concat("T", bytes(id)));
        return _queue(TOKEN, abi.encode(token, name, symbol, TokenFacts.decimals(address(erc20))));
    }

    function _queue(uint8 kind, bytes memory payload) private returns (uint64 index) {
        index = _messageCount;
        _messageCount = index + 1;
        emit MessageQueued(index, kind, msg.sender, uint40(block.timestamp), payload);
    }
}
