// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

/// Unit tests only: answers what it was told to, or only for exactly the public inputs it was told to expect.
/// Like snarkjs's verifier it answers false, and does not revert, when it is given too little gas.
contract MockVerifier {
    bool private _answer = true;
    bytes32 private _expected;
    uint256 private _gasNeeded;

    error UnexpectedPublicInputs(bytes32 expected, bytes32 given);

    function setAnswer(bool answer) external {
        _answer = answer;
    }

    /// 0 accepts any; otherwise the keccak256 of the ABI-encoded public inputs.
    function expect(bytes32 inputsHash) external {
        _expected = inputsHash;
    }

    function setGasNeeded(uint256 gasNeeded) external {
        _gasNeeded = gasNeeded;
    }

    function verifyProof(uint256[2] calldata, uint256[2][2] calldata, uint256[2] calldata, uint256[3] calldata inputs)
        external
        view
        returns (bool)
    {
        return _verify(keccak256(abi.encode(inputs)));
    }

    function verifyProof(uint256[2] calldata, uint256[2][2] calldata, uint256[2] calldata, uint256[6] calldata inputs)
        external
        view
        returns (bool)
    {
        return _verify(keccak256(abi.encode(inputs)));
    }

    function _verify(bytes32 given) private view returns (bool) {
        if (gasleft() < _gasNeeded) return false;
        if (_expected != 0 && given != _expected) revert UnexpectedPublicInputs(_expected, given);
        return _answer;
    }
}
