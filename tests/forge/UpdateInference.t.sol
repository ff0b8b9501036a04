// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";
import {Offer} from "../../contracts/types/Offer.sol";

/// @notice Changing booked inferences.
/// @dev updateInference
/// ├─ not the owner of both, another salt, the old one not booked -> revert
/// ├─ window open, and not its own run -> revert
/// ├─ the new record breaks a rule of {request} -> revert, the old one stays
/// └─ old reservation and open run released, run number spent, new ones taken
contract UpdateInferenceTest is Base {
    /// Target and owner of the job under test.
    Puppet private _client = new Puppet();

    function setUp() public override {
        super.setUp();
        _deposit(address(_client), 10 ether);
    }

    function test_UpdateBetweenWindowsChangesRecordAndTime() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.timing = TimingLib.pack(2 * INTERVAL, HEARTBEAT, WINDOW, 100_000, 512, 0);
        changed.pricing = PricingLib.pack(2 gwei, 1 gwei, 0, 0.002 ether);
        Inference memory updated = _update(record, changed, _now() + 200);
        assertEq(updated.pricing.fee(), BASE_PRICE + KILOBYTE_PRICE / 2, "priced anew");
        assertEq(_slot(updated).commitment(), uint160(uint256(keccak256(abi.encode(updated)))));
        assertEq(_slot(updated).due(), _now() + 200);
        assertEq(_reserved(address(_client)), everloop.worstCost(updated), "the old reservation is released");
        assertEq(_open(provider), 1);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        everloop.repostInference(record);
    }

    function test_EventCarriesTheNewRecordAndInput() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.input = keccak256("What now?");
        bytes32 id = _inferenceId(record);
        Inference memory completed = _unpriced(changed);
        completed.pricing = changed.pricing.withFee(FEE);
        uint256 snapshot = vm.snapshotState();
        vm.prank(record.owner);
        assertEq(everloop.updateInference(record, changed, "What now?", 0), id, "the id stays");
        JobSlot slot = everloop.slotOf(id);
        vm.revertToState(snapshot);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceRequested(id, provider, _bucket(_now()), slot, completed, "What now?");
        vm.prank(record.owner);
        everloop.updateInference(record, changed, "What now?", 0);
    }

    function test_INF4_TheRunThatWasBookedEndsWithTheUpdate() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory updated = _update(record, _unpriced(record), 0);
        assertEq(_slot(updated).runs(), 1, "run 0 is spent");
        assertEq(_slot(updated).failures(), 0);
        vm.expectRevert(
            abi.encodeWithSelector(IInferenceMarket.Inference_WrongRun.selector, _inferenceId(updated), 1, 0)
        );
        this.deliverAs(provider, updated, 0);
        assertEq(_deliver(updated, "a").run, 1);
    }

    function test_INF4_UpdatingADormantJobEndsNoRun() external {
        Inference memory record = _request(_job(), 0);
        _withdrawAll(address(_client));
        _deliver(record, "a");
        assertEq(_slot(record).due(), 0, "dormant");
        _deposit(address(_client), 10 ether);
        Inference memory updated = _update(record, _unpriced(record), 0);
        assertEq(_slot(updated).runs(), 1);
        assertEq(_slot(updated).due(), _now());
        assertEq(_reserved(address(_client)), everloop.worstCost(updated));
        assertEq(_open(provider), 1);
    }

    function test_INF3_ProviderChangeMovesOpenRunAndReservation() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.provider = rival;
        Inference memory updated = _update(record, changed, 0);
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
        assertEq(_reserved(address(_client)), everloop.worstCost(updated));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(record)));
        this.deliverAs(provider, record, 1);
        assertEq(_deliver(updated, "a").run, 1);
        assertGt(everloop.balanceOf(rival), 0);
        assertEq(everloop.balanceOf(provider), 0);
    }

    function test_UpdateTakesThePresentTerms() external {
        Inference memory record = _request(_job(), _now() + 50);
        Offer memory dearer = _terms();
        dearer.basePrice = BASE_PRICE + 1;
        vm.prank(provider, provider);
        registry.offer(MODEL, dearer);
        assertEq(_update(record, _unpriced(record), _now() + 50).pricing.fee(), FEE + 1);
    }

    /// @dev The old reservation counts for the new one.
    function test_UpdateNeedsNoMoneyOfItsOwn() external {
        Inference memory record = _request(_job(), _now() + 50);
        _withdrawAll(address(_client));
        Inference memory updated = _update(record, _unpriced(record), 0);
        assertEq(everloop.freeOf(address(_client)), 0);
        assertEq(_reserved(address(_client)), everloop.worstCost(updated));
    }

    function test_INF3_RevertWhen_TheWindowIsOpen() external {
        uint256 opens = _now() + 50;
        Inference memory record = _request(_job(), opens);
        vm.warp(opens);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW - 1);
        _expectInside(record, opens);
        vm.warp(opens + WINDOW);
        assertEq(_slot(_update(record, _unpriced(record), 0)).runs(), 1, "nobody answered, nobody is slashed");
        assertEq(everloop.accountOf(provider).missed(), 0);
    }

    function test_INF1_INF3_InsideItsOwnRunTheRunIsSettledAsBooked() external {
        Inference memory record = _request(_job(), 0);
        Inference memory changed = _unpriced(record);
        changed.provider = rival;
        changed.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 128, 0);
        uint40 due = uint40(_now() + 5_000);
        _client.addStep(address(everloop), abi.encodeCall(IInferenceMarket.updateInference, (record, changed, "", due)));
        _freeGas();
        Delivered memory done = _deliver(record, "a");
        assertTrue(_client.results()[0]);
        assertEq(done.paid, FEE, "the old fee");
        assertEq(done.due, due);
        changed.pricing = changed.pricing.withFee(uint64(BASE_PRICE + uint256(KILOBYTE_PRICE) / 8));
        assertEq(_slot(changed).commitment(), uint160(uint256(keccak256(abi.encode(changed)))));
        assertEq(_slot(changed).runs(), 1, "the run in progress is counted once");
        assertEq(_reserved(address(_client)), everloop.worstCost(changed), "one reservation, not two");
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
    }

    function test_RevertWhen_TheSaltIsAnother() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.salt = bytes32(uint256(5));
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("salt"), 5, 0));
        vm.prank(record.owner);
        everloop.updateInference(record, changed, "", 0);
    }

    function test_RevertWhen_TheCallerDoesNotOwnBothRecords() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, address(_client), alice));
        everloop.updateInference(record, changed, "", 0);
        changed.owner = alice;
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_NotOwner.selector, address(_client), alice));
        everloop.updateInference(record, changed, "", 0);
    }

    function test_RevertWhen_TheOldRecordIsNotBooked() external {
        Inference memory job = _job();
        bytes memory reason = abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(job));
        vm.expectRevert(reason);
        vm.prank(job.owner);
        everloop.updateInference(job, job, "", 0);
        _request(job, _now() + 50);
        vm.expectRevert(reason);
        vm.prank(job.owner);
        everloop.updateInference(job, job, "", 0);
    }

    function test_RevertWhen_TheNewRecordBreaksARuleOfBooking() external {
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.pricing = record.pricing;
        _expectRefused(
            record, changed, abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("fee"), FEE, 0)
        );
        changed = _unpriced(record);
        changed.target = address(registry);
        _expectRefused(record, changed, abi.encodeWithSelector(IScheduler.Scheduler_ForbiddenTarget.selector, registry));
        changed = _unpriced(record);
        changed.provider = alice;
        _expectRefused(record, changed, abi.encodeWithSelector(IInferenceMarket.Inference_NotServing.selector, alice));
        changed.provider = address(_client);
        _expectRefused(
            record, changed, abi.encodeWithSelector(IInferenceMarket.Inference_OwnProvider.selector, _client)
        );
        changed = _unpriced(record);
        changed.timing = TimingLib.pack(INTERVAL, 7 days + 1, WINDOW, 300_000, 1_024, 0);
        _expectRefused(
            record,
            changed,
            abi.encodeWithSelector(IScheduler.Scheduler_BadTerms.selector, bytes32("heartbeat"), 7 days + 1, 7 days)
        );
        changed = _unpriced(record);
        changed.input = keccak256("x");
        _expectRefused(
            record, changed, abi.encodeWithSelector(IInferenceMarket.Inference_WrongInput.selector, changed.input, 0)
        );
    }

    function test_RevertWhen_TheOwnerCannotPayTheNewRecord() external {
        Inference memory record = _request(_job(), _now() + 50);
        _withdrawAll(address(_client));
        Inference memory changed = _unpriced(record);
        changed.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_001, 1_024, 0);
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(record.owner);
        everloop.updateInference(record, changed, "", 0);
    }

    function test_REG2_RevertWhen_TheNewProviderHasNoRoom() external {
        _deposit(alice, 10 ether);
        Inference memory other = _inference(address(1));
        other.provider = rival;
        for (uint256 i = 0; i < 50; ++i) {
            other.salt = bytes32(i);
            _request(other, 0);
        }
        Inference memory record = _request(_job(), _now() + 50);
        Inference memory changed = _unpriced(record);
        changed.provider = rival;
        _expectRefused(
            record, changed, abi.encodeWithSelector(IInferenceMarket.Inference_NoCapacity.selector, rival, 50, 50)
        );
        assertEq(_slot(_update(record, _unpriced(record), 0)).runs(), 1, "with its own provider it may stay");
    }

    /// @dev External, so that an expected revert is met by this call.
    function deliverAs(address caller, Inference memory job, uint32 run) external {
        _deliverAs(caller, job, run, "a");
    }

    function _job() private view returns (Inference memory job) {
        job = _inference(address(_client));
        job.owner = address(_client);
    }

    function _expectInside(Inference memory record, uint256 opens) private {
        _expectRefused(
            record,
            _unpriced(record),
            abi.encodeWithSelector(
                IInferenceMarket.Inference_InsideWindow.selector, _inferenceId(record), opens + WINDOW, _now()
            )
        );
    }

    /// @dev The update is refused for `reason`, and what was booked stays.
    function _expectRefused(Inference memory record, Inference memory changed, bytes memory reason) private {
        JobSlot before = _slot(record);
        vm.expectRevert(reason);
        vm.prank(record.owner);
        everloop.updateInference(record, changed, "", uint40(_now() + 50));
        assertEq(JobSlot.unwrap(_slot(record)), JobSlot.unwrap(before));
        assertEq(_reserved(record.owner), everloop.worstCost(record));
    }
}
