// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {BadParameters, DuplicateSigner, ZeroAddress} from "../Errors.sol";
import {IAttestors} from "../interfaces/IAttestors.sol";

/// Attestors fixed at deployment. Nobody can change the set: another one means another `EvmLane`.
contract SignerSet is IAttestors {
    struct Signer {
        address signer;
        uint256 weight;
    }

    /// Written by the constructor only.
    mapping(address signer => uint256) private _weights;
    Signer[] private _signers;
    uint256 private immutable TOTAL_WEIGHT;

    constructor(Signer[] memory members) {
        if (members.length == 0) revert BadParameters();
        uint256 total = 0;
        for (uint256 i = 0; i < members.length; ++i) {
            Signer memory member = members[i];
            if (member.signer == address(0)) revert ZeroAddress();
            // The product in the 2/3 rule must not overflow.
            if (member.weight == 0 || member.weight > type(uint128).max) revert BadParameters();
            if (_weights[member.signer] != 0) revert DuplicateSigner(member.signer);
            _weights[member.signer] = member.weight;
            _signers.push(member);
            total += member.weight;
        }
        if (total > type(uint128).max) revert BadParameters();
        TOTAL_WEIGHT = total;
    }

    /// It never changes: one epoch.
    function epoch() external pure returns (uint256) {
        return 0;
    }

    function weightOf(address signer) external view returns (uint256) {
        return _weights[signer];
    }

    function totalWeight() external view returns (uint256) {
        return TOTAL_WEIGHT;
    }

    /// Attesting earns nothing here.
    function onCounted(address[] calldata, uint256[] calldata) external pure {}

    /// All of them, in the order of the deployment.
    function signers() external view returns (Signer[] memory) {
        return _signers;
    }
}
