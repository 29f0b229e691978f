// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BadParameters, StrayEther, UnknownToken, VaultShort} from "../Errors.sol";
import {Parameters} from "../Types.sol";
import {IRollup} from "../interfaces/IRollup.sol";

/// The lane's money: what was deposited, and what EXITs of the ledger brought. Tokens are the rollup's ids; ETH is 0. There are no
/// books: what this contract holds is what it can pay, and a hostile token can only hurt those who hold it.
abstract contract LaneVault is ReentrancyGuardTransient {
    IRollup internal immutable ROLLUP;
    /// What a deposit to the ledger costs.
    uint256 internal immutable QUEUE_FEE;

    constructor(address rollup_) {
        if (rollup_.code.length == 0) revert BadParameters();
        (, Parameters memory p,) = IRollup(rollup_).parameters();
        ROLLUP = IRollup(rollup_);
        QUEUE_FEE = p.queueFee;
    }

    /// What the rollup owes; `withdraw` there may be called by anyone. Anything else would be lost to its sender.
    receive() external payable {
        if (msg.sender != address(ROLLUP)) revert StrayEther();
    }

    /// Fetches what EXITs to the lane brought. Anyone may; `claim` does it by itself when the money is needed.
    function collect(uint16 token) external nonReentrant {
        ROLLUP.withdraw(token, address(this));
    }

    function rollup() external view returns (address) {
        return address(ROLLUP);
    }

    /// What can be paid now. The caller's own ETH is not ours to pay with.
    function _held(uint16 token, IERC20 erc20) private view returns (uint256) {
        return token == 0 ? address(this).balance - msg.value : erc20.balanceOf(address(this));
    }

    /// Makes sure that `amount` can be paid, by what the rollup owes if need be.
    function _requireFunds(uint16 token, IERC20 erc20, uint256 amount) internal {
        if (_held(token, erc20) >= amount) return;
        if (ROLLUP.pendingWithdrawals(address(this), token) > 0) ROLLUP.withdraw(token, address(this));
        uint256 held = _held(token, erc20);
        if (held < amount) revert VaultShort(token, held, amount);
    }

    /// @return erc20 the contract behind an id of the rollup other than 0
    function _erc20(uint16 token) internal view returns (IERC20 erc20) {
        (address found,) = ROLLUP.tokenInfo(token);
        if (found == address(0)) revert UnknownToken(token);
        return IERC20(found);
    }
}
