// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Code an account may delegate to (EIP-7702): it lets the account itself make several calls in one transaction.
contract Wallet7702 {
    struct Call {
        address to;
        uint256 value;
        bytes data;
    }

    error NotSelf();
    error CallFailed(uint256 position, bytes reason);

    event Executed(uint256 calls);

    function execute(Call[] calldata calls) external payable {
        if (msg.sender != address(this)) revert NotSelf();
        for (uint256 i = 0; i < calls.length; i++) {
            (bool isOk, bytes memory reason) = calls[i].to.call{value: calls[i].value}(calls[i].data);
            if (!isOk) revert CallFailed(i, reason);
        }
        emit Executed(calls.length);
    }

    receive() external payable {}
}
