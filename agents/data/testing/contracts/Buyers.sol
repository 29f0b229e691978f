// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IDataEscrow} from "./IDataEscrow.sol";

/// Does what it is told, and takes no ETH.
contract Refuser {
    address internal _escrow;

    function act(address escrow, bytes calldata data) external payable returns (bytes memory result) {
        _escrow = escrow;
        bool success;
        (success, result) = escrow.call{value: msg.value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}

/// Withdraws again while it is being paid.
contract Reenterer is Refuser {
    bytes4 public lastError;

    receive() external payable {
        (bool success, bytes memory why) = _escrow.call(abi.encodeCall(IDataEscrow.withdraw, (0, address(this))));
        if (!success) lastError = bytes4(why);
    }
}
