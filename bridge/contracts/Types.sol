// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// A batch circuit this deployment accepts: its verifier and the slot counts L1 needs (docs/protocol.md section 4).
struct ShapeConfig {
    address verifier;
    uint16 l1Slots;
    uint16 opSlots;
    uint16 exitSlots;
}

/// Constants of a deployment. Times in seconds, money in wei.
struct Parameters {
    uint256 l2ChainId;
    uint256 genesisRoot;
    address sequencer;
    address accountVerifier;
    uint40 graceSeconds;
    uint40 proveDeadlineSeconds;
    uint40 queueDeadlineSeconds;
    uint40 maxDriftSeconds;
    uint40 maxAgeSeconds;
    uint96 bond;
    uint96 queueFee;
    uint96 registrationFee;
}

/// What a committer states about a batch. Domain, old root and number are not stated: the contract knows them. `evmOutput` is the
/// outcome in the EVM lane (docs/protocol.md section 11), which L1 records and does not judge.
struct BatchInput {
    uint8 shapeId;
    uint40 timestamp;
    uint16 l1Count;
    uint16 opCount;
    uint16 exitCount;
    uint64 firstBlock;
    uint64 lastBlock;
    uint128 feeAccounts;
    bytes32 evmOutput;
    uint256 newRoot;
    uint256 c;
}

/// What is remembered (as a hash) of a committed batch until it is proven. `xHash` is the hash of the body's L1 records and exits.
struct StoredBatch {
    uint64 number;
    uint8 shapeId;
    uint16 l1Count;
    uint16 exitCount;
    uint40 timestamp;
    uint40 committedAt;
    uint64 lastBlock;
    address committer;
    uint256 oldRoot;
    uint256 newRoot;
    bytes32 xHash;
    uint256 c;
    uint256 r;
    uint256 y;
    bytes32 evmCommitment;
}

/// A Groth16 proof as snarkjs exports it for Solidity.
struct Proof {
    uint256[2] a;
    uint256[2][2] b;
    uint256[2] c;
}

/// An account as a leaf of the tree (docs/protocol.md section 2).
struct Leaf {
    uint256 index;
    uint256 state;
    uint256 a;
    uint256 b;
    uint256 c;
}

/// Words of a queue item: an L1 record with everything the sequencer fills in set to 0.
struct QueueItem {
    uint256 l0;
    uint256 x;
    uint256 y;
    address owner;
}

/// How far the committed or the proven chain has come. One slot.
struct Head {
    uint64 batch;
    uint64 queue;
    uint64 lastBlock;
    uint40 timestamp;
}

/// Who may commit, how long the queue is, and whether the rollup lives. One slot. `sequencer` is 0 once the seat is vacant, and the
/// registry's address where validators take turns.
struct Control {
    address sequencer;
    uint40 seenAt;
    uint48 queueTail;
    bool frozen;
}

/// A registered ERC-20 and what this contract holds of it by its own books. One slot.
struct Token {
    address erc20;
    uint96 held;
}

/// A batch's outcome in the EVM lane (docs/protocol.md section 11). L1 does not compute it: attestors sign for it.
struct EvmOutput {
    bytes32 blockHash;
    bytes32 outboxRoot;
    uint256 outboxCount;
    uint256 inboxCount;
}

/// A withdrawal from the EVM lane (docs/protocol.md section 10). `account` 0: pay `recipient` on L1; otherwise deposit to that account of
/// the ledger.
struct OutboxLeaf {
    uint256 index;
    address sender;
    uint16 token;
    uint256 amount;
    address recipient;
    uint32 account;
}

/// Constants of a `ValidatorRegistry`. Times in seconds, money in wei; `start` is the deployment's time, whatever is given.
struct RegistryParameters {
    address rollup;
    address evmLane;
    uint40 start;
    uint32 epochSeconds;
    uint32 slotSeconds;
    uint32 unstakeDelaySeconds;
    uint96 minStake;
    uint96 rewardPerEpoch;
    uint16 maxSeats;
}

/// A validator that counts from epoch 0 on.
struct GenesisValidator {
    address owner;
    address signer;
    uint256 stake;
}

/// What somebody attested: a batch's commitment and the signature for it.
struct Statement {
    bytes32 commitment;
    bytes signature;
}
