// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Parameters, ShapeConfig, StoredBatch} from "../Types.sol";

/// What other contracts may rely on: roots that are proven, and hence final.
interface IRollup {
    /// Number of the last proven batch (0 before the first) and the root after it.
    function provenHead() external view returns (uint64 number, uint256 root);

    /// The root after a proven batch that the ring still remembers; reverts with `UnknownBatch` otherwise.
    function rootOfProven(StoredBatch calldata stored) external view returns (uint256 root);

    function parameters() external view returns (uint256 domain, Parameters memory p, ShapeConfig[] memory shapes);
}
