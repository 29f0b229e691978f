// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IOracle} from "./interfaces/IOracle.sol";

/// @title Asks an attested model and remembers its answer
/// @notice Anybody pays for a question; the answer is what a quorum of the owner's providers agrees on. What is left of a fee, and fees of
/// questions without an answer, go back to who paid.
contract AskModel {
    struct Answer {
        bool isThere;
        bytes output;
    }

    IOracle private constant ORACLE = IOracle(0x456e6772616d0000000000000000000000000015);
    /// Enough to keep 500 bytes of output; whoever brings the last answer pays for it.
    uint32 private constant CALLBACK_GAS = 500_000;

    address public immutable OWNER;
    /// The model's attestation on the ledger.
    uint32 public immutable MODEL;
    uint8 public immutable QUORUM;

    uint32[] private _providers;
    mapping(uint256 question => address payer) private _payers;
    mapping(uint256 question => Answer) private _answers;

    event Learnt(uint256 indexed question, bytes output);

    error NotOracle(address caller);
    error NotPayer(address caller);
    error PaymentRefused(address payer);

    constructor(uint32 model, uint32[] memory providers, uint8 quorum) {
        OWNER = msg.sender;
        MODEL = model;
        QUORUM = quorum;
        _providers = providers;
    }

    /// Asks; the ETH sent along is the fee.
    function ask(bytes calldata input, uint40 deadline) external payable returns (uint256 question) {
        question = ORACLE.ask{value: msg.value}(
            MODEL, _providers, QUORUM, input, deadline, CALLBACK_GAS, this.onAnswer.selector
        );
        _payers[question] = msg.sender;
    }

    /// The callback: only Oracle makes it, and only for a question of this contract.
    function onAnswer(uint256 question, bytes calldata output) external {
        if (msg.sender != address(ORACLE)) revert NotOracle(msg.sender);
        _answers[question] = Answer({isThere: true, output: output});
        emit Learnt(question, output);
    }

    /// What came back for a question that is over: the whole fee if nobody answered, otherwise what could not be divided.
    function takeBack(uint256 question) external returns (uint256 amount) {
        address payer = _payers[question];
        if (msg.sender != payer) revert NotPayer(msg.sender);
        IOracle.Question memory asked = ORACLE.questionAt(question);
        if (asked.status == IOracle.Status.OPEN) {
            ORACLE.refund(question); // TooEarly before the deadline
            amount = asked.fee;
        } else {
            amount = asked.status == IOracle.Status.REFUNDED ? asked.fee : asked.fee - asked.price * asked.quorum;
        }
        _payers[question] = address(0);
        // This contract's credit at Oracle holds what came back for all of its questions; it is taken as a whole and paid out one by one.
        if (ORACLE.credit(address(this)) != 0) ORACLE.withdraw(address(this));
        (bool isPaid,) = payer.call{value: amount}("");
        if (!isPaid) revert PaymentRefused(payer);
    }

    function answerOf(uint256 question) external view returns (Answer memory) {
        return _answers[question];
    }

    receive() external payable {
        if (msg.sender != address(ORACLE)) revert NotOracle(msg.sender);
    }
}
