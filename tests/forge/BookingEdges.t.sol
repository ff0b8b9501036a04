// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {LibraryProbe} from "./mocks/LibraryProbe.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";
import {Birth, Choice} from "../../contracts/types/Policy.sol";

/// @notice Limits of bookings and births: the last value that is taken, and the first that is not.
contract BookingEdgesTest is AgentBase {
    address private _target = address(new Puppet());

    function test_HeartbeatsMayEqualTheInterval() external {
        Task memory task = _task(_target);
        task.timing = TimingLib.pack(INTERVAL, INTERVAL, WINDOW, 200_000, 0, 0);
        assertEq(_execute(_schedule(task, 0)).due, _now() + INTERVAL);
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, INTERVAL, WINDOW, 300_000, 1_024, 0);
        assertEq(_deliver(_request(job, 0), "a").due, _now() + INTERVAL);
    }

    function test_LoopsMayHaveNoInterval() external {
        Task memory task = _task(_target);
        task.timing = TimingLib.pack(0, HEARTBEAT, WINDOW, 200_000, 0, 0);
        assertEq(_execute(_schedule(task, 0)).due, 0, "it ends unless its target says when");
    }

    function test_LED3_TheLongestHeartbeatIsAWeek() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, 7 days, WINDOW, 300_000, 1_024, 0);
        _request(job, 0);
        job.salt = "longer";
        job.timing = TimingLib.pack(INTERVAL, 7 days + 1, WINDOW, 300_000, 1_024, 0);
        _expectBadTerms(job, "heartbeat", 7 days + 1, 7 days);
    }

    function test_TheProvidersLimitsAreTaken() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 20, 3_000_000, 1_024, 0);
        job.pricing = PricingLib.pack(1 gwei, 0, 0, FEE);
        assertEq(_request(job, 0).pricing.fee(), FEE);
    }

    function test_TheLongestWindowIsADay() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 1 days, 300_000, 1_024, 0);
        Inference memory record = _request(job, 0);
        skip(1 days - 1);
        assertEq(_deliver(record, "a").run, 0);
    }

    function test_TheLongestInputIsTaken() external {
        bytes memory input = new bytes(16_384);
        Inference memory job = _inference(_target);
        job.input = keccak256(input);
        vm.prank(alice);
        everloop.request(job, input, 0);
        assertEq(_open(provider), 2, "the agent's and this one");
    }

    function test_RevertWhen_AnInferencesDueIsTheMarkOfARun() external {
        Inference memory job = _inference(_target);
        uint40 mark = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("due"), mark, mark));
        vm.prank(alice);
        everloop.request(job, "", mark);
    }

    /// @dev One second from now is a time, now and the past are now.
    function test_DueTimesBeforeNowMeanNow() external {
        Task memory task = _task(_target);
        uint256[3] memory dues = [_now() - 1, _now(), _now() + 1];
        for (uint256 i = 0; i < dues.length; ++i) {
            task.salt = bytes32(i);
            assertEq(_slot(_schedule(task, dues[i])).due(), i == 2 ? _now() + 1 : _now());
        }
    }

    /// @dev The event of a booking tells how many runs the id has had: one that ran and one that was cancelled.
    function test_SCH5_RebookingTellsTheRunsThatWere() external {
        Task memory task = _schedule(_task(_target), 0);
        uint160 commitment = _slot(task).commitment();
        _execute(task);
        vm.prank(alice);
        everloop.cancel(task.salt);
        uint40 due = uint40(_now() + 2 hours);
        JobSlot slot = JobSlotLib.pack(commitment, due, 2, new LibraryProbe().recordGas(task));
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskScheduled(_taskId(task), alice, _bucket(due), slot, task);
        vm.prank(alice);
        everloop.schedule(task, due);
    }

    function test_INF4_RebookingAnInferenceTellsTheRunsThatWere() external {
        Inference memory job = _inference(_target);
        Inference memory record = _request(job, 0);
        uint256 recordGas = _slot(record).recordGas();
        uint160 commitment = _slot(record).commitment();
        _deliver(record, "a");
        vm.prank(alice);
        everloop.cancelInference(record);
        uint40 due = uint40(_now() + 2 hours);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceRequested(
            _inferenceId(job), provider, _bucket(due), JobSlotLib.pack(commitment, due, 2, recordGas), record, ""
        );
        vm.prank(alice);
        everloop.request(job, "", due);
    }

    function test_CancellingAnInferenceIsTold() external {
        Inference memory record = _request(_inference(_target), _now() + 50);
        vm.expectEmit(address(everloop));
        emit IScheduler.JobCancelled(_inferenceId(record), alice);
        vm.prank(alice);
        everloop.cancelInference(record);
    }

    /// @dev Which rule an answer of a batch broke, and whose it was.
    function test_SkippedAnswersAreTold() external {
        Inference memory record = _request(_inference(_target), _now() + 50);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(record, _pinned(0), "early");
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.DeliverySkipped(_inferenceId(record), provider, IInferenceMarket.Refusal.OutsideWindow);
        vm.prank(provider, provider);
        everloop.deliverBatch(answers);
    }

    function test_TheLargestBirthIsTaken() external {
        Birth memory birth = _birth();
        birth.loop.outputLimit = 4_096;
        birth.loop.maxFee = 0.004 ether;
        birth.loop.interval = 1;
        birth.policy.window = 1;
        birth.recipients = new address[](16);
        birth.providers = new Choice[](8);
        for (uint160 i = 0; i < 16; ++i) {
            birth.recipients[i] = address(i + 100);
            if (i < 8) birth.providers[i] = Choice(provider, MODEL_ID);
        }
        _bear(birth);
        assertTrue(agent.isRecipient(address(115)));
        assertFalse(agent.isRecipient(address(116)));
        assertEq(agent.choices().length, 8);
        assertEq(loop.timing.outputLimit(), 4_096);
    }

    function test_PagesOfAgentsEndWithTheList() external {
        address[3] memory all;
        all[0] = address(agent);
        for (uint256 i = 1; i < all.length; ++i) {
            _bear(_birth());
            all[i] = address(agent);
        }
        uint256[6] memory counts = [uint256(0), 1, 2, 3, 4, type(uint256).max];
        for (uint256 start = 0; start <= 4; ++start) {
            for (uint256 i = 0; i < counts.length; ++i) {
                address[] memory page = factory.agents(start, counts[i]);
                uint256 left = start < all.length ? all.length - start : 0;
                assertEq(page.length, counts[i] < left ? counts[i] : left);
                for (uint256 j = 0; j < page.length; ++j) {
                    assertEq(page[j], all[start + j]);
                }
            }
        }
    }

    function _expectBadTerms(Inference memory job, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, field, value, limit));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }
}
