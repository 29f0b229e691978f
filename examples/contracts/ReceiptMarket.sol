// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ILedgerRead} from "./interfaces/ILedgerRead.sol";
import {IModelAttestation} from "./interfaces/IModelAttestation.sol";
import {ITokenFactory} from "./interfaces/ITokenFactory.sol";

/// @title A bounty for inferences of one attested model
/// @notice On top of what a consumer pays a provider on the ledger, this pays ETH and tokens for each receipt that the ledger settled.
/// The consumer is named: consumer and provider together can put under a settled root whatever they like, at their own expense only.
contract ReceiptMarket {
    using SafeERC20 for IERC20;

    struct Terms {
        /// SHA-256 of the model's file, and who must have attested it first.
        bytes32 model;
        address owner;
        /// SHA-256 of what the model must have been made from, directly or not.
        bytes32 origin;
        /// Ledger account that opened the channels.
        uint32 consumer;
        /// The channels' token: id of the rollup.
        uint16 token;
        /// Wei for a receipt. Of the token, a receipt gets its price once more.
        uint256 reward;
    }

    IModelAttestation private constant ATTESTATIONS = IModelAttestation(0x456E6772616D0000000000000000000000000001);
    ILedgerRead private constant LEDGER = ILedgerRead(0x456E6772616D0000000000000000000000000004);
    ITokenFactory private constant TOKENS = ITokenFactory(0x456E6772616d0000000000000000000000000012);
    uint8 private constant LEDGER_LANE = 0;
    uint8 private constant MODEL = 1;
    uint256 private constant GENERATIONS = 64;

    address public immutable SPONSOR;
    /// The model's attestation on the ledger.
    uint32 public immutable ATTESTATION;
    IERC20 public immutable TOKEN;
    uint32 private immutable CONSUMER;
    uint16 private immutable TOKEN_ID;
    uint256 private immutable REWARD;

    mapping(uint32 channel => mapping(uint32 sequence => bool)) private _isPaid;

    event Funded(address indexed from, uint256 amount);
    event Paid(address indexed provider, uint32 indexed channel, uint32 indexed sequence, uint256 reward, uint256 tokens);
    event Derived(uint256 indexed index, bytes32 digest);

    error NotAttested(bytes32 digest);
    error WrongOwner(address expected, address found);
    error WrongOrigin(bytes32 origin);
    error WrongModel(uint32 expected, uint32 found);
    error WrongToken(uint16 expected, uint16 found);
    error WrongConsumer(uint32 expected, uint32 found);
    error AlreadyPaid(uint32 channel, uint32 sequence);
    error PaymentRefused(address provider);
    error NotSponsor(address caller);

    constructor(Terms memory terms) payable {
        uint256 index = _onLedger(terms.model);
        address owner = ATTESTATIONS.get(LEDGER_LANE, index).owner;
        if (owner != terms.owner) revert WrongOwner(terms.owner, owner);
        if (!_descends(index, _onLedger(terms.origin))) revert WrongOrigin(terms.origin);
        SPONSOR = msg.sender;
        ATTESTATION = uint32(index); // indices of the ledger are below 2^24
        CONSUMER = terms.consumer;
        TOKEN_ID = terms.token;
        TOKEN = IERC20(TOKENS.tokenAddress(terms.token));
        REWARD = terms.reward;
        emit Funded(msg.sender, msg.value);
    }

    /// More for the bounty; a deposit from L1 can call this.
    function fund() external payable {
        emit Funded(msg.sender, msg.value);
    }

    /// Pays the provider that signed the receipt, once. Anybody can bring it.
    /// @param receipt 221 bytes
    /// @param proof its inclusion under a root that a CLAIM of its channel settled
    function claim(bytes calldata receipt, bytes calldata proof) external returns (address provider) {
        ILedgerRead.Receipt memory r = LEDGER.verifyReceipt(receipt, proof);
        if (r.model != ATTESTATION) revert WrongModel(ATTESTATION, r.model);
        ILedgerRead.Channel memory channel = LEDGER.channel(r.channel);
        if (channel.token != TOKEN_ID) revert WrongToken(TOKEN_ID, channel.token);
        if (channel.payer != CONSUMER) revert WrongConsumer(CONSUMER, channel.payer);
        if (_isPaid[r.channel][r.sequence]) revert AlreadyPaid(r.channel, r.sequence);
        _isPaid[r.channel][r.sequence] = true;
        // `c` of a KEY account is the address of whoever controls it.
        provider = address(uint160(LEDGER.account(r.provider).c));
        emit Paid(provider, r.channel, r.sequence, REWARD, r.price);
        TOKEN.safeTransfer(provider, r.price);
        _send(provider, REWARD);
    }

    /// Attests, in this contract's name, a model that was made from the bounty's.
    function attestDerived(bytes32 digest, bytes32 provenance, uint16 royaltyBps) external returns (uint256 index) {
        _onlySponsor();
        index = ATTESTATIONS.attest(digest, provenance, LEDGER_LANE, ATTESTATION, royaltyBps, MODEL);
        emit Derived(index, digest);
    }

    /// What is left goes back.
    function close() external {
        _onlySponsor();
        TOKEN.safeTransfer(SPONSOR, TOKEN.balanceOf(address(this)));
        _send(SPONSOR, address(this).balance);
    }

    function isPaid(uint32 channel, uint32 sequence) external view returns (bool) {
        return _isPaid[channel][sequence];
    }

    /// The earliest attestation of a file; it must be the ledger's.
    function _onLedger(bytes32 digest) private view returns (uint256 index) {
        bool found;
        uint8 lane;
        (found, lane, index) = ATTESTATIONS.find(digest);
        if (!found || lane != LEDGER_LANE) revert NotAttested(digest);
    }

    function _descends(uint256 index, uint256 origin) private view returns (bool) {
        IModelAttestation.Reference[] memory ancestors = ATTESTATIONS.lineage(LEDGER_LANE, index, GENERATIONS);
        for (uint256 i = 0; i < ancestors.length; ++i) {
            if (ancestors[i].lane == LEDGER_LANE && ancestors[i].index == origin) return true;
        }
        return false;
    }

    function _send(address to, uint256 amount) private {
        (bool isPaidOut,) = to.call{value: amount}("");
        if (!isPaidOut) revert PaymentRefused(to);
    }

    function _onlySponsor() private view {
        if (msg.sender != SPONSOR) revert NotSponsor(msg.sender);
    }
}
