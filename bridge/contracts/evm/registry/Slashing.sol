// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {
    AlreadySlashed,
    DifferentSigners,
    NotRollup,
    NothingAtStake,
    SameCommitment,
    UnknownValidator
} from "../../Errors.sol";
import {Statement} from "../../Types.sol";
import {Stakes} from "./Stakes.sol";

/// Digests are computed where they are counted: what is slashed for is what could have been used.
interface IAttestationDigest {
    function attestationDigest(uint64 batch, bytes32 evmCommitment) external view returns (bytes32);
}

/// How a stake is lost: by two different attestations of one batch, or by a batch that nobody could prove. Most of it is burned, so that
/// whoever reports itself loses all the same.
abstract contract Slashing is Stakes {
    event Equivocated(address indexed signer, uint64 indexed batch, bytes32 first, bytes32 second);
    event Slashed(address indexed signer, address indexed reporter, uint256 stake, uint256 reward);

    /// Takes the whole stake of who signed two commitments for one batch number; a tenth goes to the caller.
    function slash(uint64 batch, Statement calldata first, Statement calldata second) external {
        if (first.commitment == second.commitment) revert SameCommitment();
        address signer = _signerOf(batch, first);
        address other = _signerOf(batch, second);
        if (signer != other) revert DifferentSigners(signer, other);
        Validator storage validator = _validators[signer];
        if (validator.owner == address(0)) revert UnknownValidator(signer);
        if (validator.isSlashed) revert AlreadySlashed(signer);
        if (validator.stake == 0) revert NothingAtStake(signer);
        emit Equivocated(signer, batch, first.commitment, second.commitment);
        _slash(signer, msg.sender, validator.stake / 10);
    }

    /// The rollup dropped batches: who committed the oldest loses its stake; half goes to the caller of the rollup. A committer that has
    /// nothing at stake (any more) changes nothing: the batches must go all the same.
    function onReverted(address committer, address caller) external {
        if (msg.sender != ROLLUP) revert NotRollup(msg.sender);
        Validator storage validator = _validators[committer];
        if (validator.isSlashed || validator.stake == 0) return;
        _slash(committer, caller, validator.stake / 2);
    }

    /// The weight is gone at once, the total of this epoch stays as it is: else those whose signatures are counted could lower what they
    /// have to reach by slashing one of themselves.
    function _slash(address signer, address reporter, uint256 reward) private {
        Validator storage validator = _validators[signer];
        uint256 stake = validator.stake;
        if (!validator.isLeaving) {
            _schedule(validator, 0);
            _leave(validator.seat);
        }
        validator.isSlashed = true;
        validator.stake = 0;
        _credits[reporter] += reward;
        emit Slashed(signer, reporter, stake, reward);
        // Nobody has that key: what is owed there never leaves.
        _credits[BURN_ADDRESS] += stake - reward;
    }

    function _signerOf(uint64 batch, Statement calldata statement) private view returns (address) {
        bytes32 digest = IAttestationDigest(EVM_LANE).attestationDigest(batch, statement.commitment);
        return ECDSA.recover(digest, statement.signature);
    }
}
