// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IOracle} from "./IOracle.sol";
import {ILedgerRead} from "./interfaces/ILedgerRead.sol";

/// Its balance is what all may withdraw and the fees of open questions. Everything is written down before anybody is called.
contract Oracle is IOracle {
    ILedgerRead private constant LEDGER = ILedgerRead(0x456E6772616D0000000000000000000000000004);
    uint8 private constant KEY = 1;
    uint8 private constant ATTEST = 3;
    uint256 private constant MAX_PROVIDERS = 8;
    uint256 private constant MAX_INPUT_BYTES = 8_192;
    uint256 private constant MAX_OUTPUT_BYTES = 4_096;
    uint256 private constant MAX_SECONDS = 7 days;
    // With the rest of an answer far below what one transaction may use (2^24): a question can always be answered.
    uint32 private constant MAX_CALLBACK_GAS = 5_000_000;
    // From the check of the gas to the end of the transaction, the callback itself left out: a cold call, a log, the return.
    uint256 private constant AROUND_CALLBACK_GAS = 15_000;

    struct Stored {
        address asker;
        uint40 deadline;
        uint32 model;
        uint8 quorum;
        Status status;
        uint96 fee;
        uint32 callbackGas;
        bytes4 callback;
        uint40 revealFrom;
        bytes32 inputHash;
        // 32 bits each, from the lowest up; 0 is no account of the ledger and ends the list.
        uint256 providers;
    }

    uint256 private _count;
    mapping(uint256 question => Stored) private _questions;
    // By the provider's place in the question. 0: no answer.
    mapping(uint256 question => mapping(uint256 place => bytes32 digest)) private _answers;
    mapping(address owner => uint256 amount) private _credits;
    // When a receipt was first committed to, seconds. A receipt names its question, and its signature its provider: no key but the hash is needed.
    mapping(bytes32 receiptHash => uint256 time) private _commitments;

    function ask(
        uint32 model,
        uint32[] calldata providers,
        uint8 quorum,
        bytes calldata input,
        uint40 deadline,
        uint32 callbackGas,
        bytes4 callback
    ) external payable returns (uint256 question) {
        if (providers.length == 0 || providers.length > MAX_PROVIDERS) revert ProviderCount(providers.length);
        if (quorum == 0 || quorum > providers.length) revert BadQuorum(quorum, providers.length);
        if (input.length > MAX_INPUT_BYTES) revert InputTooLong(input.length);
        if (deadline <= block.timestamp || deadline > block.timestamp + MAX_SECONDS) revert BadDeadline(deadline);
        if (callbackGas > MAX_CALLBACK_GAS) revert CallbackGasTooHigh(callbackGas);
        // A receipt's price has 96 bits.
        if (msg.value > type(uint96).max) revert FeeOutOfRange(msg.value);
        if (LEDGER.account(model).kind != ATTEST) revert NotAModel(model);
        question = _count + 1;
        // A receipt's sequence has 32 bits.
        if (question > type(uint32).max) revert TooManyQuestions();
        _count = question;
        uint40 revealFrom = quorum == 1 ? 0 : uint40(block.timestamp + (deadline - block.timestamp) / 2);
        _questions[question] = Stored({
            asker: msg.sender,
            deadline: deadline,
            model: model,
            quorum: quorum,
            status: Status.OPEN,
            fee: uint96(msg.value),
            callbackGas: callbackGas,
            callback: callback,
            revealFrom: revealFrom,
            inputHash: sha256(input),
            providers: _packed(providers)
        });
        emit Asked(question, model, msg.sender, providers, quorum, msg.value, deadline, revealFrom, callbackGas, input);
    }

    function commitAnswer(bytes32 receiptHash) external {
        // The first counts: who commits to another's receipt makes it no later.
        if (_commitments[receiptHash] != 0) return;
        _commitments[receiptHash] = block.timestamp;
        emit Committed(receiptHash, msg.sender);
    }

    function answer(uint256 question, uint32 provider, bytes calldata output, bytes calldata receipt) external {
        Stored memory asked = _open(question);
        if (block.timestamp > asked.deadline) revert TooLate(asked.deadline);
        if (block.timestamp < asked.revealFrom) revert TooEarlyToReveal(asked.revealFrom);
        uint256 place = _placeOf(asked.providers, provider);
        if (_answers[question][place] != 0) revert AlreadyAnswered(provider);
        if (output.length > MAX_OUTPUT_BYTES) revert OutputTooLong(output.length);
        ILedgerRead.Answer memory given = LEDGER.verifyAnswer(provider, receipt);
        uint96 price = asked.fee / asked.quorum;
        if (given.sequence != question) revert WrongQuestion(question, given.sequence);
        if (given.model != asked.model) revert WrongModel(asked.model, given.model);
        if (given.price != price) revert WrongPrice(price, given.price);
        if (given.inputHash != asked.inputHash) revert WrongInput(asked.inputHash, given.inputHash);
        bytes32 outputHash = sha256(output);
        if (given.outputHash != outputHash) revert WrongOutput(outputHash, given.outputHash);
        if (asked.quorum > 1) _checkCommitment(receipt, asked.revealFrom);
        bytes32 digest = keccak256(abi.encode(outputHash, given.execution));
        _answers[question][place] = digest;
        emit Answered(question, provider, outputHash, given.execution);
        uint32[] memory agreeing = _agreeing(question, asked.providers, digest);
        if (agreeing.length < asked.quorum) return;
        _questions[question].status = Status.ANSWERED;
        for (uint256 i = 0; i < agreeing.length; ++i) {
            // `c` of a KEY account is the address of whoever controls it.
            _credits[address(uint160(LEDGER.account(agreeing[i]).c))] += price;
        }
        // One more answer each time, so there are exactly `quorum`.
        _credits[asked.asker] += asked.fee - price * asked.quorum;
        emit Resolved(question, asked.model, asked.asker, given.execution, agreeing, output);
        if (asked.callbackGas != 0) _callBack(question, asked, output);
    }

    function refund(uint256 question) external {
        Stored memory asked = _open(question);
        if (block.timestamp <= asked.deadline) revert TooEarly(asked.deadline);
        _questions[question].status = Status.REFUNDED;
        _credits[asked.asker] += asked.fee;
        emit Refunded(question, asked.asker, asked.fee);
    }

    function withdraw(address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroRecipient();
        amount = _credits[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        _credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        if (!_call(to, amount, gasleft(), "")) revert TransferFailed(to);
    }

    function credit(address owner) external view returns (uint256) {
        return _credits[owner];
    }

    function questionAt(uint256 question) external view returns (Question memory) {
        Stored memory asked = _questions[question];
        uint32[] memory providers = new uint32[](_length(asked.providers));
        for (uint256 i = 0; i < providers.length; ++i) providers[i] = _at(asked.providers, i);
        return Question({
            status: asked.status,
            asker: asked.asker,
            model: asked.model,
            quorum: asked.quorum,
            deadline: asked.deadline,
            revealFrom: asked.revealFrom,
            fee: asked.fee,
            price: asked.quorum == 0 ? 0 : asked.fee / asked.quorum,
            callbackGas: asked.callbackGas,
            callback: asked.callback,
            inputHash: asked.inputHash,
            providers: providers
        });
    }

    function answerOf(uint256 question, uint32 provider) external view returns (bytes32) {
        return _answers[question][_placeOf(_questions[question].providers, provider)];
    }

    function committedAt(bytes32 receiptHash) external view returns (uint256) {
        return _commitments[receiptHash];
    }

    function count() external view returns (uint256) {
        return _count;
    }

    /// Gas for the whole limit must be there: a call gets at most 63/64 of what is left (EIP-150), and whoever brings the last answer
    /// chooses how much that is. Nothing that comes back is copied.
    function _callBack(uint256 question, Stored memory asked, bytes calldata output) private {
        bytes memory data = abi.encodeWithSelector(asked.callback, question, output);
        uint256 limit = asked.callbackGas;
        uint256 needed = limit + limit / 63 + AROUND_CALLBACK_GAS;
        if (gasleft() < needed) revert NotEnoughGas(needed);
        if (!_call(asked.asker, 0, limit, data)) emit CallbackFailed(question, asked.asker);
    }

    function _call(address to, uint256 value, uint256 gasLimit, bytes memory data) private returns (bool success) {
        assembly ("memory-safe") {
            success := call(gasLimit, to, value, add(data, 0x20), mload(data), 0, 0)
        }
    }

    /// No answer is public before `revealFrom`: what was committed to before it was copied from none.
    function _checkCommitment(bytes calldata receipt, uint40 revealFrom) private view {
        bytes32 receiptHash = keccak256(receipt);
        uint256 time = _commitments[receiptHash];
        if (time == 0 || time >= revealFrom) revert NotCommitted(receiptHash);
    }

    function _open(uint256 question) private view returns (Stored memory asked) {
        asked = _questions[question];
        if (asked.status == Status.NONE) revert UnknownQuestion(question);
        if (asked.status != Status.OPEN) revert NotOpen(question);
    }

    /// Each must be a live KEY account, and there once.
    function _packed(uint32[] calldata providers) private view returns (uint256 packed) {
        for (uint256 i = 0; i < providers.length; ++i) {
            uint32 provider = providers[i];
            for (uint256 k = 0; k < i; ++k) {
                if (providers[k] == provider) revert DuplicateProvider(provider);
            }
            if (LEDGER.account(provider).kind != KEY) revert NotAKey(provider);
            packed |= uint256(provider) << (32 * i);
        }
    }

    function _at(uint256 packed, uint256 place) private pure returns (uint32) {
        return uint32(packed >> (32 * place));
    }

    function _length(uint256 packed) private pure returns (uint256 length) {
        while (length < MAX_PROVIDERS && _at(packed, length) != 0) ++length;
    }

    function _placeOf(uint256 packed, uint32 provider) private pure returns (uint256 place) {
        // 0 stands behind the last one.
        if (provider == 0) revert NotAsked(provider);
        while (_at(packed, place) != provider) {
            if (++place == MAX_PROVIDERS) revert NotAsked(provider);
        }
    }

    /// Providers whose answer is this one, in the question's order.
    function _agreeing(uint256 question, uint256 packed, bytes32 digest) private view returns (uint32[] memory agreeing) {
        uint32[] memory found = new uint32[](MAX_PROVIDERS);
        uint256 length = 0;
        for (uint256 place = 0; place < MAX_PROVIDERS && _at(packed, place) != 0; ++place) {
            if (_answers[question][place] == digest) found[length++] = _at(packed, place);
        }
        agreeing = new uint32[](length);
        for (uint256 i = 0; i < length; ++i) agreeing[i] = found[i];
    }
}
