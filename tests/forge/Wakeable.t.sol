// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IWakeable} from "../../contracts/interfaces/IWakeable.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {vm} from "./Vm.sol";

/// @notice The next step before its time.
/// @dev wake
/// ├── nothing happened, another job, a step due or in progress, or woken in this interval: reverts
/// ├── budget or treasury do not cover the pay: reverts
/// └── else the loop is due now, and the caller is paid for its gas
contract WakeableTest is AgentBase {
    function setUp() public override {
        super.setUp();
        _deposit(keeper, 1);
        // A woken agent has been woken before: the first time writes slots that were zero.
        _sleep();
        agent.setAlarm(true);
        _wake();
        _sleep();
        skip(INTERVAL);
    }

    function test_TheLoopIsDueNow() external {
        uint32 runs = _slot(loop).runs();
        _wake();
        assertEq(_slot(loop).due(), _now());
        assertEq(_slot(loop).runs(), runs + 1, "the run that was booked is over");
        assertTrue(_step(_bump(1)).result == IAgent.Result.Acted);
        assertEq(_reserved(address(agent)), everloop.worstCost(loop));
    }

    /// @dev A contract may wake many agents in one transaction.
    function test_AContractIsNotPaidForTheTransaction() external {
        vm.fee(1);
        vm.txGasPrice(1);
        uint256 snapshot = vm.snapshotState();
        uint256 asKeeper = _wake();
        vm.revertToState(snapshot);
        vm.fee(1);
        vm.txGasPrice(1);
        address bot = makeAddr("bot");
        vm.etch(bot, hex"00");
        vm.prank(bot, bot);
        agent.wake(loop);
        assertLt(everloop.balanceOf(bot) + 21_000, asKeeper);
    }

    function test_AGT3_ThePayCountsAgainstTheBudget() external {
        uint256 spent = agent.spending().current;
        uint256 treasury = address(agent).balance;
        uint256 paid = _wake();
        assertGt(paid, 0);
        assertEq(agent.spending().current, spent + paid);
        assertEq(address(agent).balance, treasury - paid);
    }

    function test_SCH4_TheLoopsCapsBoundThePrice() external {
        vm.txGasPrice(1_000 gwei);
        // Base fee and priority cap make 2 gwei.
        assertLt(_wake(), 400_000 * 2 gwei);
    }

    function test_RevertWhen_NothingHappened() external {
        agent.setAlarm(false);
        vm.expectRevert(IWakeable.Agent_NothingToWake.selector);
        vm.prank(keeper);
        agent.wake(loop);
    }

    function test_RevertWhen_WokenInThisInterval() external {
        _wake();
        uint256 next = _now() + INTERVAL;
        _sleep();
        skip(INTERVAL - 1);
        vm.expectRevert(abi.encodeWithSelector(IWakeable.Agent_WokenLately.selector, next, next - 1));
        vm.prank(keeper);
        agent.wake(loop);
        skip(1);
        _wake();
    }

    function test_RevertWhen_TheStepIsDueAlready() external {
        uint256 due = _slot(loop).due();
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IWakeable.Agent_NotAhead.selector, due, due));
        vm.prank(keeper);
        agent.wake(loop);
    }

    function test_RevertWhen_TheJobIsNotTheLoop() external {
        Inference memory other = _inference(address(agent));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotLoop.selector, _inferenceId(other)));
        vm.prank(keeper);
        agent.wake(other);
    }

    function test_RevertWhen_TheRecordIsNotTheOneBooked() external {
        Inference memory changed = _unpriced(loop);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(loop)));
        vm.prank(keeper);
        agent.wake(changed);
    }

    function test_AGT3_RevertWhen_TheTreasuryIsShort() external {
        vm.deal(address(agent), RESERVE);
        vm.expectPartialRevert(IAgentPolicy.Agent_UnderReserve.selector);
        vm.prank(keeper);
        agent.wake(loop);
        assertGt(_slot(loop).due(), _now(), "and nobody is woken");
    }

    function test_AGT3_RevertWhen_TheBudgetIsSpent() external {
        uint256 left = agent.budgetLeft();
        while (left != 0) {
            uint256 amount = left < ACTION_CAP ? left : ACTION_CAP;
            _nextStep(_pay(payee, amount));
            left -= amount;
        }
        _nextStep(abi.encodeCall(AgentActions.wakeIn, (500)));
        vm.expectPartialRevert(IAgentPolicy.Agent_OverBudget.selector);
        vm.prank(keeper);
        agent.wake(loop);
    }

    /// @dev A decision that wakes would have its effect and still name no action.
    function test_ADecisionCannotWake() external {
        assertTrue(_nextStep(abi.encodeCall(IWakeable.wake, (loop))).result == IAgent.Result.Failed);
    }

    /// @dev Who is paid while the agent acts cannot wake it: its run is in progress.
    function test_ARecipientCannotWakeWhileTheAgentActs() external {
        vm.etch(payee, address(new Waker(agent, loop)).code);
        Waker(payable(payee)).set(agent, loop);
        assertTrue(_nextStep(_pay(payee, 1)).result == IAgent.Result.Failed);
    }

    function _wake() private returns (uint256 paid) {
        uint256 before = everloop.balanceOf(keeper);
        vm.recordLogs();
        vm.prank(keeper, keeper);
        agent.wake(loop);
        loop = _lastInference();
        return everloop.balanceOf(keeper) - before;
    }

    /// @dev The loop sleeps for long from here.
    function _sleep() private {
        _step(abi.encodeCall(AgentActions.wakeIn, (500)));
    }
}

/// @notice Wakes whoever pays it.
contract Waker {
    IWakeable private _agent;
    Inference private _job;

    constructor(IWakeable agent_, Inference memory job) {
        set(agent_, job);
    }

    receive() external payable {
        _agent.wake(_job);
    }

    function set(IWakeable agent_, Inference memory job) public {
        (_agent, _job) = (agent_, job);
    }
}
