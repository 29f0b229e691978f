// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {SlotDerivation} from "@openzeppelin/contracts/utils/SlotDerivation.sol";
import {TransientSlot} from "@openzeppelin/contracts/utils/TransientSlot.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {AlreadyAttested, BadParameters, CommitmentMismatch, NotAttestor, NothingCounted} from "../Errors.sol";
import {EvmOutput, StoredBatch} from "../Types.sol";
import {IAttestors} from "../interfaces/IAttestors.sol";
import {LaneMessages} from "./LaneMessages.sol";

/// Which outcomes of the EVM lane are good enough to pay by: of batches that the rollup has proven, with the signatures of at least
/// two thirds of the attestors' weight (docs/protocol.md section 12).
abstract contract LaneAttestation is LaneMessages, EIP712("Engram EVM lane", "1") {
    using SlotDerivation for bytes32;
    using TransientSlot for *;

    bytes32 private constant ATTESTATION_TYPEHASH = keccak256("Attestation(uint64 batch,bytes32 evmCommitment)");

    IAttestors internal immutable ATTESTORS;

    uint64 private _attestedBatch;
    mapping(bytes32 root => bool) private _isAttestedRoot;
    /// Weight that was counted for a digest, and by whom: only of batches that were left below two thirds by a call.
    mapping(bytes32 digest => uint256) private _weights;
    mapping(bytes32 digest => mapping(address signer => bool)) private _isCounted;

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

        if (!_count(stored.number, commitment, signatures)) return;
        _isAttestedRoot[output.outboxRoot] = true;
        if (stored.number > _attestedBatch) _attestedBatch = stored.number;
        emit BatchAttested(stored.number, commitment, output.outboxRoot, output.outboxCount, output.inboxCount);
    }

    /// The last batch attested; 0 before the first.
    function attestedBatch() external view returns (uint64) {
        return _attestedBatch;
    }

    function isAttestedRoot(bytes32 root) public view returns (bool) {
        return _isAttestedRoot[root];
    }

    /// Weight counted so far of a batch that has not reached two thirds.
    function attestationWeight(uint64 batch, bytes32 evmCommitment) external view returns (uint256) {
        return _weights[attestationDigest(batch, evmCommitment)];
    }

    function attestors() external view returns (address) {
        return address(ATTESTORS);
    }

    /// What an attestor signs.
    function attestationDigest(uint64 batch, bytes32 evmCommitment) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, batch, evmCommitment)));
    }

    /// Whether two thirds are reached with these. If not, what was counted is remembered.
    function _count(uint64 batch, bytes32 commitment, bytes[] calldata signatures) private returns (bool) {
        bytes32 digest = attestationDigest(batch, commitment);
        uint256 before = _weights[digest];
        uint256 weight = before;
        address[] memory counted = new address[](signatures.length);
        uint256 count = 0;
        for (uint256 i = 0; i < signatures.length; ++i) {
            // Reverts unless 65 bytes with the lower s. A signature has another form all the same (EIP-2098 is not taken): the signer
            // is what counts.
            address signer = ECDSA.recover(digest, signatures[i]);
            // Within this transaction a transient mark tells who was counted: most batches need no storage at all.
            TransientSlot.BooleanSlot mark = digest.deriveMapping(signer).asBoolean();
            if (mark.tload() || (before != 0 && _isCounted[digest][signer])) continue;
            mark.tstore(true);
            uint256 own = ATTESTORS.weightOf(signer);
            if (own == 0) revert NotAttestor(signer);
            weight += own;
            counted[count++] = signer;
            emit AttestationCounted(batch, signer, commitment);
        }
        if (count == 0) revert NothingCounted(batch);
        if (weight * 3 >= ATTESTORS.totalWeight() * 2) return true;
        _weights[digest] = weight;
        for (uint256 i = 0; i < count; ++i) {
            _isCounted[digest][counted[i]] = true;
        }
        return false;
    }
}
