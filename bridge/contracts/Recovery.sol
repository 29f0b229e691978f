// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Batches} from "./Batches.sol";
import {
    NotSequencer,
    ProveDeadlineNotPassed,
    QueueDeadlineNotPassed,
    QueueEmpty,
    UnprovenBatchesPending
} from "./Errors.sol";
import {StoredBatch} from "./Types.sol";
import {IValidatorRegistry} from "./interfaces/IValidatorRegistry.sol";

/// What happens when the sequencer leaves, stalls or fails. An account's seat is given up once and for all: afterwards the open path
/// carries the chain, and a new sequencer means a new deployment (docs/adr/0002). Where validators take turns, the one at fault loses
/// its stake and the open path has the chain to itself for a while (docs/adr/0009).
abstract contract Recovery is Batches {
    event SeatVacated(address indexed sequencer, bool isForfeit);
    event BatchesReverted(uint64 first, uint64 last);
    event RollupFrozen(uint64 lastProven, uint256 root);

    /// An account that holds the seat hands over to the open path and gets its bond back, once everything it committed is proven.
    function resign() external nonReentrant whileLive {
        if (msg.sender != _control.sequencer) revert NotSequencer(msg.sender);
        if (_committed.batch != _proven.batch) revert UnprovenBatchesPending(_committed.batch, _proven.batch);
        _control.sequencer = address(0);
        emit SeatVacated(msg.sender, false);
        _credit(msg.sender, 0, BOND);
    }

    /// Drops all unproven batches once the oldest is past its deadline. Half of the bond, or of its committer's stake, goes to the caller,
    /// half is burned (so that a sequencer who reverts itself still loses). The open path starts at once. Where validators take turns,
    /// nobody commits for as long as it takes to be heard there and to prove: else the next one could stop the chain again at once.
    function revertBatches(StoredBatch calldata oldest) external nonReentrant whileLive {
        uint64 last = _committed.batch;
        _requireStored(oldest, last);
        uint256 deadline = oldest.committedAt + PROVE_DEADLINE_SECONDS;
        if (block.timestamp <= deadline) revert ProveDeadlineNotPassed(deadline);
        _committed = _proven;
        _committedRoot = _provenRoot;
        emit BatchesReverted(oldest.number, last);
        if (!IS_ROTATING) return _forfeit(BOND / 2);
        _closedUntil = block.timestamp + GRACE_SECONDS + PROVE_DEADLINE_SECONDS;
        IValidatorRegistry(_control.sequencer).onReverted(oldest.committer, msg.sender);
    }

    /// Ends the rollup when a queue item is in no proven batch by its deadline. The last proven root is final; users leave
    /// with `escape`. The whole bond is burned: nobody may profit from a freeze.
    function freeze() external nonReentrant whileLive {
        uint64 next = _proven.queue;
        if (next >= _control.queueTail) revert QueueEmpty();
        uint256 deadline = _deadlineOf(next);
        if (block.timestamp <= deadline) revert QueueDeadlineNotPassed(deadline);
        _control.frozen = true;
        emit RollupFrozen(_proven.batch, _provenRoot);
        if (!IS_ROTATING) _forfeit(0);
    }

    /// The bond is here exactly as long as the seat is taken.
    function _forfeit(uint256 reward) private {
        address sequencer = _control.sequencer;
        if (sequencer == address(0)) return;
        _control.sequencer = address(0);
        emit SeatVacated(sequencer, true);
        _credit(msg.sender, 0, reward);
        _credit(BURN_ADDRESS, 0, BOND - reward);
    }
}
