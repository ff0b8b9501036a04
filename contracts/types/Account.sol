// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `balance 80 | reserved 80 | open 16 | capacity 16 | delivered 24 | missed 12 | declined 12 | latency 12 | flags 4`,
/// low bits first: one account of the ledger.
/// balance: wei. reserved: wei of the balance set aside for booked runs. open: inferences this provider has to answer.
/// capacity: how many its stake covers while it serves, mirrored from the registry; 0 = takes no work.
/// delivered, missed, declined: answered and unanswered runs, saturating. latency: s, moving average, saturating.
/// flags: bit 0 = locked.
type Account is uint256;

using AccountLib for Account global;

/// @dev Where an {Account} is stored; a reference to it spares hashing the mapping's key again.
struct AccountCell {
    Account value;
}

/// @notice Fields and arithmetic of {Account}.
library AccountLib {
    uint256 private constant RESERVED_AT = 80;
    uint256 private constant OPEN_AT = 160;
    uint256 private constant CAPACITY_AT = 176;
    uint256 private constant DELIVERED_AT = 192;
    uint256 private constant MISSED_AT = 216;
    uint256 private constant DECLINED_AT = 228;
    uint256 private constant LATENCY_AT = 240;
    uint256 private constant LOCKED = 1 << 252;
    /// Largest value of a field of 12 bits.
    uint256 private constant MAX_12_BITS = 0xfff;
    /// Weight of the newest latency in the moving average: 1 / 8.
    uint256 private constant LATENCY_WEIGHT = 8;

    /// @notice A balance cannot hold more than 2^80 - 1 wei (1.2 million ether).
    error Account_BalanceOverflow(uint256 balance, uint256 added);

    function balance(Account a) internal pure returns (uint80) {
        return uint80(Account.unwrap(a));
    }

    function reserved(Account a) internal pure returns (uint80) {
        return uint80(Account.unwrap(a) >> RESERVED_AT);
    }

    /// @notice The part of the balance that no booked run has a claim on, in wei.
    function free(Account a) internal pure returns (uint256) {
        unchecked {
            return a.balance() - a.reserved();
        }
    }

    function open(Account a) internal pure returns (uint16) {
        return uint16(Account.unwrap(a) >> OPEN_AT);
    }

    function capacity(Account a) internal pure returns (uint16) {
        return uint16(Account.unwrap(a) >> CAPACITY_AT);
    }

    function delivered(Account a) internal pure returns (uint24) {
        return uint24(Account.unwrap(a) >> DELIVERED_AT);
    }

    function missed(Account a) internal pure returns (uint16) {
        return uint16((Account.unwrap(a) >> MISSED_AT) & MAX_12_BITS);
    }

    function declined(Account a) internal pure returns (uint16) {
        return uint16((Account.unwrap(a) >> DECLINED_AT) & MAX_12_BITS);
    }

    function latency(Account a) internal pure returns (uint16) {
        return uint16((Account.unwrap(a) >> LATENCY_AT) & MAX_12_BITS);
    }

    function isLocked(Account a) internal pure returns (bool) {
        return Account.unwrap(a) & LOCKED != 0;
    }

    /// @notice Whether one more inference may be booked.
    function hasRoom(Account a) internal pure returns (bool) {
        return a.open() < a.capacity();
    }

    /// @notice Whether an open inference may go on to its next run.
    function keepsWork(Account a) internal pure returns (bool) {
        return a.capacity() != 0 && a.open() <= a.capacity();
    }

    function credit(Account a, uint256 amount) internal pure returns (Account) {
        unchecked {
            if (amount > type(uint80).max - a.balance()) revert Account_BalanceOverflow(a.balance(), amount);
            return Account.wrap(Account.unwrap(a) + amount);
        }
    }

    /// @dev The caller has checked `amount <= balance`.
    function debit(Account a, uint256 amount) internal pure returns (Account) {
        assert(amount <= a.balance());
        unchecked {
            return Account.wrap(Account.unwrap(a) - amount);
        }
    }

    /// @dev The caller has checked `amount <= free`.
    function reserve(Account a, uint256 amount) internal pure returns (Account) {
        assert(amount <= a.free());
        unchecked {
            return Account.wrap(Account.unwrap(a) + (amount << RESERVED_AT));
        }
    }

    /// @dev The amount was reserved before.
    function release(Account a, uint256 amount) internal pure returns (Account) {
        assert(amount <= a.reserved());
        unchecked {
            return Account.wrap(Account.unwrap(a) - (amount << RESERVED_AT));
        }
    }

    /// @notice Release what was reserved for a run and take what the run cost.
    /// @dev The caller has checked `paid <= reserved_`, and `reserved_` was reserved before.
    function settle(Account a, uint256 reserved_, uint256 paid) internal pure returns (Account) {
        assert(reserved_ <= a.reserved() && paid <= reserved_);
        unchecked {
            return Account.wrap(Account.unwrap(a) - (reserved_ << RESERVED_AT) - paid);
        }
    }

    /// @dev The caller has checked {hasRoom}.
    function opened(Account a) internal pure returns (Account) {
        assert(a.open() != type(uint16).max);
        unchecked {
            return Account.wrap(Account.unwrap(a) + (1 << OPEN_AT));
        }
    }

    function closed(Account a) internal pure returns (Account) {
        assert(a.open() != 0);
        unchecked {
            return Account.wrap(Account.unwrap(a) - (1 << OPEN_AT));
        }
    }

    /// @notice Count one delivery that took `seconds_` from its due time.
    function withDelivery(Account a, uint256 seconds_) internal pure returns (Account) {
        unchecked {
            if (seconds_ > MAX_12_BITS) seconds_ = MAX_12_BITS;
            uint256 before = a.latency();
            uint256 average = (before * (LATENCY_WEIGHT - 1) + seconds_) / LATENCY_WEIGHT;
            // Where the old average stands, its difference from the new one turns it into that.
            return Account.wrap(Account.unwrap(a.withDelivery()) ^ ((before ^ average) << LATENCY_AT));
        }
    }

    /// @notice Count one delivery that nobody waited for.
    function withDelivery(Account a) internal pure returns (Account) {
        if (a.delivered() == type(uint24).max) return a;
        unchecked {
            return Account.wrap(Account.unwrap(a) + (1 << DELIVERED_AT));
        }
    }

    function withMiss(Account a) internal pure returns (Account) {
        if (a.missed() == MAX_12_BITS) return a;
        unchecked {
            return Account.wrap(Account.unwrap(a) + (1 << MISSED_AT));
        }
    }

    function withDecline(Account a) internal pure returns (Account) {
        if (a.declined() == MAX_12_BITS) return a;
        unchecked {
            return Account.wrap(Account.unwrap(a) + (1 << DECLINED_AT));
        }
    }

    function withCapacity(Account a, uint16 capacity_) internal pure returns (Account) {
        uint256 raw = Account.unwrap(a) & ~(uint256(type(uint16).max) << CAPACITY_AT);
        return Account.wrap(raw | (uint256(capacity_) << CAPACITY_AT));
    }

    function withLock(Account a, bool locked) internal pure returns (Account) {
        uint256 raw = Account.unwrap(a) & ~LOCKED;
        return Account.wrap(locked ? raw | LOCKED : raw);
    }
}
