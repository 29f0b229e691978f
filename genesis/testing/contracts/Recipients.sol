// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {INBOX, OUTBOX, TOKEN_FACTORY} from "./Addresses.sol";
import {IInbox} from "./IInbox.sol";
import {IOutbox} from "./IOutbox.sol";
import {ITokenFactory} from "./ITokenFactory.sol";
import {Inbox} from "./Inbox.sol";

/// Remembers what it sees while it is called.
contract Witness {
    address public caller;
    address public l1Sender;
    bool public isDelivering;
    uint256 public value;
    uint256 public gasSeen;
    uint256 public dataBytes;

    fallback() external payable {
        uint256 gasAtStart = gasleft();
        gasSeen = gasAtStart;
        caller = msg.sender;
        value = msg.value;
        dataBytes = msg.data.length;
        isDelivering = IInbox(INBOX).isDelivering();
        l1Sender = IInbox(INBOX).l1Sender();
    }

    receive() external payable {
        value = msg.value;
    }
}

/// A wallet contract that logs what it receives and refuses while it is told to.
contract Wallet {
    bool private _refuses;

    event Received(uint256 amount);

    function setRefuses(bool refuses) external {
        _refuses = refuses;
    }

    function claim(uint16 token, address to) external {
        IInbox(INBOX).claimPending(token, to);
    }

    receive() external payable {
        require(!_refuses, "refused");
        emit Received(msg.value);
    }
}

/// Uses up all gas.
contract GasBurner {
    fallback() external payable {
        uint256 sum;
        for (uint256 i = 0; i < type(uint256).max; ++i) sum ^= uint256(keccak256(abi.encode(i, sum)));
        require(sum == 0, "never");
    }
}

/// Answers with half a megabyte.
contract ReturnBomb {
    fallback() external payable {
        assembly {
            return(0, 500000)
        }
    }
}

/// Fails with half a megabyte.
contract RevertBomb {
    fallback() external payable {
        assembly {
            revert(0, 500000)
        }
    }
}

/// Tries everything that only a delivery may do, from within one; also as the target of a call and by asking Inbox to call others.
contract Thief {
    uint256 public successes;

    receive() external payable {
        _steal();
    }

    fallback() external payable {
        _steal();
    }

    function _steal() private {
        address me = address(this);
        _try(INBOX, abi.encodeCall(IInbox.deliverEther, (0, me, me, 100_000, me, "")));
        _try(INBOX, abi.encodeCall(IInbox.deliverToken, (1, me, 1, me, 1e18, 0, me, "")));
        _try(INBOX, abi.encodeCall(IInbox.deliverMetadata, (1, 1, "x", "y", 2)));
        _try(INBOX, abi.encodeCall(IInbox.deliverFromLedger, (1, me, 1, 1e18)));
        _try(INBOX, abi.encodeCall(Inbox.mintAndCall, (1, me, 1e18, 0, "")));
        _try(INBOX, abi.encodeCall(IInbox.claimPending, (0, me)));
        _try(TOKEN_FACTORY, abi.encodeCall(ITokenFactory.mint, (1, me, 1e18)));
        _try(TOKEN_FACTORY, abi.encodeCall(ITokenFactory.burn, (1, INBOX, 1)));
        _try(TOKEN_FACTORY, abi.encodeCall(ITokenFactory.announce, (1, "x", "y", 2)));
        _try(OUTBOX, abi.encodeCall(IOutbox.withdrawToken, (1, 1, me, 0)));
        _try(OUTBOX, abi.encodeCall(IOutbox.withdrawToken, (0, 1, me, 0)));
    }

    function _try(address to, bytes memory data) private {
        (bool success,) = to.call(data);
        if (success) ++successes;
    }
}

/// Calls Inbox in a transaction of its own; `l1Sender` and `isDelivering` must be gone by then.
contract Latecomer {
    bool public wasDelivering;
    bool public hadSender;

    function look() external {
        wasDelivering = IInbox(INBOX).isDelivering();
        try IInbox(INBOX).l1Sender() {
            hadSender = true;
        } catch {}
    }
}

/// Withdraws within a delivery, which is allowed.
contract Forwarder {
    fallback() external payable {
        IOutbox(OUTBOX).withdrawETH{value: msg.value}(address(0xbeef), 0);
    }
}
