// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OrderBase} from "./OrderBase.sol";
import {DataFeeModule} from "./mocks/DataFeeModule.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, PricingLib, Task} from "../../contracts/types/Job.sol";

/// @notice The reservation's two edges: a run that costs more than it, and an owner that has just enough.
/// @dev Asking a rollup's module what data costs is measured like the rest; one that computes for long makes a run dearer
/// than any reservation.
contract ReservationTest is OrderBase {
    /// Turns of the module that cost more than all that is reserved for a run.
    uint256 private constant TURNS = 14_000;
    uint256 private constant BOUNTY = 0.001 ether;
    uint64 private constant TIP = 0.001 ether;

    DataFeeModule private _module = new DataFeeModule();

    function setUp() public override {
        super.setUp();
        _deployEngine(0, address(_module), 0, address(0));
        _addProvider(provider, STAKE);
        _deposit(alice, 10 ether);
        _orders = ISignedOrders(everloop.ORDERS());
        vm.fee(MAX_GAS_PRICE);
        vm.txGasPrice(MAX_GAS_PRICE);
    }

    function test_SCH4_ATaskThatCostsMorePaysItsReservation() external {
        Task memory task = _dearTask();
        uint256 worst = _worst(task);
        assertLt(_paidFor(task), worst, "usually it costs less");
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        assertEq(_execute(task).paid, worst);
        assertEq(everloop.balanceOf(keeper), worst);
        assertEq(everloop.balanceOf(alice), 10 ether - worst);
        assertEq(_reserved(alice), 0);
    }

    function test_SCH4_AnItemThatCostsMorePaysItsReservation() external {
        Task memory task = _dearTask();
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        vm.prank(keeper, keeper);
        everloop.executeBatch(_only(task));
        assertEq(everloop.balanceOf(keeper), _worst(task));
        assertEq(everloop.balanceOf(alice), 10 ether - _worst(task));
    }

    function test_INF1_ADeliveryThatCostsMorePaysItsReservation() external {
        Inference memory record = _request(_dear(), 0);
        uint256 worst = everloop.worstCost(record);
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        assertEq(_deliver(record, "a").paid, worst);
        assertEq(everloop.balanceOf(provider), worst);
        assertEq(everloop.balanceOf(alice), 10 ether - worst);
        assertEq(_reserved(alice), worst, "the next run is whole again");
    }

    /// @dev With nothing else the reservation is all there is: the job goes dormant, and owes nothing.
    function test_INF1_ADeliveryThatCostsAllLeavesNothingReserved() external {
        Inference memory record = _request(_dear(), 0);
        uint256 worst = everloop.worstCost(record);
        _withdrawAll(alice);
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        assertEq(_deliver(record, "a").paid, worst);
        assertEq(everloop.balanceOf(alice), 0);
        assertEq(_slot(record).due(), 0);
    }

    function test_SCH4_AnExpiryThatCostsMorePaysItsReservation() external {
        Inference memory record = _request(_dear(), 0);
        uint256 worst = everloop.worstCost(record);
        uint256 held = address(everloop).balance;
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        skip(WINDOW);
        assertEq(_expire(record), BOUNTY + worst);
        uint256 repaid = address(everloop).balance - held - BOUNTY;
        assertEq(everloop.balanceOf(alice), 10 ether - worst + repaid);
        assertEq(_reserved(alice), worst);
    }

    /// @dev Twice the work earns the same; an owner with a wei less could not have asked.
    function test_LED2_ASignedInferenceThatCostsMorePaysWhatWasSetAside() external {
        _bring(provider, _dearAsk(1));
        Ask memory ask = _dearAsk(2);
        uint256 before = everloop.balanceOf(alice);
        uint256 snapshot = vm.snapshotState();
        _module.set(DataFeeModule.Mode.PerByte, 0, TURNS);
        uint256 worst = _answered(ask).paid();
        assertEq(everloop.balanceOf(alice), before - worst);
        assertEq(_reserved(alice), 0);
        vm.revertToState(snapshot);
        _module.set(DataFeeModule.Mode.PerByte, 0, 2 * TURNS);
        assertEq(_answered(ask).paid(), worst);
        vm.revertToState(snapshot);
        _leave(worst - 1);
        _expectRefused(
            provider, ask, abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, alice, worst - 1, worst)
        );
        _deposit(alice, 1);
        _bring(provider, ask);
        assertTrue(_orders.isNonceUsed(alice, 2));
    }

    function test_SCH6_ExactlyTheWorstCostRunsATask() external {
        Task memory task = _dearTask();
        uint256 worst = _worst(task);
        _leave(worst - 1);
        vm.expectRevert(
            abi.encodeWithSelector(IScheduler.Scheduler_Unaffordable.selector, _taskId(task), worst - 1, worst)
        );
        vm.prank(keeper, keeper);
        everloop.execute(task);
        assertTrue(_outcome(task) == IScheduler.Outcome.Unaffordable);
        _deposit(alice, 1);
        assertTrue(_outcome(task) == IScheduler.Outcome.Succeeded);
    }

    /// @dev What a run costs must be free besides the reservation that the next one keeps.
    function test_SCH6_ExactlyTheCostOfARunBooksTheNext() external {
        Inference memory record = _request(_dear(), 0);
        _freeGas();
        uint256 snapshot = vm.snapshotState();
        _leave(FEE - 1);
        assertEq(_deliver(record, "a").due, 0, "a wei is missing");
        assertEq(_reserved(alice), 0);
        assertEq(everloop.balanceOf(alice), everloop.worstCost(record) - 1);
        assertEq(_open(provider), 0);
        vm.revertToState(snapshot);
        _leave(FEE);
        assertEq(_deliver(record, "a").due, _now() + INTERVAL);
        assertEq(_reserved(alice), everloop.worstCost(record));
        assertEq(everloop.freeOf(alice), 0);
        assertEq(_open(provider), 1);
    }

    function test_SCH6_ExactlyTheReservationResumesAJob() external {
        Inference memory record = _request(_dear(), 0);
        _freeGas();
        _withdrawAll(alice);
        _deliver(record, "a");
        uint256 worst = everloop.worstCost(record);
        _withdrawAll(alice);
        // Gas is free here: the caller's pay is at most the data fee.
        uint256 aside = uint256(record.pricing.maxDataFee());
        _deposit(alice, aside + worst - 1);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, alice, worst - 1, worst));
        vm.prank(keeper, keeper);
        everloop.resume(record);
        _deposit(alice, 1);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertLe(everloop.freeOf(alice), aside);
        assertEq(_reserved(alice), worst);
    }

    /// @dev Whoever wakes a job is paid from what is free besides the new reservation, or not at all.
    function test_LED2_RevertWhen_TheCallerOfResumeCannotBePaid() external {
        Inference memory record = _request(_dear(), 0);
        _withdrawAll(alice);
        _deliver(record, "a");
        uint256 worst = everloop.worstCost(record);
        _withdrawAll(alice);
        _deposit(alice, worst + 1);
        vm.expectPartialRevert(ILedger.Ledger_NotEnoughFree.selector);
        vm.prank(keeper, keeper);
        everloop.resume(record);
        assertEq(_slot(record).due(), 0, "it stays dormant");
        assertEq(everloop.balanceOf(alice), worst + 1);
    }

    function _dearTask() private returns (Task memory task) {
        task = _task(address(_target));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1, TIP);
        _schedule(task, 0);
    }

    function _dear() private view returns (Inference memory job) {
        job = _inference(address(_target));
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1, AMOUNT);
    }

    function _dearAsk(uint256 nonce) private returns (Ask memory ask) {
        ask = _ask(nonce);
        ask.job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 1, AMOUNT);
        _sign(ask);
    }

    /// @dev Alice keeps `free` besides what is reserved.
    function _leave(uint256 free) private {
        uint256 surplus = everloop.freeOf(alice) - free;
        vm.prank(alice);
        everloop.withdraw(surplus, alice);
    }

    function _paidFor(Task memory task) private returns (uint256 paid) {
        uint256 snapshot = vm.snapshotState();
        paid = _execute(task).paid;
        vm.revertToState(snapshot);
    }

    /// @dev wei set aside for one run, computed anew.
    function _worst(Task memory task) private view returns (uint256) {
        return (90_000 + uint256(_slot(task).recordGas()) + task.timing.gasLimit()) * MAX_GAS_PRICE + TIP + 1 gwei;
    }
}
