// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice Consumers that want the answer for free.
contract DeliverHostileTest is Base {
    /// Target and owner of the job under test.
    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
    }

    function test_INF1_NoEndingOfTheCallbackSavesTheFee() external {
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _client.setEnd(Puppet.Mode(mode), 0);
            Inference memory record = _request(_job(), 0);
            uint256 gas_ = gasleft();
            Delivered memory done = _deliver(record, "a");
            gas_ -= gasleft();
            assertGe(done.paid, FEE + _targetGas() * 2 gwei);
            assertEq(everloop.balanceOf(provider), done.paid);
            assertEq(everloop.balanceOf(address(_client)), 10 ether - done.paid);
            assertEq(_slot(record).runs(), 1);
            assertGt(done.due, _now(), "the loop goes on");
            vm.revertToState(snapshot);
        }
    }

    function test_INF1_ReentryIntoEverythingIsRefused() external {
        Inference memory record = _request(_job(), 0);
        Inference memory other = _request(_inference(address(1)), 0);
        bytes[9] memory tries = _reentries(record, other);
        for (uint256 i = 0; i < tries.length; ++i) {
            _client.addStep(address(everloop), tries[i]);
        }
        Delivered memory done = _deliver(record, "a");
        assertTrue(done.ending == IInferenceMarket.Ending.Accepted);
        for (uint256 i = 0; i < tries.length; ++i) {
            assertFalse(_client.results()[i]);
            if (i == tries.length - 1) continue;
            assertEq(_client.answerOf(i), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        }
        assertEq(everloop.balanceOf(provider), done.paid);
    }

    function test_INF3_WithdrawingInsideTheRunLeavesTheProvidersPay() external {
        Inference memory record = _request(_job(), 0);
        uint256 worst = everloop.worstCost(record);
        _client.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (10 ether - worst + 1, address(2))));
        _client.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (10 ether - worst, address(2))));
        Delivered memory done = _deliver(record, "a");
        assertFalse(_client.results()[0]);
        assertTrue(_client.results()[1]);
        assertEq(everloop.balanceOf(provider), done.paid);
        assertEq(everloop.balanceOf(address(_client)), worst - done.paid);
        assertEq(done.due, 0, "dormant: the next run cannot be reserved");
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
    }

    function test_INF3_CancelInsideTheRunStillPays() external {
        Inference memory record = _request(_job(), 0);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        Delivered memory done = _deliver(record, "a");
        assertTrue(_client.results()[0]);
        assertEq(done.due, 0);
        assertEq(everloop.balanceOf(provider), done.paid);
        assertGe(done.paid, FEE);
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
        assertEq(JobSlot.unwrap(_slot(record)), uint256(1) << 200, "over, the run counted");
    }

    function test_INF4_RebookingInsideTheRunOpensANewRun() external {
        Inference memory job = _job();
        Inference memory record = _request(job, 0);
        uint40 due = uint40(_now() + 5_000);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.request, (job, "", due)));
        Delivered memory done = _deliver(record, "a");
        assertTrue(_client.results()[1]);
        assertEq(done.due, due);
        assertEq(_slot(record).runs(), 1);
        assertEq(_slot(record).due(), due);
        assertEq(_reserved(address(_client)), everloop.worstCost(record), "one reservation, not two");
        assertEq(_open(provider), 1, "one open run, not two");
        assertEq(everloop.balanceOf(provider), done.paid);
    }

    function test_INF3_CancelAndRebookWithARivalInsideTheRun() external {
        Inference memory job = _job();
        Inference memory record = _request(job, 0);
        job.provider = rival;
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        Delivered memory done = _deliver(record, "a");
        assertEq(everloop.balanceOf(provider), done.paid);
        assertEq(everloop.balanceOf(rival), 0);
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
        vm.expectPartialRevert(IScheduler.Scheduler_NotBooked.selector);
        vm.prank(provider, provider);
        everloop.deliver(record, Pin.wrap(1), "again");
    }

    function test_INF3_RevertWhen_CancellingInsideTheWindow() external {
        Inference memory record = _request(_job(), 0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_InsideWindow.selector, _inferenceId(record), _now() + WINDOW, _now()
            )
        );
        _client.act(address(everloop), 0, abi.encodeCall(IInferenceMarket.cancelInference, (record)));
    }

    function test_INF3_DelistingLeavesTheOpenRunToItsProvider() external {
        Inference memory record = _request(_job(), 0);
        vm.prank(governor);
        registry.delist(provider);
        Delivered memory done = _deliver(record, "a");
        assertEq(everloop.balanceOf(provider), done.paid);
        assertEq(done.due, 0, "but there is no next one: dormant");
        assertGt(_slot(record).commitment(), 0);
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
    }

    function test_FailingCallbackBacksOffAndIsFinal() external {
        _client.setEnd(Puppet.Mode.Revert, 0);
        Inference memory record = _request(_job(), 0);
        for (uint256 f = 1; f <= 8; ++f) {
            Delivered memory done = _deliver(record, "a");
            assertTrue(done.ending == IInferenceMarket.Ending.Failed);
            assertEq(done.due, _now() + HEARTBEAT * 2 ** (f < 6 ? f : 6));
            assertEq(_slot(record).failures(), f);
            vm.warp(done.due);
        }
    }

    /// @dev A provider's earnings are money like any other: here it is a customer of its rival.
    function test_INF1_AProviderMayPayForAnothersAnswers() external {
        _deposit(provider, 1 ether);
        Inference memory job = _inference(address(_client));
        (job.owner, job.provider) = (provider, rival);
        Inference memory record = _request(job, 0);
        Delivered memory done = _deliver(record, "a");
        assertEq(everloop.balanceOf(provider), 1 ether - done.paid);
        assertEq(everloop.balanceOf(rival), done.paid);
        assertEq(_reserved(provider), everloop.worstCost(record));
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
    }

    /// @dev Everything that runs something; the last is an owner's move inside another run.
    function _reentries(Inference memory record, Inference memory other) private returns (bytes[9] memory) {
        Task memory task = _task(address(_client));
        Pin pin = _pinned(0);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(record, pin, "b");
        return [
            abi.encodeCall(IInferenceMarket.deliver, (record, pin, "b")),
            abi.encodeCall(IInferenceMarket.deliverBatch, (answers)),
            abi.encodeCall(IInferenceMarket.decline, (record, 0)),
            abi.encodeCall(IInferenceMarket.resign, (record)),
            abi.encodeCall(IInferenceMarket.expire, (record)),
            abi.encodeCall(IInferenceMarket.resume, (record)),
            abi.encodeCall(IScheduler.execute, (task)),
            abi.encodeCall(IScheduler.executeBatch, (_only(task))),
            abi.encodeCall(IInferenceMarket.cancelInference, (other))
        ];
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 3_000_000, 1_024, 0);
    }

    /// @dev Gas that a burning callback certainly takes.
    function _targetGas() private view returns (uint256) {
        return _client.mode() == Puppet.Mode.Burn ? 3_000_000 : 0;
    }
}
