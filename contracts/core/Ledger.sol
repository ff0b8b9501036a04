// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILedger} from "../interfaces/ILedger.sol";
import {Account, AccountCell} from "../types/Account.sol";

/// @title Ledger
abstract contract Ledger is ILedger {
    mapping(address account => AccountCell record) internal _accounts;

    /// @inheritdoc ILedger
    function deposit(address account) external payable {
        // Effect: credit what came in.
        _credit(account, msg.value);

        emit Deposited(account, msg.sender, msg.value);
    }

    /// @inheritdoc ILedger
    function withdraw(uint256 amount, address to) external {
        // Check and effect: only the free part may leave, and it is gone before the ETH is.
        _charge(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);

        // Interaction: push to whom the account named.
        (bool ok,) = to.call{value: amount}("");
        require(ok, Ledger_TransferFailed(to, amount));
    }

    /// @inheritdoc ILedger
    function balanceOf(address account) external view returns (uint256) {
        return _accounts[account].value.balance();
    }

    /// @inheritdoc ILedger
    function freeOf(address account) external view returns (uint256) {
        return _accounts[account].value.free();
    }

    /// @inheritdoc ILedger
    function accountOf(address account) external view returns (Account) {
        return _accounts[account].value;
    }

    function _credit(address account, uint256 amount) internal {
        AccountCell storage cell = _accounts[account];
        cell.value = cell.value.credit(amount);
    }

    /// @dev Take `amount` from the free part, or revert.
    function _charge(address account, uint256 amount) internal {
        AccountCell storage cell = _accounts[account];
        Account record = cell.value;
        require(amount <= record.free(), Ledger_NotEnoughFree(account, record.free(), amount));
        cell.value = record.debit(amount);
    }

    /// @dev Set `amount` aside, or revert.
    function _reserve(address account, uint256 amount) internal {
        AccountCell storage cell = _accounts[account];
        Account record = cell.value;
        require(amount <= record.free(), Ledger_NotEnoughFree(account, record.free(), amount));
        cell.value = record.reserve(amount);
    }
}
