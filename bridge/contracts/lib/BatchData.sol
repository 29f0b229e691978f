// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BodyMalformed, WordNotCanonical} from "../Errors.sol";
import {R_FIELD} from "./BabyJub.sol";

/// Public inputs of a batch proof from posted data: the one place where they are packed (docs/protocol.md section 4).
library BatchData {
    /// Slots used and slots there are, of the parts of the posted body.
    struct Counts {
        uint256 l1;
        uint256 exits;
        uint256 ops;
        uint256 l1Slots;
        uint256 exitSlots;
    }

    uint256 internal constant L1_BYTES = 128;
    uint256 internal constant EXIT_BYTES = 64;

    /// keccak256(evmOutput || keccak256(evmData)): what the batch's header says of the EVM lane (docs/protocol.md section 11).
    function evmCommitment(bytes32 evmOutput, bytes calldata evmData) internal pure returns (bytes32 commitment) {
        assembly ("memory-safe") {
            // The free memory is used as scratch and not claimed: evmData are long, and `body` is copied to the same place later.
            let scratch := mload(0x40)
            calldatacopy(scratch, evmData.offset, evmData.length)
            mstore(0x20, keccak256(scratch, evmData.length))
            mstore(0x00, evmOutput)
            commitment := keccak256(0x00, 0x40)
        }
    }

    /// @param head the ten header words (each canonical), then the shape id; the last element is scratch for the body's hash
    /// @param c the committer's claim of C, canonical
    /// @param body L1 records, exits (their words already known to be canonical) and ops
    /// @return r = keccak256(dataHash || C) mod 2^248: depends on the posted data and on C
    /// @return y = sum of word_i * r^i over all words of X || Y, unused slots being 0
    function publicInputs(uint256[12] memory head, uint256 c, bytes calldata body, Counts memory counts)
        internal
        pure
        returns (uint256 r, uint256 y)
    {
        bool bad;
        bool nop;
        uint256 position;
        assembly ("memory-safe") {
            // The free memory is used as scratch and not claimed.
            let scratch := mload(0x40)
            calldatacopy(scratch, body.offset, body.length)
            mstore(add(head, 352), keccak256(scratch, body.length))
            mstore(0x00, keccak256(head, 384))
            mstore(0x20, c)
            r := and(keccak256(0x00, 0x40), sub(shl(248, 1), 1))

            // Header: Horner from word 9 down to word 0.
            y := mload(add(head, 288))
            for { let cursor := add(head, 256) } iszero(lt(cursor, head)) { cursor := sub(cursor, 32) } {
                y := addmod(mulmod(y, r, R_FIELD), mload(cursor), R_FIELD)
            }
            let r2 := mulmod(r, r, R_FIELD)
            let r4 := mulmod(r2, r2, R_FIELD)
            let power := mulmod(mulmod(r4, r4, R_FIELD), r2, R_FIELD) // r^10

            position := body.offset

            // L1 records: four words each, Horner inside a record.
            let left := mload(counts)
            for {} left { left := sub(left, 1) } {
                let t := addmod(mulmod(calldataload(add(position, 96)), r, R_FIELD), calldataload(add(position, 64)), R_FIELD)
                t := addmod(mulmod(t, r, R_FIELD), calldataload(add(position, 32)), R_FIELD)
                t := addmod(mulmod(t, r, R_FIELD), calldataload(position), R_FIELD)
                y := addmod(y, mulmod(t, power, R_FIELD), R_FIELD)
                power := mulmod(power, r4, R_FIELD)
                position := add(position, 128)
            }
            for { left := sub(mload(add(counts, 96)), mload(counts)) } left { left := sub(left, 1) } {
                power := mulmod(power, r4, R_FIELD)
            }

            // Exits: two words each.
            for { left := mload(add(counts, 32)) } left { left := sub(left, 1) } {
                let t := addmod(mulmod(calldataload(add(position, 32)), r, R_FIELD), calldataload(position), R_FIELD)
                y := addmod(y, mulmod(t, power, R_FIELD), R_FIELD)
                power := mulmod(power, r2, R_FIELD)
                position := add(position, 64)
            }
            for { left := sub(mload(add(counts, 128)), mload(add(counts, 32))) } left { left := sub(left, 1) } {
                power := mulmod(power, r2, R_FIELD)
            }

            // Ops: 30 bytes of w0, then as many payload words as bits 1 and 2 of its flags say.
            for { left := mload(add(counts, 64)) } left { left := sub(left, 1) } {
                let w := shr(16, calldataload(position))
                // A NOP is padding and never posted: it would change the data without changing what they say, and readers of L1 refuse it.
                nop := or(nop, iszero(and(w, 0xff)))
                position := add(position, 30)
                let payload := and(shr(9, w), 3)
                if payload {
                    let cursor := add(position, shl(5, sub(payload, 1)))
                    let t := calldataload(cursor)
                    bad := or(bad, iszero(lt(t, R_FIELD)))
                    for {} gt(cursor, position) {} {
                        cursor := sub(cursor, 32)
                        let v := calldataload(cursor)
                        bad := or(bad, iszero(lt(v, R_FIELD)))
                        t := addmod(mulmod(t, r, R_FIELD), v, R_FIELD)
                    }
                    w := addmod(mulmod(t, r, R_FIELD), w, R_FIELD)
                    position := add(position, shl(5, payload))
                }
                y := addmod(y, mulmod(w, power, R_FIELD), R_FIELD)
                power := mulmod(power, r4, R_FIELD)
            }
            position := sub(position, body.offset)
        }
        // `position` only ever grows, so equality here means that nothing was read beyond the body and nothing is left over.
        if (position != body.length || nop) revert BodyMalformed();
        if (bad) revert WordNotCanonical();
    }
}
