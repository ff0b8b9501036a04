// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev `balance 80 | reserved 80 | open 16 | delivered 24 | missed 16 | declined 16 | latency 16 | flags 8`, low bits
/// first: one account of the ledger. balance: wei. reserved: wei of the balance set aside for booked runs.
/// open, delivered, missed, declined: inferences of this provider, saturating. latency: s, moving average.
/// flags: bit 0 = serving, mirrored from the registry.
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
    uint256 private constant DELIVERED_AT = 176;
    uint256 private constant MISSED_AT = 200;
    uint256 private constant DECLINED_AT = 216;
    uint256 private constant LATENCY_AT = 232;
    uint256 private constant SERVING = 1 << 248;
    /// Weight of the newest latency in the moving average: 1 / 8.
    uint256 private constant LATENCY_WEIGHT = 8;

    /// @notice A balance cannot hold more than 2^80 - 1 wei (1.2 million ether).
    error Account_BalanceOverflow(uint256 balance, uint256 added);

    /// @notice A provider cannot have more than 65,535 open inferences.
    error Account_TooManyOpen();

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

    function delivered(Account a) internal pure returns (uint24) {
        return uint24(Account.unwrap(a) >> DELIVERED_AT);
    }

    function missed(Account a) internal pure returns (uint16) {
        return uint16(Account.unwrap(a) >> MISSED_AT);
    }

    function declined(Account a) internal pure returns (uint16) {
        return uint16(Account.unwrap(a) >> DECLINED_AT);
    }

    function latency(Account a) internal pure returns (uint16) {
        return uint16(Account.unwrap(a) >> LATENCY_AT);
    }

    function isServing(Account a) internal pure returns (bool) {
        return Account.unwrap(a) & SERVING != 0;
    }

    function credit(Account a, uint256 amount) internal pure returns (Account) {
        require(amount <= type(uint80).max - a.balance(), Account_BalanceOverflow(a.balance(), amount));
        unchecked {
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

    function opened(Account a) internal pure returns (Account) {
        require(a.open() != type(uint16).max, Account_TooManyOpen());
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
            if (seconds_ > type(uint16).max) seconds_ = type(uint16).max;
            uint256 average = (a.latency() * (LATENCY_WEIGHT - 1) + seconds_) / LATENCY_WEIGHT;
            uint256 raw = Account.unwrap(a) & ~(uint256(type(uint16).max) << LATENCY_AT);
            if (a.delivered() != type(uint24).max) raw += 1 << DELIVERED_AT;
            return Account.wrap(raw | (average << LATENCY_AT));
        }
    }

    function withMiss(Account a) internal pure returns (Account) {
        if (a.missed() == type(uint16).max) return a;
        unchecked {
            return Account.wrap(Account.unwrap(a) + (1 << MISSED_AT));
        }
    }

    function withServing(Account a, bool serving) internal pure returns (Account) {
        uint256 raw = Account.unwrap(a) & ~SERVING;
        return Account.wrap(serving ? raw | SERVING : raw);
    }
}
