// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// Gives many accounts money and tokens in one transaction.
contract Spread {
    error NotPaid(address to);

    function money(address[] calldata to, uint256 each) external payable {
        for (uint256 i = 0; i < to.length; i++) {
            (bool isOk,) = to[i].call{value: each}("");
            if (!isOk) revert NotPaid(to[i]);
        }
    }

    function tokens(IERC20 token, address[] calldata to, uint256 each) external {
        for (uint256 i = 0; i < to.length; i++) {
            if (!token.transferFrom(msg.sender, to[i], each)) revert NotPaid(to[i]);
        }
    }
}
