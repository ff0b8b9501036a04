// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ILedger} from "../interfaces/ILedger.sol";
import {Account, AccountCell} from "../types/Account.sol";

/// @title Ledger
abstract contract Ledger is ILedger {
    /// Longest lock: a booking's horizon of 7 days and a window of 1 day, as long as any reservation lasts. [LED-3]
    uint256 private constant MAX_LOCK = 8 days;

    mapping(address account => AccountCell record) internal _accounts;
    mapping(address account => uint40 until) private _locks;

    /// @inheritdoc ILedger
    function deposit(address account) external payable {
        // Effect: credit what came in.
        _credit(account, msg.value);

        emit Deposited(account, msg.sender, msg.value);
    }

    /// @inheritdoc ILedger
    function withdraw(uint256 amount, address to) external {
        // Check and effect: only the free part may leave, and it is gone before the ETH is.
        _requireUnlocked(msg.sender, _accounts[msg.sender].value);
        _charge(msg.sender, amount);
        emit Withdrawn(msg.sender, to, amount);

        // Interaction: push to whom the account named.
        (bool ok,) = to.call{value: amount}("");
        require(ok, Ledger_TransferFailed(to, amount));
    }

    /// @inheritdoc ILedger
    function lock(uint40 until) external {
        uint256 earliest = _locks[msg.sender] < block.timestamp ? block.timestamp : _locks[msg.sender];
        uint256 latest = block.timestamp + MAX_LOCK;
        require(until > earliest && until <= latest, Ledger_BadLock(until, earliest, latest));

        AccountCell storage cell = _accounts[msg.sender];
        cell.value = cell.value.withLock(true);
        _locks[msg.sender] = until;
        emit Locked(msg.sender, until);
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
    function lockedUntil(address account) external view returns (uint40) {
        return _locks[account];
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

    /// @dev Set `amount` aside for a new booking, or revert.
    function _reserve(address account, uint256 amount) internal {
        AccountCell storage cell = _accounts[account];
        Account record = cell.value;
        _requireUnlocked(account, record);
        require(amount <= record.free(), Ledger_NotEnoughFree(account, record.free(), amount));
        cell.value = record.reserve(amount);
    }

    function _requireUnlocked(address account, Account record) internal view {
        // Not by `require`, which would read the lock for its error in any case.
        if (record.isLocked() && _isBound(account)) {
            revert Ledger_StillLocked(account, _locks[account], block.timestamp);
        }
    }

    /// @dev Whether an account that has locked itself still is. The flag in the account, asked first, spares everyone who never
    /// does a second slot; it may outlast the lock.
    function _isBound(address account) internal view returns (bool) {
        return block.timestamp < _locks[account];
    }
}
