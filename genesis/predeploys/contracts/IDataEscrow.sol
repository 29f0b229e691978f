// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity ^0.8.20;

/// @title A dataset, encrypted, sold for its key
/// @notice Holds a price until the seller has given the key, and for a while longer, in which the buyer can prove that it was cheated
/// (docs/ai.md section 7). What a purchase is travels in every call; the contract keeps its hash, which is the purchase's id.
interface IDataEscrow {
    /// @param dataset the ATTEST account that it is, 0 if none; nothing here checks it
    /// @param plainRoot of the tree of plain chunks
    /// @param cipherRoot of the tree of encrypted chunks
    /// @param chunks leaves of either tree
    /// @param lastLength bytes of the last chunk, 1 to 1,024; all others have 1,024
    /// @param keyHash keccak256(0x02 ‖ key)
    /// @param token of the bridge; 0 is ETH
    /// @param seller who delivers, and is paid
    struct Offer {
        uint32 dataset;
        bytes32 plainRoot;
        bytes32 cipherRoot;
        uint32 chunks;
        uint16 lastLength;
        bytes32 keyHash;
        uint16 token;
        uint96 price;
        address seller;
    }

    /// @notice A point of secp256k1.
    struct Point {
        uint256 x;
        uint256 y;
    }

    /// @param key the buyer's, for this purchase alone
    /// @param deliverBy last second of the delivery
    /// @param disputeSeconds how long the buyer can dispute after it
    struct Purchase {
        Offer offer;
        address buyer;
        Point key;
        uint40 deliverBy;
        uint32 disputeSeconds;
    }

    /// @param masked the key xor keccak256(0x03 ‖ id ‖ S.x ‖ S.y), S being the point that buyer's and seller's one-time keys share
    /// @param key the seller's one-time key
    struct Delivery {
        bytes32 masked;
        Point key;
    }

    /// @notice What the buyer shows of a chunk that does not decrypt to what was sold.
    struct Complaint {
        bytes32 key;
        uint32 index;
        bytes cipherChunk;
        bytes32[] cipherProof;
        bytes32 plainLeaf;
        bytes32[] plainProof;
    }

    enum Status {
        UNKNOWN,
        BOUGHT,
        DELIVERED,
        RELEASED,
        REFUNDED
    }

    event Bought(bytes32 indexed id, address indexed buyer, address indexed seller, Purchase purchase);
    /// @param disputeUntil last second of a dispute
    event Delivered(bytes32 indexed id, Delivery delivery, uint40 disputeUntil);
    event KeyDisputed(bytes32 indexed id);
    event ChunkDisputed(bytes32 indexed id, uint32 index);
    /// @notice The price is the seller's.
    event Released(bytes32 indexed id, address indexed seller, uint16 token, uint256 amount);
    /// @notice The price is the buyer's again.
    event Refunded(bytes32 indexed id, address indexed buyer, uint16 token, uint256 amount);
    event Withdrawn(uint16 indexed token, address indexed owner, address to, uint256 amount);

    error PriceZero();
    error WrongValue(uint256 sent, uint256 expected);
    error UnknownToken(uint16 token);
    /// No chunks, or a last one of an impossible length.
    error BadOffer();
    /// Not a point, or the one in 2^128 that cannot be multiplied here.
    error BadPoint(uint256 x, uint256 y);
    error DeadlineOutOfRange(uint40 deliverBy);
    error DisputeTimeOutOfRange(uint32 disputeSeconds);
    /// The same purchase a second time; another one-time key makes another purchase.
    error AlreadyBought(bytes32 id);
    error WrongStatus(bytes32 id, Status status);
    error NotSeller(address caller);
    error TooLate(uint40 until);
    error TooEarly(uint40 until);
    /// Not what the seller delivered.
    error WrongDelivery(bytes32 id);
    error SecretOutOfRange();
    /// Not the secret of the buyer's one-time key.
    error WrongSecret();
    /// Not the point that the keys share.
    error WrongShared();
    /// The delivered key is the one that was sold.
    error KeyIsRight();
    /// Not the key that was sold.
    error WrongKey();
    error ChunkOutOfRange(uint32 index);
    error WrongLength(uint256 found, uint256 expected);
    error NotInCipher();
    error NotInPlain();
    /// The chunk decrypts to what was sold.
    error ChunkIsRight();
    error ZeroRecipient();
    error NothingOwed(uint16 token, address owner);
    error TransferFailed();

    /// @notice Puts the price into escrow. The caller is the buyer; whoever buys has checked both trees of the offer before.
    /// @param key made for this purchase: a dispute reveals its secret
    /// @param deliverBy at most 30 days ahead
    /// @param disputeSeconds 1 to 30 days: longer than messages of L1 can be kept out (12 hours)
    /// @return id keccak256(abi.encode(purchase))
    function buy(Offer calldata offer, Point calldata key, uint40 deliverBy, uint32 disputeSeconds)
        external
        payable
        returns (bytes32 id);

    /// @notice Only the seller, until `deliverBy`.
    function deliver(Purchase calldata purchase, Delivery calldata delivery) external;

    /// @notice By anyone who knows the secret of the buyer's one-time key, which is public from then on: the delivered key is not the one sold.
    /// @param shared secret · the seller's key
    function disputeKey(Purchase calldata purchase, Delivery calldata delivery, uint256 secret, Point calldata shared)
        external;

    /// @notice By anyone who knows the key, which is public from then on: a chunk does not decrypt to what was sold.
    function disputeChunk(Purchase calldata purchase, Complaint calldata complaint) external;

    /// @notice The price becomes the seller's: by the buyer, who is content, or by anyone once the time for disputes is over.
    function release(Purchase calldata purchase) external;

    /// @notice The price becomes the buyer's: by the seller, who declines, or by anyone once `deliverBy` has passed without a delivery.
    function refund(Purchase calldata purchase) external;

    /// @notice Pays all that the caller is owed.
    function withdraw(uint16 token, address to) external returns (uint256 amount);

    function credit(uint16 token, address owner) external view returns (uint256);

    function idOf(Purchase calldata purchase) external pure returns (bytes32);

    /// @return status of the purchase
    /// @return disputeUntil last second of a dispute; 0 before the delivery
    /// @return delivery keccak256(abi.encode(delivery)); 0 before it
    function stateOf(bytes32 id) external view returns (Status status, uint40 disputeUntil, bytes32 delivery);
}
