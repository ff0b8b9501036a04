// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "../forge/Test.sol";
import {vm} from "../forge/Vm.sol";
import {Ledger} from "../../contracts/core/Ledger.sol";
import {Account} from "../../contracts/types/Account.sol";

/// @notice The real ledger, with its accounts open to the checks.
contract OpenLedger is Ledger {
    function put(address account, Account record) external {
        _accounts[account].value = record;
    }

    function reserve(address account, uint256 amount) external {
        _reserve(account, amount);
    }

    function charge(address account, uint256 amount) external {
        _charge(account, amount);
    }

    function credit(address account, uint256 amount) external {
        _credit(account, amount);
    }
}

/// @notice What each entry of the ledger does to any two accounts, in any state, and to the ETH held.
/// @dev An account is sound if `reserved <= balance`.
contract LedgerSymbolicTest is Test {
    address private constant TO = address(0x70);
    uint40 private constant NOW = 1 << 32;
    uint256 private constant MAX_LOCK = 8 days;

    OpenLedger private _ledger;

    function setUp() external {
        _ledger = new OpenLedger();
        vm.warp(NOW);
    }

    function check_LED1_DepositAddsWhatCameIn(
        address from,
        address to,
        address other,
        Account a,
        Account b,
        uint80 sent
    ) external {
        _place(to, a, other, b);
        vm.assume(from != address(_ledger));
        vm.deal(from, sent);
        uint256 held = address(_ledger).balance;
        vm.prank(from);
        _ledger.deposit{value: sent}(to);
        assertEq(_ledger.balanceOf(to), uint256(a.balance()) + sent);
        assertEq(address(_ledger).balance, held + sent);
        assertEq(_reservedOf(to), a.reserved());
        _assertSame(other, b);
    }

    function check_LED1_WithdrawalTakesWhatGoesOut(
        address account,
        address other,
        Account a,
        Account b,
        uint80 held,
        uint256 amount
    ) external {
        _place(account, a, other, b);
        vm.deal(address(_ledger), held);
        vm.deal(TO, 0);
        vm.prank(account);
        _ledger.withdraw(amount, TO);
        assertEq(TO.balance, amount);
        assertEq(address(_ledger).balance + amount, held);
        assertEq(_ledger.balanceOf(account) + amount, a.balance());
        assertEq(_reservedOf(account), a.reserved());
        _assertSound(account);
        _assertSame(other, b);
    }

    function check_LED2_WithdrawalRefusesExactlyMoreThanIsFree(address account, Account a, uint256 amount) external {
        _place(account, a);
        vm.deal(address(_ledger), type(uint80).max);
        vm.prank(account);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.withdraw, (amount, TO)));
        assertEq(ok, amount <= a.free());
    }

    /// @dev A lock is its account's own, and over at its time, whatever the flag says.
    function check_LED3_OnlyTheOwnLockBlocksAWithdrawal(
        address account,
        address other,
        Account a,
        uint40 until,
        uint40 otherUntil,
        uint40 time
    ) external {
        _place(account, a);
        vm.assume(account != other && time >= NOW);
        _lock(account, until);
        _lock(other, otherUntil);
        vm.warp(time);
        vm.deal(address(_ledger), type(uint80).max);
        uint256 free = _ledger.freeOf(account);
        vm.prank(account);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.withdraw, (free, TO)));
        assertEq(ok, time >= until);
    }

    function check_LED3_LockIsTakenExactlyIfLaterAndAtMostEightDays(
        address account,
        Account a,
        uint40 first,
        uint40 time,
        uint40 until
    ) external {
        _place(account, a);
        vm.assume(time >= NOW && time < type(uint40).max - MAX_LOCK);
        _lock(account, first);
        vm.warp(time);
        vm.prank(account);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.lock, (until)));
        assertEq(ok, until > time && until > first && until <= time + MAX_LOCK);
        assertEq(_ledger.lockedUntil(account), ok ? until : first);
    }

    function check_LED3_LockMovesNoMoney(address account, address other, Account a, Account b, uint40 until) external {
        _place(account, a, other, b);
        vm.prank(account);
        _ledger.lock(until);
        assertEq(Account.unwrap(_ledger.accountOf(account)), Account.unwrap(a.withLock(true)));
        assertEq(_ledger.lockedUntil(other), 0);
        _assertSame(other, b);
    }

    /// @dev Any two of deposit, withdrawal, lock and reservation; the first is by `left` without loss of generality.
    function check_LED1_TwoCallsKeepWhatIsOwedAndHeldTogether(
        address left,
        address right,
        Account a,
        Account b,
        uint8[2] calldata kinds,
        bool same,
        uint80[2] calldata amounts
    ) external {
        _place(left, a, right, b);
        vm.assume(left != address(_ledger) && right != address(_ledger));
        vm.deal(address(_ledger), uint256(a.balance()) + b.balance());
        _act(kinds[0], left, amounts[0]);
        _act(kinds[1], same ? left : right, amounts[1]);
        assertEq(_ledger.balanceOf(left) + _ledger.balanceOf(right), address(_ledger).balance);
        _assertSound(left);
        _assertSound(right);
    }

    function check_LED2_ReservationRefusesExactlyMoreThanIsFree(
        address account,
        address other,
        Account a,
        Account b,
        uint256 amount
    ) external {
        _place(account, a, other, b);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.reserve, (account, amount)));
        assertEq(ok, amount <= a.free());
        assertEq(_ledger.balanceOf(account), a.balance());
        assertEq(_ledger.freeOf(account), ok ? a.free() - amount : a.free());
        _assertSame(other, b);
    }

    function check_LED3_LockedAccountReservesNothing(address account, Account a, uint40 until, uint256 amount)
        external
    {
        _place(account, a);
        _lock(account, until);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.reserve, (account, amount)));
        assertFalse(ok);
    }

    function check_LED2_ChargeTakesFromTheFreePartOnly(
        address account,
        address other,
        Account a,
        Account b,
        uint256 amount
    ) external {
        _place(account, a, other, b);
        (bool ok,) = address(_ledger).call(abi.encodeCall(_ledger.charge, (account, amount)));
        assertEq(ok, amount <= a.free());
        assertEq(_ledger.balanceOf(account), ok ? a.balance() - amount : a.balance());
        assertEq(_reservedOf(account), a.reserved());
        _assertSame(other, b);
    }

    function check_LED1_CreditChangesOneBalance(address account, address other, Account a, Account b, uint256 amount)
        external
    {
        _place(account, a, other, b);
        _ledger.credit(account, amount);
        unchecked {
            assertEq(_ledger.balanceOf(account) - amount, a.balance());
        }
        assertEq(_reservedOf(account), a.reserved());
        _assertSame(other, b);
    }

    function _act(uint256 kind, address account, uint256 amount) private {
        if (kind == 0) {
            vm.deal(account, amount);
            vm.prank(account);
            _ledger.deposit{value: amount}(account);
        } else if (kind == 1) {
            vm.prank(account);
            _ledger.withdraw(amount, TO);
        } else if (kind == 2) {
            vm.prank(account);
            _ledger.lock(uint40(amount));
        } else {
            _ledger.reserve(account, amount);
        }
    }

    function _lock(address account, uint40 until) private {
        vm.prank(account);
        _ledger.lock(until);
    }

    function _place(address account, Account a, address other, Account b) private {
        vm.assume(account != other && b.reserved() <= b.balance());
        _place(account, a);
        _ledger.put(other, b);
    }

    function _place(address account, Account a) private {
        vm.assume(a.reserved() <= a.balance());
        _ledger.put(account, a);
    }

    function _reservedOf(address account) private view returns (uint256) {
        return _ledger.accountOf(account).reserved();
    }

    function _assertSound(address account) private view {
        Account a = _ledger.accountOf(account);
        assertLe(a.reserved(), a.balance(), "reserved <= balance");
    }

    function _assertSame(address account, Account before) private view {
        assertEq(Account.unwrap(_ledger.accountOf(account)), Account.unwrap(before));
    }
}
