// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin, PinLib} from "../../contracts/types/Run.sol";

/// @notice What keepers, validators and rivals of theirs try, by the rows of docs/threats.md.
/// @dev {setUp} books and runs everything once, so that a test is a new transaction with cold storage.
contract AdversarialKeeperTest is Base {
    uint256 private constant RACE = 40_000;
    uint256 private constant TASKS = 10;

    Puppet private _target = new Puppet();
    /// Due, once per test.
    Task private _due;
    /// Over: its only run has been made.
    Task private _over;
    /// Tasks with the most data, on a target that does nothing.
    Task[] private _full;
    /// Answered already.
    Inference private _answered;
    Pin private _pin;

    function setUp() public override {
        super.setUp();
        _deposit(keeper, 1);
        _due = _gasOnly("due");
        _over = _gasOnly("over");
        _over.timing = TimingLib.pack(0, 0, 0, 200_000, 0, 0);
        _schedule(_due, 0);
        _schedule(_over, 0);
        for (uint256 i = 0; i < TASKS; ++i) {
            _full.push(_gasOnly(bytes32(i + 1)));
            _full[i].target = address(0x1234567);
            _full[i].data = _noZeros(448);
            _schedule(_full[i], 0);
        }
        _answered = _request(_inference(address(_target)), 0);
        vm.startPrank(keeper);
        everloop.execute(_due);
        everloop.execute(_over);
        everloop.executeBatch(_full);
        vm.stopPrank();
        _deliver(_answered, "x");
        vm.warp(_slot(_due).due());
        (uint64 number, bytes32 hash) = _pinnedBlock();
        _pin = PinLib.pack(0, number, hash);
    }

    // Gas and call data

    function test_SCH4_GasThatTheKeeperBringsDoesNotChangeItsPay() external {
        uint256 paid = _paidBy(abi.encodeCall(IScheduler.execute, (_due)), 1_000_000);
        for (uint256 gas_ = 2_000_000; gas_ <= 16_000_000; gas_ *= 2) {
            assertEq(_paidBy(abi.encodeCall(IScheduler.execute, (_due)), gas_), paid);
        }
    }

    function test_SCH4_CallDataBehindTheRecordIsNotPaid() external {
        bytes memory call_ = abi.encodeCall(IScheduler.execute, (_due));
        uint256 paid = _paidBy(call_, 2_000_000);
        assertEq(_paidBy(bytes.concat(call_, _noZeros(10_000)), 2_000_000), paid);
        Task[] memory tasks = new Task[](1);
        tasks[0] = _due;
        call_ = abi.encodeCall(IScheduler.executeBatch, (tasks));
        paid = _paidBy(call_, 2_000_000);
        assertEq(_paidBy(bytes.concat(call_, _noZeros(10_000)), 2_000_000), paid);
    }

    /// @dev A validator pays itself whatever it bids: it is paid as any keeper.
    function test_SCH4_ValidatorsAreNotPaidWhatTheyBidToThemselves() external {
        uint256 paid = _paidBy(abi.encodeCall(IScheduler.execute, (_due)), 2_000_000);
        vm.coinbase(keeper);
        vm.txGasPrice(1_000_000 gwei);
        assertEq(_paidBy(abi.encodeCall(IScheduler.execute, (_due)), 2_000_000), paid);
    }

    /// @dev Ten copies of a due item, of one that is over and of one that never was.
    function test_SCH4_BatchesPaddedWithCopiesEarnLessThanTheRunAlone() external {
        uint256 alone = _paidBy(abi.encodeCall(IScheduler.execute, (_due)), 16_000_000);
        Task[3] memory paddings = [_due, _over, _gasOnly("never")];
        for (uint256 i = 0; i < paddings.length; ++i) {
            Task[] memory tasks = new Task[](11);
            tasks[0] = _due;
            for (uint256 j = 1; j < tasks.length; ++j) {
                tasks[j] = paddings[i];
            }
            assertLt(_paidBy(abi.encodeCall(IScheduler.executeBatch, (tasks)), 16_000_000), alone);
        }
    }

    /// @dev A batch whose call data costs the floor of EIP-7623 must not be paid less than the floor.
    function test_SCH3_BatchOfTasksWithTheMostDataIsPaidTheCallDataFloor() external {
        bytes memory call_ = abi.encodeCall(IScheduler.executeBatch, (_full));
        uint256 paid = _paidBy(call_, 16_000_000) / 2 gwei;
        assertGe(paid, 21_000 + _callDataGas(call_) / 4 * 10, "charged >= the floor");
    }

    // Races

    function test_SCH3_ALostRaceForALoopCostsAtMost40kGas() external {
        vm.warp(_now() - 1);
        _expectCheapRefusal(keeper, abi.encodeCall(IScheduler.execute, (_due)));
    }

    function test_SCH3_ALostRaceForAOneShotCostsAtMost40kGas() external {
        _expectCheapRefusal(keeper, abi.encodeCall(IScheduler.execute, (_over)));
    }

    function test_SCH3_ALostRaceForADeliveryCostsAtMost40kGas() external {
        _expectCheapRefusal(provider, abi.encodeCall(IInferenceMarket.deliver, (_answered, _pin, "x")));
    }

    function test_SCH3_AStaleItemOfABatchCostsAtMost40kGas() external {
        Task[] memory tasks = new Task[](1);
        tasks[0] = _over;
        bytes memory call_ = abi.encodeCall(IScheduler.executeBatch, (tasks));
        vm.prank(keeper, keeper);
        (bool ok,) = address(everloop).call(call_);
        assertTrue(ok, "left out, not refused");
        assertLe(vm.lastCallGas().gasTotalUsed + 21_000 + _callDataGas(call_), RACE);
    }

    /// @dev A rival that takes one item first neither stops the batch nor is paid twice.
    function test_SCH5_ARivalThatTakesOneItemDoesNotStopTheBatch() external {
        address other = makeAddr("other keeper");
        Task[] memory tasks = new Task[](2);
        (tasks[0], tasks[1]) = (_due, _full[0]);
        vm.prank(other);
        everloop.execute(_due);
        uint256 taken = everloop.balanceOf(other);
        vm.prank(keeper, keeper);
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.NotDue);
        assertTrue(outcomes[1] == IScheduler.Outcome.Succeeded);
        assertEq(everloop.balanceOf(other), taken);
        assertEq(_slot(_due).runs(), 2);
    }

    function _expectCheapRefusal(address caller, bytes memory call_) private {
        vm.prank(caller, caller);
        (bool ok,) = address(everloop).call(call_);
        assertFalse(ok, "refused");
        assertLe(vm.lastCallGas().gasTotalUsed + 21_000 + _callDataGas(call_), RACE);
    }

    /// @dev wei that the keeper is paid; the call is undone.
    function _paidBy(bytes memory call_, uint256 gas_) private returns (uint256 paid) {
        uint256 snapshot = vm.snapshotState();
        uint256 before = everloop.balanceOf(keeper);
        vm.prank(keeper, keeper);
        (bool ok,) = address(everloop).call{gas: gas_}(call_);
        assertTrue(ok, "runs");
        paid = everloop.balanceOf(keeper) - before;
        vm.revertToState(snapshot);
    }

    function _gasOnly(bytes32 salt) private view returns (Task memory task) {
        task = _task(address(_target));
        task.salt = salt;
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
    }

    function _noZeros(uint256 length) private pure returns (bytes memory data) {
        data = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            data[i] = 0x77;
        }
    }

    function _callDataGas(bytes memory data) private pure returns (uint256 gas_) {
        for (uint256 i = 0; i < data.length; ++i) {
            gas_ += data[i] == 0 ? 4 : 16;
        }
    }
}
