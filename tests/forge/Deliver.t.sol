// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {REJECTED, STOP} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {Pin, PinLib, RunReport, RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Answering inferences.
/// @dev deliver
/// ├─ not the assigned provider, not the booked record, another run, outside [due, due + window) -> revert
/// ├─ decision too long, unknown block -> revert
/// └─ callback
///    ├─ none -> Recorded ├─ fails -> Failed, back-off ├─ max - 1 -> Rejected └─ else -> Accepted
///       └─ re-armed, over, or dormant
contract DeliverTest is Base {
    Puppet private _target = new Puppet();

    function test_TargetHearsTheDelivery() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _deliver(record, "forty-two");
        assertEq(_target.lastSender(), address(everloop));
        assertEq(_target.lastId(), _inferenceId(record));
        assertEq(_target.lastOwner(), alice);
        assertEq(_target.lastDataHash(), keccak256("forty-two"));
    }

    function test_INF1_DeliveryPaysExactlyTheFeeAndRearms() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        uint256 worst = everloop.worstCost(record);
        _freeGas();
        skip(8);
        Delivered memory done = _deliver(record, "a");
        assertEq(done.paid, FEE);
        assertTrue(done.ending == IInferenceMarket.Ending.Accepted);
        assertEq(done.due, _now() + INTERVAL);
        assertEq(everloop.balanceOf(provider), FEE);
        assertEq(everloop.balanceOf(alice), 10 ether - FEE);
        assertEq(_reserved(alice), worst, "the next run is reserved in the same write");
        assertEq(_open(provider), 1);
        assertEq(everloop.accountOf(provider).delivered(), 1);
        assertEq(everloop.accountOf(provider).latency(), 1, "8 s weigh one eighth");
        assertEq(_slot(record).runs(), 1);
    }

    function test_EventReportsTheRun() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _freeGas();
        Pin pin = _pinned(0);
        uint40 due = uint40(_now() + INTERVAL);
        RunReport report = RunReportLib.pack(0, uint256(IInferenceMarket.Ending.Accepted), due, FEE);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceDelivered(_inferenceId(record), provider, _bucket(due), report, "yes");
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "yes");
    }

    function test_OneShotReleasesEverything() external {
        Inference memory job = _inference(address(_target));
        job.timing = TimingLib.pack(0, 0, WINDOW, 300_000, 1_024, 0);
        Inference memory record = _request(job, 0);
        Delivered memory done = _deliver(record, "a");
        assertEq(done.due, 0);
        assertEq(_reserved(alice), 0);
        assertEq(_open(provider), 0);
        assertEq(_slot(record).commitment(), 0);
        assertEq(everloop.balanceOf(alice) + everloop.balanceOf(provider), 10 ether);
    }

    function test_WithoutCallbackTheAnswerIsRecorded() external {
        Inference memory job = _inference(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        Delivered memory done = _deliver(_request(job, 0), "plain answer");
        assertTrue(done.ending == IInferenceMarket.Ending.Recorded);
        assertEq(done.decision, "plain answer");
        assertEq(done.due, _now() + INTERVAL);
        assertEq(_target.calls(), 0);
    }

    function test_ReturnedWordDecidesEndingAndDue() external {
        uint256 time = _now();
        _checkEnding(Puppet.Mode.Word, time + 99, IInferenceMarket.Ending.Accepted, time + 99);
        _checkEnding(Puppet.Mode.Word, STOP, IInferenceMarket.Ending.Accepted, 0);
        _checkEnding(Puppet.Mode.Word, REJECTED, IInferenceMarket.Ending.Rejected, time + INTERVAL);
        _checkEnding(Puppet.Mode.Short, REJECTED, IInferenceMarket.Ending.Accepted, time + INTERVAL);
        _checkEnding(Puppet.Mode.Revert, STOP, IInferenceMarket.Ending.Failed, time + 2 * HEARTBEAT);
    }

    function test_INF2_RevertWhen_AnybodyButTheProviderAnswers() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        address[3] memory others = [rival, alice, keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            Pin pin = _pinned(0);
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceMarket.Inference_NotProvider.selector, provider, others[i])
            );
            vm.prank(others[i]);
            everloop.deliver(record, pin, "a");
        }
        record.provider = rival;
        Pin pin = _pinned(0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        vm.prank(rival);
        everloop.deliver(record, pin, "a");
    }

    function testFuzz_INF5_RevertWhen_TheRunIsAnother(uint32 run) external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.warp(_deliver(record, "a").due);
        vm.assume(run != 1);
        Pin pin = _pinned(run);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(record), 1, run)
        );
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "a");
    }

    function test_INF1_INF4_RevertWhen_AnsweredTwice() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _deliver(record, "a");
        Pin pin = _pinned(0);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(record), 1, 0)
        );
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "a");
        pin = _pinned(1);
        vm.expectPartialRevert(IInferenceMarket.Inference_OutsideWindow.selector);
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "a");
    }

    function test_WindowIsHalfOpen() external {
        uint256 opens = _now() + 50;
        Inference memory record = _request(_inference(address(_target)), opens);
        _expectOutside(record, opens);
        vm.warp(opens - 1);
        _expectOutside(record, opens);
        vm.warp(opens + WINDOW);
        _expectOutside(record, opens);
        vm.warp(opens + WINDOW - 1);
        assertEq(_deliver(record, "a").run, 0);
    }

    function test_RevertWhen_DecisionIsTooLong() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        Pin pin = _pinned(0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_DecisionTooLong.selector, 1_025, 1_024));
        vm.prank(provider, provider);
        everloop.deliver(record, pin, new bytes(1_025));
        assertEq(_deliver(record, new bytes(1_024)).decision.length, 1_024);
    }

    function test_RevertWhen_ThePinnedBlockIsNotKnownByThatHash() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        (uint64 number, bytes32 hash) = _pinnedBlock();
        vm.startPrank(provider);
        _expectWrongBlock(number, hash);
        everloop.deliver(record, PinLib.pack(0, number, bytes32(uint256(1))), "a");
        _expectWrongBlock(number, hash);
        everloop.deliver(record, PinLib.pack(0, number, bytes32(uint256(hash) ^ 1)), "a");
        _expectWrongBlock(uint64(vm.getBlockNumber()), 0);
        everloop.deliver(record, PinLib.pack(0, uint64(vm.getBlockNumber()), 0), "a");
        _expectWrongBlock(type(uint64).max, 0);
        everloop.deliver(record, PinLib.pack(0, type(uint64).max, 0), "a");
    }

    function test_RevertWhen_TheRecordIsAltered() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        record.pricing = record.pricing.withFee(1 ether);
        Pin pin = _pinned(0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "a");
    }

    /// @dev pay <= reservation, whatever the provider bids; the reservation of the next run is never touched.
    function testFuzz_INF1_PayStaysWithinTheReservation(uint64 baseFee, uint64 bid, uint48 cap, bool burns) external {
        baseFee = uint64(bound(baseFee, 0, type(uint64).max / 2));
        bid = uint64(bound(bid, baseFee, type(uint64).max));
        Inference memory job = _inference(address(_target));
        job.pricing = PricingLib.pack(uint48(bound(cap, 1 gwei, 10_000 gwei)), type(uint48).max, 0, 0.002 ether);
        _deposit(alice, 100 ether);
        uint256 before = everloop.balanceOf(alice);
        Inference memory record = _request(job, 0);
        if (burns) _target.setEnd(Puppet.Mode.Burn, 0);
        vm.fee(baseFee);
        vm.txGasPrice(bid);
        uint256 paid = _deliver(record, "a").paid;
        assertGe(paid, FEE);
        assertLe(paid, everloop.worstCost(record));
        assertEq(everloop.balanceOf(provider), paid);
        assertEq(everloop.balanceOf(alice), before - paid);
        assertEq(_reserved(alice), everloop.worstCost(record));
    }

    function _checkEnding(Puppet.Mode mode, uint256 word, IInferenceMarket.Ending ending, uint256 due) private {
        uint256 snapshot = vm.snapshotState();
        _target.setEnd(mode, word);
        Delivered memory done = _deliver(_request(_inference(address(_target)), 0), "a");
        assertTrue(done.ending == ending);
        assertEq(done.due, due);
        vm.revertToState(snapshot);
    }

    function _expectWrongBlock(uint64 number, bytes32 hash) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongPinnedBlock.selector, number, hash));
    }

    function _expectOutside(Inference memory record, uint256 opens) private {
        Pin pin = _pinned(0);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_OutsideWindow.selector, _inferenceId(record), opens, opens + WINDOW, _now()
            )
        );
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "a");
    }
}
