// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {Miss} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {Pin, RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Runs that nobody answered: the penalty's split, who is paid, what comes next.
contract ExpireTest is Base {
    uint256 private constant PENALTY = 0.01 ether;
    uint256 private constant BOUNTY = PENALTY / 10;

    Puppet private _target = new Puppet();

    function test_REG3_PenaltyIsSplitToTheWei() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        uint256 engineHeld = address(everloop).balance;
        skip(WINDOW);
        uint256 keeperPaid = _expire(record);
        uint256 gasPaid = keeperPaid - BOUNTY;
        uint256 repaid = address(everloop).balance - engineHeld - BOUNTY;
        assertEq(everloop.balanceOf(keeper), keeperPaid);
        assertEq(everloop.balanceOf(alice), 10 ether - gasPaid + repaid);
        assertLe(repaid, gasPaid, "a miss is no gain for the owner");
        assertLe(gasPaid - repaid, 25_000 * 2 gwei, "gas is cheap here: repaid but for the slash itself");
        assertEq(registry.providerOf(provider).bonded, STAKE - PENALTY);
        assertEq(address(registry).balance, 2 * STAKE - BOUNTY - repaid, "the rest stays and belongs to nobody");
        assertEq(everloop.balanceOf(provider), 0);
    }

    /// @dev In one transaction everything is warm and cheap, and the repayment must not outgrow the cost.
    function test_REG3_OwnersGainNothingFromManyMissesAtOnce() external {
        Inference[] memory jobs = new Inference[](10);
        for (uint256 i = 0; i < jobs.length; ++i) {
            jobs[i] = _request(_other(i), 0);
        }
        skip(WINDOW);
        for (uint256 i = 0; i < jobs.length; ++i) {
            uint256 before = everloop.balanceOf(alice);
            _expire(jobs[i]);
            assertLe(everloop.balanceOf(alice), before, "repaid <= charged");
        }
    }

    function test_REG3_RepaymentIsAtMostFourTenths() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.fee(MAX_GAS_PRICE);
        vm.txGasPrice(MAX_GAS_PRICE);
        _target.setEnd(Puppet.Mode.Burn, 0);
        vm.warp(_now() + WINDOW);
        uint256 held = address(everloop).balance;
        uint256 gasPaid = _expire(record) - BOUNTY;
        uint256 repaid = address(everloop).balance - held - BOUNTY;
        assertLe(repaid, PENALTY * 4 / 10);
        assertEq(everloop.balanceOf(alice), 10 ether - gasPaid + repaid);
    }

    function test_REG3_HalfOfThePenaltyIsBurnedWhateverItCost() external {
        Inference memory job = _inference(address(_target));
        uint48 price = 2 * uint48(MAX_GAS_PRICE);
        job.pricing = PricingLib.pack(price, 1 gwei, 0, 0.01 ether);
        Inference memory record = _request(job, 0);
        vm.fee(price);
        vm.txGasPrice(price);
        _target.setEnd(Puppet.Mode.Burn, 0);
        skip(WINDOW);
        uint256 held = address(registry).balance;
        _expire(record);
        assertEq(held - address(registry).balance, PENALTY / 2);
    }

    function test_MissIsRecordedAndTheLoopGoesOn() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        uint256 worst = everloop.worstCost(record);
        skip(WINDOW + 7);
        _expire(record);
        assertEq(everloop.accountOf(provider).missed(), 1);
        assertEq(everloop.accountOf(provider).delivered(), 0);
        assertEq(_slot(record).due(), _now() + HEARTBEAT);
        assertEq(_slot(record).runs(), 1);
        assertEq(_reserved(alice), worst);
        assertEq(_open(provider), 1);
        assertEq(_target.lastId(), _inferenceId(record));
        assertEq(_target.lastSender(), address(everloop));
        assertTrue(_target.lastMiss() == Miss.Expired);
    }

    function test_EventReportsTheMiss() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _freeGas();
        skip(WINDOW);
        uint40 due = uint40(_now() + HEARTBEAT);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceExpired(
            _inferenceId(record),
            provider,
            _bucket(due),
            RunReportLib.pack(0, uint256(Miss.Expired), due, BOUNTY),
            keeper
        );
        vm.prank(keeper, keeper);
        everloop.expire(record);
    }

    function test_OneShotIsOverAfterItsMiss() external {
        Inference memory job = _inference(address(_target));
        job.timing = TimingLib.pack(0, 0, WINDOW, 300_000, 1_024, 0);
        Inference memory record = _request(job, 0);
        skip(WINDOW);
        _expire(record);
        assertEq(_slot(record).commitment(), 0);
        assertEq(_reserved(alice), 0);
        assertEq(_open(provider), 0);
    }

    function test_INF4_RevertWhen_TheWindowIsOpenOrTheRunIsOver() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        uint256 closes = _now() + WINDOW;
        skip(WINDOW - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IInferenceMarket.Inference_InsideWindow.selector, _inferenceId(record), closes, closes - 1
            )
        );
        vm.prank(keeper, keeper);
        everloop.expire(record);
        _deliver(record, "a");
        skip(1);
        vm.expectPartialRevert(IInferenceMarket.Inference_InsideWindow.selector);
        vm.prank(keeper, keeper);
        everloop.expire(record);
    }

    function test_INF1_INF4_RevertWhen_DeliveredAfterExpiry() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        skip(WINDOW);
        _expire(record);
        Pin pin = _pinned(0);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(record), 1, 0)
        );
        vm.prank(provider, provider);
        everloop.deliver(record, pin, "late");
    }

    function test_RevertWhen_NotBooked() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        skip(WINDOW);
        record.modelId = 0;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        everloop.expire(record);
    }

    function test_RevertWhen_DormantJobsExpire() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.prank(governor);
        registry.delist(provider);
        _deliver(record, "a");
        skip(30 days);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_Dormant.selector, _inferenceId(record)));
        everloop.expire(record);
    }

    function test_MissWithoutStakeLeavesNothingToSplit() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _request(_other(1), 0);
        skip(WINDOW);
        // Storage: the stake of the provider is gone, as after many misses.
        for (uint256 i = 0; i < 50; ++i) {
            vm.prank(address(everloop));
            registry.slash(provider, 0);
        }
        uint256 held = address(everloop).balance;
        uint256 paid = _expire(record);
        assertEq(address(everloop).balance, held);
        assertEq(everloop.balanceOf(alice), 10 ether - paid);
        assertEq(_slot(record).due(), 0, "it serves no more: dormant");
        assertEq(_open(provider), 1, "the other run is still open");
    }

    /// @dev openCount x PENALTY <= bonded, also after a slash.
    function test_REG2_MissesDoNotLeaveOpenRunsWithoutStake() external {
        _deposit(alice, 10 ether);
        Inference[] memory jobs = new Inference[](50);
        for (uint256 i = 0; i < jobs.length; ++i) {
            jobs[i] = _request(_other(i), 0);
        }
        skip(WINDOW);
        _expire(jobs[0]);
        assertLe(_open(provider) * PENALTY, registry.providerOf(provider).bonded, "open x PENALTY <= bonded");
    }

    /// @dev The owner is repaid in full, so it can pay the next run; it should not go dormant first.
    function test_SCH6_RepaidOwnerKeepsItsLoop() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        // What the slash itself costs is not repaid: 0.0001 ether cover it.
        uint256 free = everloop.freeOf(alice) - 0.0001 ether;
        vm.prank(alice);
        everloop.withdraw(free, alice);
        skip(WINDOW);
        _expire(record);
        assertEq(_slot(record).due(), _now() + HEARTBEAT);
    }

    function test_HostileTargetsCannotStopAnExpiry() external {
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            Inference memory record = _request(_inference(address(_target)), 0);
            _target.setEnd(Puppet.Mode(mode), 0);
            skip(WINDOW);
            uint256 paid = _expire(record);
            assertEq(everloop.balanceOf(keeper), paid);
            assertGt(paid, BOUNTY);
            vm.revertToState(snapshot);
        }
    }

    function _other(uint256 salt) private view returns (Inference memory job) {
        job = _inference(address(_target));
        job.salt = bytes32(salt + 100);
    }
}
