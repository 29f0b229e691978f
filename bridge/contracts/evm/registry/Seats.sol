// SPDX-License-Identifier: GPL-3.0-or-later
pragma solidity 0.8.37;

import {Checkpoints} from "@openzeppelin/contracts/utils/structs/Checkpoints.sol";
import {NoFreeSeat} from "../../Errors.sol";
import {RegistryBase} from "./RegistryBase.sol";

/// Who sits where, epoch by epoch, and who leads a slot (docs/protocol.md section 15).
abstract contract Seats is RegistryBase {
    using Checkpoints for Checkpoints.Trace160;
    using Checkpoints for Checkpoints.Trace208;

    /// A seat as it counts in an epoch. Nobody sits there: signer 0. Slashed: weight 0.
    struct Seat {
        address signer;
        uint256 weight;
    }

    /// Seats ever used, by epoch.
    Checkpoints.Trace208 private _seatCounts;
    /// Who sits there, by epoch; 0: nobody. Whoever sits there counts, unless it was slashed.
    mapping(uint256 seat => Checkpoints.Trace160) private _sitters;
    /// Seats that nobody has from the next epoch on, or sooner.
    uint8[] private _freeSeats;

    /// Who commits at this L1 time: the first sitter from seat `slot mod seats` on that counts. 0: nobody.
    /// Usually the first seat it looks at; an empty one costs two reads more, a slashed one three, and there are at most `maxSeats`.
    function leaderAt(uint256 timestamp) external view returns (address) {
        uint256 slot = timestamp / SLOT_SECONDS;
        uint256 epoch_ = epochAt(slot * SLOT_SECONDS);
        uint256 count = _seatCountAt(epoch_);
        for (uint256 i = 0; i < count; ++i) {
            address signer = _sitterAt((slot + i) % count, epoch_);
            if (signer != address(0) && !_validators[signer].isSlashed) return signer;
        }
        return address(0);
    }

    /// All seats of an epoch; of the next one as it stands now. Weights of epochs before the present one tell only who counted.
    function seatsOf(uint256 epoch_) public view returns (Seat[] memory seats) {
        seats = new Seat[](_seatCountAt(epoch_));
        for (uint256 i = 0; i < seats.length; ++i) {
            address signer = _sitterAt(i, epoch_);
            if (signer != address(0)) seats[i] = Seat(signer, _weightAt(_validators[signer], epoch_));
        }
    }

    /// Those who can attest now, as `SignerSet` lists its own.
    function signers() external view returns (Seat[] memory list) {
        Seat[] memory seats = seatsOf(epoch());
        uint256 count = 0;
        for (uint256 i = 0; i < seats.length; ++i) {
            if (seats[i].weight > 0) seats[count++] = seats[i];
        }
        list = new Seat[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = seats[i];
        }
    }

    /// Gives the signer a seat from an epoch on, one that was left if there is any.
    function _sit(address signer, uint256 from) internal returns (uint8 seat) {
        uint256 free = _freeSeats.length;
        if (free > 0) {
            seat = _freeSeats[free - 1];
            _freeSeats.pop();
        } else {
            uint256 count = _seatCounts.latest();
            if (count == MAX_SEATS) revert NoFreeSeat(MAX_SEATS);
            seat = uint8(count);
            _seatCounts.push(uint48(from), uint208(count + 1));
        }
        _sitters[seat].push(uint96(from), uint160(signer));
    }

    /// Empties a seat from the next epoch on; it can be given away at once, since whoever gets it sits there from then on, too.
    function _leave(uint8 seat) internal {
        _sitters[seat].push(uint96(epoch() + 1), 0);
        _freeSeats.push(seat);
    }

    function _seatCountAt(uint256 epoch_) private view returns (uint256) {
        (bool isAny, uint48 from, uint208 count) = _seatCounts.latestCheckpoint();
        return !isAny || from <= epoch_ ? count : _seatCounts.upperLookupRecent(uint48(epoch_));
    }

    function _sitterAt(uint256 seat, uint256 epoch_) private view returns (address) {
        Checkpoints.Trace160 storage sitters = _sitters[seat];
        (bool isAny, uint96 from, uint160 signer) = sitters.latestCheckpoint();
        return address(!isAny || from <= epoch_ ? signer : sitters.upperLookupRecent(uint96(epoch_)));
    }
}
