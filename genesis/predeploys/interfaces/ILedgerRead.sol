// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// The ledger lane as of this block's operations; fees and royalties as of the last closed batch. At 0x456e6772616d0000000000000000000000000004.
interface ILedgerRead {
    /// `kind`: 0 none (all words 0), 1 KEY, 2 CHANNEL, 3 ATTEST. What a, b and c mean: docs/protocol.md, section 2.
    struct Account {
        uint8 kind;
        uint16 token;
        uint32 nonce;
        uint96 balance;
        uint96 claimed;
        uint256 a;
        uint256 b;
        uint256 c;
    }

    /// `model` 0: none. The payer can take back what is left from `expiry` + 86,400 s on.
    struct Channel {
        uint32 provider;
        uint32 payer;
        uint32 model;
        uint40 expiry;
        uint16 token;
        uint96 balance;
        uint96 claimed;
    }

    /// What a receipt proves: this provider says that it ran this model on this input to this output at this price, and a claim settled it.
    /// `settledTotal`: what the channel had paid in all with the latest claim of that root, for `settledReceipts` receipts.
    struct Receipt {
        uint32 channel;
        uint32 sequence;
        uint32 provider;
        uint32 model;
        uint40 time;
        uint96 price;
        bytes32 inputHash;
        bytes32 outputHash;
        uint256 execution;
        uint256 receiptsRoot;
        uint96 settledTotal;
        uint64 settledReceipts;
    }

    /// What an answer's receipt says: of no channel, `sequence` is the number of the question it answers.
    struct Answer {
        uint32 sequence;
        uint32 model;
        uint40 time;
        uint96 price;
        bytes32 inputHash;
        bytes32 outputHash;
        uint256 execution;
    }

    /// The calldata have no such function.
    error UnknownFunction(bytes4 selector);
    /// The calldata are too short, or a value is out of its type's range.
    error MalformedCall();
    /// Calls do not take value.
    error ValueSent(uint256 value);
    /// No account there, or of another kind.
    error NotAChannel(uint32 index);
    /// Not 221 bytes as docs/receipts.md has them, or a field out of its range.
    error ReceiptMalformed();
    /// Not an inclusion proof as docs/receipts.md has it.
    error ProofMalformed();
    /// The receipt is of a channel: `verifyReceipt` is for those.
    error NotAnAnswer(uint32 channel);
    /// The receipt names another model than its channel.
    error ReceiptModel(uint32 expected, uint32 found);
    /// The key of the channel's (for an answer: the named) provider did not sign it, for this deployment; or it is no KEY account.
    error ReceiptSignature();
    /// The proof is for another position than the receipt's number.
    error ReceiptPosition(uint32 sequence, uint32 position);
    /// The proof leads to a root that no claim of this channel settled.
    error ReceiptNotSettled(uint32 channel, uint256 receiptsRoot);
    /// The price is more than the claim paid in all.
    error ReceiptPrice(uint96 price, uint96 total);

    /// All words 0 if there is none.
    function account(uint32 index) external view returns (Account memory);

    function exists(uint32 index) external view returns (bool);

    /// The terms of a channel; reverts unless there is one.
    function channel(uint32 index) external view returns (Channel memory);

    /// Whether a CLAIM of this channel settled this root, and what the channel had paid in all with the latest such claim.
    function isSettled(uint32 channelIndex, uint256 receiptsRoot) external view returns (bool settled, uint96 total);

    /// Checks a receipt as docs/receipts.md, section 2 has it, or reverts with the first statement that fails. The same receipt is good for
    /// ever: a contract that pays for one must remember (channel, sequence).
    /// @param receipt 221 bytes, signature included
    /// @param proof its inclusion under a root that a CLAIM of its channel settled
    function verifyReceipt(bytes calldata receipt, bytes calldata proof) external view returns (Receipt memory);

    /// Checks that a KEY account's key signed a receipt of channel 0, an answer to a contract (docs/ai.md section 6). Nothing on the ledger
    /// pays for it, nobody but the signer vouches for it, and it is good for ever and for whoever takes it: what it says must be compared
    /// with what was asked, each question paid once.
    /// @param receipt 221 bytes, signature included
    function verifyAnswer(uint32 provider, bytes calldata receipt) external view returns (Answer memory);
}
