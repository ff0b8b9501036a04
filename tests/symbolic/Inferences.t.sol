// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceChecks, OpenEngine} from "./OpenEngine.sol";
import {vm} from "../forge/Vm.sol";
import {JobHash} from "../../contracts/libraries/JobHash.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Inference, PricingLib} from "../../contracts/types/Job.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";
import {PinLib} from "../../contracts/types/Run.sol";

/// @notice Every end of a booked inference on the real engine, from every state of its slot and its accounts.
contract InferencesSymbolicTest is InferenceChecks {
    function check_INF4_CancelEndsTheBookedRunAndItsReservation(
        JobSlot before,
        Account owner,
        Account provider,
        Account other,
        JobSlot otherJob,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _placeOthers(other, otherJob);
        vm.prank(OWNER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.cancelInference, (job)));
        assertEq(ok, time < before.due() || time >= uint256(before.due()) + WINDOW);
        if (!ok) return;
        assertEq(_engine.slotOf(_id()).commitment(), 0);
        _assertEnded(before, owner, provider, worst);
        _assertOthers(other, otherJob);
    }

    function check_INF4_ResignationEndsTheBookedRunAndItsReservation(
        JobSlot before,
        Account owner,
        Account provider,
        Account other,
        JobSlot otherJob,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _placeOthers(other, otherJob);
        vm.prank(PROVIDER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.resign, (job)));
        assertEq(ok, before.due() == 0 || time < before.due());
        if (!ok) return;
        assertEq(_engine.slotOf(_id()).commitment(), before.commitment());
        assertTrue(_engine.slotOf(_id()).isResigned());
        _assertEnded(before, owner, provider, worst);
        _assertOthers(other, otherJob);
    }

    function check_INF4_DeclineEndsOneRunAndBooksAtMostOne(
        JobSlot before,
        Account owner,
        Account provider,
        uint32 run,
        bool once,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, once ? 0 : HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        vm.prank(PROVIDER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.decline, (job, run)));
        bool inTime = before.due() != 0 && time >= before.due() && time < uint256(before.due()) + WINDOW / 2;
        assertEq(ok, run == before.runs() && inTime);
        if (!ok) return;
        assertEq(_balanceOf(OWNER), owner.balance(), "it costs the owner nothing");
        assertEq(_balanceOf(PROVIDER), provider.balance(), "and earns nothing");
        _assertRan(before, owner, provider, worst, once);
    }

    function check_INF1_DeliveryMovesMoneyFromOwnerToProviderAndReceiverOnly(
        JobSlot before,
        Account owner,
        Account provider,
        Account receiver,
        Account other,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _place(RECEIVER, receiver);
        _placeOthers(other, before);
        _deliver(job, before.runs());
        uint256 spent = owner.balance() - _balanceOf(OWNER);
        uint256 earned = _balanceOf(PROVIDER) - provider.balance();
        uint256 share = _balanceOf(RECEIVER) - receiver.balance();
        assertEq(earned + share, spent);
        assertLe(spent, worst, "within what was reserved");
        _assertSound(OWNER);
        _assertSound(PROVIDER);
        _assertOthers(other, before);
    }

    /// @dev For one fee, since the solvers time out on the division of an unknown one.
    function check_INF1_ProtocolTakesItsBasisPointsOfTheFee(uint256 bps) external {
        vm.assume(bps <= 100);
        _engine = new OpenEngine(address(_registry), bps, RECEIVER);
        Inference memory job = _job(12_345, 0);
        job.pricing = PricingLib.pack(0, 0, 0, type(uint64).max).withFee(12_345);
        JobSlot slot = JobSlotLib.pack(JobHash.ofCompleted(job), NOW, 0, 0);
        _placeJob(job, slot, Account.wrap(0).credit(12_345).reserve(12_345), Account.wrap(0).opened(), NOW);
        _deliver(job, 0);
        uint256 share = _balanceOf(RECEIVER);
        assertEq(_balanceOf(PROVIDER) + share, 12_345);
        assertEq(_balanceOf(OWNER), 0);
        unchecked {
            assertLe(share * 10_000, 12_345 * bps, "at most its basis points");
            assertGt((share + 1) * 10_000, 12_345 * bps, "rounded down");
        }
    }

    function check_INF4_DeliveryEndsOneRunAndBooksAtMostOne(
        JobSlot before,
        Account owner,
        Account provider,
        uint32 run,
        bool once,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, once ? 0 : HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _place(RECEIVER, Account.wrap(0));
        _deliver(job, run);
        assertEq(run, before.runs(), "the run that is booked");
        assertTrue(before.due() != 0 && time >= before.due() && time < uint256(before.due()) + WINDOW);
        _assertRan(before, owner, provider, worst, once);
    }

    /// @dev Of one overdue run, in any state of the accounts.
    function check_LED2_ExpiryCostsTheOwnerNoMoreThanItsReservation(
        Account owner,
        Account provider,
        Account keeper,
        Account other
    ) external {
        Inference memory job = _job(FEE, HEARTBEAT);
        JobSlot before = JobSlotLib.pack(JobHash.ofCompleted(job), NOW, 0, 3_000);
        uint256 worst = _placeJob(job, before, owner, provider, NOW + WINDOW);
        _place(KEEPER, keeper);
        _placeOthers(other, before);
        if (!_expire(job)) return;
        assertGe(_balanceOf(OWNER) + worst, owner.balance(), "owner loses at most its reservation");
        assertGe(_balanceOf(KEEPER), keeper.balance(), "a keeper never pays");
        assertEq(_balanceOf(PROVIDER), provider.balance(), "a miss is paid from the stake");
        _assertOthers(other, before);
    }

    function check_INF4_ExpiryEndsOneRunAndBooksAtMostOne(
        JobSlot before,
        Account owner,
        Account provider,
        bool once,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, once ? 0 : HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _place(KEEPER, Account.wrap(0));
        if (!_expire(job)) return;
        assertTrue(before.due() != 0 && time >= uint256(before.due()) + WINDOW, "only an overdue run");
        _assertRan(before, owner, provider, worst, once);
    }

    function _deliver(Inference memory job, uint32 run) private {
        bytes32 hash = blockhash(PINNED);
        vm.prank(PROVIDER);
        _engine.deliver(job, PinLib.pack(run, PINNED, hash), "");
    }

    /// @return ok Whether it did not revert, as it may where gas that stays open would run backwards.
    function _expire(Inference memory job) private returns (bool ok) {
        vm.prank(KEEPER);
        (ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.expire, (job)));
    }

    /// @dev The run that was booked, if any, is over with all that was held for it, and nothing else has changed.
    function _assertEnded(JobSlot before, Account owner, Account provider, uint256 worst) private view {
        JobSlot slot = _engine.slotOf(_id());
        assertEq(slot.due(), 0);
        bool booked = before.isBooked();
        assertEq(slot.runs(), uint256(before.runs()) + (booked ? 1 : 0));
        _assertAccount(OWNER, booked ? owner.release(worst) : owner);
        _assertAccount(PROVIDER, booked ? provider.closed() : provider);
    }

    /// @dev One run more is counted; reservation and place are held exactly where the job is booked again.
    function _assertRan(JobSlot before, Account owner, Account provider, uint256 worst, bool once) private view {
        JobSlot slot = _engine.slotOf(_id());
        assertEq(slot.runs(), uint256(before.runs()) + 1);
        assertFalse(slot.isRunning());
        assertEq(slot.commitment(), once ? 0 : before.commitment());
        if (once) assertEq(slot.due(), 0);
        bool again = slot.due() != 0;
        assertEq(_reservedOf(OWNER), owner.reserved() - (again ? 0 : worst));
        assertEq(_engine.accountOf(PROVIDER).open(), provider.open() - (again ? 0 : 1));
        if (again) assertTrue(provider.keepsWork());
        _assertSound(OWNER);
    }
}
