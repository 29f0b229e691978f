// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BabyJub} from "../lib/BabyJub.sol";
import {BatchData} from "../lib/BatchData.sol";

/// Opens the libraries to the shared vectors.
contract Harness {
    function publicInputs(uint256[12] memory head, uint256 c, bytes calldata body, BatchData.Counts memory counts)
        external
        pure
        returns (uint256 r, uint256 y)
    {
        return BatchData.publicInputs(head, c, body, counts);
    }

    function isOnCurve(uint256 x, uint256 y) external pure returns (bool) {
        return BabyJub.isOnCurve(x, y);
    }
}
