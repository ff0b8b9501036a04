// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {NoTransfers} from "../agent/NoTransfers.sol";
import {Finney} from "../libraries/Finney.sol";
import {Bill} from "../types/Bill.sol";

/// @title BillPayer
/// @notice Ability to pay a bill that grows with time, and no more than it.
abstract contract BillPayer is NoTransfers {
    using Finney for uint256;

    Bill internal _bill;

    event BillPaid(address indexed payee, uint256 amount);

    /// @notice Pay the bill that is due.
    /// @param finney Amount of the bill, in finney.
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function pay(uint256 finney) external action {
        uint256 amount = finney * Finney.ONE;
        _bill.settle(amount);
        emit BillPaid(_bill.payee, amount);
        _send(_bill.payee, amount);
    }

    /// @notice wei that the payee may ask for by now.
    function billDue() public view returns (uint256) {
        return _bill.due();
    }

    /// @dev For the prompt.
    function _billFact() internal view returns (string memory) {
        uint256 due = billDue();
        if (due < Finney.TOLERANCE) return "No bill is due.";
        return string.concat("A bill of ", due.words(), " is due.");
    }

    /// @dev For the context.
    function _billRate() internal view returns (string memory) {
        return string.concat("The bill grows by ", (uint256(_bill.perSecond) * 1 hours).words(), " an hour.");
    }
}
