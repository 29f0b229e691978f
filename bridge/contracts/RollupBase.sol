// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {BadParameters, Frozen, NotFrozen, UnknownShape, ZeroAddress} from "./Errors.sol";
import {Control, Head, Parameters, ShapeConfig} from "./Types.sol";
import {IValidatorRegistry} from "./interfaces/IValidatorRegistry.sol";
import {R_FIELD} from "./lib/BabyJub.sol";

/// Storage, constants and guards shared by the parts of `Rollup`. There is no owner, no proxy and no pause:
/// everything here is fixed at deployment or moves by the rules of the parts.
abstract contract RollupBase is ReentrancyGuardTransient {
    /// Where forfeited bonds and registration fees go.
    address internal constant BURN_ADDRESS = 0x000000000000000000000000000000000000dEaD;

    uint256 internal immutable DOMAIN;
    uint256 internal immutable L2_CHAIN_ID;
    uint256 internal immutable GENESIS_ROOT;
    address internal immutable INITIAL_SEQUENCER;
    address internal immutable ACCOUNT_VERIFIER;
    uint256 internal immutable GRACE_SECONDS;
    uint256 internal immutable PROVE_DEADLINE_SECONDS;
    uint256 internal immutable QUEUE_DEADLINE_SECONDS;
    uint256 internal immutable MAX_DRIFT_SECONDS;
    uint256 internal immutable MAX_AGE_SECONDS;
    uint256 internal immutable BOND;
    uint256 internal immutable QUEUE_FEE;
    uint256 internal immutable REGISTRATION_FEE;
    uint256 internal immutable SHAPE_COUNT;
    /// The seat is a registry's, whose validators take turns: it never becomes vacant, and there is no bond.
    bool internal immutable IS_ROTATING;

    Control internal _control;
    /// Where validators take turns: nobody may commit before this time, because batches were reverted. Never set otherwise.
    uint256 internal _closedUntil;
    Head internal _committed;
    Head internal _proven;
    uint256 internal _committedRoot;
    uint256 internal _provenRoot;
    mapping(uint256 shapeId => ShapeConfig) internal _shapes;
    /// Ring of `MAX_UNPROVEN` slots: hash of the StoredBatch with that number modulo the ring's size.
    mapping(uint256 ringIndex => bytes32) internal _batchHashes;
    /// The upper 216 bits of the item's hash, then its 40-bit deadline. 108 bits against collisions is more than BN254's own
    /// strength (about 100 bits), and one slot an item is what a depositor pays for (docs/adr/0002).
    mapping(uint256 queueIndex => bytes32) internal _queue;

    constructor(Parameters memory p, ShapeConfig[] memory shapes) payable {
        bool isTimely = p.graceSeconds > 0 && p.proveDeadlineSeconds > 0 && p.maxAgeSeconds >= p.graceSeconds
            // Someone must be able to revert a stuck batch, wait for the open path and prove, before users may freeze.
            && p.queueDeadlineSeconds > uint256(p.graceSeconds) + p.proveDeadlineSeconds
            // Deadlines are kept in 40 bits.
            && p.queueDeadlineSeconds < 1 << 32;
        bool isFunded = msg.value == p.bond;
        bool isVerifiable = shapes.length > 0 && shapes.length <= 256 && p.accountVerifier.code.length > 0;
        if (!isTimely || !isFunded || !isVerifiable || p.genesisRoot >= R_FIELD) revert BadParameters();
        if (p.sequencer == address(0)) revert ZeroAddress();
        for (uint256 i = 0; i < shapes.length; ++i) {
            // A shape id may be left unused (verifier 0); a used one needs code and a slot for the queue.
            if (shapes[i].verifier == address(0)) continue;
            if (shapes[i].verifier.code.length == 0 || shapes[i].l1Slots == 0) revert BadParameters();
            _shapes[i] = shapes[i];
        }
        // An account with code could not commit (see `_requirePlainAccount`): it has to be a registry, and ours.
        bool isRotating = p.sequencer.code.length > 0;
        if (isRotating) {
            IValidatorRegistry registry = IValidatorRegistry(p.sequencer);
            // A leader commits up to the end of a slot that began in its last epoch. Its stake must still be there when it is known that
            // nobody proved the batch, or dropping it would cost nothing.
            bool isLiable = registry.unstakeDelaySeconds() > p.proveDeadlineSeconds + registry.slotSeconds();
            if (p.bond != 0 || registry.rollup() != address(this) || !isLiable) revert BadParameters();
        }
        IS_ROTATING = isRotating;
        SHAPE_COUNT = shapes.length;
        // 248 bits: always a canonical word. The whole chain ids and the whole address are hashed.
        DOMAIN = uint256(keccak256(abi.encodePacked(block.chainid, address(this), p.l2ChainId))) & ((1 << 248) - 1);
        L2_CHAIN_ID = p.l2ChainId;
        GENESIS_ROOT = p.genesisRoot;
        INITIAL_SEQUENCER = p.sequencer;
        ACCOUNT_VERIFIER = p.accountVerifier;
        GRACE_SECONDS = p.graceSeconds;
        PROVE_DEADLINE_SECONDS = p.proveDeadlineSeconds;
        QUEUE_DEADLINE_SECONDS = p.queueDeadlineSeconds;
        MAX_DRIFT_SECONDS = p.maxDriftSeconds;
        MAX_AGE_SECONDS = p.maxAgeSeconds;
        BOND = p.bond;
        QUEUE_FEE = p.queueFee;
        REGISTRATION_FEE = p.registrationFee;
        _committedRoot = p.genesisRoot;
        _provenRoot = p.genesisRoot;
        _control.sequencer = p.sequencer;
        _control.seenAt = uint40(block.timestamp);
    }

    modifier whileLive() {
        if (_control.frozen) revert Frozen();
        _;
    }

    modifier whenFrozen() {
        if (!_control.frozen) revert NotFrozen();
        _;
    }

    /// Credits money owed to `owner`; it is pulled by `withdraw`. Implemented by the vault.
    function _credit(address owner, uint256 token, uint256 amount) internal virtual;

    function _shape(uint256 shapeId) internal view returns (ShapeConfig memory shape) {
        shape = _shapes[shapeId];
        if (shape.verifier == address(0)) revert UnknownShape(shapeId);
    }
}
