// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {Vm, vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IWakeable} from "../../contracts/interfaces/IWakeable.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";

contract Bot {
    function wakeAll(IWakeable[] calldata agents, Inference[] calldata jobs) external {
        for (uint256 i = 0; i < agents.length; ++i) {
            agents[i].wake(jobs[i]);
        }
    }
}

contract PocWakeTest is AgentBase {
    event log_named_uint(string key, uint256 value);

    bytes private constant HOLD = abi.encodeCall(AgentActions.hold, ());

    function _wake() private {
        vm.recordLogs();
        vm.prank(keeper, keeper);
        agent.wake(loop);
        loop = _lastInference();
    }

    /// "step only at the heartbeat": a paused agent, woken by its own provider once an interval.
    function test_A_PausedAgentStepsAtTheIntervalAndPays() external {
        agent.setAlarm(true);
        _step(HOLD);
        vm.prank(alice);
        agent.pause();
        _nextStep(HOLD);
        uint256 start = _now();
        uint256 stepsBefore = agent.steps();
        uint256 treasury = address(agent).balance + everloop.balanceOf(address(agent));
        for (uint256 i = 0; i < 10; ++i) {
            skip(INTERVAL);
            _wake();
            assertTrue(_step(HOLD).result == IAgent.Result.Paused);
        }
        emit log_named_uint("seconds", _now() - start);
        emit log_named_uint("steps while paused", agent.steps() - stepsBefore);
        emit log_named_uint(
            "wei it cost", treasury - address(agent).balance - everloop.balanceOf(address(agent))
        );
        assertLe(agent.steps() - stepsBefore, (_now() - start) / HEARTBEAT + 1, "steps only at the heartbeat");
    }

    /// Two steps an interval, both in one block.
    function test_B_TwoStepsAnInterval() external {
        agent.setAlarm(true);
        _step(HOLD);
        uint256 start = _now();
        uint256 before = agent.steps();
        uint256 earned = everloop.balanceOf(provider);
        for (uint256 i = 0; i < 10; ++i) {
            vm.warp(_slot(loop).due());
            _step(HOLD);
            _wake();
            _step(HOLD);
        }
        emit log_named_uint("seconds", _now() - start);
        emit log_named_uint("steps", agent.steps() - before);
        emit log_named_uint("provider earned", everloop.balanceOf(provider) - earned);
        assertLe(agent.steps() - before, (_now() - start) / INTERVAL, "at most a step an interval");
    }

    /// Whoever wakes makes the agent take the provider's new price.
    function test_C_TheProviderRaisesItsPriceByWaking() external {
        agent.setAlarm(true);
        _step(HOLD);
        uint64 fee = loop.pricing.fee();
        Offer memory dear = _terms();
        dear.basePrice = 0.002 ether;
        vm.prank(provider);
        registry.offer(MODEL, dear);
        vm.recordLogs();
        vm.prank(provider, provider);
        agent.wake(loop);
        loop = _lastInference();
        emit log_named_uint("fee before", fee);
        emit log_named_uint("fee after", loop.pricing.fee());
        assertEq(loop.pricing.fee(), fee, "the price is kept");
    }

    /// A contract that wakes many is paid more gas than it uses.
    function test_D_ABotGainsByWakingMany() external {
        uint256 count = 10;
        IWakeable[] memory agents = new IWakeable[](count);
        Inference[] memory jobs = new Inference[](count);
        for (uint256 i = 0; i < count; ++i) {
            _bear(_birth());
            agent.setAlarm(true);
            _step(abi.encodeCall(AgentActions.wakeIn, (500)));
            _wake();
            _step(abi.encodeCall(AgentActions.wakeIn, (500)));
            (agents[i], jobs[i]) = (agent, loop);
        }
        skip(INTERVAL);
        Bot bot = new Bot();
        _deposit(address(bot), 1);
        vm.fee(1);
        vm.txGasPrice(1);
        for (uint256 i = 0; i < count; ++i) {
            vm.cool(address(agents[i]));
        }
        vm.cool(address(everloop));
        vm.cool(implementation);
        vm.prank(keeper, keeper);
        bot.wakeAll(agents, jobs);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint("gas used, all in", used + 21_000 + count * 3_000);
        emit log_named_uint("gas paid", everloop.balanceOf(address(bot)) - 1);
    }
}
