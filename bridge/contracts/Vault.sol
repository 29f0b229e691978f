// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {
    EtherTransferFailed,
    NothingToWithdraw,
    StrayEther,
    TokenAlreadyRegistered,
    TokenIdsExhausted,
    TokenNotContract,
    UnknownToken,
    VaultFull,
    WrongValue
} from "./Errors.sol";
import {RollupBase} from "./RollupBase.sol";
import {Token} from "./Types.sol";

/// Tokens, what comes in and what is owed. ETH is token 0. A hostile token can only hurt those who hold it.
abstract contract Vault is RollupBase {
    using SafeERC20 for IERC20;

    /// No sum of ledger balances may reach this: the circuit adds credits without an overflow check (docs/protocol.md 2).
    uint256 private constant VAULT_LIMIT = 1 << 96;
    uint256 private constant TOKEN_IDS = 1 << 16;

    mapping(uint256 id => Token) private _tokens;
    mapping(address erc20 => uint256 id) private _tokenIds;
    uint256 private _tokenCount = 1;
    mapping(address owner => mapping(uint256 token => uint256 amount)) private _pending;

    event TokenRegistered(uint16 indexed token, address indexed erc20);
    event Credited(address indexed owner, uint16 indexed token, uint256 amount);
    event Withdrawn(address indexed owner, uint16 indexed token, uint256 amount);

    /// Only deposits, fees and the bond bring ETH in; anything else would be lost to its sender.
    receive() external payable {
        revert StrayEther();
    }

    /// Gives an ERC-20 a token id. Anyone may; the fee keeps the 2^16 ids from being taken for nothing.
    function registerToken(address erc20) external payable nonReentrant whileLive returns (uint16 id) {
        if (msg.value != REGISTRATION_FEE) revert WrongValue(REGISTRATION_FEE, msg.value);
        if (erc20.code.length == 0) revert TokenNotContract(erc20);
        if (_tokenIds[erc20] != 0) revert TokenAlreadyRegistered(_tokenIds[erc20]);
        uint256 next = _tokenCount;
        if (next == TOKEN_IDS) revert TokenIdsExhausted();
        id = uint16(next);
        _tokenCount = next + 1;
        _tokens[id].erc20 = erc20;
        _tokenIds[erc20] = id;
        emit TokenRegistered(id, erc20);
        _credit(BURN_ADDRESS, 0, msg.value);
    }

    /// Pays all that is owed to `owner` in `token`. Anyone may trigger it; the money only ever goes to the owner.
    function withdraw(uint16 token, address owner) external nonReentrant {
        uint256 amount = _pending[owner][token];
        if (amount == 0) revert NothingToWithdraw(owner, token);
        _pending[owner][token] = 0;
        emit Withdrawn(owner, token, amount);
        if (token == 0) {
            (bool isPaid,) = owner.call{value: amount}("");
            if (!isPaid) revert EtherTransferFailed(owner);
        } else {
            // Credits of a token come from its deposits only, and those were counted in `held`: the difference cannot be negative.
            Token storage entry = _tokens[token];
            entry.held = uint96(entry.held - amount);
            IERC20(entry.erc20).safeTransfer(owner, amount);
        }
    }

    function pendingWithdrawals(address owner, uint16 token) external view returns (uint256) {
        return _pending[owner][token];
    }

    /// The ERC-20 behind an id and what the books say is held of it (0 for ETH, where the balance itself is the book).
    function tokenInfo(uint16 id) external view returns (address erc20, uint256 held) {
        return (_tokens[id].erc20, _tokens[id].held);
    }

    /// 0 if the token is not registered.
    function tokenIdOf(address erc20) external view returns (uint256) {
        return _tokenIds[erc20];
    }

    /// Takes a deposit plus the queue fee from the caller. Returns what really arrived.
    function _takeIn(uint256 token, uint256 amount) internal returns (uint256 received) {
        if (token == 0) {
            if (msg.value != amount + QUEUE_FEE) revert WrongValue(amount + QUEUE_FEE, msg.value);
            if (address(this).balance >= VAULT_LIMIT) revert VaultFull(0);
            return amount;
        }
        if (msg.value != QUEUE_FEE) revert WrongValue(QUEUE_FEE, msg.value);
        IERC20 erc20 = IERC20(_tokens[token].erc20);
        if (address(erc20) == address(0)) revert UnknownToken(token);
        uint256 before = erc20.balanceOf(address(this));
        erc20.safeTransferFrom(msg.sender, address(this), amount);
        received = erc20.balanceOf(address(this)) - before;
        // Our own sum, not the token's word: a lying `balanceOf` must not lift the ledger's total over the limit.
        uint256 held = _tokens[token].held;
        if (received >= VAULT_LIMIT || held + received >= VAULT_LIMIT) revert VaultFull(token);
        _tokens[token].held = uint96(held + received);
    }

    function _credit(address owner, uint256 token, uint256 amount) internal override {
        if (amount == 0) return;
        _pending[owner][token] += amount;
        emit Credited(owner, uint16(token), amount);
    }
}
