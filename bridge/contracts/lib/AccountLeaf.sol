// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {
    BadOwner,
    ControllerMismatch,
    IndexOutOfRange,
    KindMismatch,
    KindNotControlled,
    MalformedTerms,
    ProofInvalid,
    WordNotCanonical
} from "../Errors.sol";
import {Leaf, Proof} from "../Types.sol";
import {IAccountVerifier} from "../interfaces/IVerifiers.sol";
import {R_FIELD} from "./BabyJub.sol";

// Account indices are below: index + 2^24 would be the same leaf under another key.
uint256 constant INDEX_LIMIT = 1 << 24;

/// A leaf of the account tree as L1 reads it (docs/protocol.md section 2): its proof, its kind, who owns it.
library AccountLeaf {
    uint256 internal constant KEY = 1;
    uint256 internal constant CHANNEL = 2;
    uint256 internal constant ATTEST = 3;

    uint256 private constant CHANNEL_TERMS_BITS = 136;
    uint256 private constant ATTESTATION_TERMS_BITS = 88;
    uint256 private constant MAX_ROYALTY_BPS = 10_000;

    function requireIndex(uint256 index) internal pure {
        if (index == 0 || index >= INDEX_LIMIT) revert IndexOutOfRange(index);
    }

    /// Reverts unless `leaf` is under `root`. An empty leaf has no preimage, so what passes is a live account.
    function requireUnder(Leaf memory leaf, address verifier, uint256 root, Proof calldata proof) internal view {
        requireIndex(leaf.index);
        if (leaf.state >= R_FIELD || leaf.a >= R_FIELD || leaf.b >= R_FIELD || leaf.c >= R_FIELD) {
            revert WordNotCanonical();
        }
        uint256[6] memory publicInputs = [root, leaf.index, leaf.state, leaf.a, leaf.b, leaf.c];
        // snarkjs's verifier answers false when gas runs out, so false must revert.
        if (!IAccountVerifier(verifier).verifyProof(proof.a, proof.b, proof.c, publicInputs)) revert ProofInvalid();
    }

    /// All bits above the balance's companions: more than 8 bits would be no kind at all.
    function kindOf(Leaf memory leaf) internal pure returns (uint256) {
        return leaf.state >> 240;
    }

    /// The Ethereum address of a KEY account.
    function ethereumAddress(Leaf memory leaf) internal pure returns (address) {
        if (kindOf(leaf) != KEY) revert KindMismatch(KEY, kindOf(leaf));
        if (leaf.c == 0 || leaf.c >> 160 != 0) revert BadOwner(leaf.c);
        return address(uint160(leaf.c));
    }

    /// The KEY account that owns a CHANNEL (its payer) or an ATTEST account (its owner). Nothing else of `c` is judged: what
    /// the ledger took in must find its way out.
    function controllerOf(Leaf memory leaf) internal pure returns (uint256 index) {
        uint256 kind = kindOf(leaf);
        uint256 bits;
        if (kind == CHANNEL) {
            (index, bits) = (uint32(leaf.c >> 32), CHANNEL_TERMS_BITS);
        } else if (kind == ATTEST) {
            (index, bits) = (uint32(leaf.c), ATTESTATION_TERMS_BITS);
        } else {
            revert KindNotControlled(kind);
        }
        if (leaf.c >> bits != 0 || index == 0 || index >= INDEX_LIMIT) revert MalformedTerms(leaf.c);
    }

    /// The Ethereum address of the controller of `leaf`; `controller` must be proven under the same root.
    function controllerAddress(Leaf memory leaf, Leaf memory controller) internal pure returns (address) {
        uint256 expected = controllerOf(leaf);
        if (controller.index != expected) revert ControllerMismatch(expected, controller.index);
        return ethereumAddress(controller);
    }

    /// The terms of an ATTEST account, every field in its range.
    function attestationTerms(Leaf memory leaf)
        internal
        pure
        returns (uint32 owner, uint32 parent, uint16 royaltyBps, uint8 subtype)
    {
        if (kindOf(leaf) != ATTEST) revert KindMismatch(ATTEST, kindOf(leaf));
        owner = uint32(controllerOf(leaf));
        parent = uint32(leaf.c >> 32);
        royaltyBps = uint16(leaf.c >> 64);
        subtype = uint8(leaf.c >> 80);
        if (parent >= INDEX_LIMIT || royaltyBps > MAX_ROYALTY_BPS) revert MalformedTerms(leaf.c);
    }
}
