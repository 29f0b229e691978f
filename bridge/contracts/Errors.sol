// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

// Deployment
error BadParameters();

// Life of the rollup
error Frozen();
error NotFrozen();
error NotSequencer(address caller);
error OnlyPlainAccount(address caller);
error PathClosed();
error CommitPathClosed(uint256 until);
error UnprovenBatchesPending(uint64 committed, uint64 proven);
error TooManyUnproven();
error ProveDeadlineNotPassed(uint256 deadline);
error QueueDeadlineNotPassed(uint256 deadline);
error QueueEmpty();

// Money
error StrayEther();
error WrongValue(uint256 expected, uint256 given);
error UnknownToken(uint256 token);
error TokenAlreadyRegistered(uint256 token);
error TokenNotContract(address erc20);
error TokenIdsExhausted();
error VaultFull(uint256 token);
error NothingToWithdraw(address owner, uint256 token);
error EtherTransferFailed(address owner);

// Queue
error WordNotCanonical();
error KeyOffCurve(uint256 x, uint256 y);
error ZeroAddress();
error IndexOutOfRange(uint256 index);

// Batches
error UnknownShape(uint256 shapeId);
error BatchTooLarge();
error BadTimestamp(uint256 timestamp);
error BadBlockRange(uint256 firstBlock, uint256 lastBlock);
error QueueMismatch(uint256 queueIndex);
error QueueItemsSkipped(uint256 queueIndex);
error MalformedL1Record(uint256 position);
error MalformedExit(uint256 position);
error BodyMalformed();
error UnknownBatch(uint256 number);
error BatchOutOfOrder(uint256 expected, uint256 given);
error LengthMismatch();
error ProofInvalid();

// Leaves
error KindMismatch(uint256 expected, uint256 given);
error KindNotControlled(uint256 kind);
error MalformedTerms(uint256 c);
error ControllerMismatch(uint256 expected, uint256 given);
error BadOwner(uint256 owner);

// Escape
error AlreadyEscaped(uint256 index);
error AlreadyTakenIn(uint256 queueIndex);

// Attestations
error ArtefactMismatch(uint256 expected, uint256 given);

// EVM lane: messages
error MessageGasTooHigh(uint256 limit, uint256 given);
error MessageTooLong(uint256 limit, uint256 given);
error TokenAlreadyAnnounced(uint256 token);
error NotEnoughGas(uint256 needed, uint256 left);
error PaidMeanwhile(uint256 token);

// EVM lane: attestation
error CommitmentMismatch(bytes32 expected, bytes32 given);
error AlreadyAttested(uint256 batch);
error NotAttestor(address signer);
error NothingCounted(uint256 batch);
error DuplicateSigner(address signer);

// EVM lane: claims
error RootNotAttested(bytes32 root);
error AlreadyClaimed(uint256 index);
error NotRecipient(address caller);
error VaultShort(uint256 token, uint256 held, uint256 amount);

// Validators: stakes
error StakeTooSmall(uint256 minimum, uint256 given);
error StakeTooLarge(uint256 given);
error SignerTaken(address signer);
error SignerMismatch(address expected, address given);
error NoFreeSeat(uint256 seats);
error UnknownValidator(address signer);
error NotOwner(address caller);
error AlreadyLeaving(address signer);

// Validators: slashing
error SameCommitment();
error DifferentSigners(address first, address second);
error AlreadySlashed(address signer);
error NothingAtStake(address signer);
error NotRollup(address caller);

// Validators: rewards
error NotEvmLane(address caller);
error EpochNotOver(uint256 epoch);
error NothingToClaim(address signer, uint256 epoch);
