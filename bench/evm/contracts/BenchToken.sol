// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// The plain OpenZeppelin ERC-20 whose transfers are measured.
contract BenchToken is ERC20 {
    constructor(uint256 supply) ERC20("Bench", "BENCH") {
        _mint(msg.sender, supply);
    }
}
