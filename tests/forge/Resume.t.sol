// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Dormant inferences, and ending inferences.
contract ResumeTest is Base {
    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
    }

    function test_DormancyReleasesEverythingAndBlamesNobody() external {
        Inference memory record = _dormant();
        assertEq(_slot(record).due(), 0);
        assertGt(_slot(record).commitment(), 0);
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
        assertEq(everloop.accountOf(provider).missed(), 0);
        assertEq(registry.providerOf(provider).bonded, STAKE);
    }

    function test_ResumeReservesRearmsAndPaysTheCaller() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        uint256 before = everloop.balanceOf(address(_client));
        vm.prank(keeper, keeper);
        everloop.resume(record);
        uint256 paid = everloop.balanceOf(keeper);
        assertGt(paid, 0);
        assertEq(everloop.balanceOf(address(_client)), before - paid);
        assertEq(_reserved(address(_client)), everloop.worstCost(record));
        assertEq(_open(provider), 1);
        assertEq(_slot(record).due(), _now() + INTERVAL);
        assertEq(_slot(record).runs(), 1);
        vm.warp(_slot(record).due());
        assertEq(_deliver(record, "b").run, 1);
    }

    /// @dev An owner that cannot pay may pay in when it is asked to refuel; here this contract does it in its name.
    function test_ResumeAsksTheOwnerToRefuel() external {
        Inference memory record = _dormant();
        uint256 calls = _client.calls();
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        _refuelWhenAsked();
        vm.prank(keeper, keeper);
        assertTrue(everloop.resume(record));
        assertEq(_client.calls(), calls + 1);
        assertEq(_client.lastSender(), address(everloop));
    }

    function test_OwnersThatCanPayAreNotAskedToRefuel() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        uint256 calls = _client.calls();
        vm.prank(keeper, keeper);
        assertTrue(everloop.resume(record));
        assertEq(_client.calls(), calls);
    }

    /// @dev Neither callers nor two providers that hand a job to each other can spend the owner's money faster.
    function test_LED2_ResumedAtMostOnceAnInterval() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        _fill(provider);
        vm.prank(keeper, keeper);
        assertFalse(everloop.resume(record));
        uint256 until = _now() + INTERVAL;
        skip(INTERVAL - 1);
        bytes4 reason = IInferenceMarket.Inference_ResumedLately.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, _inferenceId(record), until, until - 1));
        vm.prank(keeper, keeper);
        everloop.resume(record);
        skip(1);
        vm.prank(keeper, keeper);
        assertFalse(everloop.resume(record));
    }

    function test_HostileOwnersCannotHarmTheCallerOfResume() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        _deposit(keeper, 1);
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _client.setEnd(Puppet.Mode(mode), 0);
            uint256 gas_ = gasleft();
            vm.prank(keeper, keeper);
            everloop.resume(record);
            gas_ -= gasleft();
            assertGt(everloop.balanceOf(keeper), gas_ * 2 gwei, "all gas is paid");
            vm.revertToState(snapshot);
        }
    }

    function test_RevertWhen_NotDormantOrNotBooked() external {
        Inference memory record = _request(_job(), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_NotDormant.selector, _inferenceId(record), _now())
        );
        everloop.resume(record);
        record.salt = "other";
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        everloop.resume(record);
    }

    function test_RevertWhen_TheOwnerCannotPayAnotherRun() external {
        Inference memory record = _dormant();
        _deposit(address(_client), everloop.worstCost(record) - everloop.balanceOf(address(_client)));
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        everloop.resume(record);
    }

    function test_SCH2_UnservedJobsStayDormantAndTheCallerIsPaid() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        vm.prank(provider, provider);
        registry.serve(false);
        _deposit(keeper, 1);
        vm.recordLogs();
        uint256 gas_ = gasleft();
        vm.prank(keeper, keeper);
        bool resumed = everloop.resume(record);
        gas_ -= gasleft();
        assertFalse(resumed);
        assertEq(_slot(record).due(), 0);
        assertEq(_reserved(address(_client)), 0);
        uint256 paid = everloop.balanceOf(keeper) - 1;
        assertGt(paid, gas_ * 2 gwei, "all gas is paid");
        bytes memory told = _newest(vm.getRecordedLogs(), IInferenceMarket.InferenceUnserved.selector).data;
        assertEq(abi.decode(told, (uint256)), paid);
    }

    function test_EventReportsTheResumption() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        _freeGas();
        uint40 due = uint40(_now() + INTERVAL);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceResumed(
            _inferenceId(record), provider, _bucket(due), RunReportLib.pack(1, 0, due, 0)
        );
        vm.prank(keeper, keeper);
        everloop.resume(record);
    }

    function test_REG2_StaysDormantWhereTheProviderHasNoRoomAndTheTargetStays() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        _fill(provider);
        uint256 open = _open(provider);
        vm.prank(keeper, keeper);
        assertFalse(everloop.resume(record));
        assertEq(_open(provider), open);
    }

    function test_SCH6_WithoutRoomTheTargetMovesOn() external {
        Inference memory record = _dormant();
        _deposit(address(_client), 1 ether);
        _fill(provider);
        Inference memory moved = _unpriced(record);
        moved.provider = rival;
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.updateInference, (record, moved, "", 0)));
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertTrue(_client.lastMiss() == Miss.Unserved);
        assertEq(_open(rival), 1);
        assertEq(_slot(record).due(), _now());
    }

    /// @dev Whoever calls decides on the gas: the owner gets its 120,000 to refuel, or nothing happens.
    function test_SCH1_OwnersGetTheirGasToRefuel() external {
        Inference memory record = _dormant();
        _refuelWhenAsked();
        bytes memory data = abi.encodeCall(IInferenceMarket.resume, (record));
        uint256 calls = _client.calls();
        uint256 ran = 0;
        for (uint256 gas_ = 60_000; gas_ <= 360_000; gas_ += 5_000) {
            uint256 snapshot = vm.snapshotState();
            vm.prank(keeper, keeper);
            (bool ok,) = address(everloop).call{gas: gas_}(data);
            if (ok) {
                ++ran;
                assertGe(_client.gasAtEntry() + 1_000, 120_000, "all of its gas");
            } else {
                assertEq(_client.calls(), calls, "the whole call is undone");
            }
            vm.revertToState(snapshot);
        }
        assertGt(ran, 0, "with enough gas it runs");
        assertLt(ran, 61, "with too little it does not");
    }

    function test_DormantJobsCanBeCancelled() external {
        Inference memory record = _dormant();
        _cancel(record);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_reserved(address(_client)), 0);
        assertEq(_open(provider), 0);
    }

    function test_CancelBeforeTheWindowGivesAllBack() external {
        Inference memory record = _request(_job(), _now() + 100);
        _cancel(record);
        assertEq(everloop.freeOf(address(_client)), 10 ether);
        assertEq(_open(provider), 0);
    }

    function test_CancelAfterTheWindowGivesAllBack() external {
        Inference memory record = _request(_job(), 0);
        skip(WINDOW);
        _cancel(record);
        assertEq(everloop.freeOf(address(_client)), 10 ether);
        assertEq(_open(provider), 0);
        vm.expectPartialRevert(IScheduler.Scheduler_NotBooked.selector);
        everloop.expire(record);
    }

    function test_WindowsEdgesBindTheOwner() external {
        uint256 opens = _now() + 100;
        Inference memory record = _request(_job(), opens);
        vm.warp(opens);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW - 1);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW);
        _cancel(record);
    }

    function test_RevertWhen_CancelledBySomebodyElseOrTwice() external {
        Inference memory record = _request(_job(), _now() + 100);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, address(_client), provider));
        vm.prank(provider, provider);
        everloop.cancelInference(record);
        _cancel(record);
        vm.expectPartialRevert(IScheduler.Scheduler_NotBooked.selector);
        _cancel(record);
    }

    function test_INF5_SaltReuseNeverRepeatsARun() external {
        Inference memory job = _job();
        for (uint32 i = 0; i < 3; ++i) {
            Inference memory record = _request(job, 0);
            assertEq(_deliver(record, "a").run, 2 * i, "one run delivered, the next one cancelled");
            _cancel(record);
        }
    }

    function test_INF4_ACancelledRunIsNotBookedAgain() external {
        Inference memory record = _request(_job(), _now() + INTERVAL);
        _cancel(record);
        record = _request(_job(), 0);
        assertEq(_slot(record).runs(), 1, "run 0 ended with the cancel");
    }

    function test_INF4_CancellingADormantJobEndsNoRun() external {
        Inference memory record = _dormant();
        uint32 runs = _slot(record).runs();
        _cancel(record);
        assertEq(_slot(record).runs(), runs);
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 1_024, 0);
    }

    /// @dev The client has its account filled up when it is asked to refuel.
    function _refuelWhenAsked() private {
        _client.addStep(address(this), abi.encodeCall(this.fillUp, (address(_client))));
    }

    function fillUp(address account) external {
        everloop.deposit{value: 1 ether}(account);
    }

    function _dormant() private returns (Inference memory record) {
        record = _request(_job(), 0);
        _withdrawAll(address(_client));
        _deliver(record, "a");
    }

    /// @dev Books all that the stake of `account` covers.
    function _fill(address account) private {
        _deposit(alice, 10 ether);
        Inference memory other = _inference(address(1));
        other.provider = account;
        for (uint256 i = 0; i < 50; ++i) {
            other.salt = bytes32(i);
            _request(other, 0);
        }
    }

    function _cancel(Inference memory record) private {
        _client.act(address(everloop), 0, abi.encodeCall(IInferenceMarket.cancelInference, (record)));
    }

    function _expectInside(Inference memory record, uint256 opens) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_InsideWindow.selector, _inferenceId(record), opens + WINDOW, _now()
            )
        );
        _cancel(record);
    }
}
