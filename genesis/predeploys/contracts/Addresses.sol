// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

// The protocol's own addresses: "Engram", then a number (docs/protocol.md section 7).
uint160 constant PREFIX = uint160(0x456e6772616d) << 112;

address constant INBOX = address(PREFIX | 0x10);
address constant OUTBOX = address(PREFIX | 0x11);
address constant TOKEN_FACTORY = address(PREFIX | 0x12);
address constant TOKEN_IMPLEMENTATION = address(PREFIX | 0x13);
address constant SYSTEM_SENDER = address(PREFIX | 0xff);

/// Whether the protocol keeps `account` for itself: precompiles, predeploys, the system sender, and numbers not yet in use.
function isReserved(address account) pure returns (bool) {
    return uint160(account) >> 8 == PREFIX >> 8;
}
