// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Runs that their provider hands back.
/// @dev decline
/// ├─ not booked, not the provider, another run -> revert
/// ├─ outside [due, due + window) -> revert
/// ├─ base fee above `maxGasPrice` -> uncounted ├─ first half -> counted └─ else revert
/// └─ the target moves on, or: again after the heartbeat, over (one-shot), or dormant (its provider takes no work)
contract DeclineTest is Base {
    /// Target and owner of the job under test.
    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
    }

    function test_INF4_DeclinedRunIsOverAndCounted() external {
        Inference memory record = _request(_job(), 0);
        _decline(record, 0);
        assertEq(everloop.accountOf(provider).declined(), 1);
        assertEq(everloop.accountOf(provider).missed(), 0);
        assertEq(everloop.accountOf(provider).delivered(), 0);
        assertEq(_slot(record).runs(), 1, "run 0 is over");
        assertEq(_slot(record).due(), _now() + HEARTBEAT);
        assertEq(_reserved(address(_client)), everloop.worstCost(record), "the next run is reserved");
        assertEq(_open(provider), 1);
        vm.warp(_slot(record).due());
        assertEq(_deliver(record, "a").run, 1);
    }

    function test_NobodyPaysForADeclinedRun() external {
        Inference memory record = _request(_job(), 0);
        _decline(record, 0);
        assertEq(everloop.balanceOf(address(_client)), 10 ether);
        assertEq(everloop.balanceOf(provider), 0);
        assertEq(registry.providerOf(provider).bonded, STAKE, "nobody is slashed");
    }

    function test_EventReportsTheDecline() external {
        Inference memory record = _request(_job(), 0);
        uint40 due = uint40(_now() + HEARTBEAT);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceDeclined(
            _inferenceId(record), provider, _bucket(due), RunReportLib.pack(0, uint256(Miss.Declined), due, 0), true
        );
        _decline(record, 0);
    }

    function test_TargetLearnsTheReason() external {
        Inference memory record = _request(_job(), 0);
        _decline(record, 0);
        assertEq(_client.lastId(), _inferenceId(record));
        assertEq(_client.lastSender(), address(everloop));
        assertTrue(_client.lastMiss() == Miss.Declined);
    }

    function test_OnlyTheFirstHalfIsForDeclining() external {
        uint256 opens = _now();
        Inference memory record = _request(_job(), 0);
        vm.warp(opens + WINDOW / 2);
        _expectTooLate(record, opens);
        vm.warp(opens + WINDOW - 1);
        _expectTooLate(record, opens);
        vm.warp(opens + WINDOW / 2 - 1);
        _decline(record, 0);
        assertEq(everloop.accountOf(provider).declined(), 1);
    }

    function test_RevertWhen_TheWindowIsNotOpen() external {
        uint256 opens = _now() + 50;
        Inference memory record = _request(_job(), opens);
        vm.fee(MAX_GAS_PRICE + 1);
        vm.warp(opens - 1);
        _expectOutside(record, opens);
        vm.warp(opens + WINDOW);
        _expectOutside(record, opens);
        vm.warp(opens + WINDOW - 1);
        _decline(record, 0);
    }

    function test_RevertWhen_TheJobIsDormant() external {
        Inference memory record = _request(_job(), 0);
        _withdrawAll(address(_client));
        _deliver(record, "a");
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_OutsideWindow.selector, _inferenceId(record), 0, WINDOW, _now()
            )
        );
        _decline(record, 1);
    }

    /// @dev The provider would lose by answering, and is not to blame.
    function test_INF1_AboveTheOwnersGasPriceItMayDeclineUncounted() external {
        Inference memory record = _request(_job(), 0);
        vm.fee(MAX_GAS_PRICE + 1);
        skip(WINDOW - 1);
        uint40 due = uint40(_now() + HEARTBEAT);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceDeclined(
            _inferenceId(record), provider, _bucket(due), RunReportLib.pack(0, uint256(Miss.Declined), due, 0), false
        );
        _decline(record, 0);
        assertEq(everloop.accountOf(provider).declined(), 0);
    }

    function test_AtTheOwnersGasPriceADeclineCounts() external {
        Inference memory record = _request(_job(), 0);
        vm.fee(MAX_GAS_PRICE);
        _decline(record, 0);
        assertEq(everloop.accountOf(provider).declined(), 1);
    }

    function test_INF3_TheTargetMayMoveOn() external {
        Inference memory record = _request(_job(), 0);
        Inference memory moved = _unpriced(record);
        moved.provider = rival;
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.updateInference, (record, moved, "", 0)));
        _decline(record, 0);
        moved.pricing = record.pricing;
        assertEq(_slot(moved).commitment(), uint160(uint256(keccak256(abi.encode(moved)))));
        assertEq(_slot(moved).due(), _now(), "at once, with another");
        assertEq(_slot(moved).runs(), 1);
        assertEq(_reserved(address(_client)), everloop.worstCost(moved), "one reservation, not two");
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
        assertEq(_deliver(moved, "a").run, 1);
    }

    function test_INF3_TheTargetMayCancel() external {
        Inference memory record = _request(_job(), 0);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        _decline(record, 0);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_slot(record).runs(), 1, "counted once");
        assertEq(everloop.freeOf(address(_client)), 10 ether);
        assertEq(_open(provider), 0);
    }

    function test_WithoutItsProviderTheJobGoesDormant() external {
        Inference memory record = _request(_job(), 0);
        vm.prank(provider, provider);
        registry.serve(false);
        _decline(record, 0);
        assertEq(_slot(record).due(), 0);
        assertGt(_slot(record).commitment(), 0);
        assertFalse(_slot(record).isResigned());
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
    }

    function test_OneShotIsOver() external {
        Inference memory job = _job();
        job.timing = TimingLib.pack(0, 0, WINDOW, 300_000, 1_024, 0);
        Inference memory record = _request(job, 0);
        _decline(record, 0);
        assertEq(_slot(record).commitment(), 0);
        assertEq(everloop.freeOf(address(_client)), 10 ether);
        assertEq(_open(provider), 0);
    }

    function test_WithoutCallbackNobodyIsTold() external {
        Inference memory job = _job();
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        Inference memory record = _request(job, 0);
        _decline(record, 0);
        assertEq(_client.calls(), 0);
        assertEq(_slot(record).due(), _now() + HEARTBEAT);
    }

    function test_HostileTargetsCannotStopADecline() external {
        Inference memory record = _request(_job(), 0);
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _client.setEnd(Puppet.Mode(mode), 0);
            _decline(record, 0);
            assertEq(_slot(record).due(), _now() + HEARTBEAT);
            vm.revertToState(snapshot);
        }
    }

    function test_INF2_RevertWhen_AnybodyElseDeclines() external {
        Inference memory record = _request(_job(), 0);
        address[3] memory others = [rival, address(_client), keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceMarket.Inference_NotProvider.selector, provider, others[i])
            );
            vm.prank(others[i]);
            everloop.decline(record, 0);
        }
    }

    function test_RevertWhen_TheRecordIsNotTheOneBooked() external {
        Inference memory record = _request(_job(), 0);
        record.modelId = 0;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        _decline(record, 0);
    }

    function testFuzz_INF5_RevertWhen_TheRunIsAnother(uint32 run) external {
        vm.assume(run != 1);
        Inference memory record = _request(_job(), 0);
        vm.warp(_deliver(record, "a").due);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(record), 1, run)
        );
        _decline(record, run);
    }

    /// @dev Failures of the callback count in a row; a declined run is none of them.
    function test_DeclineLeavesTheBackOffAsItIs() external {
        _client.setEnd(Puppet.Mode.Revert, 0);
        Inference memory record = _request(_job(), 0);
        vm.warp(_deliver(record, "a").due);
        _decline(record, 1);
        assertEq(_slot(record).failures(), 1);
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 1_000_000, 1_024, 0);
    }

    function _decline(Inference memory record, uint32 run) private {
        vm.prank(provider, provider);
        everloop.decline(record, run);
    }

    function _expectTooLate(Inference memory record, uint256 opens) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_TooLateToDecline.selector, _inferenceId(record), opens + WINDOW / 2, _now()
            )
        );
        _decline(record, 0);
    }

    function _expectOutside(Inference memory record, uint256 opens) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_OutsideWindow.selector, _inferenceId(record), opens, opens + WINDOW, _now()
            )
        );
        _decline(record, 0);
    }
}
