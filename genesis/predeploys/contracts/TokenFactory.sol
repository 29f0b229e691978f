// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {INBOX, OUTBOX, TOKEN_IMPLEMENTATION} from "./Addresses.sol";
import {BridgedToken} from "./BridgedToken.sol";
import {ITokenFactory} from "./ITokenFactory.sol";

contract TokenFactory is ITokenFactory {
    // Bounds of what a system transaction stores for an announcement: 5 slots, 110,500 gas.
    uint256 private constant MAX_NAME_BYTES = 64;
    uint256 private constant MAX_SYMBOL_BYTES = 31;

    mapping(address account => uint16 token) private _tokens;

    modifier onlyInbox() {
        if (msg.sender != INBOX) revert NotInbox(msg.sender);
        _;
    }

    function mint(uint16 token, address to, uint256 amount) external onlyInbox {
        _deployed(token).mint(to, amount);
    }

    function burn(uint16 token, address from, uint256 amount) external {
        if (msg.sender != OUTBOX) revert NotOutbox(msg.sender);
        address account = tokenAddress(token);
        if (_tokens[account] == 0) revert UnknownToken(token);
        BridgedToken(account).burn(from, amount);
    }

    function announce(uint16 token, string calldata name, string calldata symbol, uint8 decimals) external onlyInbox {
        uint256 nameBytes = bytes(name).length;
        uint256 symbolBytes = bytes(symbol).length;
        if (nameBytes > MAX_NAME_BYTES || symbolBytes > MAX_SYMBOL_BYTES) {
            revert MetadataTooLong(nameBytes, symbolBytes);
        }
        _deployed(token).describe(name, symbol, decimals);
        emit TokenAnnounced(token, name, symbol, decimals);
    }

    function tokenAddress(uint16 token) public view returns (address) {
        return Clones.predictDeterministicAddress(TOKEN_IMPLEMENTATION, bytes32(uint256(token)));
    }

    function tokenAt(address account) external view returns (uint16) {
        return _tokens[account];
    }

    /// The token's contract, deployed if this is its first message.
    function _deployed(uint16 token) private returns (BridgedToken) {
        if (token == 0) revert UnknownToken(token);
        address account = tokenAddress(token);
        if (_tokens[account] == 0) {
            _tokens[account] = token;
            Clones.cloneDeterministic(TOKEN_IMPLEMENTATION, bytes32(uint256(token)));
            BridgedToken(account).initialize(token);
            emit TokenCreated(token, account);
        }
        return BridgedToken(account);
    }
}
