// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {NotEnoughGas} from "../Errors.sol";

/// What an ERC-20 says about itself, read so that no token can make the reader revert, run out of gas or fill its memory.
library TokenFacts {
    /// Bytes of a name or symbol; longer ones count as none.
    uint256 internal constant MAX_TEXT = 64;
    /// For each question. A proxy that keeps a long name in storage needs a fifth of it.
    uint256 private constant CALL_GAS = 100_000;
    /// What must be left so that the call gets all of it: a caller who gives too little gas must not be able to have a token
    /// announced without its name.
    uint256 private constant NEEDED_GAS = CALL_GAS + 10_000;
    uint256 private constant DEFAULT_DECIMALS = 18;

    function name(address token, bytes memory otherwise) internal view returns (bytes memory) {
        return _text(token, IERC20Metadata.name.selector, otherwise);
    }

    function symbol(address token, bytes memory otherwise) internal view returns (bytes memory) {
        return _text(token, IERC20Metadata.symbol.selector, otherwise);
    }

    function decimals(address token) internal view returns (uint8) {
        (uint256 size, bytes memory answer) = _ask(token, IERC20Metadata.decimals.selector);
        uint256 value = _word(answer, 0);
        return uint8(size < 32 || value > type(uint8).max ? DEFAULT_DECIMALS : value);
    }

    /// An ABI string, or a word with zeros behind the text as some old tokens answer.
    function _text(address token, bytes4 selector, bytes memory otherwise) private view returns (bytes memory text) {
        (uint256 size, bytes memory answer) = _ask(token, selector);
        uint256 start;
        uint256 length;
        if (size == 32) {
            while (length < 32 && answer[length] != 0) ++length;
        } else if (size >= 96 && _word(answer, 0) == 32) {
            start = 64;
            length = _word(answer, 32);
            if (length > MAX_TEXT || length > size - 64) length = 0;
        }
        if (length == 0) return otherwise;
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = answer[start + i];
        }
    }

    /// The size of the answer (0 if the call failed) and its first bytes, zeros behind them.
    function _ask(address token, bytes4 selector) private view returns (uint256 size, bytes memory answer) {
        if (gasleft() < NEEDED_GAS) revert NotEnoughGas(NEEDED_GAS, gasleft());
        answer = new bytes(64 + MAX_TEXT);
        assembly ("memory-safe") {
            mstore(0x00, selector)
            // At most as many bytes as `answer` has are copied, however long the token's answer is.
            if staticcall(CALL_GAS, token, 0x00, 4, add(answer, 32), mload(answer)) { size := returndatasize() }
        }
    }

    function _word(bytes memory answer, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(answer, 32), offset))
        }
    }
}
