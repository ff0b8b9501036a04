// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "../agent/Agent.sol";
import {NoTransfers} from "../agent/NoTransfers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Finney} from "../libraries/Finney.sol";
import {Bill} from "../types/Bill.sol";

/// @title PayerAgent
/// @notice Pays allowances that grow with time to a list of payees, each at its own rate, into their balances at Everloop.
/// @custom:instructions You pay allowances. Pay each payee what is due to it. Where the budget is too small for all, choose whom to pay first. Hold when nothing can be paid.
/// @custom:example No allowance is due. => hold()
/// @custom:example Wanted: 17 finney for payee 0. The budget of 300 finney covers that. => pay(0, 17)
/// @custom:example Wanted: 23 finney for payee 1. The budget of 410 finney covers that. => pay(1, 23)
/// @custom:example Wanted: 19 finney for payee 0, 31 finney for payee 1. The budget of 280 finney covers that. => pay(0, 19); pay(1, 31)
/// @custom:example Wanted: 12 finney for payee 2, 45 finney for payee 3, 28 finney for payee 4. The budget of 350 finney covers that. => pay(2, 12); pay(3, 45); pay(4, 28)
/// @custom:example Wanted: 18 finney for payee 0, 60 finney for payee 1. The budget of 61 finney is too small for all. => pay(0, 18)
/// @custom:example Money is wanted, but there is no budget. => hold()
contract PayerAgent is NoTransfers {
    uint256 private constant MAX_PAYEES = 8;

    struct Payee {
        /// Who is paid; a recipient of the policy.
        address to;
        /// wei per second
        uint96 perSecond;
    }

    Bill[] private _bills;

    event AllowancePaid(uint256 indexed number, address indexed to, uint256 amount);

    error Payer_BadPayees(uint256 count, address last);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Pay a payee the allowance that is due to it, or a part of it.
    /// @param number Which payee.
    /// @param finney How much, in finney.
    /// @custom:range number 0 7
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function pay(uint256 number, uint256 finney) external action {
        Bill storage bill = _bills[number];
        bill.settle(finney * Finney.ONE);
        emit AllowancePaid(number, bill.payee, finney * Finney.ONE);
        _sendToBalance(bill.payee, finney * Finney.ONE);
    }

    /// @notice Every payee and what it has been paid, by number.
    function bills() external view returns (Bill[] memory) {
        return _bills;
    }

    function prompt() external view override returns (string memory) {
        uint256[] memory due = new uint256[](_bills.length);
        for (uint256 i = 0; i < due.length; ++i) {
            if (_isListed(_bills[i].payee)) due[i] = _bills[i].due();
        }
        string memory wanted = Finney.list(due, "payee", _payable(), _chargeable());
        return bytes(wanted).length == 0 ? "No allowance is due." : wanted;
    }

    function _context() internal view override returns (string memory) {
        return string.concat("One payment is at most ", Finney.words(_policy.actionCap), ".");
    }

    function _initialize(bytes calldata data) internal override {
        Payee[] memory given = abi.decode(data, (Payee[]));
        require(given.length != 0 && given.length <= MAX_PAYEES, Payer_BadPayees(given.length, address(0)));
        for (uint256 i = 0; i < given.length; ++i) {
            require(_isListed(given[i].to), Payer_BadPayees(given.length, given[i].to));
            _bills.push().open(given[i].to, given[i].perSecond);
        }
    }
}
