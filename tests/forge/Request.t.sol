// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IOfferBook} from "../../contracts/interfaces/IOfferBook.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice Booking inferences: what providers refuse, what is reserved.
contract RequestTest is Base {
    address private _target = address(new Puppet());

    function test_BookingReservesTheWorstCostAndOpensTheRun() external {
        Inference memory record = _request(_inference(_target), 0);
        uint256 worst = (140_000 + uint256(_slot(record).recordGas()) + 300_000 + 1_024 * 40) * MAX_GAS_PRICE + FEE;
        assertEq(everloop.worstCost(record), worst);
        assertEq(_reserved(alice), worst);
        assertEq(everloop.balanceOf(alice), 10 ether, "nothing is paid yet");
        assertEq(_open(provider), 1);
        assertEq(_slot(record).due(), _now());
        bytes32 id = keccak256(abi.encode(uint256(1), block.chainid, address(everloop), alice, record.salt));
        assertEq(JobSlot.unwrap(everloop.slotOf(id)), JobSlot.unwrap(_slot(record)), "the id is the record's");
        assertEq(_slot(record).commitment(), uint160(uint256(keccak256(abi.encode(record)))));
    }

    function test_EventCarriesRecordAndInput() external {
        Inference memory job = _inference(_target);
        bytes memory input = "What is 2 + 2?";
        job.input = keccak256(input);
        uint256 snapshot = vm.snapshotState();
        vm.recordLogs();
        vm.prank(alice);
        everloop.request(job, input, 0);
        Inference memory record = _lastInference();
        JobSlot slot = _slot(record);
        vm.revertToState(snapshot);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceRequested(_inferenceId(job), provider, _bucket(_now()), slot, record, input);
        vm.prank(alice);
        everloop.request(job, input, 0);
        assertEq(record.pricing.fee(), FEE, "the accepted fee is in the record");
    }

    function testFuzz_FeeIsTheOffersPriceForTheOutputLimit(uint24 outputLimit) external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, outputLimit, 0);
        uint256 fee = BASE_PRICE + uint256(outputLimit) * KILOBYTE_PRICE / 1_024;
        job.pricing = PricingLib.pack(1 gwei, 0, 0, uint64(fee));
        _deposit(alice, 100 ether);
        assertEq(_request(job, 0).pricing.fee(), fee);
    }

    function test_INF3_PriceIsKeptWhateverTheProviderOffersLater() external {
        Inference memory record = _request(_inference(_target), 0);
        Offer memory dearer = _terms();
        dearer.basePrice = 1 ether;
        vm.prank(provider, provider);
        registry.offer(MODEL, dearer);
        _freeGas();
        assertEq(_deliver(record, "a").paid, FEE);
    }

    function test_RevertWhen_InputIsLongerThanALongPrompt() external {
        bytes memory input = new bytes(16_385);
        Inference memory job = _inference(address(0x77));
        job.input = keccak256(input);
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("input"), 16_385, 16_384)
        );
        vm.prank(alice);
        everloop.request(job, input, 0);
    }

    function test_RevertWhen_InputIsNotWhatTheRecordSays() external {
        Inference memory job = _inference(_target);
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
        Inference memory job = _inference(_target);
        job.provider = address(0);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, address(0)));
        vm.prank(alice);
        everloop.request(job, "", 0);
        job = _inference(_target);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, alice, keeper));
        vm.prank(keeper, keeper);
        everloop.request(job, "", 0);
    }

    function test_LED3_RevertWhen_FirstDueIsBeyondTheHorizon() external {
        Inference memory job = _inference(_target);
        _request(job, _now() + 7 days);
        job.salt = bytes32(uint256(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IScheduler.Scheduler_BadTerms.selector, bytes32("due"), _now() + 7 days + 1, _now() + 7 days
            )
        );
        vm.prank(alice);
        everloop.request(job, "", uint40(_now() + 7 days + 1));
    }

    function test_RevertWhen_TheOfferRefuses() external {
        Inference memory job = _inference(_target);
        job.modelId = keccak256("other@1");
        _expectRefusal(job, "modelId", uint256(job.modelId), 0);

        job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 19, 300_000, 1_024, 0);
        _expectRefusal(job, "window", 19, 20);

        job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 3_000_001, 1_024, 0);
        _expectRefusal(job, "gasLimit", 3_000_001, 3_000_000);

        job = _inference(_target);
        job.pricing = PricingLib.pack(1 gwei - 1, 0, 0, 0.002 ether);
        _expectRefusal(job, "maxGasPrice", 1 gwei - 1, 1 gwei);

        job = _inference(_target);
        job.pricing = PricingLib.pack(1 gwei, 0, 0, FEE - 1);
        _expectRefusal(job, "fee", FEE, FEE - 1);
    }

    function test_RevertWhen_WindowIsLongerThanADay() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 1 days + 1, 300_000, 1_024, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("window"), 1 days + 1, 1 days)
        );
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    /// @dev A window of no length could be booked and expired in one transaction.
    function test_REG3_WindowsOfNoLengthCannotBeBooked() external {
        Offer memory careless = _terms();
        careless.minWindow = 0;
        vm.prank(provider, provider);
        try registry.offer(MODEL, careless) {} catch {}
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 0, 300_000, 1_024, 0);
        vm.prank(alice);
        (bool booked,) = address(everloop).call(abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        assertFalse(booked, "nobody can answer in [due, due)");
    }

    /// @dev What no transaction can carry, no provider can deliver: it would be slashed for nothing. A record has no part
    /// without a fixed length, and what trails it in the booking is not of it.
    function test_REG3_RecordsThatCannotBeDeliveredCannotBeBooked() external {
        Inference memory job = _inference(_target);
        bytes memory call_ = abi.encodeCall(IInferenceMarket.request, (job, "", 0));
        vm.recordLogs();
        vm.prank(alice);
        (bool booked,) = address(everloop).call(bytes.concat(call_, new bytes(150_000)));
        assertTrue(booked);
        Inference memory record = _lastInference();
        assertLe(_slot(record).recordGas(), 8 * 32 * 16, "eight words");
        assertEq(_deliver(record, "a").run, 0);
    }

    /// @dev [LED-3] every reservation ends within one booking horizon and window.
    function test_LED3_LoopsCannotBindAProviderForYears() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(3_650 days, 3_650 days, WINDOW, 300_000, 1_024, 0);
        vm.prank(alice);
        (bool booked,) = address(everloop).call(abi.encodeCall(IInferenceMarket.request, (job, "", 0)));
        assertFalse(booked, "interval and heartbeat are bounded");
    }

    function test_RevertWhen_ProviderDoesNotServe() external {
        vm.prank(provider, provider);
        registry.serve(false);
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, provider));
        vm.prank(alice);
        everloop.request(_inference(_target), "", 0);
    }

    function test_REG2_RevertWhen_StakeCoversNoFurtherRun() external {
        _deposit(alice, 10 ether);
        Inference memory job = _inference(_target);
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
        Inference memory job = _inference(_target);
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
        Inference memory job = _inference(_target);
        _request(job, 0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, _inferenceId(job)));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    function test_REG3_RevertWhen_AProviderBooksItself() external {
        _deposit(provider, 1 ether);
        Inference memory job = _inference(_target);
        job.owner = provider;
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_OwnProvider.selector, provider));
        vm.prank(provider, provider);
        everloop.request(job, "", 0);
    }

    function test_RevertWhen_TheFeeIsFilledInByTheOwner() external {
        Inference memory job = _inference(_target);
        job.pricing = job.pricing.withFee(1);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("fee"), 1, 0));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    function test_RevertWhen_AnInferenceIsRaw() external {
        Inference memory job = _inference(_target);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 1_024, TimingLib.RAW);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("flags"), 1, 0));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }

    function test_RevertWhen_AnybodyElseSetsCapacityOrOffers() external {
        bytes memory refusal =
            abi.encodeWithSelector(IOfferBook.Offer_NotRegistry.selector, address(registry), provider);
        vm.startPrank(provider);
        vm.expectRevert(refusal);
        everloop.setCapacity(provider, 1);
        vm.expectRevert(refusal);
        everloop.setOffer(provider, MODEL_ID, _terms());
    }

    function _expectRefusal(Inference memory job, bytes32 field, uint256 value, uint256 limit) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_OfferRefuses.selector, field, value, limit));
        vm.prank(alice);
        everloop.request(job, "", 0);
    }
}
