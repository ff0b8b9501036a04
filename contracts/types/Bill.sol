// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice A bill that grows with time.
struct Bill {
    /// Who is paid.
    address payee;
    /// wei per second that it grows by.
    uint96 perSecond;
    /// Unix seconds from which it grows.
    uint40 since;
    /// wei paid so far.
    uint216 paid;
}

using BillLib for Bill global;

/// @notice What is due of a {Bill}, and its payment.
library BillLib {
    error Bill_TooMuch(uint256 amount, uint256 due);

    /// @notice Let a bill grow from now on.
    function open(Bill storage bill, address payee, uint96 perSecond) internal {
        (bill.payee, bill.perSecond, bill.since) = (payee, perSecond, uint40(block.timestamp));
    }

    /// @notice wei that the payee may ask for by now.
    function due(Bill storage bill) internal view returns (uint256) {
        return (block.timestamp - bill.since) * bill.perSecond - bill.paid;
    }

    /// @notice Count `amount` wei as paid; no more than is due.
    function settle(Bill storage bill, uint256 amount) internal {
        uint256 due_ = due(bill);
        require(amount <= due_, Bill_TooMuch(amount, due_));
        bill.paid += uint216(amount);
    }
}
