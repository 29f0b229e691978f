// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IAttestors} from "../interfaces/IAttestors.sol";

/// Everybody is an attestor of weight 1, one signature is enough, and news of it are received badly.
contract GrumpyAttestors is IAttestors {
    error Grumpy();

    bool private immutable IS_GREEDY;

    constructor(bool isGreedy) {
        IS_GREEDY = isGreedy;
    }

    function epoch() external pure returns (uint256) {
        return 0;
    }

    function weightOf(address) external pure returns (uint256) {
        return 1;
    }

    function totalWeight() external pure returns (uint256) {
        return 1;
    }

    function onCounted(address[] calldata, uint256[] calldata) external view {
        // All gas that it is given.
        while (IS_GREEDY) {}
        revert Grumpy();
    }
}
