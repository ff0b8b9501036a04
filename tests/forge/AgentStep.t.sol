// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {Vm, vm} from "./Vm.sol";
import {Delivery, Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";
import {StepReport} from "../../contracts/types/Step.sol";

/// @notice One step: decision, history, next time.
contract AgentStepTest is AgentBase {
    function test_ActionChangesTheStateAndIsRecorded() external {
        StepSeen memory seen = _step(_bump(3));
        assertEq(agent.total(), 3);
        assertTrue(seen.result == IAgent.Result.Acted);
        assertEq(seen.decisionHash, keccak256(_bump(3)));
        assertEq(agent.steps(), 1);
        assertEq(_slot(loop).due(), _now() + INTERVAL);
    }

    function test_StepTellsRunPinTimeAndResult() external {
        _step(_bump(1));
        (uint64 number, bytes32 hash) = _pinnedBlock();
        StepSeen memory seen = _nextStep(abi.encodeCall(ProbeAgent.fail, (1)));
        assertEq(seen.run, 1);
        assertEq(seen.pinnedBlock, number);
        assertEq(seen.pinnedHash, hash, "the whole hash, though the pin has 160 bits of it");
        assertEq(seen.time, _now());
        assertTrue(seen.result == IAgent.Result.Failed);
    }

    /// @dev The head is computed from the events alone and must equal the agent's.
    function testFuzz_AGT1_HeadRederivesFromEventsAlone(bytes[5] calldata decisions) external {
        vm.recordLogs();
        for (uint256 i = 0; i < decisions.length; ++i) {
            bytes memory decision = i % 2 == 0 ? _bump(i) : bytes(decisions[i]);
            if (decision.length > 2_048) decision = "";
            uint256 due = _slot(loop).due();
            if (due > _now()) vm.warp(due);
            _deliverAs(loop.provider, loop, _slot(loop).runs(), decision);
            if (_slot(loop).due() == 0) break;
        }
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bytes28 head = 0;
        uint32 steps = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(agent) || logs[i].topics[0] != IAgent.Stepped.selector) continue;
            (StepReport report, bytes32 pinnedHash, bytes32 decisionHash) =
                abi.decode(logs[i].data, (StepReport, bytes32, bytes32));
            assertEq(report.step(), steps);
            head = bytes28(keccak256(abi.encode(head, logs[i].topics[1], report, pinnedHash, decisionHash)));
            ++steps;
        }
        assertEq(bytes32(agent.historyHead()), bytes32(head));
        assertEq(agent.steps(), steps);
    }

    function test_AGT1_FailedAndRejectedStepsEnterTheHistory() external {
        bytes28 before = agent.historyHead();
        assertTrue(_step(abi.encodeCall(ProbeAgent.fail, (1))).result == IAgent.Result.Failed);
        bytes28 afterFailure = agent.historyHead();
        assertNotEq(bytes32(before), bytes32(afterFailure));
        assertTrue(_nextStep("").result == IAgent.Result.Rejected);
        assertNotEq(bytes32(agent.historyHead()), bytes32(afterFailure));
        assertEq(agent.steps(), 2);
    }

    function test_AGT1_MissedRunsLeaveNoTrace() external {
        _step(_bump(1));
        bytes28 head = agent.historyHead();
        vm.warp(_slot(loop).due() + WINDOW);
        _expire(loop);
        assertEq(bytes32(agent.historyHead()), bytes32(head));
        assertEq(agent.steps(), 1);
    }

    function test_WakeInDecidesTheNextTime() external {
        _step(abi.encodeCall(AgentActions.wakeIn, (123)));
        assertEq(_slot(loop).due(), _now() + 123);
        _nextStep(abi.encodeCall(AgentActions.wakeIn, (1)));
        assertEq(_slot(loop).due(), _now() + INTERVAL, "never below the interval");
        _nextStep(abi.encodeCall(AgentActions.wakeIn, (type(uint256).max)));
        assertEq(_slot(loop).due(), _now() + HEARTBEAT, "never above the heartbeat");
        _nextStep(abi.encodeCall(AgentActions.wakeIn, (0)));
        assertEq(_slot(loop).due(), _now() + INTERVAL);
    }

    function test_WakeOfOneStepDoesNotReachTheNext() external {
        _step(abi.encodeCall(AgentActions.wakeIn, (300)));
        _nextStep(abi.encodeCall(AgentActions.hold, ()));
        assertEq(_slot(loop).due(), _now() + INTERVAL);
    }

    function test_StopLoopEndsTheLoop() external {
        _step(abi.encodeCall(AgentActions.stopLoop, ()));
        assertEq(_slot(loop).commitment(), 0);
        assertEq(_reserved(address(agent)), 0);
        assertEq(_open(provider), 0);
    }

    function test_LastWakeCounts() external {
        _step(_batch(abi.encodeCall(AgentActions.stopLoop, ()), abi.encodeCall(AgentActions.wakeIn, (200))));
        assertEq(_slot(loop).due(), _now() + 200);
    }

    function test_FailedStepLosesItsWakeToo() external {
        _step(_batch(abi.encodeCall(AgentActions.stopLoop, ()), abi.encodeCall(ProbeAgent.fail, (1))));
        assertEq(_slot(loop).due(), _now() + INTERVAL, "nothing of a failed decision stays");
    }

    function test_RejectedAnswerIsCountedByTheEngine() external {
        vm.recordLogs();
        _deliverAs(provider, loop, 0, hex"00");
        assertTrue(_lastDelivered().ending == IInferenceMarket.Ending.Rejected);
        assertEq(_slot(loop).due(), _now() + INTERVAL);
    }

    function test_SCH8_RevertWhen_AnybodyElseSpeaksAsTheEngine() external {
        bytes32 id = _inferenceId(loop);
        Delivery memory delivery = Delivery(0, 1, address(agent), id, 0);
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotEverloop.selector, alice));
        vm.prank(alice);
        agent.onInference(delivery, _bump(1));
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotEverloop.selector, alice));
        vm.prank(alice);
        agent.onMissed(id, Miss.Expired, loop);
    }

    /// @dev A stranger's inference aimed at the agent: paid by the stranger, refused by the agent.
    function test_SCH8_StrangersJobsDoNotReachTheAgent() external {
        Inference memory job = _inference(address(agent));
        job.provider = rival;
        Inference memory record = _request(job, 0);
        Delivered memory done = _deliver(record, _bump(7));
        assertTrue(done.ending == IInferenceMarket.Ending.Failed);
        assertEq(agent.total(), 0);
        assertEq(agent.steps(), 0);
        assertEq(everloop.balanceOf(alice), 10 ether - done.paid, "the stranger pays");
        vm.warp(_slot(record).due() + WINDOW);
        _expire(record);
        assertEq(everloop.balanceOf(address(agent)), RUN_BALANCE);
        assertEq(agent.choices().length, 2);
    }

    function test_SCH8_StrangersTasksDoNotReachTheAgent() external {
        Task memory task = _task(address(agent));
        task.data = _bump(7);
        _execute(_schedule(task, 0));
        assertEq(agent.total(), 0);
    }

    function test_ManifestContextAndPromptAreReadable() external {
        assertEq(agent.manifest(), MANIFEST);
        assertEq(agent.manifestPointer(), makeAddr("manifest"));
        assertEq(agent.prompt(), "prompt");
        assertEq(agent.context(), "context");
        assertEq(agent.loopId(), _inferenceId(loop));
        assertEq(agent.loopSalt(), loop.salt);
    }
}
