// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Parameters, ShapeConfig, StoredBatch} from "../Types.sol";

/// What other contracts may rely on: roots that are proven, and hence final; the rollup's tokens; what it owes.
interface IRollup {
    /// A deposit to a ledger account by somebody who passes the money on for `refundTo`. Costs the queue fee.
    function depositToFor(uint32 index, uint16 token, uint256 amount, address refundTo)
        external
        payable
        returns (uint64 queueIndex);

    /// Pays all that is owed to `owner`; reverts with `NothingToWithdraw` if that is nothing.
    function withdraw(uint16 token, address owner) external;

    function pendingWithdrawals(address owner, uint16 token) external view returns (uint256);

    /// The ERC-20 behind an id; 0 for ETH and for ids that are not taken.
    function tokenInfo(uint16 id) external view returns (address erc20, uint256 held);

    function isFrozen() external view returns (bool);

    /// Number of the last proven batch (0 before the first) and the root after it.
    function provenHead() external view returns (uint64 number, uint256 root);

    /// The root after a proven batch that the ring still remembers; reverts with `UnknownBatch` otherwise.
    function rootOfProven(StoredBatch calldata stored) external view returns (uint256 root);

    function parameters() external view returns (uint256 domain, Parameters memory p, ShapeConfig[] memory shapes);
}
