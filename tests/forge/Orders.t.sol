// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {REJECTED} from "../../contracts/interfaces/IConsumers.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {PinLib, RunReport, RunReportLib} from "../../contracts/types/Run.sol";

/// @notice Inferences that their owner signed and their provider brings with the answer.
/// @dev deliverSigned
/// ├─ too late, nonce used, not signed by the owner -> revert
/// ├─ not the provider or its key, provider does not serve -> revert
/// ├─ recurring, wrong input, too long, another run, unknown block, forbidden target -> revert
/// ├─ the owner cannot pay -> revert
/// └─ called, paid with the record's amount, told
contract OrdersTest is OrderBase {
    function test_INF1_AnsweredAndPaidAtOnce() external {
        Ask memory ask = _ask(7);
        _freeGas();
        RunReport report = _answered(ask);
        assertEq(report.paid(), AMOUNT);
        assertEq(everloop.balanceOf(provider), AMOUNT);
        assertEq(everloop.balanceOf(alice), 10 ether - AMOUNT);
        assertEq(_reserved(alice), 0, "nothing stays behind");
        assertEq(_open(provider), 0);
        assertEq(everloop.accountOf(provider).delivered(), 1);
        assertEq(everloop.accountOf(provider).latency(), 0, "nobody waited");
        assertTrue(_orders.isNonceUsed(alice, 7));
        assertEq(_target.calls(), 1);
        assertEq(_target.lastSender(), address(everloop));
        assertEq(_target.lastId(), _signedId(ask));
        assertEq(_target.lastOwner(), alice);
        assertEq(_target.lastDataHash(), keccak256("yes"));
    }

    function test_EventTellsAllOfIt() external {
        Ask memory ask = _ask(7);
        (ask.input, ask.job.input) = ("What is 2 + 2?", keccak256("What is 2 + 2?"));
        _sign(ask);
        _freeGas();
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.SignedInferenceDelivered(
            _signedId(ask),
            provider,
            alice,
            RunReportLib.pack(0, uint256(IInferenceMarket.Ending.Accepted), 0, AMOUNT),
            7,
            ask.job,
            ask.input,
            "yes"
        );
        _bring(provider, ask);
    }

    function test_SCH4_GasIsPaidOnTop() external {
        Ask memory ask = _ask(7);
        uint256 paid = _answered(ask).paid();
        assertGt(paid, AMOUNT + 60_000 * 2 gwei);
        assertEq(everloop.balanceOf(provider), paid);
        assertEq(everloop.balanceOf(alice), 10 ether - paid);
    }

    function test_INF1_NoEndingOfTheCallbackSavesTheFee() external {
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            _target.setEnd(Puppet.Mode(mode), 0);
            uint256 paid = _answered(_ask(7)).paid();
            assertGe(paid, AMOUNT);
            assertEq(everloop.balanceOf(provider), paid);
            vm.revertToState(snapshot);
        }
    }

    function test_EndingSaysHowTheTargetTookIt() external {
        assertEq(_answered(_ask(1)).ending(), uint8(IInferenceMarket.Ending.Accepted));
        _target.setEnd(Puppet.Mode.Word, REJECTED);
        assertEq(_answered(_ask(2)).ending(), uint8(IInferenceMarket.Ending.Rejected));
        _target.setEnd(Puppet.Mode.Revert, 0);
        assertEq(_answered(_ask(3)).ending(), uint8(IInferenceMarket.Ending.Failed));
        Ask memory ask = _ask(4);
        ask.job.timing = TimingLib.pack(0, 0, 0, 0, 1_024, 0);
        _sign(ask);
        assertEq(_answered(ask).ending(), uint8(IInferenceMarket.Ending.Recorded));
    }

    function test_INF2_KeysBringForTheirProvider() external {
        vm.prank(provider, provider);
        everloop.authorise(keeper, true);
        _bring(keeper, _ask(7));
        assertGe(everloop.balanceOf(provider), AMOUNT);
        assertEq(everloop.balanceOf(keeper), 0);
    }

    function test_INF2_RevertWhen_AnybodyElseBringsIt() external {
        Ask memory ask = _ask(7);
        address[3] memory others = [rival, alice, keeper];
        for (uint256 i = 0; i < others.length; ++i) {
            _expectRefused(
                others[i],
                ask,
                abi.encodeWithSelector(IInferenceMarket.Inference_NotProvider.selector, provider, others[i])
            );
        }
    }

    function test_RevertWhen_TheProviderDoesNotServe() external {
        Ask memory ask = _ask(7);
        vm.prank(provider, provider);
        registry.serve(false);
        _expectRefused(provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, provider));
    }

    function test_RevertWhen_ItRecurs() external {
        Ask memory ask = _ask(7);
        ask.job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 1_024, 0);
        _sign(ask);
        _expectRefused(
            provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_NotOnce.selector, INTERVAL, HEARTBEAT)
        );
    }

    function test_RevertWhen_TheInputIsNotWhatWasSigned() external {
        Ask memory ask = _ask(7);
        ask.input = "other";
        _expectRefused(
            provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_WrongInput.selector, 0, keccak256("other"))
        );
        ask.input = new bytes(16_385);
        _expectRefused(
            provider,
            ask,
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("input"), 16_385, 16_384)
        );
    }

    function test_RevertWhen_TheAnswerIsNone() external {
        Ask memory ask = _ask(7);
        ask.decision = new bytes(1_025);
        _expectRefused(
            provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_DecisionTooLong.selector, 1_025, 1_024)
        );
        ask.decision = "yes";
        ask.pin = _pinned(1);
        _expectRefused(
            provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _signedId(ask), 0, 1)
        );
        (uint64 number, bytes32 hash) = _pinnedBlock();
        ask.pin = PinLib.pack(0, number, bytes32(uint256(1)));
        _expectRefused(
            provider, ask, abi.encodeWithSelector(IInferenceMarket.Inference_WrongPinnedBlock.selector, number, hash)
        );
    }

    function test_SCH8_RevertWhen_TheRecordBreaksARuleOfBooking() external {
        Ask memory ask = _ask(7);
        ask.job.target = address(registry);
        _expectSignedRefused(ask, abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, registry));
        ask = _ask(7);
        ask.job.timing = TimingLib.pack(0, 0, 0, 300_000, 1_024, TimingLib.RAW);
        _expectSignedRefused(
            ask, abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("flags"), 1, 0)
        );
        ask = _ask(7);
        ask.job.pricing = ask.job.pricing.withFee(1);
        _expectSignedRefused(ask, abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("fee"), 1, 0));
        ask = _ask(7);
        ask.job.provider = alice;
        _expectSignedRefused(ask, abi.encodeWithSelector(IInferenceMarket.Inference_OwnProvider.selector, alice));
    }

    function test_LED2_RevertWhen_TheOwnerCannotPay() external {
        Ask memory ask = _ask(7);
        _withdrawAll(alice);
        bytes memory call_ = _callOf(ask);
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(provider, provider);
        (bool ok,) = address(_orders).call(call_);
        ok;
        assertFalse(_orders.isNonceUsed(alice, 7), "it may be brought again");
        _deposit(alice, 1 ether);
        _bring(provider, ask);
    }

    /// @dev That is what a lock is for.
    function test_LED3_LockedOwnersPay() external {
        Ask memory ask = _ask(7);
        vm.prank(alice);
        everloop.lock(DEADLINE + 1);
        _freeGas();
        assertEq(_answered(ask).paid(), AMOUNT);
    }

    function test_LED2_ReservationsOfOthersAreNotTouched() external {
        Inference memory booked = _request(_inference(address(_target)), 0);
        _withdrawAll(alice);
        bytes memory call_ = _callOf(_ask(7));
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(provider, provider);
        (bool ok,) = address(_orders).call(call_);
        ok;
        assertEq(_reserved(alice), everloop.worstCost(booked));
        assertGe(_deliver(booked, "a").paid, FEE);
    }

    /// @dev pay <= caps, whatever the provider bids.
    function testFuzz_SCH4_PayStaysWithinTheCaps(uint64 baseFee, uint64 bid, uint48 cap, bool burns) external {
        baseFee = uint64(bound(baseFee, 0, type(uint64).max / 2));
        Ask memory ask = _ask(7);
        cap = uint48(bound(cap, 1 gwei, 10_000 gwei));
        ask.job.pricing = PricingLib.pack(cap, type(uint48).max, 0, AMOUNT);
        _sign(ask);
        if (burns) _target.setEnd(Puppet.Mode.Burn, 0);
        vm.fee(baseFee);
        vm.txGasPrice(bound(bid, baseFee, type(uint64).max));
        uint256 paid = _answered(ask).paid();
        assertGe(paid, AMOUNT);
        assertLe(paid, AMOUNT + 700_000 * uint256(cap));
        assertEq(everloop.balanceOf(provider), paid);
        assertEq(everloop.balanceOf(alice), 10 ether - paid);
    }

    function test_INF2_RevertWhen_NotBroughtByTheContractOfOrders() external {
        Ask memory ask = _ask(7);
        address[3] memory others = [provider, alice, address(_target)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotOrders.selector, _orders, others[i]));
            vm.prank(others[i]);
            everloop.deliverOrder(IInferenceMarket.Order(provider, 7, 0, 0), ask.job, "", ask.pin, "yes");
        }
    }

    function _expectSignedRefused(Ask memory ask, bytes memory reason) private {
        _sign(ask);
        _expectRefused(ask.job.provider, ask, reason);
    }
}
