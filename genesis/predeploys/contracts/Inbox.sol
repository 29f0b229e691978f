// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {INBOX, SYSTEM_SENDER, TOKEN_FACTORY, isReserved} from "./Addresses.sol";
import {IInbox} from "./IInbox.sol";
import {ITokenFactory} from "./ITokenFactory.sol";

/// Delivers messages. No message can make a system transaction fail: whatever a recipient does happens in a call of its own, with
/// the gas the message names, and none of its return data are copied.
contract Inbox is IInbox {
    uint8 private constant DEPOSIT = 1;
    uint8 private constant METADATA = 2;
    uint8 private constant FROM_LEDGER = 3;
    uint16 private constant ETHER = 0;
    // An EXIT has no gas limit of its own: enough for a wallet contract that logs what it receives.
    uint256 private constant LEDGER_CALL_GAS = 100_000;

    uint256 private _delivered;
    uint256 private _deliveredFromL1;
    mapping(uint16 token => mapping(address owner => uint256 amount)) private _pending;

    bool private transient _isDelivering;
    address private transient _l1Sender;

    // The flag is what makes nested deliveries impossible even if the system sender could be reached from a call.
    modifier delivers(address sender) {
        if (msg.sender != SYSTEM_SENDER) revert NotSystem(msg.sender);
        if (_isDelivering) revert DeliveryInProgress();
        _isDelivering = true;
        _l1Sender = sender;
        _delivered += 1;
        _;
        _isDelivering = false;
        _l1Sender = address(0);
    }

    function deliverEther(
        uint256 index,
        address sender,
        address to,
        uint256 gasLimit,
        address refundTo,
        bytes calldata data
    ) external payable delivers(sender) {
        _follow(index);
        _finish(DEPOSIT, index, to, ETHER, msg.value, refundTo, _call(to, msg.value, gasLimit, data));
    }

    function deliverToken(
        uint256 index,
        address sender,
        uint16 token,
        address to,
        uint256 amount,
        uint256 gasLimit,
        address refundTo,
        bytes calldata data
    ) external delivers(sender) {
        _follow(index);
        bool success = _tryMintAndCall(token, to, amount, gasLimit, data);
        _finish(DEPOSIT, index, to, token, amount, refundTo, success);
    }

    function deliverMetadata(
        uint256 index,
        uint16 token,
        string calldata name,
        string calldata symbol,
        uint8 decimals
    ) external delivers(address(0)) {
        _follow(index);
        bool success;
        try ITokenFactory(TOKEN_FACTORY).announce(token, name, symbol, decimals) {
            success = true;
        } catch {}
        emit MessageDelivered(METADATA, index, address(0), token, 0, success);
    }

    function deliverFromLedger(uint32 account, address to, uint16 token, uint256 amount)
        external
        payable
        delivers(address(0))
    {
        bytes calldata none = msg.data[0:0];
        bool success = token == ETHER
            ? _call(to, msg.value, LEDGER_CALL_GAS, none)
            : _tryMintAndCall(token, to, amount, 0, none);
        _finish(FROM_LEDGER, account, to, token, token == ETHER ? msg.value : amount, to, success);
    }

    /// A frame of its own, so that a failing call takes the minting back. Only Inbox calls it, and no message can make it:
    /// reserved addresses are never called on a message's behalf.
    function mintAndCall(uint16 token, address to, uint256 amount, uint256 gasLimit, bytes calldata data) external {
        if (msg.sender != INBOX) revert NotSystem(msg.sender);
        ITokenFactory(TOKEN_FACTORY).mint(token, to, amount);
        if (data.length != 0 && !_call(to, 0, gasLimit, data)) revert CallFailed();
    }

    function claimPending(uint16 token, address to) external {
        // During a delivery the recipient would take `l1Sender()` for the sender of this money.
        if (_isDelivering) revert DeliveryInProgress();
        if (isReserved(to)) revert ReservedAddress(to);
        uint256 amount = _pending[token][msg.sender];
        if (amount == 0) revert NothingPending(token, msg.sender);
        _pending[token][msg.sender] = 0;
        emit PendingClaimed(token, msg.sender, to, amount);
        if (token == ETHER) {
            if (!_call(to, amount, gasleft(), msg.data[0:0])) revert CallFailed();
        } else {
            ITokenFactory(TOKEN_FACTORY).mint(token, to, amount);
        }
    }

    function pending(uint16 token, address owner) external view returns (uint256) {
        return _pending[token][owner];
    }

    function isDelivering() external view returns (bool) {
        return _isDelivering;
    }

    function l1Sender() external view returns (address) {
        if (!_isDelivering) revert NotDelivering();
        return _l1Sender;
    }

    function delivered() external view returns (uint256 all, uint256 fromL1) {
        return (_delivered, _deliveredFromL1);
    }

    /// Each message of L1 exactly once and in order, whatever the executor believes.
    function _follow(uint256 index) private {
        if (index != _deliveredFromL1) revert OutOfOrder(index, _deliveredFromL1);
        _deliveredFromL1 = index + 1;
    }

    function _tryMintAndCall(uint16 token, address to, uint256 amount, uint256 gasLimit, bytes calldata data)
        private
        returns (bool)
    {
        if (isReserved(to)) return false;
        try this.mintAndCall(token, to, amount, gasLimit, data) {
            return true;
        } catch {
            return false;
        }
    }

    function _finish(
        uint8 kind,
        uint256 index,
        address to,
        uint16 token,
        uint256 amount,
        address refundTo,
        bool success
    ) private {
        if (!success && amount != 0) {
            uint256 held = _pending[token][refundTo];
            // Saturates: no sum of a token that lies about its amounts may make this fail. Honest ones stay below 2^96.
            _pending[token][refundTo] = amount > type(uint256).max - held ? type(uint256).max : held + amount;
            emit PendingAdded(token, refundTo, amount);
        }
        emit MessageDelivered(kind, index, to, token, amount, success);
    }

    /// Inbox may mint, and contracts trust its calls: it never calls the protocol's own contracts for somebody else.
    function _call(address to, uint256 value, uint256 gasLimit, bytes calldata data) private returns (bool success) {
        if (isReserved(to)) return false;
        bytes memory input = data;
        assembly ("memory-safe") {
            success := call(gasLimit, to, value, add(input, 0x20), mload(input), 0, 0)
        }
    }
}
