// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ArtefactMismatch, BadParameters} from "./Errors.sol";
import {Leaf, Parameters, Proof, StoredBatch} from "./Types.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {AccountLeaf} from "./lib/AccountLeaf.sol";

/// Lets L1 check what the ledger attests: that the account at an index stands for a file with this SHA-256, who owns it and what it
/// descends from, in a proven root. Holds no funds and no state. Every call either answers or reverts: a caller that catches the
/// revert learns nothing, since a call with too little gas reverts, too.
contract Attestations {
    using AccountLeaf for Leaf;

    /// `provenance` is a commitment or 0; `parent` is the index of another ATTEST account or 0.
    struct Attestation {
        uint32 index;
        uint32 owner;
        uint32 parent;
        uint16 royaltyBps;
        uint8 subtype;
        uint256 artefact;
        uint256 provenance;
    }

    IRollup private immutable ROLLUP;
    address private immutable ACCOUNT_VERIFIER;

    /// @param accountVerifier_ the rollup's own: given again, so that a deployment with another one fails
    constructor(address rollup_, address accountVerifier_) {
        if (rollup_.code.length == 0 || accountVerifier_.code.length == 0) revert BadParameters();
        (, Parameters memory p,) = IRollup(rollup_).parameters();
        if (p.accountVerifier != accountVerifier_) revert BadParameters();
        ROLLUP = IRollup(rollup_);
        ACCOUNT_VERIFIER = accountVerifier_;
    }

    /// The file with this SHA-256 is attested by `leaf` in the last proven root.
    function verifyAttestation(bytes32 sha256Digest, Leaf calldata leaf, Proof calldata proof)
        external
        view
        returns (Attestation memory)
    {
        return _attestation(_provenRoot(), sha256Digest, leaf, proof);
    }

    /// The same in the root after `batch`: a proof stays good while the chain goes on, as long as the rollup remembers the batch
    /// (until 256 more are committed).
    function verifyAttestationAt(StoredBatch calldata batch, bytes32 sha256Digest, Leaf calldata leaf, Proof calldata proof)
        external
        view
        returns (Attestation memory)
    {
        return _attestation(ROLLUP.rootOfProven(batch), sha256Digest, leaf, proof);
    }

    /// As `verifyAttestation`, and the owner's Ethereum address by a proof of its leaf under the same root.
    function verifyOwnership(
        bytes32 sha256Digest,
        Leaf calldata leaf,
        Proof calldata proof,
        Leaf calldata owner,
        Proof calldata ownerProof
    ) external view returns (Attestation memory, address) {
        return _ownership(_provenRoot(), sha256Digest, leaf, proof, owner, ownerProof);
    }

    /// As `verifyOwnership`, in the root after `batch`.
    function verifyOwnershipAt(
        StoredBatch calldata batch,
        bytes32 sha256Digest,
        Leaf calldata leaf,
        Proof calldata proof,
        Leaf calldata owner,
        Proof calldata ownerProof
    ) external view returns (Attestation memory, address) {
        return _ownership(ROLLUP.rootOfProven(batch), sha256Digest, leaf, proof, owner, ownerProof);
    }

    function rollup() external view returns (address) {
        return address(ROLLUP);
    }

    function accountVerifier() external view returns (address) {
        return ACCOUNT_VERIFIER;
    }

    /// What the ledger keeps of a file: 248 bits, always a canonical word.
    function artefactCommitment(bytes32 sha256Digest) public pure returns (uint256) {
        return _commitment("engram.artefact", sha256Digest);
    }

    /// What the ledger keeps of a provenance document.
    function provenanceCommitment(bytes32 sha256Digest) external pure returns (uint256) {
        return _commitment("engram.provenance", sha256Digest);
    }

    function _attestation(uint256 root, bytes32 sha256Digest, Leaf memory leaf, Proof calldata proof)
        private
        view
        returns (Attestation memory)
    {
        leaf.requireUnder(ACCOUNT_VERIFIER, root, proof);
        (uint32 owner, uint32 parent, uint16 royaltyBps, uint8 subtype) = leaf.attestationTerms();
        uint256 artefact = artefactCommitment(sha256Digest);
        if (leaf.a != artefact) revert ArtefactMismatch(artefact, leaf.a);
        return Attestation(uint32(leaf.index), owner, parent, royaltyBps, subtype, leaf.a, leaf.b);
    }

    function _ownership(
        uint256 root,
        bytes32 sha256Digest,
        Leaf memory leaf,
        Proof calldata proof,
        Leaf memory owner,
        Proof calldata ownerProof
    ) private view returns (Attestation memory attestation, address ownerAddress) {
        attestation = _attestation(root, sha256Digest, leaf, proof);
        owner.requireUnder(ACCOUNT_VERIFIER, root, ownerProof);
        ownerAddress = leaf.controllerAddress(owner);
    }

    function _provenRoot() private view returns (uint256 root) {
        (, root) = ROLLUP.provenHead();
    }

    function _commitment(string memory tag, bytes32 sha256Digest) private pure returns (uint256) {
        return uint256(keccak256(abi.encodePacked(tag, sha256Digest))) & ((1 << 248) - 1);
    }
}
