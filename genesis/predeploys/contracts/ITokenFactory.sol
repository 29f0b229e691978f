// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// @title The ERC-20s that stand for the rollup's tokens
/// @notice A token's address follows from its id and is known before its contract is deployed, which its first message does.
interface ITokenFactory {
    event TokenCreated(uint16 indexed token, address indexed contractAddress);
    event TokenAnnounced(uint16 indexed token, string name, string symbol, uint8 decimals);

    error NotInbox(address caller);
    error NotOutbox(address caller);
    /// ETH (0), or no message has brought this token yet.
    error UnknownToken(uint16 token);
    error MetadataTooLong(uint256 nameBytes, uint256 symbolBytes);

    /// @notice Only Inbox.
    function mint(uint16 token, address to, uint256 amount) external;

    /// @notice Only Outbox.
    function burn(uint16 token, address from, uint256 amount) external;

    /// @notice Only Inbox: what L1's contract says about itself; the newest counts.
    function announce(uint16 token, string calldata name, string calldata symbol, uint8 decimals) external;

    /// @notice Where the token is, or will be.
    function tokenAddress(uint16 token) external view returns (address);

    /// @return token the id of a deployed token; 0 for any other address
    function tokenAt(address account) external view returns (uint16 token);
}
