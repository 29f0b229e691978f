// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// @title Answers of attested models, for contracts
/// @notice A contract asks named providers with a fee; each answers with a signed receipt (docs/ai.md section 6). Those of a quorum that
/// agree are paid and the asker is called back; without one in time the asker gets its fee back. Silence is never paid, nor is an answer
/// that others do not confirm. Where more than one must agree, answers are committed to in the first half of the time and shown in the second:
/// nobody copies what another shows. Who can guess the output can commit to several guesses and show the one that fits; ask for outputs that
/// are worth less to guess than to compute (all of a model's scores, not the best label). A quorum of one among several takes the first
/// answer that comes, which another can copy and bring first: name one provider, or want two. All money is pulled: `withdraw`.
interface IOracle {
    enum Status {
        NONE,
        OPEN,
        ANSWERED,
        REFUNDED
    }

    struct Question {
        Status status;
        address asker;
        /// ATTEST account of the ledger.
        uint32 model;
        uint8 quorum;
        /// Seconds; answers are taken until then, a refund after it.
        uint40 deadline;
        /// Seconds; answers are taken from then on, if they were committed to before. 0: a quorum of one, without commitments.
        uint40 revealFrom;
        uint96 fee;
        /// For each of the quorum: `fee / quorum`, floored.
        uint96 price;
        uint32 callbackGas;
        bytes4 callback;
        /// SHA-256.
        bytes32 inputHash;
        /// KEY accounts of the ledger.
        uint32[] providers;
    }

    event Asked(
        uint256 indexed question,
        uint32 indexed model,
        address indexed asker,
        uint32[] providers,
        uint8 quorum,
        uint256 fee,
        uint40 deadline,
        uint40 revealFrom,
        uint32 callbackGas,
        bytes input
    );
    /// Somebody committed to a receipt, for the first time.
    event Committed(bytes32 indexed receiptHash, address indexed by);
    event Answered(uint256 indexed question, uint32 indexed provider, bytes32 outputHash, uint256 execution);
    /// @param paid the providers of the quorum
    event Resolved(
        uint256 indexed question, uint32 indexed model, address indexed asker, uint256 execution, uint32[] paid, bytes output
    );
    /// The asker's function failed, or used up its gas; the answer stands.
    event CallbackFailed(uint256 indexed question, address indexed asker);
    event Refunded(uint256 indexed question, address indexed asker, uint256 fee);
    event Withdrawn(address indexed owner, address indexed to, uint256 amount);

    /// Not 1 to 8.
    error ProviderCount(uint256 providers);
    error DuplicateProvider(uint32 provider);
    /// There is no live KEY account of this index.
    error NotAKey(uint32 provider);
    /// There is no live ATTEST account of this index.
    error NotAModel(uint32 model);
    error BadQuorum(uint8 quorum, uint256 providers);
    error InputTooLong(uint256 bytes_);
    error OutputTooLong(uint256 bytes_);
    /// Past, or more than 7 days ahead.
    error BadDeadline(uint40 deadline);
    error CallbackGasTooHigh(uint32 callbackGas);
    error FeeOutOfRange(uint256 fee);
    error TooManyQuestions();
    error UnknownQuestion(uint256 question);
    /// Answered or refunded already.
    error NotOpen(uint256 question);
    error TooLate(uint40 deadline);
    error TooEarly(uint40 deadline);
    error TooEarlyToReveal(uint40 revealFrom);
    /// Nobody committed to this receipt, or too late.
    error NotCommitted(bytes32 receiptHash);
    error NotAsked(uint32 provider);
    error AlreadyAnswered(uint32 provider);
    /// What the receipt says is not what was asked, or not of this output.
    error WrongQuestion(uint256 expected, uint256 found);
    error WrongModel(uint32 expected, uint32 found);
    error WrongPrice(uint96 expected, uint96 found);
    error WrongInput(bytes32 expected, bytes32 found);
    error WrongOutput(bytes32 expected, bytes32 found);
    /// The transaction has too little gas left for the callback's whole limit: nobody can starve it.
    error NotEnoughGas(uint256 needed);
    error NothingToWithdraw(address owner);
    error ZeroRecipient();
    error TransferFailed(address to);

    /// @notice Asks; the ETH sent along is the fee.
    /// @param providers 1 to 8 KEY accounts, no two the same
    /// @param quorum how many must agree; at most half of the providers lets the first camp win
    /// @param input at most 8,192 bytes
    /// @param deadline seconds, at most 7 days ahead; with a quorum above one, half of the time is for commitments
    /// @param callbackGas at most 5,000,000; 0: no callback
    /// @param callback selector of `function(uint256 question, bytes output)` of the caller, which checks that Oracle calls it
    /// @return question from 1
    function ask(
        uint32 model,
        uint32[] calldata providers,
        uint8 quorum,
        bytes calldata input,
        uint40 deadline,
        uint32 callbackGas,
        bytes4 callback
    ) external payable returns (uint256 question);

    /// @notice Commits to a receipt, before `revealFrom` of its question, by anybody; nothing happens if somebody did already.
    /// @param receiptHash keccak256 of its 221 bytes
    function commitAnswer(bytes32 receiptHash) external;

    /// @notice A provider's answer; anybody can bring it. The one that completes the quorum runs the callback.
    /// @param output at most 4,096 bytes
    /// @param receipt 221 bytes (docs/receipts.md): channel 0, sequence = question, price = fee / quorum
    function answer(uint256 question, uint32 provider, bytes calldata output, bytes calldata receipt) external;

    /// @notice After the deadline, by anybody: the fee of a question without an answer goes to its asker's credit.
    function refund(uint256 question) external;

    /// @notice Pays the caller's credit to `to`.
    function withdraw(address to) external returns (uint256 amount);

    function credit(address owner) external view returns (uint256);

    /// @notice All zeros if there is none.
    function questionAt(uint256 question) external view returns (Question memory);

    /// @notice `keccak256(abi.encode(outputHash, execution))` of the provider's answer; 0: none.
    function answerOf(uint256 question, uint32 provider) external view returns (bytes32);

    /// @notice When a receipt was committed to, seconds; 0: never.
    function committedAt(bytes32 receiptHash) external view returns (uint256);

    /// @notice Questions so far; the number of the last one.
    function count() external view returns (uint256);
}
