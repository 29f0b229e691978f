// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// One function for each way in which a call can fail.
contract Failures {
    error Refused(uint256 wanted, address by);

    uint256[] private items;

    function customError(uint256 wanted) external view {
        revert Refused(wanted, msg.sender);
    }

    function requireText(uint256 value) external pure returns (uint256) {
        require(value > 100, "the value is too small");
        return value;
    }

    function plain() external pure {
        revert();
    }

    function assertion(bool isTrue) external pure {
        assert(isTrue);
    }

    function overflow(uint256 value) external pure returns (uint256) {
        return value + type(uint256).max;
    }

    function division(uint256 by) external pure returns (uint256) {
        return 1 / by;
    }

    function item(uint256 position) external view returns (uint256) {
        return items[position];
    }

    function invalidOpcode() external pure {
        assembly {
            invalid()
        }
    }

    function burnGas() external view {
        uint256 turns;
        while (gasleft() > 100) turns++;
        for (;;) turns++;
    }

    function refusesMoney() external {}
}
