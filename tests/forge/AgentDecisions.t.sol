// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {Delivery, IRefuelable} from "../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Loop} from "../../contracts/types/Policy.sol";

/// @notice Decisions that no honest model would make.
contract AgentDecisionsTest is AgentBase {
    bytes private constant HOLD = abi.encodeCall(AgentActions.hold, ());

    function testFuzz_AGT2_AnyBytesAreRecordedAndTheLoopGoesOn(bytes calldata decision) external {
        vm.assume(decision.length <= 1_024);
        _checkGoesOn(decision);
    }

    /// @dev Known selectors with garbage behind them reach deeper than pure garbage.
    function testFuzz_AGT2_KnownSelectorsWithGarbageGoOn(uint8 which, bytes calldata rest) external {
        vm.assume(rest.length <= 900);
        bytes4[12] memory selectors = [
            IAgent.batch.selector,
            IAgent.initialize.selector,
            IAgentTreasury.withdraw.selector,
            IAgentTreasury.drain.selector,
            IAgent.setProviders.selector,
            IAgent.stop.selector,
            IAgent.start.selector,
            ProbeAgent.bump.selector,
            ProbeAgent.payOut.selector,
            AgentActions.wakeIn.selector,
            IRefuelable.refuel.selector,
            ProbeAgent.touch.selector
        ];
        _checkGoesOn(bytes.concat(selectors[which % selectors.length], rest));
        assertEq(agent.owner(), alice);
        assertEq(payee.balance, 0);
    }

    function test_AGT2_BurningBombingAndFloodingActionsLeaveTheStepAlive() external {
        bytes[4] memory decisions = [
            abi.encodeCall(ProbeAgent.burn, ()),
            abi.encodeCall(ProbeAgent.bomb, ()),
            abi.encodeCall(ProbeAgent.flood, ()),
            _batch(_bump(1), abi.encodeCall(ProbeAgent.burn, ()))
        ];
        for (uint256 i = 0; i < decisions.length; ++i) {
            assertTrue(_nextStep(decisions[i]).result == IAgent.Result.Failed);
        }
        assertEq(agent.total(), 0);
        assertEq(agent.steps(), 4);
    }

    /// @dev The longest decision that the loop allows, burning all gas, at the first step (cold history).
    function test_AGT2_TheLeastGasRecordsTheWorstDecision() external {
        uint256 length = 4_096;
        vm.startPrank(alice);
        agent.stop(_cancellable());
        Loop memory loop_ = _birth().loop;
        loop_.outputLimit = uint24(length);
        loop_.maxFee = 0.01 ether;
        vm.recordLogs();
        agent.start(loop_, 0);
        vm.stopPrank();
        loop = _lastInference();
        bytes memory decision = bytes.concat(abi.encodeCall(ProbeAgent.burn, ()), new bytes(length - 4));
        assertTrue(_step(decision).result == IAgent.Result.Failed);
        assertEq(agent.steps(), 1);
    }

    function test_ShortAnswersAreRejected() external {
        for (uint256 length = 0; length < 4; ++length) {
            assertTrue(_nextStep(new bytes(length)).result == IAgent.Result.Rejected);
        }
    }

    function test_ViewCallsAreRejected() external {
        assertTrue(_nextStep(abi.encodeCall(IAgent.prompt, ())).result == IAgent.Result.Rejected);
        assertTrue(_nextStep(abi.encodeCall(IAgentPolicy.owner, ())).result == IAgent.Result.Rejected);
    }

    /// @dev "Rejected" says that the answer named no action; then it should have done nothing either.
    function test_RejectedAnswersDoNothing() external {
        _step(HOLD);
        uint256 before = everloop.balanceOf(address(agent));
        vm.warp(_slot(loop).due());
        assertLt(before, RUN_BALANCE, "there is something to refuel");
        uint256 treasury = address(agent).balance;
        StepSeen memory seen = _step(abi.encodeCall(IRefuelable.refuel, ()));
        assertTrue(seen.result != IAgent.Result.Acted);
        assertEq(address(agent).balance, treasury, "refuel() is no action");
    }

    function test_OwnerFunctionsAreNoActions() external {
        bytes[7] memory tries = [
            abi.encodeCall(IAgentTreasury.withdraw, (1, payee)),
            abi.encodeCall(IAgentTreasury.drain, (1)),
            abi.encodeCall(IAgent.setProviders, (_birth().providers)),
            abi.encodeCall(IAgent.stop, (loop)),
            abi.encodeCall(IAgent.start, (_birth().loop, 0)),
            abi.encodeCall(IAgent.initialize, (provider, _birth(), "")),
            abi.encodeWithSelector(
                agent.onInference.selector, Delivery(9, 1, address(agent), _inferenceId(loop), 0), _bump(1)
            )
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            assertTrue(_nextStep(tries[i]).result == IAgent.Result.Failed);
            assertTrue(_nextStep(_batch(HOLD, tries[i])).result == IAgent.Result.Failed, "nor inside a batch");
        }
        assertEq(agent.owner(), alice);
        assertEq(agent.total(), 0);
        assertEq(address(agent).balance, TREASURY);
    }

    function test_BatchDoesAllOrNothing() external {
        assertTrue(_step(_batch(_bump(2), _bump(3))).result == IAgent.Result.Acted);
        assertEq(agent.total(), 5);
        assertTrue(_nextStep(_batch(_bump(100), abi.encodeCall(ProbeAgent.fail, (1)))).result == IAgent.Result.Failed);
        assertEq(agent.total(), 5);
    }

    function test_BatchHoldsTwoToEightActions() external {
        for (uint256 size = 0; size <= 9; ++size) {
            bytes[] memory actions = new bytes[](size);
            for (uint256 i = 0; i < size; ++i) {
                actions[i] = _bump(1);
            }
            uint256 before = agent.total();
            bool fits = size >= 2 && size <= 8;
            StepSeen memory seen = _nextStep(abi.encodeCall(IAgent.batch, (actions)));
            assertTrue(seen.result == (fits ? IAgent.Result.Acted : IAgent.Result.Failed));
            assertEq(agent.total(), before + (fits ? size : 0));
        }
    }

    function test_BatchesDoNotNest() external {
        assertTrue(_step(_batch(HOLD, _batch(HOLD, HOLD))).result == IAgent.Result.Failed);
    }

    function test_BatchTakesOnlyActions() external {
        bytes[4] memory others = [
            abi.encodeCall(ProbeAgent.touch, ()),
            abi.encodeCall(IRefuelable.refuel, ()),
            abi.encodeCall(IAgent.prompt, ()),
            bytes(hex"0102")
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            assertTrue(_nextStep(_batch(_bump(1), others[i])).result == IAgent.Result.Failed);
        }
        assertEq(agent.total(), 0);
        assertEq(agent.touched(), 0);
    }

    function test_RevertWhen_ActionsAreCalledFromOutside() external {
        address[3] memory callers = [alice, address(everloop), provider];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.startPrank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotActing.selector, callers[i]));
            agent.bump(1);
            vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotActing.selector, callers[i]));
            agent.batch(new bytes[](2));
            vm.stopPrank();
        }
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotActing.selector, address(agent)));
        vm.prank(address(agent));
        agent.hold();
    }

    /// @dev While the agent acts, the one it pays may call back: it is still nobody.
    function test_RecipientsGainNoVoiceWhileTheAgentActs() external {
        vm.etch(payee, hex"5f5f5f5f5f335af15f5ffd");
        assertTrue(_step(_pay(payee, 1)).result == IAgent.Result.Failed, "a refusing recipient fails the action");
        assertEq(address(agent).balance, TREASURY);
    }

    function _checkGoesOn(bytes memory decision) private {
        vm.recordLogs();
        _deliverAs(provider, loop, 0, decision);
        IInferenceMarket.Ending ending = _lastDelivered().ending;
        assertTrue(ending == IInferenceMarket.Ending.Accepted || ending == IInferenceMarket.Ending.Rejected);
        assertEq(agent.steps(), 1);
        assertGe(_slot(loop).due(), _now() + INTERVAL);
        assertLe(_slot(loop).due(), _now() + HEARTBEAT);
        assertEq(_slot(loop).failures(), 0);
    }

    /// @dev The loop's record once its window is over, so that it may be stopped.
    function _cancellable() private returns (Inference memory) {
        skip(WINDOW);
        return loop;
    }
}
