// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// Who attests which artefact, in either lane. At 0x456E6772616D0000000000000000000000000001; layout and gas: chain/evm/precompiles/README.md.
/// A lane is 0 for the ledger (index of an ATTEST account) or 1 for the EVM (number of an attestation made by `attest`, from 1).
/// Anybody can attest anything: an attestation says who claims an artefact and when, not that the claim is right.
interface IModelAttestation {
    /// `owner` of a ledger attestation is the Ethereum address of the KEY account `ownerIndex`; in the EVM lane it is the caller of `attest`
    /// and `ownerIndex` is 0. `parentIndex` 0: no parent. `subtype`: 1 model, 2 dataset, 3 training run, 4 agent, 5 service (the ledger takes any).
    /// `artefact` is keccak256("engram.artefact" ‖ digest) mod 2^248 (the ledger takes any word). `provenance` as it was given, 0 for none.
    /// `digest` is the artefact's SHA-256; the ledger does not know it: 0.
    struct Attestation {
        uint8 lane;
        uint256 index;
        address owner;
        uint32 ownerIndex;
        uint8 parentLane;
        uint256 parentIndex;
        uint16 royaltyBps;
        uint8 subtype;
        uint256 artefact;
        bytes32 provenance;
        bytes32 digest;
    }

    /// Names an attestation.
    struct Reference {
        uint8 lane;
        uint256 index;
    }

    event Attested(
        uint256 indexed index,
        address indexed owner,
        bytes32 indexed digest,
        bytes32 provenance,
        uint8 parentLane,
        uint256 parentIndex,
        uint16 royaltyBps,
        uint8 subtype
    );

    /// The calldata have no such function.
    error UnknownFunction(bytes4 selector);
    /// The calldata are too short, or a value is out of its type's range.
    error MalformedCall();
    /// Calls do not take value.
    error ValueSent(uint256 value);
    /// `attest` within a static call.
    error StaticCall();
    /// `attest` by DELEGATECALL or CALLCODE: it would speak in another's name.
    error DelegateCall();
    error UnknownLane(uint8 lane);
    error UnknownAttestation(uint8 lane, uint256 index);
    error UnknownParent(uint8 lane, uint256 index);
    /// More than 10,000 basis points.
    error BadRoyalty(uint16 royaltyBps);
    /// Not 1 … 5.
    error BadSubtype(uint8 subtype);

    /// Attests in the caller's name; a revert of any frame around it undoes it. The same digest can be attested again, by anyone.
    /// @param digest SHA-256 of the artefact
    /// @param provenance commitment to a document that tells where it comes from; 0 for none
    /// @param parentIndex a live attestation of `parentLane`; 0 for none
    /// @return index its number in the EVM lane
    function attest(
        bytes32 digest,
        bytes32 provenance,
        uint8 parentLane,
        uint256 parentIndex,
        uint16 royaltyBps,
        uint8 subtype
    ) external returns (uint256 index);

    /// The earliest attestation of an artefact: by block; within a block those of the ledger first, by index, then those of the EVM lane in
    /// the order of execution. `found` false: lane and index are 0.
    function find(bytes32 digest) external view returns (bool found, uint8 lane, uint256 index);

    /// All attestations of an artefact in that order, `limit` (at most 64) from number `offset` on. `total`: how many there are.
    function findAll(bytes32 digest, uint256 offset, uint256 limit)
        external
        view
        returns (uint256 total, Reference[] memory entries);

    function isAttested(bytes32 digest) external view returns (bool);

    function get(uint8 lane, uint256 index) external view returns (Attestation memory);

    /// Number of attestations made in the EVM lane.
    function count() external view returns (uint256);

    /// The ancestors of an attestation, its parent first, at most `max` and at most 64; to go on, ask for those of the last one.
    function lineage(uint8 lane, uint256 index, uint256 max) external view returns (Reference[] memory ancestors);
}
