// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {
    AlreadyLeaving,
    AlreadySlashed,
    BadParameters,
    EtherTransferFailed,
    NotOwner,
    NothingToWithdraw,
    SignerMismatch,
    SignerTaken,
    StakeTooLarge,
    StakeTooSmall,
    StrayEther,
    UnknownValidator,
    WrongValue,
    ZeroAddress
} from "../../Errors.sol";
import {GenesisValidator} from "../../Types.sol";
import {Seats} from "./Seats.sol";

/// Money in, money out. A stake counts from the epoch after it came, and no more from the epoch after it was called back; it can be lost
/// until it has been withdrawn.
abstract contract Stakes is Seats, EIP712("Engram validators", "1") {
    bytes32 private constant REGISTER_TYPEHASH = keccak256("Register(address owner)");

    /// A validator and what becomes of it. Times in seconds; `activeUntil` and `withdrawableAt` are 0 unless it is leaving.
    struct View {
        address signer;
        address owner;
        uint8 seat;
        uint256 stake;
        uint256 weight;
        uint32 activeFrom;
        uint32 activeUntil;
        uint40 withdrawableAt;
        bool isSlashed;
    }

    /// All that ever were, in the order of their registration: signers are used once.
    address[] private _signers;
    /// Validators of an owner that were unstaked and not withdrawn yet.
    mapping(address owner => address[] signers) private _leaving;

    event Registered(address indexed signer, address indexed owner, uint8 seat, uint256 stake, uint256 activeFrom);
    event StakeAdded(address indexed signer, uint256 amount, uint256 activeFrom);
    event Unstaked(address indexed signer, uint256 stake, uint256 activeUntil, uint256 withdrawableAt);
    event Withdrawn(address indexed owner, uint256 amount);

    /// @param genesis count in epoch 0; the deployment brings their stakes
    constructor(GenesisValidator[] memory genesis) payable {
        if (genesis.length == 0) revert BadParameters();
        uint256 sum = 0;
        for (uint256 i = 0; i < genesis.length; ++i) {
            GenesisValidator memory g = genesis[i];
            sum += g.stake;
            _add(g.signer, g.owner, g.stake, 0);
        }
        if (msg.value != sum) revert WrongValue(sum, msg.value);
    }

    /// Only stakes and funds bring ETH in; anything else would be lost to its sender.
    receive() external payable {
        revert StrayEther();
    }

    /// Stakes the value sent for a signer, which agrees by `Register(address owner)`: nobody else's key can be used up, and nobody can
    /// be made liable for what he does not own. The caller gets the money back.
    function register(address signer, bytes calldata signature) external payable {
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(REGISTER_TYPEHASH, msg.sender)));
        address found = ECDSA.recover(digest, signature);
        if (found != signer) revert SignerMismatch(signer, found);
        _add(signer, msg.sender, msg.value, epoch() + 1);
    }

    function addStake(address signer) external payable {
        Validator storage validator = _own(signer);
        uint256 stake = validator.stake + msg.value;
        if (msg.value == 0) revert StakeTooSmall(1, 0);
        _requireRoom(msg.value);
        validator.stake = uint88(stake);
        _schedule(validator, stake);
        emit StakeAdded(signer, msg.value, epoch() + 1);
    }

    /// Calls the whole stake back: it counts no more from the next epoch on, and can be withdrawn when the delay is over.
    function unstake(address signer) external {
        Validator storage validator = _own(signer);
        _schedule(validator, 0);
        validator.isLeaving = true;
        _leave(validator.seat);
        _leaving[msg.sender].push(signer);
        emit Unstaked(signer, validator.stake, validator.from, _withdrawableAt(validator));
    }

    /// Pays the caller all that it can have: stakes whose delay is over, what it earned by reports and rewards.
    function withdraw() external nonReentrant {
        uint256 amount = _credits[msg.sender];
        _credits[msg.sender] = 0;
        address[] storage leaving = _leaving[msg.sender];
        // Only the owner makes this list longer. From its end, so that the last one can take a gap.
        for (uint256 i = leaving.length; i > 0; --i) {
            Validator storage validator = _validators[leaving[i - 1]];
            if (!_isWithdrawable(validator)) continue;
            amount += validator.stake;
            validator.stake = 0;
            leaving[i - 1] = leaving[leaving.length - 1];
            leaving.pop();
        }
        if (amount == 0) revert NothingToWithdraw(msg.sender, 0);
        emit Withdrawn(msg.sender, amount);
        (bool isPaid,) = msg.sender.call{value: amount}("");
        if (!isPaid) revert EtherTransferFailed(msg.sender);
    }

    /// What `withdraw` would pay this owner now.
    function pending(address owner) external view returns (uint256 amount) {
        amount = _credits[owner];
        address[] storage leaving = _leaving[owner];
        for (uint256 i = 0; i < leaving.length; ++i) {
            Validator storage validator = _validators[leaving[i]];
            if (_isWithdrawable(validator)) amount += validator.stake;
        }
    }

    /// Everything is 0 if there is none.
    function validatorOf(address signer) public view returns (View memory) {
        Validator storage v = _validators[signer];
        return View({
            signer: signer,
            owner: v.owner,
            seat: v.seat,
            stake: v.stake,
            weight: _weightAt(v, epoch()),
            activeFrom: v.activeFrom,
            activeUntil: v.isLeaving ? v.from : 0,
            withdrawableAt: v.isLeaving ? uint40(_withdrawableAt(v)) : 0,
            isSlashed: v.isSlashed
        });
    }

    function validatorCount() external view returns (uint256) {
        return _signers.length;
    }

    /// All that ever were, oldest first; fewer than asked for at the end of the list.
    function validators(uint256 first, uint256 count) external view returns (View[] memory list) {
        uint256 total = _signers.length;
        uint256 left = first < total ? total - first : 0;
        list = new View[](count < left ? count : left);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = validatorOf(_signers[first + i]);
        }
    }

    function _add(address signer, address owner, uint256 stake, uint256 from) private {
        if (signer == address(0) || owner == address(0)) revert ZeroAddress();
        if (stake < MIN_STAKE) revert StakeTooSmall(MIN_STAKE, stake);
        Validator storage validator = _validators[signer];
        if (validator.owner != address(0)) revert SignerTaken(signer);
        _requireRoom(stake);
        validator.owner = owner;
        validator.stake = uint88(stake);
        _startWeight(validator, stake, from);
        validator.seat = _sit(signer, from);
        _signers.push(signer);
        emit Registered(signer, owner, validator.seat, stake, from);
    }

    /// A validator that the caller owns and that has not been unstaked or slashed.
    function _own(address signer) private view returns (Validator storage validator) {
        validator = _validators[signer];
        if (validator.owner == address(0)) revert UnknownValidator(signer);
        if (validator.owner != msg.sender) revert NotOwner(msg.sender);
        if (validator.isSlashed) revert AlreadySlashed(signer);
        if (validator.isLeaving) revert AlreadyLeaving(signer);
    }

    function _isWithdrawable(Validator storage validator) private view returns (bool) {
        return validator.isLeaving && block.timestamp >= _withdrawableAt(validator);
    }

    function _withdrawableAt(Validator storage validator) private view returns (uint256) {
        return START + validator.from * EPOCH_SECONDS + UNSTAKE_DELAY_SECONDS;
    }

    /// No sum of stakes may reach the limit; then no single one does.
    function _requireRoom(uint256 amount) private view {
        if (amount >= STAKE_LIMIT || _latestTotal() + amount >= STAKE_LIMIT) revert StakeTooLarge(amount);
    }
}
