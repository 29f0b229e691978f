// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IBabyJubjub} from "./IBabyJubjub.sol";
import {ILedgerRead} from "./ILedgerRead.sol";
import {IModelAttestation} from "./IModelAttestation.sol";
import {IPoseidon} from "./IPoseidon.sol";

IModelAttestation constant ATTESTATIONS = IModelAttestation(0x456E6772616D0000000000000000000000000001);
IPoseidon constant POSEIDON = IPoseidon(0x456e6772616D0000000000000000000000000002);
IBabyJubjub constant BABY_JUBJUB = IBabyJubjub(0x456E6772616D0000000000000000000000000003);
ILedgerRead constant LEDGER = ILedgerRead(0x456E6772616D0000000000000000000000000004);

/// Calls every function of the precompiles as a contract would.
contract PrecompileUser {
    error Undone();

    /// How `raw` calls.
    uint8 private constant CALL = 0;
    uint8 private constant STATICCALL = 1;
    uint8 private constant DELEGATECALL = 2;

    function attest(bytes32 digest, bytes32 provenance, uint8 lane, uint256 parent, uint16 royaltyBps, uint8 subtype)
        public
        returns (uint256)
    {
        return ATTESTATIONS.attest(digest, provenance, lane, parent, royaltyBps, subtype);
    }

    function find(bytes32 digest) external view returns (bool, uint8, uint256) {
        return ATTESTATIONS.find(digest);
    }

    function findAll(bytes32 digest, uint256 offset, uint256 limit)
        external
        view
        returns (uint256, IModelAttestation.Reference[] memory)
    {
        return ATTESTATIONS.findAll(digest, offset, limit);
    }

    function isAttested(bytes32 digest) external view returns (bool) {
        return ATTESTATIONS.isAttested(digest);
    }

    function get(uint8 lane, uint256 index) external view returns (IModelAttestation.Attestation memory) {
        return ATTESTATIONS.get(lane, index);
    }

    function count() external view returns (uint256) {
        return ATTESTATIONS.count();
    }

    function lineage(uint8 lane, uint256 index, uint256 max)
        external
        view
        returns (IModelAttestation.Reference[] memory)
    {
        return ATTESTATIONS.lineage(lane, index, max);
    }

    function hash(uint256[] calldata words) external view returns (uint256) {
        return POSEIDON.hash(words);
    }

    function verify(uint256[2] calldata pub, uint256 message, uint256[3] calldata sig) external view returns (bool) {
        return BABY_JUBJUB.verify(pub, message, sig);
    }

    function isOnCurve(uint256[2] calldata point) external view returns (bool) {
        return BABY_JUBJUB.isOnCurve(point);
    }

    function account(uint32 index) external view returns (ILedgerRead.Account memory) {
        return LEDGER.account(index);
    }

    function exists(uint32 index) external view returns (bool) {
        return LEDGER.exists(index);
    }

    function channel(uint32 index) external view returns (ILedgerRead.Channel memory) {
        return LEDGER.channel(index);
    }

    function isSettled(uint32 index, uint256 receiptsRoot) external view returns (bool, uint96) {
        return LEDGER.isSettled(index, receiptsRoot);
    }

    function verifyReceipt(bytes calldata receipt, bytes calldata proof)
        external
        view
        returns (ILedgerRead.Receipt memory)
    {
        return LEDGER.verifyReceipt(receipt, proof);
    }

    function verifyAnswer(uint32 provider, bytes calldata receipt) external view returns (ILedgerRead.Answer memory) {
        return LEDGER.verifyAnswer(provider, receipt);
    }

    function attestThenRevert(bytes32 digest) external returns (uint256 index) {
        index = attest(digest, 0, 0, 0, 0, 1);
        if (index != 0) revert Undone();
    }

    /// The inner frame attests and reverts, this one goes on and attests something else.
    function innerReverts(bytes32 undone, bytes32 kept) external returns (uint256) {
        try this.attestThenRevert(undone) {} catch {}
        return attest(kept, 0, 0, 0, 0, 1);
    }

    function raw(uint8 how, address to, bytes calldata data, uint256 gasLimit)
        external
        payable
        returns (bool ok, bytes memory answer)
    {
        if (how == CALL) return to.call{gas: gasLimit, value: msg.value}(data);
        if (how == STATICCALL) return to.staticcall{gas: gasLimit}(data);
        if (how == DELEGATECALL) return to.delegatecall{gas: gasLimit}(data);
        bytes memory input = data;
        assembly {
            ok := callcode(gasLimit, to, callvalue(), add(input, 32), mload(input), 0, 0)
            answer := mload(0x40)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 32), 0, returndatasize())
            mstore(0x40, add(answer, add(32, returndatasize())))
        }
    }

    receive() external payable {}
}

/// Attests before it has code, in its own name, and lets its deployer's frame attest in between.
contract AttestsInConstructor {
    uint256 public immutable FIRST;
    uint256 public immutable SECOND;

    constructor(PrecompileUser user, bytes32 digest) {
        FIRST = ATTESTATIONS.attest(digest, 0, 0, 0, 0, 4);
        user.attest(digest, 0, 1, FIRST, 0, 4);
        SECOND = ATTESTATIONS.attest(digest, 0, 1, FIRST + 1, 0, 4);
    }
}
