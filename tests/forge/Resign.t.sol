// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {RunReport, RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Providers that leave a job.
/// @dev resign
/// ├─ not booked, not the provider, a run is due -> revert
/// └─ dormant, told -> moved by its target at once, or by {resume} to another; never back by {resume}
contract ResignTest is Base {
    /// Target and owner of the job under test.
    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
    }

    function test_INF3_BetweenRunsEverythingIsReleasedWithoutAMark() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        assertEq(_slot(record).due(), 0, "dormant");
        assertGt(_slot(record).commitment(), 0);
        assertTrue(_slot(record).isResigned());
        assertEq(everloop.freeOf(address(_client)), 10 ether);
        assertEq(_open(provider), 0);
        assertEq(everloop.accountOf(provider).missed(), 0);
        assertEq(everloop.accountOf(provider).declined(), 0);
        assertEq(registry.providerOf(provider).bonded, STAKE);
        assertTrue(_client.lastMiss() == Miss.Resigned);
        assertEq(_client.lastId(), _inferenceId(record));
    }

    function test_EventReportsTheResignation() external {
        Inference memory record = _request(_job(), _now() + 50);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceResigned(
            _inferenceId(record), provider, 0, RunReportLib.pack(0, uint256(Miss.Resigned), 0, 0)
        );
        _resign(record);
    }

    function test_INF4_TheBookedRunEndsOnceWithIt() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        assertEq(_slot(record).runs(), 1, "run 0 is spent");
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_Resigned.selector, _inferenceId(record)));
        vm.prank(provider, provider);
        everloop.resign(record);
        vm.prank(address(_client));
        everloop.cancelInference(record);
        assertEq(_slot(record).runs(), 1);
    }

    function test_DormantJobsCanBeLeftToo() external {
        Inference memory record = _dormant();
        uint32 runs = _slot(record).runs();
        _resign(record);
        assertTrue(_slot(record).isResigned());
        assertEq(_slot(record).runs(), runs + 1, "the number that its event names is used up");
        assertEq(_open(provider), 0);
        assertEq(_reserved(address(_client)), 0);
    }

    function test_INF1_RevertWhen_ARunIsDue() external {
        uint256 opens = _now() + 50;
        Inference memory record = _request(_job(), opens);
        vm.warp(opens);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW - 1);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW);
        _expectInside(record, opens);
        vm.warp(opens - 1);
        _resign(record);
    }

    function test_NotResumedToTheProviderThatLeft() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        vm.prank(keeper, keeper);
        assertFalse(everloop.resume(record));
        assertEq(_slot(record).due(), 0);
    }

    function test_SCH6_ResumeMovesTheJobAndTheMarkIsGone() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        Inference memory moved = _moveTo(record, rival);
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.resume(record);
        uint256 paid = everloop.balanceOf(keeper);
        assertTrue(_client.lastMiss() == Miss.Unserved);
        assertFalse(_slot(moved).isResigned());
        assertEq(_slot(moved).due(), _now());
        assertEq(_open(rival), 1);
        assertEq(_open(provider), 0);
        assertEq(_reserved(address(_client)), everloop.worstCost(moved));
        assertGt(paid, 0);
        assertEq(everloop.balanceOf(address(_client)), 10 ether - paid);
        assertEq(_deliver(moved, "a").run, 1);
    }

    /// @dev A dormant job has no run booked; the number that is told to have ended is spent all the same, and only once.
    function test_INF4_ResigningADormantJobEndsItsNextRunOnce() external {
        Inference memory record = _dormant();
        vm.recordLogs();
        _resign(record);
        bytes memory data = _newest(vm.getRecordedLogs(), IInferenceMarket.InferenceResigned.selector).data;
        assertEq(abi.decode(data, (RunReport)).run(), 1, "run 1 is told to have ended");
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_Resigned.selector, _inferenceId(record)));
        _resign(record);
        _deposit(address(_client), 10 ether);
        Inference memory moved = _unpriced(record);
        moved.provider = rival;
        moved = _update(record, moved, 0);
        assertEq(_deliver(moved, "b").run, 2, "no run ends twice");
    }

    function test_EventReportsTheMove() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        _moveTo(record, rival);
        _freeGas();
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceMoved(_inferenceId(record), provider, keeper, 0);
        vm.prank(keeper, keeper);
        everloop.resume(record);
    }

    /// @dev The mark belongs to the booking: the new provider is resumed like any other.
    function test_AfterAMoveTheNewProviderIsResumed() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory moved = _moveTo(record, rival);
        _resign(record);
        assertEq(_slot(moved).due(), _now(), "moved when it was told");
        _client.clearScript();
        vm.prank(rival);
        registry.serve(false);
        _deliver(moved, "a");
        assertEq(_slot(moved).due(), 0, "dormant");
        vm.prank(rival);
        registry.serve(true);
        vm.prank(keeper, keeper);
        everloop.resume(moved);
        assertEq(_slot(moved).due(), _now() + INTERVAL);
        assertEq(_open(rival), 1);
    }

    function test_OwnersMayUpdateAJobThatWasLeft() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        Inference memory moved = _unpriced(record);
        moved.provider = rival;
        moved = _update(record, moved, 0);
        assertFalse(_slot(moved).isResigned());
        assertEq(_slot(moved).runs(), 1);
    }

    function test_INF3_TheTargetMayCancelWhenItIsTold() external {
        Inference memory record = _request(_job(), _now() + 50);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (record)));
        _resign(record);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_slot(record).runs(), 1);
        assertEq(everloop.freeOf(address(_client)), 10 ether);
    }

    function test_REG2_StakeComesFreeByResigning() external {
        Inference memory record = _request(_job(), _now() + 50);
        _resign(record);
        vm.prank(staker);
        registry.unbond(provider, uint96(STAKE));
        assertEq(registry.providerOf(provider).bonded, 0);
    }

    function test_HostileTargetsCannotStopAResignation() external {
        Inference memory record = _request(_job(), _now() + 50);
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _client.setEnd(Puppet.Mode(mode), 0);
            _resign(record);
            assertTrue(_slot(record).isResigned());
            vm.revertToState(snapshot);
        }
    }

    function test_INF2_RevertWhen_AnybodyElseResigns() external {
        Inference memory record = _request(_job(), _now() + 50);
        address[3] memory others = [rival, address(_client), keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(IInferenceMarket.Inference_NotProvider.selector, provider, others[i])
            );
            vm.prank(others[i]);
            everloop.resign(record);
        }
    }

    function test_RevertWhen_TheRecordIsNotTheOneBooked() external {
        Inference memory record = _request(_job(), _now() + 50);
        record.modelId = 0;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        _resign(record);
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 1_000_000, 1_024, 0);
    }

    function _dormant() private returns (Inference memory record) {
        record = _request(_job(), 0);
        _withdrawAll(address(_client));
        _deliver(record, "a");
    }

    function _resign(Inference memory record) private {
        vm.prank(provider, provider);
        everloop.resign(record);
    }

    /// @dev From here on the target books with `other` when it is told of a miss.
    function _moveTo(Inference memory record, address other) private returns (Inference memory moved) {
        moved = _unpriced(record);
        moved.provider = other;
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.updateInference, (record, moved, "", 0)));
        moved.pricing = record.pricing;
    }

    function _expectInside(Inference memory record, uint256 opens) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_InsideWindow.selector, _inferenceId(record), opens + WINDOW, _now()
            )
        );
        _resign(record);
    }
}
