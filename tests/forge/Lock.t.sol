// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task} from "../../contracts/types/Job.sol";

/// @notice [LED-3] an account binds itself for a while, and only itself.
contract LockTest is Base {
    uint40 private _until;

    function setUp() public override {
        super.setUp();
        _until = uint40(_now() + 1 hours);
    }

    function test_LED3_LockIsToldAndSeen() external {
        vm.expectEmit(address(everloop));
        emit ILedger.Locked(alice, _until);
        _lock(_until);
        assertEq(everloop.lockedUntil(alice), _until);
        assertTrue(everloop.accountOf(alice).isLocked());
        assertEq(everloop.balanceOf(alice), 10 ether);
        assertEq(everloop.freeOf(alice), 10 ether, "free, its lock aside");
        assertEq(everloop.lockedUntil(provider), 0);
    }

    function test_LED3_RevertWhen_LockedAccountsWithdraw() external {
        _lock(_until);
        _expectLocked();
        everloop.withdraw(1, alice);
        vm.warp(_until - 1);
        _expectLocked();
        everloop.withdraw(1, alice);
    }

    function test_LED3_RevertWhen_LockedAccountsBook() external {
        _lock(_until);
        Inference memory job = _inference(address(1));
        _expectLocked();
        everloop.request(job, "", 0);
    }

    function test_LED3_RevertWhen_LockedAccountsUpdate() external {
        Inference memory record = _request(_inference(address(1)), _now() + 50);
        _lock(_until);
        Inference memory changed = _unpriced(record);
        _expectLocked();
        everloop.updateInference(record, changed, "", 0);
    }

    function test_LED3_RevertWhen_LockedAccountsAreResumed() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _withdrawAll(alice);
        _deliver(record, "a");
        _deposit(alice, 1 ether);
        _lock(_until);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_StillLocked.selector, alice, _until, _now()));
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertEq(_slot(record).due(), 0, "dormant until the lock ends");
    }

    /// @dev A tip goes to whoever runs the task, so a task would be a way to take money out: it waits, whenever it was booked.
    function test_LED3_TasksOfLockedAccountsWait() external {
        Task memory before = _schedule(_tipped("before"), 0);
        _lock(_until);
        Task memory since = _schedule(_tipped("since"), 0);
        _expectWait();
        everloop.execute(before);
        _expectWait();
        everloop.execute(since);
        assertTrue(_outcome(before) == IScheduler.Outcome.Unaffordable);
        assertEq(everloop.balanceOf(alice), 10 ether);
        vm.warp(_until);
        assertEq(_execute(before).run, 0, "still due when the lock ends");
    }

    function test_INF1_TheRunThatIsBookedIsPaid() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _lock(_until);
        Delivered memory done = _deliver(record, "a");
        assertGe(done.paid, FEE);
        assertEq(everloop.balanceOf(provider), done.paid);
        assertEq(done.due, 0, "but the next one is not booked: dormant");
        assertGt(_slot(record).commitment(), 0);
        assertEq(_reserved(alice), 0);
        assertEq(_open(provider), 0);
    }

    function test_SCH6_LoopsGoOnWhenTheLockEnds() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        _lock(_until);
        _deliver(record, "a");
        vm.warp(_until);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertEq(_slot(record).due(), _now() + INTERVAL);
        assertEq(_reserved(alice), everloop.worstCost(record));
    }

    function test_INF3_MissedAndDeclinedRunsOfLockedAccountsEnd() external {
        Inference memory record = _request(_inference(address(new Puppet())), 0);
        Inference memory job = _inference(address(new Puppet()));
        job.salt = "declined";
        Inference memory other = _request(job, 0);
        _lock(_until);
        vm.prank(provider, provider);
        everloop.decline(other, 0);
        skip(WINDOW);
        _expire(record);
        assertEq(_slot(record).due(), 0);
        assertEq(_slot(other).due(), 0);
        assertEq(_reserved(alice), 0);
        assertEq(_open(provider), 0);
    }

    /// @dev Whoever locks itself inside its own run has still to pay it.
    function test_INF1_LockingInsideARunStillPaysIt() external {
        Puppet client = new Puppet();
        _deposit(address(client), 1 ether);
        client.addStep(address(everloop), abi.encodeCall(ILedger.lock, (_until)));
        Inference memory job = _inference(address(client));
        job.owner = address(client);
        Inference memory record = _request(job, 0);
        Delivered memory done = _deliver(record, "a");
        assertTrue(client.results()[0]);
        assertGe(done.paid, FEE);
        assertEq(done.due, 0, "dormant");
        Task memory task = _task(address(client));
        task.owner = address(client);
        _schedule(task, 0);
        vm.warp(_until);
        client.clearScript();
        client.addStep(address(everloop), abi.encodeCall(ILedger.lock, (_until + 1)));
        uint256 paid = _execute(task).paid;
        assertEq(everloop.balanceOf(keeper), paid);
        assertEq(everloop.lockedUntil(address(client)), _until + 1);
    }

    function test_LED3_LockedAccountsMayEndWhatTheyBooked() external {
        Inference memory record = _request(_inference(address(1)), _now() + 50);
        Task memory task = _schedule(_task(address(1)), 0);
        _lock(_until);
        vm.startPrank(alice);
        everloop.cancelInference(record);
        everloop.cancel(task.salt);
        vm.stopPrank();
        assertEq(_reserved(alice), 0);
    }

    function test_LED3_LocksGrowAndNeverShrink() external {
        _lock(_until);
        uint256 latest = _now() + 8 days;
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_BadLock.selector, _until, _until, latest));
        _lock(_until);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_BadLock.selector, _until - 1, _until, latest));
        _lock(_until - 1);
        _lock(_until + 1);
        assertEq(everloop.lockedUntil(alice), _until + 1);
    }

    function test_LED3_RevertWhen_TheLockIsTooLongOrPast() external {
        uint256 latest = _now() + 8 days;
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_BadLock.selector, latest + 1, _now(), latest));
        _lock(uint40(latest + 1));
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_BadLock.selector, _now(), _now(), latest));
        _lock(uint40(_now()));
        _lock(uint40(latest));
        assertEq(everloop.lockedUntil(alice), latest);
    }

    function test_LED3_LocksEndByThemselves() external {
        _lock(_until);
        vm.warp(_until);
        vm.prank(alice);
        everloop.withdraw(1 ether, alice);
        assertEq(alice.balance, 1 ether);
        _request(_inference(address(1)), 0);
        _lock(_until + 1);
        assertEq(everloop.lockedUntil(alice), _until + 1, "and may begin anew");
    }

    function test_LED3_ALockBindsNobodyElse() external {
        _lock(_until);
        _deposit(rival, 1 ether);
        vm.prank(rival);
        everloop.withdraw(1 ether, rival);
        assertEq(rival.balance, 1 ether);
        _deposit(alice, 1 ether);
        assertEq(everloop.balanceOf(alice), 11 ether, "what comes in is locked too");
        _expectLocked();
        everloop.withdraw(1, alice);
    }

    /// @dev A provider's record and its room for work share the slot with the flag.
    function test_LED3_ALockTouchesNothingElseOfTheAccount() external {
        _deliver(_request(_inference(address(new Puppet())), 0), "a");
        uint256 earned = everloop.balanceOf(provider);
        vm.prank(provider, provider);
        everloop.lock(_until);
        assertEq(everloop.balanceOf(provider), earned);
        assertEq(everloop.accountOf(provider).delivered(), 1);
        assertEq(everloop.accountOf(provider).capacity(), 50);
        assertEq(_open(provider), 1);
        Inference memory job = _inference(address(1));
        job.salt = "work goes on";
        assertEq(_deliver(_request(job, 0), "a").run, 0);
    }

    function testFuzz_LED3_NoLockOutlastsEightDays(uint40 until, uint40 later) external {
        vm.prank(alice);
        (bool ok,) = address(everloop).call(abi.encodeCall(ILedger.lock, (until)));
        assertEq(ok, until > _now() && until <= _now() + 8 days);
        vm.prank(alice);
        (ok,) = address(everloop).call(abi.encodeCall(ILedger.lock, (later)));
        assertLe(everloop.lockedUntil(alice), _now() + 8 days);
        skip(8 days);
        vm.prank(alice);
        everloop.withdraw(10 ether, alice);
        assertEq(alice.balance, 10 ether);
    }

    function _lock(uint40 until) private {
        vm.prank(alice);
        everloop.lock(until);
    }

    /// @dev The next call is alice's, and refused for her lock.
    function _expectLocked() private {
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_StillLocked.selector, alice, _until, _now()));
        vm.prank(alice);
    }

    /// @dev The next call is the keeper's, and refused for alice's lock.
    function _expectWait() private {
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_StillLocked.selector, alice, _until, _now()));
        vm.prank(keeper, keeper);
    }

    /// @dev A task that pays nearly all that alice has to whoever runs it.
    function _tipped(bytes32 salt) private returns (Task memory task) {
        task = _task(address(new Puppet()));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 9 ether);
        task.salt = salt;
    }
}
