// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceChecks} from "./OpenEngine.sol";
import {vm} from "../forge/Vm.sol";
import {JobHash} from "../../contracts/libraries/JobHash.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";
import {Offer} from "../../contracts/types/Offer.sol";
import {PinLib} from "../../contracts/types/Run.sol";

/// @notice Booking an inference, waking one and answering a signed one on the real engine, from every state of their
/// accounts.
contract RequestsSymbolicTest is InferenceChecks {
    uint256 private constant MAX_HORIZON = 7 days;

    /// @dev It succeeds exactly where the provider has room and the owner can pay, and then sets the worst cost aside.
    function check_LED2_BookingReservesExactlyTheWorstCost(
        JobSlot before,
        Account owner,
        Account provider,
        Account other,
        JobSlot otherJob,
        uint40 due
    ) external {
        Inference memory job = _job(0, HEARTBEAT);
        _offer();
        _engine.putSlot(_id(), before);
        _place(OWNER, owner);
        _place(PROVIDER, provider);
        _placeOthers(other, otherJob);
        vm.prank(OWNER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.request, (job, "", due)));
        JobSlot slot = _engine.slotOf(_id());
        job.pricing = job.pricing.withFee(FEE);
        uint256 worst = _worst();
        bool free = before.commitment() == 0 && due <= NOW + MAX_HORIZON;
        assertEq(ok, free && provider.hasRoom() && owner.free() >= worst);
        _assertAccount(OWNER, ok ? owner.reserve(worst) : owner);
        _assertAccount(PROVIDER, ok ? provider.opened() : provider);
        _assertOthers(other, otherJob);
        if (!ok) {
            assertEq(JobSlot.unwrap(slot), JobSlot.unwrap(before));
            return;
        }
        assertEq(slot.commitment(), JobHash.ofCompleted(job));
        assertEq(slot.runs(), before.runs());
        assertEq(slot.due(), due > NOW ? due : NOW);
        assertEq(slot.failures(), 0);
        assertFalse(slot.isResigned());
    }

    function check_LED2_NobodyElseBooksUpdatesOrCancels(address caller, JobSlot before, Account owner, Account provider)
        external
    {
        vm.assume(caller != OWNER);
        Inference memory job = _job(FEE, HEARTBEAT);
        _offer();
        _placeJob(job, before, owner, provider, NOW);
        Inference memory fresh = _job(0, HEARTBEAT);
        bytes[3] memory calls = [
            abi.encodeCall(IInferenceMarket.request, (fresh, "", 0)),
            abi.encodeCall(IInferenceMarket.updateInference, (job, fresh, "", 0)),
            abi.encodeCall(IInferenceMarket.cancelInference, (job))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            vm.prank(caller);
            (bool ok,) = address(_engine).call(calls[i]);
            assertFalse(ok);
        }
        assertEq(JobSlot.unwrap(_engine.slotOf(_id())), JobSlot.unwrap(before));
    }

    /// @dev A dormant job is booked again with a whole reservation, and its owner pays the caller.
    function check_LED2_ResumptionReservesAgainAndPaysTheCallerOnly(
        JobSlot before,
        Account owner,
        Account provider,
        Account keeper,
        Account other,
        uint40 time
    ) external {
        Inference memory job = _job(FEE, HEARTBEAT);
        uint256 worst = _placeJob(job, before, owner, provider, time);
        _place(KEEPER, keeper);
        _placeOthers(other, before);
        vm.prank(KEEPER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IInferenceMarket.resume, (job)));
        if (!ok) return;
        assertTrue(before.due() == 0 && !before.isResigned() && provider.hasRoom());
        assertEq(_engine.slotOf(_id()).due(), time + HEARTBEAT);
        assertEq(_engine.slotOf(_id()).runs(), before.runs());
        assertEq(_balanceOf(OWNER) + _balanceOf(KEEPER), uint256(owner.balance()) + keeper.balance());
        assertGe(_balanceOf(KEEPER), keeper.balance(), "a caller never pays");
        assertEq(_reservedOf(OWNER), owner.reserved() + worst);
        _assertSound(OWNER);
        _assertAccount(PROVIDER, provider.opened());
        _assertOthers(other, before);
    }

    /// @dev What a signed inference sets aside is gone again at its end, and the amount pays provider and protocol.
    function check_INF1_SignedInferenceMovesMoneyFromOwnerToProviderAndReceiverOnly(
        Account owner,
        Account provider,
        Account receiver,
        Account other,
        JobSlot otherJob,
        uint256 nonce
    ) external {
        Inference memory job = _job(0, 0);
        _place(OWNER, owner);
        _place(PROVIDER, provider);
        _place(RECEIVER, receiver);
        _placeOthers(other, otherJob);
        _dear();
        bytes32 hash = blockhash(PINNED);
        vm.prank(_engine.ORDERS());
        (bool ok,) = address(_engine)
            .call(
                abi.encodeCall(
                    IInferenceMarket.deliverOrder,
                    (IInferenceMarket.Order(PROVIDER, nonce, 0), job, "", PinLib.pack(0, PINNED, hash), "")
                )
            );
        if (!ok) return;
        assertTrue(provider.capacity() != 0);
        uint256 spent = owner.balance() - _balanceOf(OWNER);
        uint256 earned = _balanceOf(PROVIDER) - provider.balance();
        uint256 share = _balanceOf(RECEIVER) - receiver.balance();
        assertEq(earned + share, spent);
        assertLe(spent, owner.free(), "never of what is reserved");
        assertEq(_reservedOf(OWNER), owner.reserved());
        assertEq(_engine.accountOf(PROVIDER).open(), provider.open());
        _assertOthers(other, otherJob);
    }

    /// @dev The provider takes any booking of {_job}, for one price.
    function _offer() private {
        vm.prank(address(_registry));
        _engine.setOffer(PROVIDER, 0, Offer(uint64(FEE), 0, 1, 0, 12, 1, 0));
    }

    /// @dev wei, computed anew: gas of a run, of its record and of a decision of 64 bytes, at the cap, and the fee.
    function _worst() private pure returns (uint256) {
        // The fee that is filled in is taken as eight bytes that are not zero.
        uint256 gas_ = 140_000 + 64 * 40 + 8 * 12;
        bytes memory record = abi.encode(_job(0, HEARTBEAT));
        for (uint256 i = 0; i < record.length; ++i) {
            gas_ += record[i] == 0 ? 4 : 16;
        }
        return gas_ * GAS_PRICE + FEE;
    }
}
