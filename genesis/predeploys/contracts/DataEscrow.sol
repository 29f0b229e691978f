// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IDataEscrow} from "./IDataEscrow.sol";

/// What is needed of TokenFactory, which is not compiled along.
interface ITokens {
    function tokenAddress(uint16 token) external view returns (address);
    function tokenAt(address account) external view returns (uint16);
}

/// Optimistic: nobody proves a right delivery, a wrong one is proven by whoever bought it. The price is always one of three things: in escrow
/// (BOUGHT, DELIVERED), the seller's credit (RELEASED) or the buyer's (REFUNDED); statuses only go down that list.
contract DataEscrow is IDataEscrow {
    ITokens private constant TOKENS = ITokens(0x456E6772616d0000000000000000000000000012);
    uint16 private constant ETHER = 0;
    uint256 private constant MAX_DELIVERY = 30 days;
    uint256 private constant MIN_DISPUTE = 1 days;
    uint256 private constant MAX_DISPUTE = 30 days;
    uint256 private constant CHUNK = 1024;

    // secp256k1: y^2 = x^3 + 7 over the integers modulo P; the group has the prime order N.
    uint256 private constant P = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f;
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
    uint256 private constant GX = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798;
    uint256 private constant GY = 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8;

    // First bytes of what is hashed: no leaf is a node, no node a key.
    uint8 private constant LEAF = 0;
    uint8 private constant NODE = 1;
    uint8 private constant KEY = 2;
    uint8 private constant MASK = 3;

    struct State {
        Status status;
        uint40 disputeUntil;
        bytes32 delivery;
    }

    mapping(bytes32 id => State) private _states;
    mapping(uint16 token => mapping(address owner => uint256)) private _credits;

    function buy(Offer calldata offer, Point calldata key, uint40 deliverBy, uint32 disputeSeconds)
        external
        payable
        returns (bytes32 id)
    {
        if (offer.price == 0) revert PriceZero();
        if (offer.chunks == 0 || offer.lastLength == 0 || offer.lastLength > CHUNK) revert BadOffer();
        if (deliverBy <= block.timestamp || deliverBy > block.timestamp + MAX_DELIVERY) {
            revert DeadlineOutOfRange(deliverBy);
        }
        if (disputeSeconds < MIN_DISPUTE || disputeSeconds > MAX_DISPUTE) {
            revert DisputeTimeOutOfRange(disputeSeconds);
        }
        _checkPoint(key);
        uint256 expected = offer.token == ETHER ? offer.price : 0;
        if (msg.value != expected) revert WrongValue(msg.value, expected);

        Purchase memory purchase = Purchase(offer, msg.sender, key, deliverBy, disputeSeconds);
        id = keccak256(abi.encode(purchase));
        if (_states[id].status != Status.UNKNOWN) revert AlreadyBought(id);
        _states[id].status = Status.BOUGHT;
        emit Bought(id, msg.sender, offer.seller, purchase);
        // The bridge's own tokens: they revert or pay in full, and call nobody.
        if (offer.token != ETHER) _token(offer.token).transferFrom(msg.sender, address(this), offer.price);
    }

    function deliver(Purchase calldata purchase, Delivery calldata delivery) external {
        (bytes32 id, State storage state) = _in(purchase, Status.BOUGHT);
        if (msg.sender != purchase.offer.seller) revert NotSeller(msg.sender);
        if (block.timestamp > purchase.deliverBy) revert TooLate(purchase.deliverBy);
        _checkPoint(delivery.key);
        // 40 bits: `deliverBy` is at most 30 days after a timestamp, and this 30 days after that.
        uint40 until = uint40(block.timestamp) + purchase.disputeSeconds;
        state.status = Status.DELIVERED;
        state.disputeUntil = until;
        state.delivery = keccak256(abi.encode(delivery));
        emit Delivered(id, delivery, until);
    }

    function disputeKey(Purchase calldata purchase, Delivery calldata delivery, uint256 secret, Point calldata shared)
        external
    {
        (bytes32 id, State storage state) = _disputable(purchase);
        if (state.delivery != keccak256(abi.encode(delivery))) revert WrongDelivery(id);
        if (secret == 0 || secret >= N) revert SecretOutOfRange();
        if (_times(secret, GX, GY) != _addressOf(purchase.key)) revert WrongSecret();
        // An address has 160 bits of the point's hash. Another pair of numbers with the same ones is a second preimage: 2^160 tries.
        if (_times(secret, delivery.key.x, delivery.key.y) != _addressOf(shared)) revert WrongShared();
        bytes32 key = delivery.masked ^ keccak256(abi.encodePacked(MASK, id, shared.x, shared.y));
        if (_isKey(key, purchase.offer)) revert KeyIsRight();
        emit KeyDisputed(id);
        _refund(id, purchase);
    }

    function disputeChunk(Purchase calldata purchase, Complaint calldata complaint) external {
        (bytes32 id,) = _disputable(purchase);
        Offer calldata offer = purchase.offer;
        uint32 index = complaint.index;
        if (!_isKey(complaint.key, offer)) revert WrongKey();
        if (index >= offer.chunks) revert ChunkOutOfRange(index);
        uint256 length = index == offer.chunks - 1 ? offer.lastLength : CHUNK;
        if (complaint.cipherChunk.length != length) revert WrongLength(complaint.cipherChunk.length, length);

        (bytes32 cipherLeaf, bytes32 plainLeaf) = _leaves(complaint.key, index, complaint.cipherChunk);
        if (!_isIn(offer.cipherRoot, cipherLeaf, index, offer.chunks, complaint.cipherProof)) revert NotInCipher();
        // Position and number of leaves say how long a path is: no node of the tree passes for a leaf.
        if (!_isIn(offer.plainRoot, complaint.plainLeaf, index, offer.chunks, complaint.plainProof)) {
            revert NotInPlain();
        }
        if (plainLeaf == complaint.plainLeaf) revert ChunkIsRight();
        emit ChunkDisputed(id, index);
        _refund(id, purchase);
    }

    function release(Purchase calldata purchase) external {
        (bytes32 id, State storage state) = _in(purchase, Status.DELIVERED);
        if (msg.sender != purchase.buyer && block.timestamp <= state.disputeUntil) {
            revert TooEarly(state.disputeUntil);
        }
        state.status = Status.RELEASED;
        Offer calldata offer = purchase.offer;
        _credits[offer.token][offer.seller] += offer.price;
        emit Released(id, offer.seller, offer.token, offer.price);
    }

    function refund(Purchase calldata purchase) external {
        (bytes32 id,) = _in(purchase, Status.BOUGHT);
        if (msg.sender != purchase.offer.seller && block.timestamp <= purchase.deliverBy) {
            revert TooEarly(purchase.deliverBy);
        }
        _refund(id, purchase);
    }

    function withdraw(uint16 token, address to) external returns (uint256 amount) {
        if (to == address(0)) revert ZeroRecipient();
        amount = _credits[token][msg.sender];
        if (amount == 0) revert NothingOwed(token, msg.sender);
        // Before the call: who is called back finds nothing left.
        _credits[token][msg.sender] = 0;
        emit Withdrawn(token, msg.sender, to, amount);
        if (token != ETHER) {
            _token(token).transfer(to, amount);
        } else {
            (bool success,) = to.call{value: amount}("");
            if (!success) revert TransferFailed();
        }
    }

    function credit(uint16 token, address owner) external view returns (uint256) {
        return _credits[token][owner];
    }

    function idOf(Purchase calldata purchase) external pure returns (bytes32) {
        return keccak256(abi.encode(purchase));
    }

    function stateOf(bytes32 id) external view returns (Status, uint40, bytes32) {
        State storage state = _states[id];
        return (state.status, state.disputeUntil, state.delivery);
    }

    function _in(Purchase calldata purchase, Status expected) private view returns (bytes32 id, State storage state) {
        id = keccak256(abi.encode(purchase));
        state = _states[id];
        if (state.status != expected) revert WrongStatus(id, state.status);
    }

    function _disputable(Purchase calldata purchase) private view returns (bytes32 id, State storage state) {
        (id, state) = _in(purchase, Status.DELIVERED);
        if (block.timestamp > state.disputeUntil) revert TooLate(state.disputeUntil);
    }

    function _refund(bytes32 id, Purchase calldata purchase) private {
        _states[id].status = Status.REFUNDED;
        Offer calldata offer = purchase.offer;
        _credits[offer.token][purchase.buyer] += offer.price;
        emit Refunded(id, purchase.buyer, offer.token, offer.price);
    }

    function _token(uint16 token) private view returns (IERC20) {
        address account = TOKENS.tokenAddress(token);
        if (TOKENS.tokenAt(account) != token) revert UnknownToken(token);
        return IERC20(account);
    }

    /// On the curve (the group has no subgroups), and usable as an ECDSA signature's r, which ends at N.
    function _checkPoint(Point calldata point) private pure {
        (uint256 x, uint256 y) = (point.x, point.y);
        if (x == 0 || x >= N || y >= P || mulmod(y, y, P) != addmod(mulmod(mulmod(x, x, P), x, P), 7, P)) {
            revert BadPoint(x, y);
        }
    }

    /// Address of `scalar` times a point that `_checkPoint` took; scalar from 1 to N - 1. ECRECOVER computes (s·R - hash·G) / r for the point R
    /// with x-coordinate r: with hash 0 and s = scalar·r that is scalar·R. Its parity stands in v.
    function _times(uint256 scalar, uint256 x, uint256 y) private pure returns (address) {
        return ecrecover(0, uint8(27 + (y & 1)), bytes32(x), bytes32(mulmod(scalar, x, N)));
    }

    function _addressOf(Point calldata point) private pure returns (address) {
        return address(uint160(uint256(keccak256(abi.encode(point.x, point.y)))));
    }

    function _isKey(bytes32 key, Offer calldata offer) private pure returns (bool) {
        return keccak256(abi.encodePacked(KEY, key)) == offer.keyHash;
    }

    /// Leaves of an encrypted chunk and of what it decrypts to: block j of chunk i is masked with keccak256(key ‖ uint32 i ‖ uint32 j).
    function _leaves(bytes32 key, uint32 index, bytes calldata chunk)
        private
        pure
        returns (bytes32 cipherLeaf, bytes32 plainLeaf)
    {
        // One word more than the chunk: the last block may be masked beyond its end.
        bytes memory leaf = abi.encodePacked(LEAF, index, uint32(chunk.length), chunk, bytes32(0));
        assembly ("memory-safe") {
            let start := add(leaf, 0x20)
            let length := add(9, chunk.length)
            cipherLeaf := keccak256(start, length)
            let end := add(start, length)
            mstore(0x00, key)
            let counter := shl(32, index)
            for { let at := add(start, 9) } lt(at, end) { at := add(at, 0x20) } {
                mstore(0x20, shl(192, counter))
                mstore(at, xor(mload(at), keccak256(0x00, 40)))
                counter := add(counter, 1)
            }
            plainLeaf := keccak256(start, length)
        }
    }

    /// Whether a tree of `count` leaves has this one at `index`. On each level the odd one out at the end goes up as it is.
    function _isIn(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata proof)
        private
        pure
        returns (bool)
    {
        uint256 used = 0;
        bytes32 node = leaf;
        while (count > 1) {
            bool isRight = index & 1 == 1;
            if (isRight || index + 1 < count) {
                if (used == proof.length) return false;
                bytes32 sibling = proof[used++];
                node = isRight
                    ? keccak256(abi.encodePacked(NODE, sibling, node))
                    : keccak256(abi.encodePacked(NODE, node, sibling));
            }
            index >>= 1;
            count = (count + 1) >> 1;
        }
        return used == proof.length && node == root;
    }
}
