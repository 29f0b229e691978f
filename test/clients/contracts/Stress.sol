// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// What a hostile contract does to a node that runs it.
contract Stress {
    event Noise(uint256 indexed number, bytes data);

    uint256 public depthReached;

    /// Calls itself until the call depth or the gas ends; the depth it got to is kept.
    function recurse(uint256 depth) external returns (uint256 reached) {
        reached = depth;
        (bool isOk, bytes memory answer) = address(this).call(abi.encodeCall(this.recurse, (depth + 1)));
        if (isOk) reached = abi.decode(answer, (uint256));
        if (depth == 0) depthReached = reached;
    }

    function floodLogs(uint256 count, uint256 size) external {
        bytes memory data = new bytes(size);
        for (uint256 i = 0; i < count; i++) emit Noise(i, data);
    }

    function spin() external view returns (uint256 turns) {
        while (gasleft() > 2_000) turns++;
    }

    function spinForEver() external pure {
        uint256 turns;
        for (;;) turns++;
    }

    /// Returns so many bytes.
    function fill(uint256 size) external pure {
        assembly {
            return(0, size)
        }
    }

    function hash(uint256 size) external pure returns (bytes32 result) {
        assembly {
            result := keccak256(0, size)
        }
    }

    function write(uint256 from, uint256 count) external {
        for (uint256 i = from; i < from + count; i++) {
            assembly {
                sstore(add(i, 1000), add(i, 1))
            }
        }
    }
}
