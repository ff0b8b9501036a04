// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Chameleon} from "./mocks/Chameleon.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice [SCH-2] a batch that is sent with what its items would be sent with alone does not run out of gas, though its
/// targets were cheap when simulated and take all their gas in the block.
/// @dev Each call is a transaction of its own here.
contract BundlesTest is Base {
    /// What a daemon adds to gas as simulated.
    uint256 private constant MARGIN_PERCENT = 15;
    uint256 private constant TURN = 2_000;
    uint256 private constant MOST = 15_000_000;
    address private constant HONEST = address(0x1234567);

    uint24[8] private _limits = [uint24(0), 5_000, 20_000, 50_000, 100_000, 200_000, 400_000, 1_000_000];
    Chameleon private _target;

    function setUp() public override {
        super.setUp();
        vm.roll(TURN - 1);
        _deposit(alice, 100 ether);
        _deposit(keeper, 1);
        _target = new Chameleon(everloop, rival);
        assertEq(_target.TURN(), TURN);
    }

    /// forge-config: default.isolate = true
    function test_SCH2_ABatchOfAllKindsHasTheGasOfItsItems() external {
        Task[] memory tasks = new Task[](_limits.length + 1);
        for (uint256 i = 0; i < _limits.length; ++i) {
            tasks[i] = _book(address(_target), i, _limits[i]);
        }
        tasks[_limits.length] = _book(HONEST, _limits.length, 100_000);
        _expectRun(tasks);
    }

    /// forge-config: default.isolate = true
    function test_SCH2_ABatchOfManySmallItemsHasTheGasOfItsItems() external {
        for (uint256 i = 1; i < _limits.length; ++i) {
            uint256 snapshot = vm.snapshotState();
            Task[] memory tasks = new Task[](6);
            for (uint256 j = 0; j < tasks.length; ++j) {
                tasks[j] = _book(j == 5 ? HONEST : address(_target), j, _limits[i]);
            }
            _expectRun(tasks);
            vm.revertToState(snapshot);
        }
    }

    /// @dev Else a client with cheap jobs would have its provider miss the windows of others.
    /// forge-config: default.isolate = true
    function test_INF1_ABatchOfAnswersHasTheGasOfItsItems() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](_limits.length + 1);
        uint256 gas_;
        for (uint256 i = 0; i < answers.length; ++i) {
            Inference memory job = _inference(i == _limits.length ? HONEST : address(_target));
            job.salt = bytes32(i);
            uint24 limit = i == _limits.length ? 100_000 : _limits[i];
            job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, limit, 1_024, 0);
            answers[i] = IInferenceMarket.Answer(_request(job, 0), _pinned(0), "yes");
        }
        for (uint256 i = 0; i < answers.length; ++i) {
            IInferenceMarket.Answer memory a = answers[i];
            gas_ += _limit(provider, abi.encodeCall(IInferenceMarket.deliver, (a.job, a.pin, a.decision)));
        }
        vm.roll(TURN);
        _expectEnough(provider, abi.encodeCall(IInferenceMarket.deliverBatch, (answers)), gas_);
        for (uint256 i = 0; i < answers.length; ++i) {
            assertEq(_slot(answers[i].job).runs(), 1, "answered");
        }
    }

    function _expectRun(Task[] memory tasks) private {
        uint256 gas_;
        for (uint256 i = 0; i < tasks.length; ++i) {
            gas_ += _limit(keeper, abi.encodeCall(IScheduler.execute, (tasks[i])));
        }
        vm.roll(TURN);
        _expectEnough(keeper, abi.encodeCall(IScheduler.executeBatch, (tasks)), gas_);
        for (uint256 i = 0; i < tasks.length; ++i) {
            assertEq(_slot(tasks[i]).runs(), 1, "run");
        }
    }

    function _expectEnough(address sender, bytes memory call_, uint256 gas_) private {
        vm.prank(sender, sender);
        (bool ok,) = address(everloop).call{gas: gas_}(call_);
        assertTrue(ok, "the gas of all items is enough");
    }

    /// @dev What a daemon would send a call with alone: the least gas that it takes, and the margin.
    function _limit(address sender, bytes memory call_) private returns (uint256) {
        uint256 low = 21_000;
        uint256 high = MOST;
        while (high - low > 500) {
            uint256 middle = (low + high) / 2;
            uint256 snapshot = vm.snapshotState();
            vm.prank(sender, sender);
            (bool ok,) = address(everloop).call{gas: middle}(call_);
            vm.revertToState(snapshot);
            if (ok) high = middle;
            else low = middle;
        }
        assertLt(high, MOST, "it can be simulated");
        return high * (100 + MARGIN_PERCENT) / 100;
    }

    function _book(address target, uint256 salt, uint24 gasLimit) private returns (Task memory task) {
        task = _task(target);
        task.salt = bytes32(salt);
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, gasLimit, 0, 0);
        return _schedule(task, 0);
    }
}
