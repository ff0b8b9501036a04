// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Test} from "./Test.sol";
import {vm} from "./Vm.sol";
import {Account, AccountLib} from "../../contracts/types/Account.sol";

/// @notice The one slot of an account.
contract AccountTest is Test {
    uint256 private constant ALL_80 = type(uint80).max;

    LibraryProbe private _probe = new LibraryProbe();

    function testFuzz_FieldsHaveTheirPlaces(uint256 raw) external pure {
        Account a = Account.wrap(raw);
        assertEq(a.balance(), raw % 2 ** 80);
        assertEq(a.reserved(), (raw >> 80) % 2 ** 80);
        assertEq(a.open(), (raw >> 160) % 2 ** 16);
        assertEq(a.delivered(), (raw >> 176) % 2 ** 24);
        assertEq(a.missed(), (raw >> 200) % 2 ** 16);
        assertEq(a.declined(), (raw >> 216) % 2 ** 16);
        assertEq(a.latency(), (raw >> 232) % 2 ** 16);
        assertEq(a.isServing(), (raw >> 248) % 2 == 1);
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
        vm.expectRevert(AccountLib.Account_TooManyOpen.selector);
        _probe.opened(full);
        vm.expectRevert();
        _probe.closed(Account.wrap(0));
        assertEq(full.closed().opened().open(), type(uint16).max);
    }

    function testFuzz_DeliveryCountsAndAverages(uint16 latency, uint24 delivered, uint256 seconds_, uint80 balance)
        external
        pure
    {
        Account a = Account.wrap(balance + (uint256(delivered) << 176) + (uint256(latency) << 232));
        Account after_ = a.withDelivery(seconds_);
        uint256 sample = seconds_ < 65_535 ? seconds_ : 65_535;
        assertEq(after_.latency(), (uint256(latency) * 7 + sample) / 8);
        assertEq(after_.delivered(), delivered == type(uint24).max ? delivered : uint256(delivered) + 1);
        assertEq(after_.balance(), balance);
        assertFalse(after_.isServing());
    }

    function testFuzz_MissesSaturate(uint16 missed) external pure {
        Account a = Account.wrap(uint256(missed) << 200).withMiss();
        assertEq(a.missed(), missed == type(uint16).max ? missed : uint256(missed) + 1);
        assertEq(a.declined(), 0, "a full counter does not spill over");
    }

    function testFuzz_ServingIsOneBit(uint256 raw) external pure {
        Account a = Account.wrap(raw);
        assertTrue(a.withServing(true).isServing());
        assertFalse(a.withServing(false).isServing());
        assertEq(Account.unwrap(a.withServing(true)) - Account.unwrap(a.withServing(false)), 1 << 248);
    }
}
