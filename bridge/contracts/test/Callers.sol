// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Forwards a call: a contract in between, as seen by the callee.
contract Forwarder {
    error Failed(bytes result);

    function forward(address target, bytes calldata data) external payable {
        (bool isDone, bytes memory result) = target.call{value: msg.value}(data);
        if (!isDone) {
            assembly ("memory-safe") {
                revert(add(result, 32), mload(result))
            }
        }
    }
}

/// On receiving ETH, calls its target once more with the calldata it was armed with.
contract GreedyReceiver {
    address private _target;
    bytes private _data;
    uint256 public attempts;
    bool public hasSucceeded;

    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    receive() external payable {
        attempts += 1;
        (bool isDone,) = _target.call(_data);
        if (isDone) hasSucceeded = true;
    }
}

/// Makes several calls, one after the other: what an attacker does within one callback.
contract Sequence {
    function run(address[] calldata targets, bytes[] calldata data) external {
        for (uint256 i = 0; i < targets.length; ++i) {
            (bool isDone, bytes memory result) = targets[i].call(data[i]);
            if (!isDone) {
                assembly ("memory-safe") {
                    revert(add(result, 32), mload(result))
                }
            }
        }
    }
}

/// Takes ETH only when it is in the mood.
contract MoodyReceiver {
    bool private _isWilling;

    error NotNow();

    function setWilling(bool isWilling) external {
        _isWilling = isWilling;
    }

    receive() external payable {
        if (!_isWilling) revert NotNow();
    }
}

/// Owns validators; when it is paid, asks for the money again.
contract GreedyOwner is Forwarder {
    uint256 public attempts;
    bool public hasSucceeded;

    receive() external payable {
        attempts += 1;
        (bool isDone,) = msg.sender.call(abi.encodeWithSignature("withdraw()"));
        if (isDone) hasSucceeded = true;
    }
}
