// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Account} from "../types/Account.sol";

/// @notice Balances of everyone who pays or earns here, and the record of every provider.
/// @dev Notes: [LED-1] the sum of balances never exceeds the ETH held. [LED-2] only the account itself, or the engine
/// for work done within its reservation or caps, lowers a balance. [LED-3] no one can block {withdraw} of the free part.
interface ILedger {
    /// @notice Emitted when `amount` wei are added to `account` by `from`.
    event Deposited(address indexed account, address indexed from, uint256 amount);

    /// @notice Emitted when `account` takes out `amount` wei to `to`.
    event Withdrawn(address indexed account, address indexed to, uint256 amount);

    /// @notice Emitted when `account` binds itself until `until` (Unix seconds).
    event Locked(address indexed account, uint40 until);

    /// @notice The free part of the balance is smaller than what is asked for.
    error Ledger_NotEnoughFree(address account, uint256 free, uint256 required);

    /// @notice The account has locked itself: it neither withdraws nor books until then.
    error Ledger_StillLocked(address account, uint256 until, uint256 time);

    /// @notice A lock lasts at most `limit` and is never shortened.
    error Ledger_BadLock(uint256 until, uint256 earliest, uint256 limit);

    /// @notice `to` did not take the ETH.
    error Ledger_TransferFailed(address to, uint256 amount);

    /// @notice Plain transfers are refused, since they name no account; use {deposit}.
    error Ledger_UseDeposit();

    /// @notice Add the sent ETH to the balance of `account`.
    /// @dev Emits {Deposited}.
    ///
    /// Requirements:
    /// - the balance stays below 2^80 wei
    ///
    /// @param account Whose balance grows; anyone may pay for anyone.
    function deposit(address account) external payable;

    /// @notice Take ETH out of the caller's free balance.
    /// @dev Emits {Withdrawn}.
    ///
    /// Notes:
    /// - [LED-3] it reads nothing but the caller's own account and lock
    ///
    /// Requirements:
    /// - the caller has not locked itself
    /// - `amount` is at most the free part of the caller's balance
    /// - `to` accepts the transfer
    ///
    /// @param amount wei
    /// @param to Who receives the ETH.
    function withdraw(uint256 amount, address to) external;

    /// @notice Bind the caller's balance for providers that answer its signed inferences.
    /// @dev Emits {Locked}.
    ///
    /// Notes:
    /// - until then the caller neither withdraws nor books inferences, its tasks wait, and its inferences go dormant after the
    ///   run that is booked: what is free can only be spent on what it signed
    ///
    /// Requirements:
    /// - `until` is after the present lock and at most 8 days from now
    ///
    /// @param until Unix seconds
    function lock(uint40 until) external;

    /// @notice The balance of `account`, its reserved part included.
    /// @return wei
    function balanceOf(address account) external view returns (uint256);

    /// @notice The part of the balance that `account` may withdraw now, its lock aside.
    /// @return wei
    function freeOf(address account) external view returns (uint256);

    /// @notice When the lock of `account` ends.
    /// @return Unix seconds; in the past where it is not locked
    function lockedUntil(address account) external view returns (uint40);

    /// @notice The whole record of `account`, packed as {Account} says.
    function accountOf(address account) external view returns (Account);
}
