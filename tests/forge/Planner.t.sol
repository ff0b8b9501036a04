// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IPlanner} from "../../contracts/interfaces/IPlanner.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Policy} from "../../contracts/types/Policy.sol";
import {Task} from "../../contracts/types/Job.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice Actions taken later.
/// @dev scheduleAction
/// ├── eight open, over a year ahead, or too long: the decision fails
/// └── else a one-shot of the agent's own is booked, at the earliest in a minute
/// onTask
/// ├── not Everloop, or not the agent's own task: reverts
/// └── else the plan is over, and its action is taken under the policy of now
contract PlannerTest is AgentBase {
    function test_APlanRunsAtItsTime() external {
        uint256 due = _now() + 1 hours;
        Task memory task = _plan(due, _bump(5));
        assertEq(_slot(task).due(), due);
        vm.warp(due - 1);
        assertTrue(_outcome(task) == IScheduler.Outcome.NotDue);
        vm.warp(due);
        assertTrue(_runPlan(task, 0) == IAgent.Result.Acted);
        assertEq(agent.total(), 5);
        assertEq(_slot(task).commitment(), 0, "it is over");
        assertEq(agent.context(), "context");
    }

    /// @dev A task is booked with caps that the base fee may rise within, and no more for data than for gas.
    function test_APlanIsBookedWithItsCaps() external {
        vm.fee(7 gwei);
        Task memory task = _plan(_now() + 1 hours, _bump(5));
        assertEq(task.pricing.maxPriorityFee(), 2 gwei);
        assertEq(task.pricing.maxGasPrice(), 4 * 7 gwei + 2 gwei);
        assertEq(task.pricing.maxDataFee(), 0, "no module");
    }

    function test_OpenPlansStandInTheContext() external {
        _plan(1_800_003_600, _bump(5));
        assertEq(
            agent.context(),
            string.concat(
                "context\nPlan 0: ", vm.toString(abi.encodePacked(ProbeAgent.bump.selector)), " at 1800003600"
            )
        );
    }

    function test_ATimeThatIsTooEarlyBecomesTheEarliest() external {
        assertEq(_slot(_plan(0, _bump(1))).due(), _now() + 60);
    }

    function test_ACancelledPlanDoesNotRun() external {
        Task memory task = _plan(_now() + 1 hours, _bump(5));
        assertTrue(_nextStep(abi.encodeCall(IPlanner.cancelAction, (0))).result == IAgent.Result.Acted);
        assertTrue(_nextStep(abi.encodeCall(IPlanner.cancelAction, (0))).result == IAgent.Result.Failed, "once");
        assertTrue(_nextStep(abi.encodeCall(IPlanner.cancelAction, (8))).result == IAgent.Result.Failed);
        vm.warp(_now() + 1 hours);
        assertTrue(_outcome(task) == IScheduler.Outcome.Stale);
    }

    function test_AGT3_TheOwnerDropsAPlan() external {
        Task memory task = _plan(_now() + 1 hours, _pay(payee, 0.1 ether));
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_NotOwner.selector, alice, payee));
        vm.prank(payee);
        agent.dropPlan(0);
        vm.prank(alice);
        agent.stop(loop);
        vm.expectEmit(address(agent));
        emit IPlanner.PlanCancelled(0);
        vm.prank(alice);
        agent.dropPlan(0);
        assertEq(_slot(task).commitment(), 0);
        assertEq(agent.context(), "context");
        vm.expectRevert(abi.encodeWithSelector(IPlanner.Agent_NoPlan.selector, 0));
        vm.prank(alice);
        agent.dropPlan(0);
    }

    /// @dev Not even one that is its own owner.
    function test_AGT3_ADecisionDropsNoPlanByTheOwnersHand() external {
        _plan(_now() + 1 hours, _bump(5));
        assertTrue(_nextStep(abi.encodeCall(IPlanner.dropPlan, (0))).result == IAgent.Result.Failed);
        assertNotEq(bytes(agent.context()).length, bytes("context").length, "it is still open");
    }

    function test_EightPlansAreOpenAtMost() external {
        for (uint256 i = 0; i < 8; ++i) {
            assertTrue(_nextStep(_schedule(_now() + 1 days, _bump(i))).result == IAgent.Result.Acted);
        }
        assertTrue(_nextStep(_schedule(_now() + 1 days, _bump(8))).result == IAgent.Result.Failed);
        vm.warp(_slot(loop).due());
        vm.expectEmit(address(agent));
        emit IPlanner.PlanCancelled(3);
        _step(abi.encodeCall(IPlanner.cancelAction, (3)));
        assertTrue(_nextStep(_schedule(_now() + 1 days, _bump(8))).result == IAgent.Result.Acted, "its number is free");
    }

    function test_LongestActionFitsAndALongerOneFails() external {
        bytes memory most = bytes.concat(_bump(1), new bytes(447 - 36));
        Task memory task = _plan(0, most);
        skip(60);
        assertTrue(_runPlan(task, 0) == IAgent.Result.Acted);
        assertTrue(_nextStep(_schedule(0, bytes.concat(most, hex"00"))).result == IAgent.Result.Failed);
        assertTrue(_nextStep(_schedule(0, hex"112233")).result == IAgent.Result.Failed, "no selector");
        assertTrue(_nextStep(_schedule(_now() + 366 days, _bump(1))).result == IAgent.Result.Failed, "too far");
    }

    /// @dev What was allowed when it was planned is not when it runs.
    function test_AGT3_ThePolicyOfThenCounts() external {
        Task memory task = _plan(0, _pay(payee, 0.1 ether));
        Policy memory tight = agent.policy();
        tight.actionCap = 0.05 ether;
        vm.prank(alice);
        agent.setLimits(tight);
        skip(60);
        assertTrue(_runPlan(task, 0) == IAgent.Result.Failed);
        assertEq(payee.balance, 0);
    }

    function test_APausedAgentDropsItsPlan() external {
        Task memory task = _plan(0, _bump(1));
        vm.prank(alice);
        agent.pause();
        skip(60);
        assertTrue(_runPlan(task, 0) == IAgent.Result.Paused);
        assertEq(agent.total(), 0);
        assertEq(_slot(task).commitment(), 0);
    }

    function test_AGT1_APlanLeavesNoTraceInTheHistory() external {
        Task memory task = _plan(0, _bump(1));
        bytes28 head = agent.historyHead();
        skip(60);
        _runPlan(task, 0);
        assertEq(bytes32(agent.historyHead()), bytes32(head));
        assertEq(agent.steps(), 1);
    }

    /// @dev Each waits a minute, so they do not fill a block; each is paid from the run balance.
    function test_PlansThatPlanWaitAMinute() external {
        Task memory task = _plan(0, _schedule(0, _bump(1)));
        skip(60);
        vm.recordLogs();
        vm.prank(keeper);
        everloop.execute(task);
        Task memory next = _lastTask();
        assertEq(_slot(next).due(), _now() + 60);
        skip(60);
        assertTrue(_runPlan(next, 1) == IAgent.Result.Acted, "the first one's number was still taken");
        assertEq(agent.total(), 1);
    }

    function test_APlanHasNoSayInTheLoop() external {
        Task memory task = _plan(0, abi.encodeCall(AgentActions.stopLoop, ()));
        skip(60);
        assertTrue(_runPlan(task, 0) == IAgent.Result.Failed);
        assertNotEq(_slot(loop).due(), 0);
        assertTrue(_nextStep(abi.encodeCall(AgentActions.wakeIn, (100))).result == IAgent.Result.Acted, "a step has");
    }

    function test_AGT2_HostilePlansEndAndTheLoopGoesOn() external {
        bytes[4] memory plans = [
            abi.encodeCall(ProbeAgent.burn, ()),
            abi.encodeCall(ProbeAgent.bomb, ()),
            abi.encodeCall(ProbeAgent.touch, ()),
            abi.encodeCall(IPlanner.cancelAction, (0))
        ];
        for (uint256 i = 0; i < plans.length; ++i) {
            Task memory task = _plan(0, plans[i]);
            skip(60);
            assertTrue(_runPlan(task, 0) != IAgent.Result.Acted);
        }
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted);
    }

    function test_SCH8_RevertWhen_AnybodyElseSpeaksAsTheEngine() external {
        _plan(0, _bump(1));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotEverloop.selector, alice));
        vm.prank(alice);
        agent.onTask(0, address(agent), bytes.concat(hex"00", _bump(1)));
    }

    /// @dev A stranger's task at the agent, with a plan's data: paid by the stranger, refused by the agent.
    function test_SCH8_AStrangersTaskIsNoPlan() external {
        _plan(_now() + 1 hours, _bump(1));
        Task memory task = _task(address(agent));
        task.data = bytes.concat(hex"00", _bump(7));
        assertTrue(_execute(_schedule(task, 0)).outcome == IScheduler.Outcome.Failed);
        assertEq(agent.total(), 0);
        assertEq(
            agent.context(),
            string.concat(
                "context\nPlan 0: ", vm.toString(abi.encodePacked(ProbeAgent.bump.selector)), " at 1800003600"
            )
        );
    }

    /// @return task As it was booked.
    function _plan(uint256 when, bytes memory plan) private returns (Task memory) {
        uint256 due = _slot(loop).due();
        if (due > _now()) vm.warp(due);
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), _schedule(when, plan));
        return _lastTask();
    }

    function _runPlan(Task memory task, uint256 number) private returns (IAgent.Result) {
        vm.recordLogs();
        vm.prank(keeper);
        everloop.execute(task);
        Vm.Log memory log = _newest(vm.getRecordedLogs(), IPlanner.PlanRun.selector);
        assertEq(uint256(log.topics[1]), number);
        return abi.decode(log.data, (IAgent.Result));
    }

    function _schedule(uint256 when, bytes memory plan) private pure returns (bytes memory) {
        return abi.encodeCall(IPlanner.scheduleAction, (when, plan));
    }
}
