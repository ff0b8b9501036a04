// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IOfferBook} from "../../contracts/interfaces/IOfferBook.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice Tasks whose target means harm.
contract ExecuteHostileTest is Base {
    uint24 private constant GAS = 3_000_000;

    /// Target and owner of the job under test.
    Puppet private _villain = new Puppet();
    address private _honest = address(new Puppet());

    function setUp() public override {
        super.setUp();
        _deposit(address(_villain), 10 ether);
    }

    function test_SCH2_NoEndingBlocksABatchOrCostsTheKeeper() external {
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            for (uint256 raw = 0; raw < 2; ++raw) {
                uint256 snapshot = vm.snapshotState();
                _villain.setEnd(Puppet.Mode(mode), 0);
                _checkBatchSurvives(uint8(raw));
                vm.revertToState(snapshot);
            }
        }
    }

    function test_SCH2_ChildrenAndReentryIntoEverythingAreHarmless() external {
        Task memory record = _schedule(_villainTask(0), 0);
        Inference memory inference = _request(_inference(_honest), _now() + 1 days);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(inference, Pin.wrap(0), "");
        bytes[10] memory tries = [
            abi.encodeCall(IScheduler.execute, (record)),
            abi.encodeCall(IScheduler.executeBatch, (_only(record))),
            abi.encodeCall(IInferenceMarket.deliver, (inference, Pin.wrap(0), "")),
            abi.encodeCall(IInferenceMarket.deliverBatch, (answers)),
            abi.encodeCall(IInferenceMarket.decline, (inference, 0)),
            abi.encodeCall(IInferenceMarket.resign, (inference)),
            abi.encodeCall(IInferenceMarket.expire, (inference)),
            abi.encodeCall(IInferenceMarket.resume, (inference)),
            abi.encodeCall(IOfferBook.setCapacity, (provider, 0)),
            abi.encodeCall(ILedger.withdraw, (10 ether, address(_villain)))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            _villain.addStep(address(everloop), tries[i]);
        }
        uint256 before = everloop.balanceOf(address(_villain));
        Executed memory done = _execute(record);
        assertTrue(done.outcome == IScheduler.Outcome.Succeeded);
        bool[] memory results = _villain.results();
        for (uint256 i = 0; i < results.length; ++i) {
            assertFalse(results[i], "refused");
        }
        for (uint256 i = 0; i < 8; ++i) {
            assertEq(_villain.answerOf(i), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        }
        assertEq(everloop.balanceOf(keeper), done.paid);
        assertEq(everloop.balanceOf(address(_villain)), before - done.paid);
    }

    /// @dev What the run will cost is set aside before the call; the rest is free to go.
    function test_SCH2_WithdrawingInsideTheRunLeavesTheKeepersPay() external {
        Task memory record = _schedule(_villainTask(0), 0);
        uint256 worst = _worst(record);
        uint256 balance = everloop.balanceOf(address(_villain));
        _villain.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (balance - worst + 1, address(0xdead))));
        _villain.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (balance - worst, address(0xdead))));
        Executed memory done = _execute(record);
        assertFalse(_villain.results()[0]);
        assertTrue(_villain.results()[1]);
        assertEq(everloop.balanceOf(keeper), done.paid);
        assertEq(everloop.balanceOf(address(_villain)), worst - done.paid);
        assertEq(_reserved(address(_villain)), 0);
    }

    function test_CancelInsideTheRunStillPaysAndWins() external {
        Task memory record = _schedule(_villainTask(0), 0);
        _villain.addStep(address(everloop), abi.encodeCall(IScheduler.cancel, (record.salt)));
        Executed memory done = _execute(record);
        assertGt(done.paid, 0);
        assertEq(done.due, 0);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_slot(record).runs(), 1);
        assertEq(everloop.balanceOf(keeper), done.paid);
    }

    function test_RebookingInsideTheRunWins() external {
        Task memory task = _villainTask(0);
        Task memory record = _schedule(task, 0);
        uint40 due = uint40(_now() + 5_000);
        _villain.addStep(address(everloop), abi.encodeCall(IScheduler.cancel, (record.salt)));
        _villain.addStep(address(everloop), abi.encodeCall(IScheduler.schedule, (task, due)));
        Executed memory done = _execute(record);
        assertEq(done.due, due, "the event names the new booking");
        assertEq(_slot(record).due(), due);
        assertEq(_slot(record).runs(), 1, "its run number is new");
        assertGt(_slot(record).commitment(), 0);
    }

    /// @dev See {ScheduleTest-test_RevertWhen_DueIsTheMarkOfARun}: such a booking would look like the old run.
    function test_RebookingInsideTheRunAsIfRunningIsRefused() external {
        Task memory task = _villainTask(0);
        Task memory record = _schedule(task, 0);
        _villain.addStep(address(everloop), abi.encodeCall(IScheduler.cancel, (record.salt)));
        _villain.addStep(address(everloop), abi.encodeCall(IScheduler.schedule, (task, type(uint40).max)));
        _execute(record);
        assertFalse(_villain.results()[1]);
        assertEq(_slot(record).commitment(), 0);
    }

    function test_SpendingTheOwnersMoneyInsideTheRunMakesLaterItemsUnaffordable() external {
        Task memory first = _schedule(_villainTask(0), 0);
        Task memory second = _villainTask(0);
        second.salt = bytes32(uint256(1));
        _schedule(second, 0);
        uint256 rest = everloop.balanceOf(address(_villain)) - _worst(first);
        _villain.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (rest, address(0xdead))));
        Task[] memory tasks = new Task[](2);
        (tasks[0], tasks[1]) = (first, second);
        vm.prank(keeper, keeper);
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Unaffordable);
    }

    function test_TargetWithoutCodeCountsAsDone() external {
        Task memory task = _task(address(0x1234567));
        assertTrue(_execute(_schedule(task, 0)).outcome == IScheduler.Outcome.Succeeded);
    }

    function _checkBatchSurvives(uint8 flags) private {
        Task[] memory tasks = new Task[](3);
        tasks[0] = _schedule(_task(_honest), 0);
        tasks[1] = _schedule(_villainTask(flags), 0);
        tasks[2] = _task(_honest);
        tasks[2].salt = bytes32(uint256(9));
        _schedule(tasks[2], 0);
        uint256 claims = _claims();
        vm.prank(keeper, keeper);
        uint256 gas_ = gasleft();
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        gas_ -= gasleft();
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded, "before");
        assertTrue(uint8(outcomes[1]) <= uint8(IScheduler.Outcome.Failed), "run");
        assertTrue(outcomes[2] == IScheduler.Outcome.Succeeded, "after");
        assertGe(everloop.balanceOf(keeper), gas_ * 2 gwei, "the keeper is paid for all gas");
        assertEq(_claims(), claims, "wei only moved");
        assertEq(_reserved(address(_villain)), 0);
    }

    function _villainTask(uint8 flags) private view returns (Task memory task) {
        task = _task(address(_villain));
        task.owner = address(_villain);
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, GAS, 0, flags);
        task.data = "raw";
    }

    /// @dev wei set aside for one run, computed anew.
    function _worst(Task memory record) private view returns (uint256) {
        return (90_000 + uint256(_slot(record).recordGas()) + record.timing.gasLimit()) * record.pricing.maxGasPrice()
            + record.pricing.amount() + record.pricing.maxDataFee();
    }

    function _claims() private view returns (uint256) {
        return everloop.balanceOf(keeper) + everloop.balanceOf(alice) + everloop.balanceOf(address(_villain));
    }
}
