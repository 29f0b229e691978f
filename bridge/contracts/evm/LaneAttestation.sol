// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {
    AlreadyAttested,
    BadParameters,
    CommitmentMismatch,
    NotAttestor,
    NotEnoughGas,
    NothingCounted
} from "../Errors.sol";
import {EvmOutput, StoredBatch} from "../Types.sol";
import {IAttestors} from "../interfaces/IAttestors.sol";
import {LaneMessages} from "./LaneMessages.sol";

/// Which outcomes of the EVM lane are good enough to pay by: of batches that the rollup has proven, with the signatures of at least
/// two thirds of the attestors' weight (docs/protocol.md section 12).
abstract contract LaneAttestation is LaneMessages, EIP712("Engram EVM lane", "1") {
    using SlotDerivation for bytes32;
    using TransientSlot for *;

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("Attestation(uint64 batch,bytes32 evmCommitment)");

    /// What telling the attestors' contract may cost, all in all and for each signer.
    uint256 private constant NOTICE_GAS = 60_000;
    uint256 private constant NOTICE_GAS_PER_SIGNER = 30_000;

    IAttestors internal immutable ATTESTORS;

    uint64 private _attestedBatch;
    mapping(bytes32 root => bool) private _isAttestedRoot;
    /// Weight that was counted for a digest in an epoch, and by whom: only of batches that were left below two thirds by a call. When
    /// the epoch changes the count begins anew, with the weights of the new one.
    mapping(bytes32 countKey => uint256) private _weights;
    mapping(bytes32 countKey => mapping(address signer => bool)) private _isCounted;

    struct Count {
        address[] signers;
        uint256[] weights;
        bool isReached;
    }

    event AttestationCounted(uint64 indexed batch, address indexed signer, bytes32 evmCommitment);
    event BatchAttested(uint64 indexed batch, bytes32 evmCommitment, bytes32 outboxRoot, uint256 outboxCount, uint256 inboxCount);

    constructor(address attestors_) {
        if (attestors_.code.length == 0 || IAttestors(attestors_).totalWeight() == 0) revert BadParameters();
        ATTESTORS = IAttestors(attestors_);
    }

    /// Counts signatures for a proven batch; at two thirds of the weight its outbox root is good for ever. Anyone may bring them, in
    /// as many calls as they like; signers that were counted already are passed over.
    /// @param stored the batch as the rollup remembers it
    /// @param output its outcome, and `dataHash` the hash of what it posted: together they are its commitment
    function attest(StoredBatch calldata stored, EvmOutput calldata output, bytes32 dataHash, bytes[] calldata signatures)
        external
    {
        bytes32 commitment = keccak256(abi.encode(keccak256(abi.encode(output)), dataHash));
        if (commitment != stored.evmCommitment) revert CommitmentMismatch(stored.evmCommitment, commitment);
        ROLLUP.rootOfProven(stored);
        if (stored.number <= _attestedBatch && _isAttestedRoot[output.outboxRoot]) revert AlreadyAttested(stored.number);

        Count memory count = _count(stored.number, commitment, signatures);
        // Only what moves the head earns anything: nobody can collect points with old batches that nobody needs.
        bool isNew = stored.number > _attestedBatch;
        if (count.isReached) {
            _isAttestedRoot[output.outboxRoot] = true;
            if (isNew) _attestedBatch = stored.number;
            emit BatchAttested(stored.number, commitment, output.outboxRoot, output.outboxCount, output.inboxCount);
        }
        if (isNew) _tell(count);
    }

    /// The last batch attested; 0 before the first.
    function attestedBatch() external view returns (uint64) {
        return _attestedBatch;
    }

    function isAttestedRoot(bytes32 root) public view returns (bool) {
        return _isAttestedRoot[root];
    }

    /// Weight counted so far, in this epoch, of a batch that has not reached two thirds.
    function attestationWeight(uint64 batch, bytes32 evmCommitment) external view returns (uint256) {
        return _weights[_countKey(attestationDigest(batch, evmCommitment))];
    }

    function attestors() external view returns (address) {
        return address(ATTESTORS);
    }

    /// What an attestor signs.
    function attestationDigest(uint64 batch, bytes32 evmCommitment) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, batch, evmCommitment)));
    }

    /// Who is counted by these signatures, and whether two thirds are reached. If not, it is remembered until the epoch ends.
    function _count(uint64 batch, bytes32 commitment, bytes[] calldata signatures) private returns (Count memory result) {
        bytes32 digest = attestationDigest(batch, commitment);
        bytes32 key = _countKey(digest);
        uint256 before = _weights[key];
        uint256 weight = before;
        address[] memory counted = new address[](signatures.length);
        uint256[] memory weights = new uint256[](signatures.length);
        uint256 count = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            // Reverts unless 65 bytes with the lower s. A signature has another form all the same (EIP-2098 is not taken): the signer
            // is what counts.
            address signer = ECDSA.recover(digest, signatures[i]);
            // Within this transaction a transient mark tells who was counted: most batches need no storage at all.
            TransientSlot.BooleanSlot mark = key.deriveMapping(signer).asBoolean();
            if (mark.tload() || (before != 0 && _isCounted[key][signer])) continue;
            mark.tstore(true);
            uint256 own = ATTESTORS.weightOf(signer);
            if (own == 0) revert NotAttestor(signer);
            weight += own;
            counted[count] = signer;
            weights[count++] = own;
            emit AttestationCounted(batch, signer, commitment);
        }
        if (count == 0) revert NothingCounted(batch);
        // Neither array was longer, so both shrink in place.
        assembly ("memory-safe") {
            mstore(counted, count)
            mstore(weights, count)
        }
        bool isReached = weight * 3 >= ATTESTORS.totalWeight() * 2;
        if (!isReached) {
            _weights[key] = weight;
            for (uint256 i = 0; i < count; ++i) {
                _isCounted[key][counted[i]] = true;
            }
        }
        return Count(counted, weights, isReached);
    }

    function _countKey(bytes32 digest) private view returns (bytes32) {
        return Hashes.efficientKeccak256(digest, bytes32(ATTESTORS.epoch()));
    }

    /// Tells the attestors' contract who was counted: rewards are its business, and no reason of its own can stop an attestation. Nor can
    /// the caller keep the news from it by giving too little gas.
    function _tell(Count memory count) private {
        uint256 gas_ = NOTICE_GAS + NOTICE_GAS_PER_SIGNER * count.signers.length;
        // A 64th of what is left stays here.
        uint256 needed = gas_ + gas_ / 63 + 5_000;
        if (gasleft() < needed) revert NotEnoughGas(needed, gasleft());
        try ATTESTORS.onCounted{gas: gas_}(count.signers, count.weights) {} catch {}
    }
}
