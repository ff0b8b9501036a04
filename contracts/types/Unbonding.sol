// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Stake on its way out, in three parts from the oldest to the newest; two slots, whatever its owner does.
/// @dev A part that waits is never merged into one that leaves earlier, and a new part never moves the oldest: what is
/// unbonded leaves after one delay, or within two where other parts of the same stake leave too. `second` is zero where
/// `first` is.
struct Unbonding {
    /// wei whose delay is over.
    uint96 released;
    /// Unix seconds at which the newest of them was released.
    uint40 releasedAt;
    /// wei released next.
    uint96 first;
    /// Unix seconds of that.
    uint40 firstAt;
    /// wei released after them; what is added later joins here.
    uint96 second;
    /// Unix seconds of that.
    uint40 secondAt;
}

using UnbondingLib for Unbonding global;

/// @notice Arithmetic of {Unbonding}.
library UnbondingLib {
    /// @notice All that is on its way out, in wei.
    function total(Unbonding memory u) internal pure returns (uint256) {
        return uint256(u.released) + u.first + u.second;
    }

    /// @notice When all of it is released, in Unix seconds.
    function lastAt(Unbonding memory u) internal pure returns (uint40) {
        if (u.second != 0) return u.secondAt;
        return u.first != 0 ? u.firstAt : u.releasedAt;
    }

    /// @notice The same stake at `time`: parts whose delay is over are released.
    function asOf(Unbonding memory u, uint256 time) internal pure returns (Unbonding memory) {
        while (u.first != 0 && time >= u.firstAt) {
            u.released += u.first;
            u.releasedAt = u.firstAt;
            (u.first, u.firstAt) = (u.second, u.secondAt);
            (u.second, u.secondAt) = (0, 0);
        }
        return u;
    }

    /// @notice With `amount` more, released at `releasedAt_`, which is later than all before.
    function added(Unbonding memory u, uint96 amount, uint40 releasedAt_) internal pure returns (Unbonding memory) {
        if (u.first == 0) {
            (u.first, u.firstAt) = (amount, releasedAt_);
        } else {
            u.second += amount;
            u.secondAt = releasedAt_;
        }
        return u;
    }

    /// @notice Without `amount`, or without all of it where it is less; the newest goes first.
    function taken(Unbonding memory u, uint256 amount) internal pure returns (Unbonding memory, uint256 took) {
        uint96 part = _least(u.second, amount);
        u.second -= part;
        took = part;
        part = _least(u.first, amount - took);
        u.first -= part;
        took += part;
        part = _least(u.released, amount - took);
        u.released -= part;
        return (u, took + part);
    }

    function _least(uint96 part, uint256 amount) private pure returns (uint96) {
        return part < amount ? part : uint96(amount);
    }
}
