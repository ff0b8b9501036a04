// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {Account, AccountLib} from "../../contracts/types/Account.sol";

/// @dev Makes reverts of {AccountLib-settle} visible.
contract SettleProbe {
    function settle(Account a, uint256 reserved, uint256 paid) external pure returns (Account) {
        return a.settle(reserved, paid);
    }
}

/// @notice The one slot of an account.
contract AccountTest is Test {
    uint256 private constant ALL_80 = type(uint80).max;

    LibraryProbe private _probe = new LibraryProbe();
    SettleProbe private _settler = new SettleProbe();

    function testFuzz_FieldsHaveTheirPlaces(uint256 raw) external pure {
        Account a = Account.wrap(raw);
        assertEq(a.balance(), raw % 2 ** 80);
        assertEq(a.reserved(), (raw >> 80) % 2 ** 80);
        assertEq(a.open(), (raw >> 160) % 2 ** 16);
        assertEq(a.capacity(), (raw >> 176) % 2 ** 16);
        assertEq(a.delivered(), (raw >> 192) % 2 ** 24);
        assertEq(a.missed(), (raw >> 216) % 2 ** 12);
        assertEq(a.declined(), (raw >> 228) % 2 ** 12);
        assertEq(a.latency(), (raw >> 240) % 2 ** 12);
        assertEq(a.isLocked(), (raw >> 252) % 2 == 1);
    }

    function testFuzz_MoneyMovesTouchNothingElse(uint80 balance, uint80 moved, uint96 rest) external pure {
        moved = uint80(bound(moved, 0, balance));
        Account a = Account.wrap((uint256(rest) << 160) + balance);
        Account reserved = a.reserve(moved);
        assertEq(reserved.balance(), balance);
        assertEq(reserved.reserved(), moved);
        assertEq(reserved.free(), balance - moved);
        assertEq(Account.unwrap(reserved.release(moved)), Account.unwrap(a), "release undoes reserve");
        assertEq(Account.unwrap(a.debit(moved)), Account.unwrap(a) - moved);
        assertEq(Account.unwrap(a.debit(moved).credit(moved)), Account.unwrap(a), "credit undoes debit");
    }

    function testFuzz_SettleReleasesAllAndTakesWhatWasPaid(uint80 balance, uint80 reserved, uint80 paid, uint96 rest)
        external
        pure
    {
        reserved = uint80(bound(reserved, 0, balance));
        paid = uint80(bound(paid, 0, reserved));
        Account a = Account.wrap((uint256(rest) << 160) + balance);
        Account settled = a.reserve(reserved).settle(reserved, paid);
        assertEq(Account.unwrap(settled), Account.unwrap(a) - paid, "settle = release + debit");
    }

    function testFuzz_RevertWhen_SettlingMoreThanWasReserved(uint80 balance, uint80 reserved, uint256 excess) external {
        balance = uint80(bound(balance, 0, ALL_80 - 1));
        reserved = uint80(bound(reserved, 0, balance));
        Account a = Account.wrap(balance).reserve(reserved);
        vm.expectRevert();
        _settler.settle(a, bound(excess, uint256(reserved) + 1, ALL_80), 0);
        vm.expectRevert();
        _settler.settle(a, reserved, bound(excess, uint256(reserved) + 1, ALL_80));
    }

    function testFuzz_RevertWhen_CreditOverflowsTheBalance(uint80 balance, uint256 added) external {
        added = bound(added, ALL_80 - balance + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(AccountLib.Account_BalanceOverflow.selector, balance, added));
        _probe.credit(Account.wrap(balance), added);
    }

    function testFuzz_RevertWhen_TakingMoreThanThereIs(uint80 balance, uint80 reserved, uint256 excess) external {
        balance = uint80(bound(balance, 0, ALL_80 - 1));
        reserved = uint80(bound(reserved, 0, balance));
        Account a = Account.wrap(balance).reserve(reserved);
        vm.expectRevert();
        _probe.debit(a, bound(excess, uint256(balance) + 1, ALL_80));
        vm.expectRevert();
        _probe.reserve(a, bound(excess, a.free() + 1, ALL_80));
        vm.expectRevert();
        _probe.release(a, bound(excess, uint256(reserved) + 1, ALL_80));
    }

    function test_OpenCountStopsAtItsEnds() external {
        Account full = Account.wrap(uint256(type(uint16).max) << 160);
        vm.expectRevert();
        _probe.opened(full);
        vm.expectRevert();
        _probe.closed(Account.wrap(0));
        assertEq(full.closed().opened().open(), type(uint16).max);
    }

    function testFuzz_RoomIsWhatCapacityLeaves(uint16 open, uint16 capacity, uint160 money) external pure {
        Account a = Account.wrap(money + (uint256(open) << 160)).withCapacity(capacity);
        assertEq(a.hasRoom(), open < capacity, "one more: open < capacity");
        assertEq(a.keepsWork(), capacity != 0 && open <= capacity, "the same again: open <= capacity");
    }

    function testFuzz_CapacityReplacesOnlyItself(uint256 raw, uint16 capacity) external pure {
        Account a = Account.wrap(raw).withCapacity(capacity);
        assertEq(a.capacity(), capacity);
        assertEq((Account.unwrap(a) ^ raw) & ~(uint256(0xffff) << 176), 0, "nothing else moves");
    }

    function testFuzz_DeliveryCountsAndAverages(uint16 latency, uint24 delivered, uint256 seconds_, uint80 balance)
        external
        pure
    {
        latency %= 4_096;
        Account a = Account.wrap(balance + (uint256(delivered) << 192) + (uint256(latency) << 240));
        Account after_ = a.withDelivery(seconds_);
        uint256 sample = seconds_ < 4_095 ? seconds_ : 4_095;
        assertEq(after_.latency(), (uint256(latency) * 7 + sample) / 8);
        assertEq(after_.delivered(), delivered == type(uint24).max ? delivered : uint256(delivered) + 1);
        assertEq(after_.balance(), balance);
        assertEq(after_.missed(), 0, "a full counter does not spill over");
        assertFalse(after_.isLocked());
    }

    function testFuzz_DeliveryThatNobodyWaitedForLeavesTheLatency(uint256 raw) external pure {
        Account a = Account.wrap(raw);
        Account after_ = a.withDelivery();
        assertEq(after_.latency(), a.latency());
        assertEq(after_.delivered(), a.delivered() == type(uint24).max ? a.delivered() : uint256(a.delivered()) + 1);
        assertEq((Account.unwrap(after_) ^ raw) & ~(uint256(type(uint24).max) << 192), 0, "nothing else moves");
    }

    function testFuzz_MissesSaturate(uint16 missed) external pure {
        missed %= 4_096;
        Account a = Account.wrap(uint256(missed) << 216).withMiss();
        assertEq(a.missed(), missed == 4_095 ? missed : uint256(missed) + 1);
        assertEq(a.declined(), 0, "a full counter does not spill over");
    }

    function testFuzz_DeclinesSaturate(uint16 declined) external pure {
        declined %= 4_096;
        Account a = Account.wrap(uint256(declined) << 228).withDecline();
        assertEq(a.declined(), declined == 4_095 ? declined : uint256(declined) + 1);
        assertEq(a.latency(), 0, "a full counter does not spill over");
    }

    function testFuzz_LockIsOneBit(uint256 raw) external pure {
        Account a = Account.wrap(raw);
        assertTrue(a.withLock(true).isLocked());
        assertFalse(a.withLock(false).isLocked());
        assertEq(Account.unwrap(a.withLock(true)) - Account.unwrap(a.withLock(false)), 1 << 252);
    }
}
