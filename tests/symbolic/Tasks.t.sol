// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EngineChecks} from "./OpenEngine.sol";
import {vm} from "../forge/Vm.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Account} from "../../contracts/types/Account.sol";
import {Pricing, PricingLib, Task, Timing, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot, JobSlotLib} from "../../contracts/types/JobSlot.sol";

/// @notice Booking, changing, ending and running a task on the real engine, from every state of its slot and its accounts.
contract TasksSymbolicTest is EngineChecks {
    function check_INF4_BookingKeepsTheCountOfRuns(JobSlot before, uint40 due, Account payer) external {
        Task memory task = _task();
        bytes32 id = _placeJob(before, payer);
        vm.prank(OWNER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IScheduler.schedule, (task, due)));
        assertEq(ok, before.commitment() == 0 && due != JobSlotLib.RUNNING);
        JobSlot slot = _engine.slotOf(id);
        if (!ok) assertEq(JobSlot.unwrap(slot), JobSlot.unwrap(before));
        else _assertBooked(slot, due, before.runs());
        _assertAccount(OWNER, payer);
    }

    function check_INF4_UpdateEndsTheBookedRun(JobSlot before, uint40 due, Account payer) external {
        vm.assume(before.runs() != type(uint32).max);
        Task memory task = _task();
        bytes32 id = _placeJob(before, payer);
        vm.prank(OWNER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IScheduler.update, (task, due)));
        assertEq(ok, before.commitment() != 0 && due != JobSlotLib.RUNNING);
        JobSlot slot = _engine.slotOf(id);
        if (!ok) assertEq(JobSlot.unwrap(slot), JobSlot.unwrap(before));
        else _assertBooked(slot, due, uint256(before.runs()) + (before.isBooked() ? 1 : 0));
        _assertAccount(OWNER, payer);
    }

    function check_INF4_CancelEndsTheBookedRunOnce(JobSlot before, Account payer) external {
        vm.assume(before.runs() != type(uint32).max);
        bytes32 id = _placeJob(before, payer);
        bool ok = _cancel(OWNER);
        assertEq(ok, before.commitment() != 0);
        if (!ok) return;
        JobSlot slot = _engine.slotOf(id);
        assertEq(slot.runs(), uint256(before.runs()) + (before.isBooked() ? 1 : 0));
        assertEq(slot.commitment(), 0);
        assertFalse(_cancel(OWNER));
        assertEq(JobSlot.unwrap(_engine.slotOf(id)), JobSlot.unwrap(slot));
        _assertAccount(OWNER, payer);
    }

    function check_LED2_NobodyElseBooksChangesOrCancels(address caller, JobSlot before, uint40 due, Account payer)
        external
    {
        vm.assume(caller != OWNER && caller != _engine.ORDERS());
        Task memory task = _task();
        bytes32 id = _placeJob(before, payer);
        vm.prank(caller);
        (bool ok,) = address(_engine).call(abi.encodeCall(IScheduler.schedule, (task, due)));
        assertFalse(ok);
        vm.prank(caller);
        (ok,) = address(_engine).call(abi.encodeCall(IScheduler.update, (task, due)));
        assertFalse(ok);
        // One caller, since to the solver the id of an unknown one may be any.
        assertFalse(_cancel(KEEPER));
        assertEq(JobSlot.unwrap(_engine.slotOf(id)), JobSlot.unwrap(before));
    }

    /// @dev The target is an account without code: it succeeds and wishes nothing.
    function check_LED1_ARunMovesMoneyFromOwnerToKeeperOnly(
        JobSlot before,
        Account payer,
        Account keeper,
        Account other,
        JobSlot otherJob,
        uint40 time
    ) external {
        Task memory task = _task();
        _placeRun(task, before, payer, time);
        _place(KEEPER, keeper);
        _placeOthers(other, otherJob);
        vm.prank(KEEPER);
        _engine.execute(task);
        assertEq(_balanceOf(OWNER) + _balanceOf(KEEPER), uint256(payer.balance()) + keeper.balance());
        assertGe(_balanceOf(KEEPER), keeper.balance(), "a keeper never pays");
        assertEq(_reservedOf(OWNER), payer.reserved());
        assertEq(_reservedOf(KEEPER), keeper.reserved());
        _assertSound(OWNER);
        _assertOthers(other, otherJob);
    }

    /// @dev No gas is worth more than the cap, no target changes what was set aside.
    function check_SCH4_PayStaysWithinTheCaps(JobSlot before, Account payer, uint40 time) external {
        Task memory task = _task();
        _placeRun(task, before, payer, time);
        vm.prank(KEEPER);
        _engine.execute(task);
        uint256 gas_ = 60_000 + uint256(before.recordGas()) + task.timing.gasLimit();
        assertLe(payer.balance() - _balanceOf(OWNER), gas_ * GAS_PRICE + 1 ether);
    }

    function check_SCH5_ADueRunHappensOnce(JobSlot before, Account payer, uint40 time) external {
        Task memory task = _task();
        bytes32 id = _placeRun(task, before, payer, time);
        vm.prank(KEEPER);
        (bool ok,) = address(_engine).call(abi.encodeCall(IScheduler.execute, (task)));
        if (!ok) return;
        assertLe(before.due(), time, "not before its time");
        JobSlot slot = _engine.slotOf(id);
        assertEq(slot.runs(), uint256(before.runs()) + 1);
        assertGt(slot.due(), time, "not twice in one block");
        assertFalse(slot.isRunning());
        assertEq(slot.failures(), 0);
    }

    function _task() private pure returns (Task memory) {
        return Task(
            OWNER,
            address(0x7a),
            TimingLib.pack(60, 60, 0, 50_000, 0, 0),
            "salt",
            PricingLib.pack(GAS_PRICE, 0, 0, 1 ether),
            ""
        );
    }

    function _cancel(address caller) private returns (bool ok) {
        vm.prank(caller);
        (ok,) = address(_engine).call(abi.encodeCall(IScheduler.cancel, ("salt")));
    }

    /// @dev What stands in the slot of {_task}, and its owner's account.
    function _placeJob(JobSlot slot, Account payer) private returns (bytes32 id) {
        id = keccak256(abi.encode(0, block.chainid, _engine, OWNER, bytes32("salt")));
        _engine.putSlot(id, slot);
        _place(OWNER, payer);
    }

    /// @dev A job that is booked with `task`, at a time that is not before the booking's.
    function _placeRun(Task memory task, JobSlot before, Account payer, uint40 time) private returns (bytes32 id) {
        vm.assume(!before.isRunning() && before.due() != 0 && before.runs() != type(uint32).max);
        _warpTo(time);
        _dear();
        uint160 commitment = uint160(
            uint256(keccak256(abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing, keccak256(""))))
        );
        vm.assume(before.commitment() == commitment);
        return _placeJob(before, payer);
    }

    function _assertBooked(JobSlot slot, uint256 due, uint256 runs) private pure {
        assertEq(slot.runs(), runs);
        assertEq(slot.due(), due > NOW ? due : NOW);
        assertTrue(slot.isBooked() && !slot.isResigned());
        assertEq(slot.failures(), 0);
    }
}
