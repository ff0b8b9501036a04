// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Job, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice Booking inferences: what providers refuse, what is reserved.
contract RequestTest is Base {
    address private _target = address(new Puppet());

    function test_BookingReservesTheWorstCostAndOpensTheRun() external {
        Job memory record = _request(_inference(_target), 0);
        uint256 worst = (140_000 + uint256(record.timing.recordGas()) + 300_000 + 1_024 * 40) * MAX_GAS_PRICE + FEE;
        assertEq(everloop.worstCost(record), worst);
        assertEq(_reserved(alice), worst);
        assertEq(everloop.balanceOf(alice), 10 ether, "nothing is paid yet");
        assertEq(_open(provider), 1);
        assertEq(_slot(record).due(), _now());
        bytes32 id = keccak256(abi.encode(true, block.chainid, address(everloop), alice, record.salt));
        assertEq(_idOf(record), id);
    }

    function test_EventCarriesRecordAndInput() external {
        Job memory job = _inference(_target);
        bytes memory input = "What is 2 + 2?";
        job.input = keccak256(input);
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.prank(alice);
        everloop.request(job, input, 0);
        Job memory record = _lastInference();
        vm.revertToState(snapshot);
        uint40 due = uint40(_now());
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceRequested(_idOf(job), provider, due / 3600, 0, due, record, input);
        vm.prank(alice);
        everloop.request(job, input, 0);
        assertEq(record.pricing.fee(), FEE, "the accepted fee is in the record");
    }

    function testFuzz_FeeIsTheOffersPriceForTheOutputLimit(uint24 outputLimit) external {
        Job memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, outputLimit, 0);
        uint256 fee = BASE_PRICE + uint256(outputLimit) * KILOBYTE_PRICE / 1_024;
        job.pricing = PricingLib.pack(1 gwei, 0, uint64(fee));
        _deposit(alice, 100 ether);
        assertEq(_request(job, 0).pricing.fee(), fee);
    }

    function test_INF3_PriceIsKeptWhateverTheProviderOffersLater() external {
        Job memory record = _request(_inference(_target), 0);
        Offer memory dearer = _terms();
        dearer.basePrice = 1 ether;
        vm.prank(provider);
        registry.offer(MODEL, dearer);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE);
    }

    function test_RevertWhen_InputIsLongerThanALongPrompt() external {
        bytes memory input = new bytes(16_385);
        Job memory job = _inference(address(0x77));
        job.input = keccak256(input);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, "input", 16_385, 16_384));
        vm.prank(alice);
        everloop.request(job, input, 0);
    }

    function test_RevertWhen_InputIsNotWhatTheRecordSays() external {
        Job memory job = _inference(_target);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongInput.selector, 0, keccak256("x")));
        everloop.request(job, "x", 0);
        job.input = keccak256("y");
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_WrongInput.selector, keccak256("y"), 0));
        everloop.request(job, "", 0);
        vm.expectPartialRevert(IInferenceMarket.Inference_WrongInput.selector);
        everloop.request(job, "x", 0);
    }

    function test_RevertWhen_InferenceHasNoProviderOrAnotherOwner() external {
        Job memory job = _task(_target);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_WrongKind.selector, address(0)));
        vm.prank(alice);
        everloop.request(job, "", 0);
        job = _inference(_target);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, keeper));
        vm.prank(keeper);
        everloop.request(job, "", 0);
    }

    function test_LED3_RevertWhen_FirstDueIsBeyondTheHorizon() external {
        Job memory job = _inference(_target);
        _request(job, _now() + 7 days);
        job.salt = bytes32(uint256(1));
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, "due", _now() + 7 days + 1, _now() + 7 days)
        );
        vm.prank(alice);
        everloop.request(job, "", uint40(_now() + 7 days + 1));
    }

    function test_RevertWhen_TheOfferRefuses() external {
        Job memory job = _inference(_target);
        job.modelId = keccak256("other@1");
        _expectRefusal(job, "modelId", uint256(job.modelId), 0);

        job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 19, 300_000, 1_024, 0);
        _expectRefusal(job, "window", 19, 20);

        job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 3_000_001, 1_024, 0);
        _expectRefusal(job, "gasLimit", 3_000_001, 3_000_000);

        job = _inference(_target);
        job.pricing = PricingLib.pack(1 gwei - 1, 0, 0.002 ether);
        _expectRefusal(job, "maxGasPrice", 1 gwei - 1, 1 gwei);

        job = _inference(_target);
        job.pricing = PricingLib.pack(1 gwei, 0, FEE - 1);
        _expectRefusal(job, "fee", FEE, FEE - 1);
    }

    function test_RevertWhen_WindowIsLongerThanADay() external {
        Job memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 1 days + 1, 300_000, 1_024, 0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, "window", 1 days + 1, 1 days));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    /// @dev A window of no length could be booked and expired in one transaction.
    function test_REG3_WindowsOfNoLengthCannotBeBooked() external {
        Offer memory careless = _terms();
        careless.minWindow = 0;
        vm.prank(provider);
        try registry.offer(MODEL, careless) {} catch {}
        Job memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 0, 300_000, 1_024, 0);
        vm.prank(alice);
        (bool booked,) = address(everloop).call(abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        assertFalse(booked, "nobody can answer in [due, due)");
    }

    /// @dev What no transaction can carry, no provider can deliver: it would be slashed for nothing.
    function test_REG3_RecordsThatCannotBeDeliveredCannotBeBooked() external {
        Job memory job = _inference(_target);
        job.data = new bytes(150_000);
        _deposit(alice, 1_000 ether);
        vm.prank(alice);
        (bool booked,) = address(everloop).call(abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        assertFalse(booked, "an inference needs no data");
    }

    /// @dev [LED-3] every reservation ends within one booking horizon and window.
    function test_LED3_LoopsCannotBindAProviderForYears() external {
        Job memory job = _inference(_target);
        job.timing = TimingLib.pack(3_650 days, 3_650 days, WINDOW, 300_000, 1_024, 0);
        vm.prank(alice);
        (bool booked,) = address(everloop).call(abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        assertFalse(booked, "interval and heartbeat are bounded");
    }

    function test_RevertWhen_ProviderDoesNotServe() external {
        vm.prank(provider);
        registry.serve(false);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, provider));
        vm.prank(alice);
        everloop.request(_inference(_target), "", 0);
    }

    function test_REG2_RevertWhen_StakeCoversNoFurtherRun() external {
        _deposit(alice, 10 ether);
        Job memory job = _inference(_target);
        for (uint256 i = 0; i < 50; ++i) {
            job.salt = bytes32(i);
            _request(job, 0);
        }
        job.salt = bytes32(uint256(50));
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NoCapacity.selector, provider, 50, 50));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    function test_RevertWhen_OwnerCannotCoverTheWorstCost() external {
        Job memory job = _inference(_target);
        uint256 snapshot = vm.snapshotState();
        uint256 worst = everloop.worstCost(_request(job, 0));
        vm.revertToState(snapshot);
        vm.startPrank(alice);
        everloop.withdraw(10 ether - worst + 1, alice);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, alice, worst - 1, worst));
        everloop.request(job, "", 0);
        everloop.deposit{value: 1}(alice);
        everloop.request(job, "", 0);
        assertEq(everloop.freeOf(alice), 0);
    }

    function test_RevertWhen_IdIsBooked() external {
        Job memory job = _inference(_target);
        _request(job, 0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, _idOf(job)));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    function test_RevertWhen_AnybodyElseSetsServing() external {
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotRegistry.selector, provider));
        vm.prank(provider);
        everloop.setServing(provider, true);
    }

    function _expectRefusal(Job memory job, string memory field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_OfferRefuses.selector, field, value, limit));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }
}
