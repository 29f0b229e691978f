// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// A value that only its owner sets: what a proposal changes.
contract Box is Ownable {
    event Stored(address indexed by, uint256 indexed key, uint256 value);

    mapping(uint256 key => uint256) public values;

    constructor(address owner) Ownable(owner) {}

    function store(uint256 key, uint256 value) external onlyOwner {
        values[key] = value;
        emit Stored(msg.sender, key, value);
    }
}
