// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {TOKEN_FACTORY} from "./Addresses.sol";

/// A token of the rollup on this lane. Its total supply is what L1's vault holds for it (undelivered deposits and unclaimed
/// withdrawals aside). The code lives at a fixed address, tokens are minimal proxies: state is set by TokenFactory, never by a
/// constructor, and there are no immutables (which is why the permit's domain is computed here and not inherited).
contract BridgedToken is ERC20, IERC20Permit, IERC5267, Nonces {
    error NotFactory(address caller);
    error PermitExpired(uint256 deadline);
    error PermitNotByOwner(address signer, address owner);

    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant PERMIT_TYPEHASH =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    string private constant VERSION = "1";
    uint8 private constant DEFAULT_DECIMALS = 18;

    uint16 private _token;
    bool private _isDescribed;
    uint8 private _decimals;
    string private _name;
    string private _symbol;

    modifier onlyFactory() {
        if (msg.sender != TOKEN_FACTORY) revert NotFactory(msg.sender);
        _;
    }

    constructor() ERC20("", "") {}

    /// By the factory, once, in the call that deploys the proxy.
    function initialize(uint16 token) external onlyFactory {
        _token = token;
    }

    function describe(string calldata name_, string calldata symbol_, uint8 decimals_) external onlyFactory {
        _isDescribed = true;
        _decimals = decimals_;
        _name = name_;
        _symbol = symbol_;
    }

    function mint(address to, uint256 amount) external onlyFactory {
        _mint(to, amount);
    }

    function burn(address from, uint256 amount) external onlyFactory {
        _burn(from, amount);
    }

    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        if (block.timestamp > deadline) revert PermitExpired(deadline);
        bytes32 message =
            keccak256(abi.encode(PERMIT_TYPEHASH, owner, spender, value, _useNonce(owner), deadline));
        address signer = ECDSA.recover(MessageHashUtils.toTypedDataHash(_domainSeparator(), message), v, r, s);
        if (signer != owner) revert PermitNotByOwner(signer, owner);
        _approve(owner, spender, value);
    }

    /// The rollup's token id.
    function tokenId() external view returns (uint16) {
        return _token;
    }

    function name() public view override returns (string memory) {
        return bytes(_name).length == 0 ? string.concat("Engram token #", Strings.toString(_token)) : _name;
    }

    function symbol() public view override returns (string memory) {
        return bytes(_symbol).length == 0 ? string.concat("E#", Strings.toString(_token)) : _symbol;
    }

    function decimals() public view override returns (uint8) {
        return _isDescribed ? _decimals : DEFAULT_DECIMALS;
    }

    function nonces(address owner) public view override(IERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    // The name is IERC20Permit's.
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparator();
    }

    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory domainName,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // 0x0f: the first four of EIP-712's five fields.
        return (hex"0f", name(), VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }

    /// Of the token's name as it is now: a permit signed before the name was announced no longer counts.
    function _domainSeparator() private view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPEHASH, keccak256(bytes(name())), keccak256(bytes(VERSION)), block.chainid, address(this)
            )
        );
    }
}
