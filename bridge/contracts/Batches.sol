// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {
    BadBlockRange,
    BadTimestamp,
    BatchOutOfOrder,
    BatchTooLarge,
    BodyMalformed,
    CommitPathClosed,
    LengthMismatch,
    MalformedExit,
    MalformedL1Record,
    NotSequencer,
    OnlyPlainAccount,
    PathClosed,
    ProofInvalid,
    QueueItemsSkipped,
    QueueMismatch,
    TooManyUnproven,
    UnknownBatch,
    UnprovenBatchesPending,
    WordNotCanonical
} from "./Errors.sol";
import {Queue} from "./Queue.sol";
import {BatchInput, Head, Proof, ShapeConfig, StoredBatch} from "./Types.sol";
import {IValidatorRegistry} from "./interfaces/IValidatorRegistry.sol";
import {IBatchVerifier} from "./interfaces/IVerifiers.sol";
import {INDEX_LIMIT} from "./lib/AccountLeaf.sol";
import {R_FIELD} from "./lib/BabyJub.sol";
import {BatchData} from "./lib/BatchData.sol";

/// Batches: committed by the sequencer (or by the validator whose turn it is), proven by anyone; or, once the path is open, both at once by anyone.
abstract contract Batches is Queue {
    /// Committed batches that may await their proof; also the size of the ring that remembers them.
    uint256 internal constant MAX_UNPROVEN = 256;
    /// A batch may not jump further: whoever derives the EVM lane makes every block of it, and nobody can use up the 64-bit numbers.
    uint256 private constant MAX_BLOCKS = 1 << 16;

    event BatchCommitted(uint64 indexed number, uint256 newRoot, bytes32 storedHash, uint256 r, uint256 y);
    event BatchProven(uint64 indexed number, uint256 newRoot);

    /// Data and order of the next batch. Its proof follows in `proveBatches`.
    /// @param body the ledger lane's part, which is proven
    /// @param evmData the EVM lane's part: bound by the commitment, read only by those who derive the lane
    function commitBatch(BatchInput calldata input, bytes calldata body, bytes calldata evmData)
        external
        nonReentrant
        whileLive
    {
        _requireSequencer();
        _requirePlainAccount();
        if (_committed.batch - _proven.batch >= MAX_UNPROVEN) revert TooManyUnproven();
        _control.seenAt = uint40(block.timestamp);
        _accept(input, body, evmData);
    }

    /// Proves the oldest committed batches, in order. Anyone may: the proof is all that counts.
    /// @param xBodies the L1 records and exits at the start of each batch's body
    function proveBatches(StoredBatch[] calldata batches, bytes[] calldata xBodies, Proof[] calldata proofs)
        external
        nonReentrant
        whileLive
    {
        if (batches.length == 0 || batches.length != xBodies.length || batches.length != proofs.length) {
            revert LengthMismatch();
        }
        uint64 committed = _committed.batch;
        for (uint256 i = 0; i < batches.length; ++i) {
            StoredBatch memory stored = batches[i];
            _requireStored(stored, committed);
            _requireProof(stored, proofs[i]);
            _settle(stored, xBodies[i]);
        }
    }

    /// The open path: a batch together with its proof, so that nobody can hold up the chain with one that cannot be proven.
    /// Whoever uses it must serve the queue: items in the second half of their time cannot be passed over.
    function submitProvenBatch(
        BatchInput calldata input,
        bytes calldata body,
        bytes calldata evmData,
        Proof calldata proof
    ) external nonReentrant whileLive {
        if (!_isOpen()) revert PathClosed();
        _requirePlainAccount();
        if (_committed.batch != _proven.batch) revert UnprovenBatchesPending(_committed.batch, _proven.batch);
        StoredBatch memory stored = _accept(input, body, evmData);
        uint256 next = _committed.queue;
        if (input.l1Count < _shapes[input.shapeId].l1Slots && next < _control.queueTail) {
            if (_deadlineOf(next) < block.timestamp + QUEUE_DEADLINE_SECONDS / 2) revert QueueItemsSkipped(next);
        }
        _requireProof(stored, proof);
        _settle(stored, body[:_xLength(input.l1Count, input.exitCount)]);
    }

    /// Hash of the StoredBatch in the ring. It may be of a batch that was reverted, or of another number: above the last proven
    /// batch `_requireStored` tells what counts, below it `rootOfProven`.
    function batchHash(uint64 number) external view returns (bytes32) {
        return _batchHashes[number % MAX_UNPROVEN];
    }

    /// Number of the last proven batch (0 before the first) and the root after it.
    function provenHead() external view returns (uint64 number, uint256 root) {
        return (_proven.batch, _provenRoot);
    }

    /// The root after a proven batch, for as long as the ring remembers it (until batch number + 256 is committed).
    ///
    /// Once a number is proven it is never accepted again, and the proof was for what the ring held: of all batches that ever
    /// had this number (others were reverted), the last one written is the proven one, on the open path as well. The number is part
    /// of the hash, so a slot that was taken over by a later number cannot match.
    function rootOfProven(StoredBatch calldata stored) external view returns (uint256 root) {
        if (stored.number > _proven.batch || _batchHashes[stored.number % MAX_UNPROVEN] != _hash(stored)) {
            revert UnknownBatch(stored.number);
        }
        return stored.newRoot;
    }

    function _isOpen() internal view returns (bool) {
        if (IS_ROTATING && block.timestamp < _closedUntil) return true;
        return _control.sequencer == address(0) || block.timestamp > _control.seenAt + GRACE_SECONDS;
    }

    /// Whose turn it is to commit: the holder of the seat, or the leader of this moment.
    function _requireSequencer() private view {
        address sequencer = _control.sequencer;
        if (IS_ROTATING) {
            uint256 closedUntil = _closedUntil;
            if (block.timestamp < closedUntil) revert CommitPathClosed(closedUntil);
            sequencer = IValidatorRegistry(sequencer).leaderAt(block.timestamp);
        }
        if (msg.sender != sequencer) revert NotSequencer(msg.sender);
    }

    /// Checks that `stored` is the oldest batch committed and not yet proven.
    function _requireStored(StoredBatch memory stored, uint64 committed) internal view {
        uint64 expected = _proven.batch + 1;
        if (stored.number != expected) revert BatchOutOfOrder(expected, stored.number);
        // The ring still remembers reverted batches: only what is on the committed chain now counts.
        if (expected > committed || _batchHashes[expected % MAX_UNPROVEN] != _hash(stored)) revert UnknownBatch(expected);
        if (stored.oldRoot != _provenRoot) revert UnknownBatch(expected);
    }

    /// Everything L1 itself checks of a batch. Moves the committed head and remembers the batch.
    function _accept(BatchInput calldata input, bytes calldata body, bytes calldata evmData)
        private
        returns (StoredBatch memory stored)
    {
        ShapeConfig memory shape = _shape(input.shapeId);
        if (input.l1Count > shape.l1Slots || input.opCount > shape.opSlots || input.exitCount > shape.exitSlots) {
            revert BatchTooLarge();
        }
        if (input.newRoot >= R_FIELD || input.c >= R_FIELD) revert WordNotCanonical();
        if (body.length < _xLength(input.l1Count, input.exitCount)) revert BodyMalformed();

        Head memory head = _committed;
        _requireTime(input.timestamp, head.timestamp);
        if (
            input.firstBlock != uint256(head.lastBlock) + 1 || input.lastBlock < input.firstBlock
                || input.lastBlock - input.firstBlock >= MAX_BLOCKS
        ) revert BadBlockRange(input.firstBlock, input.lastBlock);
        _requireQueue(body, input.l1Count, head.queue);
        _requireExits(body, input.l1Count, input.exitCount);

        stored.number = head.batch + 1;
        stored.shapeId = input.shapeId;
        stored.l1Count = input.l1Count;
        stored.exitCount = input.exitCount;
        stored.timestamp = input.timestamp;
        stored.committedAt = uint40(block.timestamp);
        stored.lastBlock = input.lastBlock;
        stored.committer = msg.sender;
        stored.oldRoot = _committedRoot;
        stored.newRoot = input.newRoot;
        stored.xHash = keccak256(body[:_xLength(input.l1Count, input.exitCount)]);
        stored.c = input.c;
        stored.evmCommitment = BatchData.evmCommitment(input.evmOutput, evmData);
        (stored.r, stored.y) = BatchData.publicInputs(
            _header(input, stored),
            input.c,
            body,
            BatchData.Counts(input.l1Count, input.exitCount, input.opCount, shape.l1Slots, shape.exitSlots)
        );

        _committed = Head(stored.number, head.queue + input.l1Count, input.lastBlock, input.timestamp);
        _committedRoot = input.newRoot;
        bytes32 storedHash = _hash(stored);
        // On the open path, too, where no proof looks it up: a batch of this number that was reverted must not stay in the ring
        // and pass for the proven one.
        _batchHashes[stored.number % MAX_UNPROVEN] = storedHash;
        emit BatchCommitted(stored.number, stored.newRoot, storedHash, stored.r, stored.y);
    }

    /// The ten header words, the shape id, and room for the body's hash (docs/protocol.md section 4).
    function _header(BatchInput calldata input, StoredBatch memory stored)
        private
        view
        returns (uint256[12] memory head)
    {
        head[0] = DOMAIN;
        head[1] = stored.oldRoot;
        head[2] = input.newRoot;
        head[3] = stored.number;
        head[4] = input.timestamp;
        head[5] = input.l1Count | (uint256(input.opCount) << 16) | (uint256(input.exitCount) << 32);
        head[6] = input.feeAccounts;
        head[7] = input.firstBlock | (uint256(input.lastBlock) << 64);
        head[8] = uint256(stored.evmCommitment) >> 128;
        head[9] = uint128(uint256(stored.evmCommitment));
        head[10] = input.shapeId;
    }

    function _requireTime(uint256 timestamp, uint256 last) private view {
        if (
            timestamp < last || timestamp > block.timestamp + MAX_DRIFT_SECONDS
                || timestamp + MAX_AGE_SECONDS < block.timestamp
        ) revert BadTimestamp(timestamp);
    }

    /// The records must be the next queue items in order, up to what the sequencer fills in: the index of a new account,
    /// the void flag, and what a forced exit yields (those are the circuit's to constrain).
    function _requireQueue(bytes calldata body, uint256 count, uint256 first) private view {
        for (uint256 i = 0; i < count; ++i) {
            (uint256 l0, uint256 x, uint256 y, uint256 owner) =
                abi.decode(body[i * 128:], (uint256, uint256, uint256, uint256));
            uint256 opcode = l0 & 0xff;
            uint256 flags = (l0 >> 8) & 0xff;
            uint256 index = (l0 >> 16) & 0xffffffff;
            bool isWellFormed = l0 >> 160 == 0 && flags <= 1 && index != 0 && index < INDEX_LIMIT;
            if (opcode == DEPOSIT_NEW) {
                if (flags != 0) isWellFormed = false;
                l0 &= ~uint256(0xffffffff << 16);
            } else if (opcode == DEPOSIT_TO) {
                l0 &= ~uint256(0xff << 8);
            } else {
                // A void forced exit yields nothing.
                if (flags == 1 && l0 >> 48 != 0) isWellFormed = false;
                l0 &= (1 << 48) - 1 - (0xff << 8);
            }
            if (!isWellFormed) revert MalformedL1Record(i);
            if (_itemHash(l0, x, y, owner) != uint256(_queue[first + i]) & ~DEADLINE_MASK) revert QueueMismatch(first + i);
        }
    }

    function _requireExits(bytes calldata body, uint256 l1Count, uint256 count) private pure {
        for (uint256 i = 0; i < count; ++i) {
            (uint256 recipient, uint256 value) = abi.decode(
                body[l1Count * BatchData.L1_BYTES + i * BatchData.EXIT_BYTES:], (uint256, uint256)
            );
            if (recipient == 0 || recipient >> 160 != 0 || value >> 112 != 0) revert MalformedExit(i);
        }
    }

    function _requireProof(StoredBatch memory stored, Proof calldata proof) private view {
        uint256[3] memory publicInputs = [stored.c, stored.r, stored.y];
        // snarkjs's verifier answers false when gas runs out, so false must revert: a gas estimate may not settle for less.
        if (!IBatchVerifier(_shapes[stored.shapeId].verifier).verifyProof(proof.a, proof.b, proof.c, publicInputs)) {
            revert ProofInvalid();
        }
    }

    /// Moves the proven head over `stored` and credits what the batch owes on L1.
    function _settle(StoredBatch memory stored, bytes calldata xBody) private {
        if (xBody.length != _xLength(stored.l1Count, stored.exitCount) || keccak256(xBody) != stored.xHash) {
            revert BodyMalformed();
        }
        _proven = Head(stored.number, _proven.queue + stored.l1Count, stored.lastBlock, stored.timestamp);
        _provenRoot = stored.newRoot;
        emit BatchProven(stored.number, stored.newRoot);

        uint256 offset = 0;
        for (uint256 i = 0; i < stored.l1Count; ++i) {
            (uint256 l0,,, uint256 owner) = abi.decode(xBody[offset:], (uint256, uint256, uint256, uint256));
            uint256 opcode = l0 & 0xff;
            bool isVoid = (l0 >> 8) & 1 == 1;
            if (isVoid ? opcode == DEPOSIT_TO : opcode == FORCED_EXIT) {
                _credit(address(uint160(owner)), uint16(l0 >> 48), uint96(l0 >> 64));
            }
            offset += BatchData.L1_BYTES;
        }
        for (uint256 i = 0; i < stored.exitCount; ++i) {
            (uint256 recipient, uint256 value) = abi.decode(xBody[offset:], (uint256, uint256));
            _credit(address(uint160(recipient)), uint16(value >> 96), uint96(value));
            offset += BatchData.EXIT_BYTES;
        }
        _credit(stored.committer, 0, stored.l1Count * QUEUE_FEE);
    }

    function _hash(StoredBatch memory stored) private pure returns (bytes32) {
        return keccak256(abi.encode(stored));
    }

    function _xLength(uint256 l1Count, uint256 exitCount) private pure returns (uint256) {
        return l1Count * BatchData.L1_BYTES + exitCount * BatchData.EXIT_BYTES;
    }

    /// Nodes rebuild the ledger from the calldata of top-level transactions: a call from a contract (or from an account with
    /// delegated code, EIP-7702) would hide the data from them.
    function _requirePlainAccount() private view {
        if (msg.sender != tx.origin || msg.sender.code.length != 0) revert OnlyPlainAccount(msg.sender);
    }
}
