// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Escape} from "./Escape.sol";
import {RollupBase} from "./RollupBase.sol";
import {Control, Head, Parameters, ShapeConfig} from "./Types.sol";

/// Engram's ledger lane on L1. Immutable: a new version is a new deployment that users move to.
/// States, calls, events, errors and trust: bridge/README.md.
contract Rollup is Escape {
    /// All that moves, in one read.
    struct State {
        Head committed;
        uint256 committedRoot;
        Head proven;
        uint256 provenRoot;
        Control control;
        bool isOpen;
        uint256 l1Timestamp;
        /// The seat is a registry's: `control.sequencer`.
        bool isRotating;
        /// Nobody may commit before this time; 0, or over, if the path is not closed.
        uint256 closedUntil;
    }

    constructor(Parameters memory p, ShapeConfig[] memory shapes) payable RollupBase(p, shapes) {}

    function state() external view returns (State memory) {
        return State({
            committed: _committed,
            committedRoot: _committedRoot,
            proven: _proven,
            provenRoot: _provenRoot,
            control: _control,
            isOpen: !_control.frozen && _isOpen(),
            l1Timestamp: block.timestamp,
            isRotating: IS_ROTATING,
            closedUntil: _closedUntil
        });
    }

    function isFrozen() external view returns (bool) {
        return _control.frozen;
    }

    /// All that does not move. The first value is the domain in every signed message and batch header.
    function parameters() external view returns (uint256 domain, Parameters memory p, ShapeConfig[] memory shapes) {
        domain = DOMAIN;
        p = Parameters({
            l2ChainId: L2_CHAIN_ID,
            genesisRoot: GENESIS_ROOT,
            sequencer: INITIAL_SEQUENCER,
            accountVerifier: ACCOUNT_VERIFIER,
            graceSeconds: uint40(GRACE_SECONDS),
            proveDeadlineSeconds: uint40(PROVE_DEADLINE_SECONDS),
            queueDeadlineSeconds: uint40(QUEUE_DEADLINE_SECONDS),
            maxDriftSeconds: uint40(MAX_DRIFT_SECONDS),
            maxAgeSeconds: uint40(MAX_AGE_SECONDS),
            bond: uint96(BOND),
            queueFee: uint96(QUEUE_FEE),
            registrationFee: uint96(REGISTRATION_FEE)
        });
        shapes = new ShapeConfig[](SHAPE_COUNT);
        for (uint256 i = 0; i < SHAPE_COUNT; ++i) {
            shapes[i] = _shapes[i];
        }
    }
}
