// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Account} from "../../contracts/types/Account.sol";

/// @notice The arithmetic of {Account}, for every word and every amount.
/// @dev Reads through the accessors only, so that the layout may change. An account is sound if `reserved <= balance`.
contract AccountSymbolicTest is Test {
    uint256 private constant MAX_12_BITS = 0xfff;

    function check_LED1_CreditAddsToTheBalanceOnly(Account a, uint256 amount) external pure {
        vm.assume(amount <= type(uint80).max - a.balance());
        Account b = a.credit(amount);
        assertEq(b.balance(), a.balance() + amount);
        assertEq(b.reserved(), a.reserved());
        _assertSameRecord(a, b);
    }

    function check_LED1_CreditRefusesExactlyWhatDoesNotFit(Account a, uint256 amount) external view {
        bool ok = _succeeds(abi.encodeCall(this.credit, (a, amount)));
        assertEq(ok, amount <= type(uint80).max - a.balance());
    }

    function check_LED2_DebitOfWhatIsFreeKeepsReservedBacked(Account a, uint256 amount) external pure {
        _assumeSound(a);
        vm.assume(amount <= a.free());
        Account b = a.debit(amount);
        assertEq(b.balance(), a.balance() - amount);
        assertEq(b.reserved(), a.reserved());
        _assertSound(b);
        _assertSameRecord(a, b);
    }

    function check_LED2_DebitRefusesExactlyMoreThanTheBalance(Account a, uint256 amount) external view {
        assertEq(_succeeds(abi.encodeCall(this.debit, (a, amount))), amount <= a.balance());
    }

    function check_LED2_ReserveKeepsReservedBacked(Account a, uint256 amount) external pure {
        _assumeSound(a);
        vm.assume(amount <= a.free());
        Account b = a.reserve(amount);
        assertEq(b.balance(), a.balance());
        assertEq(b.reserved(), a.reserved() + amount);
        assertEq(b.free(), a.free() - amount);
        _assertSound(b);
        _assertSameRecord(a, b);
    }

    function check_LED2_ReserveRefusesExactlyMoreThanIsFree(Account a, uint256 amount) external view {
        _assumeSound(a);
        assertEq(_succeeds(abi.encodeCall(this.reserve, (a, amount))), amount <= a.free());
    }

    function check_LED2_ReleaseUndoesReserve(Account a, uint256 amount) external pure {
        _assumeSound(a);
        vm.assume(amount <= a.free());
        _assertSame(a.reserve(amount).release(amount), a);
    }

    function check_LED2_ReleaseRefusesExactlyMoreThanIsReserved(Account a, uint256 amount) external view {
        assertEq(_succeeds(abi.encodeCall(this.release, (a, amount))), amount <= a.reserved());
    }

    function check_LED2_SettleKeepsReservedBacked(Account a, uint256 reserved, uint256 paid) external pure {
        _assumeSound(a);
        vm.assume(reserved <= a.reserved() && paid <= reserved);
        Account b = a.settle(reserved, paid);
        assertEq(b.balance(), a.balance() - paid);
        assertEq(b.reserved(), a.reserved() - reserved);
        _assertSound(b);
        _assertSameRecord(a, b);
    }

    function check_LED2_SettleOfAFreeRunIsRelease(Account a, uint256 reserved) external pure {
        vm.assume(reserved <= a.reserved());
        _assertSame(a.settle(reserved, 0), a.release(reserved));
    }

    function check_LED2_SettleRefusesToPayMoreThanWasReserved(Account a, uint256 reserved, uint256 paid) external view {
        bool ok = _succeeds(abi.encodeCall(this.settle, (a, reserved, paid)));
        assertEq(ok, reserved <= a.reserved() && paid <= reserved);
    }

    function check_LED1_DebitUndoesCredit(Account a, uint256 amount) external pure {
        vm.assume(amount <= type(uint80).max - a.balance());
        _assertSame(a.credit(amount).debit(amount), a);
    }

    function check_INF3_ClosedUndoesOpened(Account a) external pure {
        vm.assume(a.open() != type(uint16).max);
        Account b = a.opened();
        assertEq(b.open(), uint256(a.open()) + 1);
        assertEq(b.balance(), a.balance());
        assertEq(b.reserved(), a.reserved());
        assertEq(b.capacity(), a.capacity());
        _assertSame(b.closed(), a);
    }

    function check_INF3_OpenNeitherWrapsNorFallsBelowZero(Account a) external view {
        assertEq(_succeeds(abi.encodeCall(this.opened, (a))), a.open() != type(uint16).max);
        assertEq(_succeeds(abi.encodeCall(this.closed, (a))), a.open() != 0);
    }

    function check_INF6_DeliveryCountsOneAndStopsAtItsMaximum(Account a, uint256 seconds_) external pure {
        Account b = a.withDelivery(seconds_);
        _assertCounted(a.delivered(), b.delivered(), type(uint24).max);
        _assertSameButRecord(a, b);
        assertEq(b.missed(), a.missed());
        assertEq(b.declined(), a.declined());
    }

    function check_INF6_DeliveryThatNobodyWaitedForLeavesTheLatency(Account a) external pure {
        Account b = a.withDelivery();
        _assertCounted(a.delivered(), b.delivered(), type(uint24).max);
        _assertSameButRecord(a, b);
        assertEq(b.missed(), a.missed());
        assertEq(b.declined(), a.declined());
        assertEq(b.latency(), a.latency());
    }

    function check_INF6_LatencyMovesAtMostAnEighthTowardsTheNewest(Account a, uint256 seconds_) external pure {
        uint256 before = a.latency();
        uint256 newest = seconds_ > MAX_12_BITS ? MAX_12_BITS : seconds_;
        uint256 latency = a.withDelivery(seconds_).latency();
        if (newest >= before) {
            assertGe(latency, before);
            assertLe(latency, before + (newest - before) / 8);
        } else {
            assertLe(latency, before);
            assertGe(latency + (before - newest) / 8 + 1, before);
        }
    }

    function check_INF6_MissCountsOneAndStopsAtItsMaximum(Account a) external pure {
        Account b = a.withMiss();
        _assertCounted(a.missed(), b.missed(), MAX_12_BITS);
        _assertSameButRecord(a, b);
        assertEq(b.delivered(), a.delivered());
        assertEq(b.declined(), a.declined());
        assertEq(b.latency(), a.latency());
    }

    function check_INF6_DeclineCountsOneAndStopsAtItsMaximum(Account a) external pure {
        Account b = a.withDecline();
        _assertCounted(a.declined(), b.declined(), MAX_12_BITS);
        _assertSameButRecord(a, b);
        assertEq(b.delivered(), a.delivered());
        assertEq(b.missed(), a.missed());
        assertEq(b.latency(), a.latency());
    }

    function check_REG2_CapacityChangesNothingElse(Account a, uint16 capacity) external pure {
        Account b = a.withCapacity(capacity);
        assertEq(b.capacity(), capacity);
        _assertSame(b.withCapacity(a.capacity()), a);
    }

    /// @dev One more booking is taken only where the stake covers it, so that what was taken goes on.
    function check_REG2_RoomForOneMoreKeepsTheWork(Account a) external pure {
        assertEq(a.hasRoom(), uint256(a.open()) + 1 <= a.capacity());
        if (!a.hasRoom()) return;
        Account b = a.opened();
        assertTrue(b.keepsWork());
        assertLe(b.open(), b.capacity());
    }

    function check_REG2_WorkGoesOnExactlyWhileItIsCovered(Account a) external pure {
        assertEq(a.keepsWork(), a.capacity() != 0 && a.open() <= a.capacity());
        assertFalse(a.withCapacity(0).keepsWork());
        assertFalse(a.withCapacity(0).hasRoom());
    }

    function check_LED3_LockChangesItsFlagOnly(Account a, bool locked) external pure {
        Account b = a.withLock(locked);
        assertEq(b.isLocked(), locked);
        _assertSame(b.withLock(a.isLocked()), a);
    }

    // The library's functions as calls, so that a refusal can be seen.

    function credit(Account a, uint256 amount) external pure returns (Account) {
        return a.credit(amount);
    }

    function debit(Account a, uint256 amount) external pure returns (Account) {
        return a.debit(amount);
    }

    function reserve(Account a, uint256 amount) external pure returns (Account) {
        return a.reserve(amount);
    }

    function release(Account a, uint256 amount) external pure returns (Account) {
        return a.release(amount);
    }

    function settle(Account a, uint256 reserved, uint256 paid) external pure returns (Account) {
        return a.settle(reserved, paid);
    }

    function opened(Account a) external pure returns (Account) {
        return a.opened();
    }

    function closed(Account a) external pure returns (Account) {
        return a.closed();
    }

    function _succeeds(bytes memory call) private view returns (bool ok) {
        (ok,) = address(this).staticcall(call);
    }

    function _assumeSound(Account a) private pure {
        vm.assume(a.reserved() <= a.balance());
    }

    function _assertSound(Account a) private pure {
        assertLe(a.reserved(), a.balance(), "reserved <= balance");
    }

    function _assertSame(Account left, Account right) private pure {
        assertEq(Account.unwrap(left), Account.unwrap(right));
    }

    /// @dev All that is not money.
    function _assertSameRecord(Account a, Account b) private pure {
        assertEq(a.open(), b.open());
        assertEq(a.capacity(), b.capacity());
        assertEq(a.isLocked(), b.isLocked());
        assertEq(a.delivered(), b.delivered());
        assertEq(a.missed(), b.missed());
        assertEq(a.declined(), b.declined());
        assertEq(a.latency(), b.latency());
    }

    /// @dev All that is not a provider's record of answers.
    function _assertSameButRecord(Account a, Account b) private pure {
        assertEq(a.balance(), b.balance());
        assertEq(a.reserved(), b.reserved());
        assertEq(a.open(), b.open());
        assertEq(a.capacity(), b.capacity());
        assertEq(a.isLocked(), b.isLocked());
    }

    function _assertCounted(uint256 before, uint256 now_, uint256 most) private pure {
        assertEq(now_, before == most ? most : before + 1);
    }
}
