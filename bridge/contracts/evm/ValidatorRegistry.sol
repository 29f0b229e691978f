// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {GenesisValidator, RegistryParameters} from "../Types.sol";
import {RegistryBase} from "./registry/RegistryBase.sol";
import {Rewards} from "./registry/Rewards.sol";
import {Stakes} from "./registry/Stakes.sol";

/// Stakes of those who attest the EVM lane and, if the rollup's seat is this contract's, take turns as its sequencer. Immutable, without
/// owner, proxy or pause. It is deployed first: rollup and lane are told by the addresses they will have.
/// States, calls, trust: bridge/README.md; rules: docs/protocol.md sections 14 and 15.
contract ValidatorRegistry is Rewards {
    constructor(RegistryParameters memory p, GenesisValidator[] memory genesis)
        payable
        RegistryBase(p)
        Stakes(genesis)
    {}
}
