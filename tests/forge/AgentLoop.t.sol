// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Birth, Choice, Loop} from "../../contracts/types/Policy.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice An agent's loop through misses, dormancy, stop and start.
contract AgentLoopTest is AgentBase {
    bytes private constant HOLD = abi.encodeCall(AgentActions.hold, ());

    function test_SCH6_MissMovesTheAgentToTheNextProvider() external {
        _miss();
        assertEq(loop.provider, rival);
        assertEq(_slot(loop).due(), _now(), "due at once");
        assertEq(_slot(loop).runs(), 1, "the run number goes on");
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
        assertEq(_reserved(address(agent)), everloop.worstCost(loop));
        assertTrue(_step(_bump(1)).result == IAgent.Result.Acted);
        assertEq(agent.total(), 1);
    }

    function test_SCH6_ChoiceGoesRound() external {
        _miss();
        assertEq(loop.provider, rival);
        _miss();
        assertEq(loop.provider, provider);
    }

    /// @dev The provider that is booked may be on the list no more.
    function test_SCH6_AReplacedListIsAskedFromItsFirst() external {
        Choice[] memory list = new Choice[](2);
        list[0] = Choice(makeAddr("third"), MODEL_ID);
        list[1] = Choice(makeAddr("fourth"), MODEL_ID);
        _addProvider(list[0].provider, STAKE);
        _addProvider(list[1].provider, STAKE);
        vm.prank(alice);
        agent.setProviders(list);
        skip(WINDOW);
        vm.prank(keeper);
        everloop.expire(loop);
        assertEq(_open(list[0].provider), 1);
    }

    function test_ProvidersThatDoNotServeAreLeftOut() external {
        address third = makeAddr("third");
        _addProvider(third, STAKE);
        _setChoices(provider, rival, third);
        vm.prank(rival);
        registry.serve(false);
        _miss();
        assertEq(loop.provider, third);
    }

    /// @dev One that serves but refuses the terms must not keep the agent from the one behind it.
    function test_SCH6_ProvidersThatRefuseAreLeftOut() external {
        address third = makeAddr("third");
        _addProvider(third, STAKE);
        _setChoices(provider, rival, third);
        Offer memory dear = _terms();
        dear.basePrice = 1 ether;
        vm.prank(rival);
        registry.offer(MODEL, dear);
        _miss();
        assertEq(loop.provider, third);
    }

    function test_SCH6_EightChoicesFitIntoTheLeastGas() external {
        Offer memory dear = _terms();
        dear.basePrice = 1 ether;
        Choice[] memory choices = new Choice[](8);
        choices[0] = Choice(provider, MODEL_ID);
        for (uint256 i = 1; i < 7; ++i) {
            address refuses = makeAddr(vm.toString(i));
            _addProvider(refuses, STAKE);
            vm.prank(refuses);
            registry.offer(MODEL, dear);
            choices[i] = Choice(refuses, MODEL_ID);
        }
        choices[7] = Choice(rival, MODEL_ID);
        vm.prank(alice);
        agent.setProviders(choices);
        _miss();
        assertEq(loop.provider, rival);
    }

    /// @dev The reservation of the missed run lasts until it is settled: the second one is fuelled from the treasury.
    function test_SCH6_MissRefuelsForADearerProvider() external {
        Offer memory dearer = _terms();
        dearer.basePrice = 0.0015 ether;
        vm.prank(rival);
        registry.offer(MODEL, dearer);
        uint256 worst = everloop.worstCost(loop);
        uint256 free = everloop.freeOf(address(agent));
        vm.prank(alice);
        agent.drain(free - worst - 0.0001 ether);
        _miss();
        assertEq(loop.provider, rival);
        assertEq(loop.pricing.fee(), 0.0025 ether);
        assertGt(agent.spending().current, 0, "refuelled");
    }

    function test_WithoutAnotherProviderTheLoopStaysWithItsOwn() external {
        vm.prank(rival);
        registry.serve(false);
        skip(WINDOW);
        _expire(loop);
        assertEq(_slot(loop).due(), _now() + HEARTBEAT);
        assertEq(_open(provider), 1);
        assertTrue(_nextStep(HOLD).result == IAgent.Result.Acted);
    }

    function test_SCH6_DormantLoopResumesFromTheTreasury() external {
        uint256 free = everloop.freeOf(address(agent));
        vm.prank(alice);
        agent.drain(free);
        _step(HOLD);
        assertEq(_slot(loop).due(), 0, "dormant");
        assertEq(_reserved(address(agent)), 0);
        vm.prank(keeper, keeper);
        everloop.resume(loop);
        assertEq(_slot(loop).due(), _now() + INTERVAL);
        assertGt(everloop.balanceOf(keeper), 0);
        assertEq(everloop.balanceOf(address(agent)), RUN_BALANCE - everloop.balanceOf(keeper));
        assertTrue(_nextStep(HOLD).result == IAgent.Result.Acted);
    }

    /// @dev Its provider went away after its answer; others of the list would serve.
    function test_SCH6_DormantLoopMovesToAProviderThatServes() external {
        vm.prank(governor);
        registry.delist(provider);
        _step(HOLD);
        assertEq(_slot(loop).due(), 0, "dormant");
        _resume();
        assertEq(loop.provider, rival);
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted);
        assertGt(everloop.balanceOf(keeper), 0, "the caller is paid");
    }

    function test_SCH2_WhereNobodyServesTheLoopStaysDormantAndTheKeeperIsPaid() external {
        vm.startPrank(governor);
        registry.delist(provider);
        registry.delist(rival);
        vm.stopPrank();
        _step(HOLD);
        vm.prank(keeper, keeper);
        assertFalse(everloop.resume(loop));
        assertEq(_slot(loop).due(), 0);
        assertGt(everloop.balanceOf(keeper), 0);
    }

    function test_SCH6_LoopGoesOnFor100Steps() external {
        for (uint256 i = 0; i < 100; ++i) {
            if (_slot(loop).due() == 0) {
                vm.prank(keeper, keeper);
                everloop.resume(loop);
            }
            assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted);
            agent.refuel();
        }
        assertEq(agent.total(), 100);
        assertEq(agent.steps(), 100);
    }

    function test_OwnerStopsOutsideTheWindowAndStartsAgain() external {
        vm.expectPartialRevert(IInferenceMarket.Inference_InsideWindow.selector);
        vm.prank(alice);
        agent.stop(loop);
        _step(HOLD);
        vm.startPrank(alice);
        agent.stop(loop);
        assertEq(_slot(loop).commitment(), 0);
        assertEq(_reserved(address(agent)), 0);
        vm.recordLogs();
        agent.start(_birth().loop, 1);
        vm.stopPrank();
        loop = _lastInference();
        assertEq(loop.provider, rival);
        assertEq(_inferenceId(loop), agent.loopId(), "the same loop");
        assertEq(_slot(loop).runs(), 2, "run 1 ended with the stop");
        assertTrue(_step(HOLD).result == IAgent.Result.Acted);
    }

    function test_SCH6_LeastRunBalancePaysTheDearestProviderOfTheList() external {
        Birth memory birth = _birth();
        birth.loop.maxFee = 0.05 ether;
        Offer memory dear = _terms();
        dear.basePrice = 0.04 ether;
        vm.prank(rival);
        registry.offer(MODEL, dear);
        birth.runBalance = uint80(2 * (everloop.worstCost(loop) + birth.loop.maxFee));
        _bear(birth);
        skip(WINDOW);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        assertEq(_open(rival), 1, "the dear provider has the run");
    }

    function test_SCH6_RevertWhen_StartedDearerThanTheRunBalanceCanRefuel() external {
        _step(HOLD);
        vm.startPrank(alice);
        agent.stop(loop);
        Loop memory dear = _birth().loop;
        dear.maxFee = uint64(RUN_BALANCE / 2);
        vm.expectPartialRevert(IAgent.Agent_BadLoop.selector);
        agent.start(dear, 0);
        vm.stopPrank();
    }

    function test_AGT2_RevertWhen_StartedWithLessThanAStepNeeds() external {
        _step(HOLD);
        vm.startPrank(alice);
        agent.stop(loop);
        Loop memory weak = _birth().loop;
        weak.gasLimit = 299_999;
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_BadLoop.selector, "gasLimit", 299_999, 300_000));
        agent.start(weak, 0);
    }

    function test_SetProvidersReplacesTheList() external {
        Choice[] memory choices = new Choice[](1);
        choices[0] = Choice(rival, MODEL_ID);
        vm.expectEmit(address(agent));
        emit IAgent.ProvidersChanged(choices);
        vm.prank(alice);
        agent.setProviders(choices);
        assertEq(agent.choices().length, 1);
        assertEq(agent.choices()[0].provider, rival);
    }

    function test_RevertWhen_TheListIsEmptyOrTooLong() external {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_ProviderCount.selector, 0, 8));
        agent.setProviders(new Choice[](0));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_ProviderCount.selector, 9, 8));
        agent.setProviders(new Choice[](9));
    }

    /// @dev Nobody answers; the keeper who ends the run is paid and the loop moves on.
    function _miss() private {
        vm.warp(uint256(_slot(loop).due()) + WINDOW);
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        loop = _lastInference();
    }

    /// @dev A keeper wakes the dormant loop, which moves on.
    function _resume() private {
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.resume(loop);
        loop = _lastInference();
    }

    function _setChoices(address first, address second, address third) private {
        Choice[] memory choices = new Choice[](3);
        choices[0] = Choice(first, MODEL_ID);
        choices[1] = Choice(second, MODEL_ID);
        choices[2] = Choice(third, MODEL_ID);
        vm.prank(alice);
        agent.setProviders(choices);
    }
}
