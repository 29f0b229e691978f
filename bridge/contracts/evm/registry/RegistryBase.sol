// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {BadParameters, ZeroAddress} from "../../Errors.sol";
import {RegistryParameters} from "../../Types.sol";
import {IAttestors} from "../../interfaces/IAttestors.sol";
import {IValidatorRegistry} from "../../interfaces/IValidatorRegistry.sol";

/// Constants, clock and storage shared by the parts of `ValidatorRegistry` (docs/protocol.md sections 14 and 15).
abstract contract RegistryBase is IAttestors, IValidatorRegistry, ReentrancyGuardTransient {
    using Checkpoints for Checkpoints.Trace208;

    /// Where lost stakes go.
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;
    /// Stakes and their sum stay below: more than all ETH there is, and six times it fits the 2/3 rule and the points.
    uint256 internal constant STAKE_LIMIT = 1 << 88;

    /// Two slots, the first is all that counting a signature reads. Weights are in wei, epochs below 2^32.
    struct Validator {
        /// Weight from epoch `from` on, and the one before. Older ones are forgotten: nothing asks for them.
        uint88 next;
        uint88 before;
        uint32 from;
        /// First epoch in which it counts.
        uint32 activeFrom;
        uint8 seat;
        bool isSlashed;
        /// 0: never registered.
        address owner;
        /// What is here of it, and can be lost.
        uint88 stake;
        /// Unstaked: `from` is the first epoch in which it counts no more.
        bool isLeaving;
    }

    address internal immutable ROLLUP;
    address internal immutable EVM_LANE;
    uint256 internal immutable START;
    uint256 internal immutable EPOCH_SECONDS;
    uint256 internal immutable SLOT_SECONDS;
    uint256 internal immutable UNSTAKE_DELAY_SECONDS;
    uint256 internal immutable MIN_STAKE;
    uint256 internal immutable REWARD_PER_EPOCH;
    uint256 internal immutable MAX_SEATS;

    mapping(address signer => Validator) internal _validators;
    /// Sum of the weights by epoch. A slashing within an epoch does not lower that epoch's.
    Checkpoints.Trace208 internal _totals;
    /// What can be withdrawn, stakes apart.
    mapping(address owner => uint256) internal _credits;

    constructor(RegistryParameters memory p) payable {
        if (p.rollup == address(0) || p.evmLane == address(0)) revert ZeroAddress();
        // The epoch that decides about a slot is the present one or the one before.
        bool isTimely = p.slotSeconds > 0 && p.epochSeconds >= p.slotSeconds && p.unstakeDelaySeconds > 0;
        bool isStaked = p.minStake > 0 && p.minStake < STAKE_LIMIT;
        if (!isTimely || !isStaked || p.maxSeats == 0 || p.maxSeats > 256) revert BadParameters();
        ROLLUP = p.rollup;
        EVM_LANE = p.evmLane;
        START = block.timestamp;
        EPOCH_SECONDS = p.epochSeconds;
        SLOT_SECONDS = p.slotSeconds;
        UNSTAKE_DELAY_SECONDS = p.unstakeDelaySeconds;
        MIN_STAKE = p.minStake;
        REWARD_PER_EPOCH = p.rewardPerEpoch;
        MAX_SEATS = p.maxSeats;
    }

    function parameters() external view returns (RegistryParameters memory) {
        return RegistryParameters({
            rollup: ROLLUP,
            evmLane: EVM_LANE,
            start: uint40(START),
            epochSeconds: uint32(EPOCH_SECONDS),
            slotSeconds: uint32(SLOT_SECONDS),
            unstakeDelaySeconds: uint32(UNSTAKE_DELAY_SECONDS),
            minStake: uint96(MIN_STAKE),
            rewardPerEpoch: uint96(REWARD_PER_EPOCH),
            maxSeats: uint16(MAX_SEATS)
        });
    }

    function rollup() external view returns (address) {
        return ROLLUP;
    }

    function evmLane() external view returns (address) {
        return EVM_LANE;
    }

    function slotSeconds() external view returns (uint256) {
        return SLOT_SECONDS;
    }

    function unstakeDelaySeconds() external view returns (uint256) {
        return UNSTAKE_DELAY_SECONDS;
    }

    function epoch() public view returns (uint256) {
        return epochAt(block.timestamp);
    }

    /// 0 before the start.
    function epochAt(uint256 timestamp) public view returns (uint256) {
        return timestamp <= START ? 0 : (timestamp - START) / EPOCH_SECONDS;
    }

    /// In the present epoch; 0: no validator, or slashed.
    function weightOf(address signer) external view returns (uint256) {
        return _weightAt(_validators[signer], epoch());
    }

    function totalWeight() external view returns (uint256) {
        return _totalAt(epoch());
    }

    /// Right for the present epoch and the next; of an older one only whether the validator counted.
    function _weightAt(Validator storage validator, uint256 epoch_) internal view returns (uint256) {
        if (validator.isSlashed) return 0;
        return epoch_ >= validator.from ? validator.next : validator.before;
    }

    function _totalAt(uint256 epoch_) internal view returns (uint256) {
        (bool isAny, uint48 from, uint208 total) = _totals.latestCheckpoint();
        return !isAny || from <= epoch_ ? total : _totals.upperLookupRecent(uint48(epoch_));
    }

    /// What the total comes to from the next epoch on.
    function _latestTotal() internal view returns (uint256) {
        return _totals.latest();
    }

    /// The weight of a new validator, from an epoch on: the next, or 0 at the deployment.
    function _startWeight(Validator storage validator, uint256 weight, uint256 from) internal {
        validator.next = uint88(weight); // below STAKE_LIMIT, as every stake
        validator.from = uint32(from);
        validator.activeFrom = uint32(from);
        _totals.push(uint48(from), uint208(_totals.latest() + weight));
    }

    /// The validator's weight from the next epoch on; the total follows.
    function _schedule(Validator storage validator, uint256 weight) internal {
        uint256 next = epoch() + 1;
        uint256 last = validator.next;
        _totals.push(uint48(next), uint208(_totals.latest() - last + weight));
        if (validator.from != next) {
            validator.before = uint88(last);
            validator.from = uint32(next);
        }
        validator.next = uint88(weight);
    }
}
