// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {EpochNotOver, NotEvmLane, NothingToClaim, WrongValue} from "../../Errors.sol";
import {Slashing} from "./Slashing.sol";

/// What attesting earns: an epoch's budget, taken from a pot that anyone may fund, split by points. A point is a wei of weight in a
/// signature that the lane counted.
abstract contract Rewards is Slashing {
    /// One slot. Points stay below 2^128: 2^88 times as many signatures as can ever be counted.
    struct Budget {
        uint96 amount;
        uint128 points;
        bool isFixed;
    }

    uint256 private _pot;
    mapping(uint256 epoch => Budget) private _budgets;
    mapping(uint256 epoch => mapping(address signer => uint256)) private _points;

    event Funded(address indexed from, uint256 amount);
    event BudgetFixed(uint256 indexed epoch, uint256 amount);
    event RewardClaimed(address indexed signer, uint256 indexed epoch, uint256 amount);

    /// A gift to future epochs: it never comes back.
    function fund() external payable {
        if (msg.value == 0) revert WrongValue(1, 0);
        _pot += msg.value;
        emit Funded(msg.sender, msg.value);
    }

    /// The lane counted these signers, with these weights. The first time in an epoch fixes the epoch's budget; one that is 0 costs no
    /// more than that.
    function onCounted(address[] calldata signers, uint256[] calldata weights) external {
        if (msg.sender != EVM_LANE) revert NotEvmLane(msg.sender);
        if (REWARD_PER_EPOCH == 0) return;
        uint256 current = epoch();
        Budget memory budget = _budgets[current];
        if (!budget.isFixed) {
            budget.isFixed = true;
            budget.amount = uint96(_pot < REWARD_PER_EPOCH ? _pot : REWARD_PER_EPOCH);
            _pot -= budget.amount;
            emit BudgetFixed(current, budget.amount);
        } else if (budget.amount == 0) {
            return;
        }
        if (budget.amount > 0) {
            uint256 sum = 0;
            for (uint256 i = 0; i < signers.length; ++i) {
                _points[current][signers[i]] += weights[i];
                sum += weights[i];
            }
            budget.points += uint128(sum);
        }
        _budgets[current] = budget;
    }

    /// Credits a signer's share of an epoch that is over to its owner, whoever asks.
    function claimReward(address signer, uint256 epoch_) external {
        if (epoch_ >= epoch()) revert EpochNotOver(epoch_);
        uint256 amount = rewardOf(signer, epoch_);
        if (amount == 0) revert NothingToClaim(signer, epoch_);
        _points[epoch_][signer] = 0;
        _credits[_validators[signer].owner] += amount;
        emit RewardClaimed(signer, epoch_, amount);
    }

    /// What can be claimed of an epoch, or (of the present one) could if it ended now. 0 once it was claimed.
    function rewardOf(address signer, uint256 epoch_) public view returns (uint256) {
        Budget memory budget = _budgets[epoch_];
        return budget.points == 0 ? 0 : _points[epoch_][signer] * budget.amount / budget.points;
    }

    /// What is left for budgets to come.
    function pot() external view returns (uint256) {
        return _pot;
    }
}
