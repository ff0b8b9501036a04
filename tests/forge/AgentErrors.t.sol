// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {Delivery, IRefuelable, Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {INotebook} from "../../contracts/interfaces/INotebook.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Choice, Loop} from "../../contracts/types/Policy.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice What an agent says when it refuses, and when it acts: reasons and events with their figures.
/// @dev A decision hides why it failed, so actions are tried from inside one by {ProbeAgent-attempt}.
contract AgentErrorsTest is AgentBase {
    bytes private constant HOLD = abi.encodeCall(AgentActions.hold, ());
    /// Less than this is kept back to record a step.
    uint256 private constant STEP_RESERVE = 40_000;

    function test_AGT3_RefusedPaymentsNameTheirLimit() external {
        _expectReason(_pay(keeper, 1), abi.encodeWithSelector(IAgentPolicy.Agent_NotRecipient.selector, keeper));
        uint256 tooMuch = uint256(ACTION_CAP) + 1;
        _expectReason(
            _pay(payee, tooMuch), abi.encodeWithSelector(IAgentPolicy.Agent_OverActionCap.selector, tooMuch, ACTION_CAP)
        );
        vm.etch(payee, hex"5f5ffd");
        _expectReason(_pay(payee, 7), abi.encodeWithSelector(IAgentTreasury.Agent_TransferFailed.selector, payee, 7));
        assertEq(agent.spending().current, 0, "what failed is not counted");
    }

    function test_AGT3_OverBudgetNamesWhatIsLeft() external {
        _nextStep(_batch(_pay(payee, ACTION_CAP), _pay(payee, ACTION_CAP)));
        uint256 left = BUDGET - 2 * uint256(ACTION_CAP);
        _expectReason(
            _pay(payee, left + 1), abi.encodeWithSelector(IAgentPolicy.Agent_OverBudget.selector, left + 1, left)
        );
        assertTrue(_nextStep(_pay(payee, left)).result == IAgent.Result.Acted, "exactly what is left");
        _expectReason(_pay(payee, 1), abi.encodeWithSelector(IAgentPolicy.Agent_OverBudget.selector, 1, 0));
    }

    function test_AGT3_UnderReserveNamesWhatWouldBeNeeded() external {
        vm.deal(address(agent), RESERVE + 50);
        _expectReason(
            _pay(payee, 51),
            abi.encodeWithSelector(IAgentPolicy.Agent_UnderReserve.selector, RESERVE + 50, RESERVE + 51)
        );
        assertTrue(_nextStep(_pay(payee, 50)).result == IAgent.Result.Acted);
    }

    function test_BatchesNameTheirSizeAndItsLimit() external {
        _expectReason(_batchOf(0), abi.encodeWithSelector(IAgent.Agent_BatchSize.selector, 0, 2));
        _expectReason(_batchOf(1), abi.encodeWithSelector(IAgent.Agent_BatchSize.selector, 1, 2));
        _expectReason(_batchOf(9), abi.encodeWithSelector(IAgent.Agent_BatchSize.selector, 9, 8));
        _expectReason(_batchOf(8), "");
    }

    /// @dev The reason of the item that failed, byte for byte, wherever it stands.
    function test_BatchesFailWithTheReasonOfTheirItem() external {
        bytes memory broken = abi.encodeCall(ProbeAgent.fail, (7));
        bytes memory reason = abi.encodeWithSelector(ProbeAgent.Probe_Broken.selector, 7);
        _expectReason(_batch(broken, HOLD), reason);
        _expectReason(_batch(HOLD, broken), reason);
        _expectReason(
            _batch(HOLD, _pay(keeper, 1)), abi.encodeWithSelector(IAgentPolicy.Agent_NotRecipient.selector, keeper)
        );
        assertEq(agent.total(), 0);
    }

    function test_APageThatIsNotThereIsNamed() external {
        bytes memory reason = abi.encodeWithSelector(INotebook.Agent_NoPage.selector, 16, 16);
        _expectReason(abi.encodeCall(INotebook.remember, (16, "x")), reason);
    }

    function test_WhatIsNoActionIsNamed() external {
        bytes4[3] memory others = [ProbeAgent.touch.selector, IAgent.prompt.selector, IAgentPolicy.owner.selector];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory call_ = abi.encodeWithSelector(others[i]);
            bytes memory reason = abi.encodeWithSelector(IAgent.Agent_NotAnAction.selector, others[i]);
            _expectReason(_batch(call_, HOLD), reason);
            _expectReason(_batch(HOLD, call_), reason);
        }
        bytes memory refuel = abi.encodeCall(IRefuelable.refuel, ());
        _expectReason(refuel, abi.encodeWithSelector(IAgent.Agent_NotAnAction.selector, IRefuelable.refuel.selector));
        _expectReason(
            _batch(HOLD, _batch(HOLD, HOLD)),
            abi.encodeWithSelector(IAgent.Agent_NotAnAction.selector, IAgent.batch.selector)
        );
    }

    function test_SCH8_RevertWhen_ToldOfAnothersJob() external {
        Inference memory job = loop;
        job.owner = alice;
        vm.startPrank(address(everloop));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotOwnJob.selector, alice));
        agent.onInference(Delivery(0, 1, alice, _inferenceId(job), 0), _bump(1));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotOwnJob.selector, alice));
        agent.onMissed(_inferenceId(job), Miss.Expired, job);
        vm.stopPrank();
        assertEq(agent.steps(), 0);
    }

    function test_RevertWhen_NobodyElseServes() external {
        bytes32 id = _inferenceId(loop);
        vm.prank(rival);
        registry.serve(false);
        bytes memory reason = abi.encodeWithSelector(IAgent.Agent_NoOtherProvider.selector, provider);
        vm.expectRevert(reason);
        vm.prank(address(everloop));
        agent.onMissed(id, Miss.Expired, loop);
        Choice[] memory own = new Choice[](1);
        own[0] = Choice(provider, MODEL_ID);
        vm.prank(alice);
        agent.setProviders(own);
        vm.expectRevert(reason);
        vm.prank(address(everloop));
        agent.onMissed(id, Miss.Expired, loop);
    }

    function test_RevertWhen_StartedWithAChoiceThatIsNotThere() external {
        _step(HOLD);
        Loop memory loop_ = _birth().loop;
        vm.startPrank(alice);
        agent.stop(loop);
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_ProviderCount.selector, 2, 2));
        agent.start(loop_, 2);
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_ProviderCount.selector, type(uint256).max, 2));
        agent.start(loop_, type(uint256).max);
        agent.start(loop_, 1);
        vm.stopPrank();
        assertEq(_open(rival), 1);
    }

    /// @dev Too little to act upon a decision is still enough to record that it failed.
    function test_AGT2_StepsBelowTheReserveAreRecordedAsFailed() external {
        _step(HOLD);
        Delivery memory delivery = Delivery(1, 1, address(agent), _inferenceId(loop), 0);
        uint256 recorded = 0;
        for (uint256 gas_ = 10_000; gas_ < STEP_RESERVE; gas_ += 1_000) {
            uint32 steps = agent.steps();
            vm.prank(address(everloop));
            try agent.onInference{gas: gas_}(delivery, _bump(1)) returns (uint256 next) {
                assertEq(next, 0);
                assertEq(agent.steps(), steps + 1);
                ++recorded;
            } catch {
                assertEq(agent.steps(), steps);
            }
        }
        assertGt(recorded, 0, "gas <= reserve is no reason to revert");
        assertEq(agent.total(), 0, "and not enough to act");
    }

    function test_PaymentsAreTold() external {
        Pin pin = _pinned(0);
        vm.expectEmit(address(agent));
        emit IAgentTreasury.Transferred(payee, 0.02 ether);
        vm.prank(provider, provider);
        everloop.deliver(loop, pin, _pay(payee, 0.02 ether));
    }

    function test_TopUpsAreTold() external {
        _step(HOLD);
        uint256 missing = RUN_BALANCE - everloop.balanceOf(address(agent));
        vm.expectEmit(address(agent));
        emit IAgentTreasury.Refuelled(missing);
        assertEq(agent.refuel(), missing);
        vm.recordLogs();
        assertEq(agent.refuel(), 0);
        assertEq(vm.getRecordedLogs().length, 0, "nothing is told where nothing moves");
    }

    function test_SwitchesAreTold() external {
        skip(WINDOW);
        vm.expectEmit(address(agent));
        emit IAgent.ProviderSwitched(provider, rival);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
    }

    /// @dev An empty `reason` means that the action succeeds.
    function _expectReason(bytes memory call_, bytes memory reason) private {
        uint256 due = _slot(loop).due();
        if (due > _now()) vm.warp(due);
        Pin pin = _pinned(_slot(loop).runs());
        vm.expectEmit(address(agent));
        emit ProbeAgent.Attempted(reason.length == 0, reason);
        vm.prank(provider, provider);
        everloop.deliver(loop, pin, abi.encodeCall(ProbeAgent.attempt, (call_)));
    }

    function _batchOf(uint256 size) private pure returns (bytes memory) {
        bytes[] memory actions = new bytes[](size);
        for (uint256 i = 0; i < size; ++i) {
            actions[i] = HOLD;
        }
        return abi.encodeCall(IAgent.batch, (actions));
    }
}
