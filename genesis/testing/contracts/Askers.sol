// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IOracle} from "./IOracle.sol";

IOracle constant ORACLE = IOracle(0x456e6772616d0000000000000000000000000015);

/// Asks and remembers what it is called with.
contract Asker {
    uint256 public question;
    bytes public answer;
    uint256 public gasSeen;
    uint256 public calls;

    function ask(
        uint32 model,
        uint32[] calldata providers,
        uint8 quorum,
        bytes calldata input,
        uint40 deadline,
        uint32 callbackGas
    ) external payable returns (uint256) {
        return ORACLE.ask{value: msg.value}(
            model, providers, quorum, input, deadline, callbackGas, this.onAnswer.selector
        );
    }

    function onAnswer(uint256 number, bytes calldata output) external virtual {
        uint256 gasAtStart = gasleft();
        require(msg.sender == address(ORACLE), "not the oracle");
        (question, answer, gasSeen) = (number, output, gasAtStart);
        ++calls;
        _react(number, output);
    }

    function _react(uint256 number, bytes calldata output) internal virtual {}
}

/// Takes its credit while it is called, twice, and tries what is over by then.
contract Greedy is Asker {
    uint256 public taken;
    uint256 public failures;

    function _react(uint256 number, bytes calldata output) internal override {
        taken = ORACLE.withdraw(address(this));
        try ORACLE.withdraw(address(this)) {} catch {
            ++failures;
        }
        try ORACLE.refund(number) {} catch {
            ++failures;
        }
        try ORACLE.answer(number, 4, output, "") {} catch {
            ++failures;
        }
    }

    receive() external payable {}
}

/// Answers its own next question from within the callback of the first.
contract Relay is Asker {
    uint256 private _next;
    uint32 private _provider;
    bytes private _output;
    bytes private _receipt;

    function prepare(uint256 next, uint32 provider, bytes calldata output, bytes calldata receipt) external {
        (_next, _provider, _output, _receipt) = (next, provider, output, receipt);
    }

    function _react(uint256, bytes calldata) internal override {
        if (_next == 0) return;
        uint256 next = _next;
        _next = 0;
        ORACLE.answer(next, _provider, _output, _receipt);
    }
}

contract Burner is Asker {
    function _react(uint256, bytes calldata) internal pure override {
        uint256 sum;
        for (uint256 i = 0; i < type(uint256).max; ++i) sum ^= uint256(keccak256(abi.encode(i, sum)));
        require(sum == 0, "never");
    }
}

/// Answers, or fails, with half a megabyte.
contract Bomb is Asker {
    bool public fails;

    function setFails(bool to) external {
        fails = to;
    }

    function _react(uint256, bytes calldata) internal view override {
        bool isFailing = fails;
        assembly {
            if isFailing { revert(0, 500000) }
            return(0, 500000)
        }
    }
}

/// Takes no ETH, but can send what it is owed elsewhere.
contract Refuser is Asker {
    function take(address to) external {
        ORACLE.withdraw(to);
    }

    receive() external payable {
        revert("no money");
    }
}

/// Asks, takes its credit, and calls back into `withdraw` as the money arrives.
contract Reenterer is Asker {
    uint256 public tries;

    function take() external {
        ORACLE.withdraw(address(this));
    }

    receive() external payable {
        try ORACLE.withdraw(address(this)) {
            ++tries;
        } catch {}
    }
}
