// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {STOP} from "../../contracts/interfaces/IConsumers.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice What bookers of tasks and their targets try, by the rows of docs/threats.md.
contract AdversarialBookerTest is Base {
    Puppet private _target = new Puppet();

    // Terms that trap

    function test_SCH4_AGasCapOfAWeiPaysAWeiAndStopsNobody() external {
        Task[] memory tasks = new Task[](2);
        tasks[0] = _salted("mean");
        tasks[0].pricing = PricingLib.pack(1, 1, 0, 0);
        tasks[1] = _salted("fair");
        tasks[1].pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
        tasks[1].owner = keeper;
        _deposit(keeper, 1 ether);
        _schedule(tasks[0], 0);
        _schedule(tasks[1], 0);
        uint256 before = everloop.balanceOf(alice);
        address other = makeAddr("other keeper");
        vm.prank(other);
        IScheduler.Outcome[] memory outcomes = everloop.executeBatch(tasks);
        assertTrue(outcomes[0] == IScheduler.Outcome.Succeeded);
        assertTrue(outcomes[1] == IScheduler.Outcome.Succeeded);
        assertLe(before - everloop.balanceOf(alice), 300_000, "a wei for a unit of gas");
        assertGt(everloop.balanceOf(other), 20_000 * 2 gwei, "the other item is paid in full");
    }

    function test_AGasCapOfZeroSetsOnlyTheTipAside() external {
        Task memory task = _salted("free");
        task.pricing = PricingLib.pack(0, 0, 0, 77);
        _schedule(task, 0);
        uint256 tooMuch = everloop.freeOf(alice) - 77;
        vm.prank(alice);
        everloop.withdraw(tooMuch, alice);
        skip(WINDOW);
        assertEq(_execute(task).paid, 77);
    }

    function test_AFirstDueInTenYearsBindsNobody() external {
        uint256 due = _now() + 3_650 days;
        Task memory task = _schedule(_salted("far"), due);
        assertEq(_reserved(alice), 0);
        _withdrawAll(alice);
        assertEq(everloop.balanceOf(alice), 0);
        vm.warp(due);
        assertTrue(_outcome(task) == IScheduler.Outcome.Unaffordable);
        vm.prank(alice);
        everloop.cancel(task.salt);
        assertEq(_slot(task).commitment(), 0);
    }

    function test_ARampOfASecondIsWholeAfterIt() external {
        Task memory task = _salted("steep");
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 1, 200_000, 0, 0);
        _schedule(task, 0);
        _freeGas();
        uint256 snapshot = vm.snapshotState();
        assertEq(_execute(task).paid, 0);
        vm.revertToState(snapshot);
        skip(1);
        assertEq(_execute(task).paid, 0.01 ether);
    }

    /// @dev A token's balance, an address, a flag: whatever a target returns, the loop goes on within its own bounds.
    function testFuzz_SCH6_ReturnValuesThatReadAsTimesStayWithinTheLoopsBounds(uint256 word, uint32 heartbeat)
        external
    {
        vm.assume(word != STOP);
        heartbeat = uint32(bound(heartbeat, INTERVAL, type(uint32).max));
        Task memory task = _salted("times");
        task.timing = TimingLib.pack(INTERVAL, heartbeat, 0, 200_000, 0, 0);
        _target.setEnd(Puppet.Mode.Word, word);
        uint256 due = _execute(_schedule(task, 0)).due;
        assertGe(due, _now() + INTERVAL);
        assertLe(due, _now() + heartbeat);
    }

    /// @dev Without an interval, a loop still never runs twice in one second.
    function testFuzz_SCH5_LoopsWithoutAnIntervalRunOnceASecond(uint256 word) external {
        vm.assume(word != STOP && word != STOP - 1 && word != 0);
        Task memory task = _salted("eager");
        task.timing = TimingLib.pack(0, HEARTBEAT, 0, 200_000, 0, 0);
        _target.setEnd(Puppet.Mode.Word, word);
        assertGt(_execute(_schedule(task, 0)).due, _now());
        assertTrue(_outcome(task) == IScheduler.Outcome.NotDue);
    }

    // Ids and runs

    function test_IdenticalRequestsInOneBlockNeverShareAnId() external {
        Task memory hers = _schedule(_salted("same"), 0);
        vm.expectRevert(abi.encodeWithSelector(IScheduler.Scheduler_AlreadyBooked.selector, _taskId(hers)));
        vm.prank(alice);
        everloop.schedule(hers, 0);
        Task memory his = _salted("same");
        his.owner = keeper;
        _schedule(his, 0);
        Inference memory job = _inference(address(_target));
        job.salt = "same";
        job = _request(job, 0);
        assertNotEq(_taskId(hers), _taskId(his));
        assertNotEq(_taskId(hers), _inferenceId(job));
        assertGt(_slot(hers).commitment(), 0);
        _execute(hers);
        assertEq(_slot(his).runs(), 0, "the run of one is not the run of another");
        assertEq(_slot(job).runs(), 0);
    }

    function testFuzz_NoBlockValueIsInAnId(uint32 time, uint32 number, bytes32 seed, uint64 baseFee) external {
        uint256 snapshot = vm.snapshotState();
        vm.prank(alice);
        bytes32 id = everloop.schedule(_salted("same"), 0);
        vm.revertToState(snapshot);
        vm.warp(_now() + 1 + time);
        vm.roll(vm.getBlockNumber() + 1 + number);
        vm.prevrandao(seed);
        vm.fee(baseFee);
        vm.coinbase(address(uint160(uint256(seed))));
        vm.prank(alice);
        assertEq(everloop.schedule(_salted("same"), uint40(_now() + time)), id);
    }

    /// @dev Whatever order of booking, changing, cancelling and running: each run has a number of its own.
    function testFuzz_SCH5_NoOrderOfBookingsRepeatsARun(uint8[16] calldata moves) external {
        Task memory task = _salted("again");
        task.timing = TimingLib.pack(1, HEARTBEAT, 0, 200_000, 0, 0);
        uint256 least = 0;
        for (uint256 i = 0; i < moves.length; ++i) {
            skip(1);
            uint256 move = moves[i] % 4;
            bool booked = _slot(task).commitment() != 0;
            if (move == 0 && !booked) _schedule(task, 0);
            vm.startPrank(alice);
            if (move == 1 && booked) everloop.cancel(task.salt);
            if (move == 2 && booked) everloop.update(task, 0);
            vm.stopPrank();
            if (move != 3 || !booked) continue;
            uint256 run = _execute(task).run;
            assertGe(run, least, "run > every run before");
            least = run + 1;
        }
        assertGe(_slot(task).runs(), least);
    }

    // Voices

    /// @dev Whoever brings orders checks signatures, also of what the Executor brings.
    function test_SCH8_RawJobsAimedAtTheOrdersContractSpeakForNobody() external {
        Task memory victims = _salted("hers");
        Task memory task = _salted("raw");
        task.owner = keeper;
        _deposit(keeper, 1 ether);
        task.target = everloop.ORDERS();
        task.timing = TimingLib.pack(0, 0, 0, 500_000, 0, TimingLib.RAW);
        uint40 deadline = uint40(_now() + 1);
        victims.data = "";
        task.data = abi.encodeCall(ISignedOrders.scheduleSigned, (victims, 0, 0, deadline, bytes("")));
        assertTrue(_execute(_schedule(task, 0)).outcome == IScheduler.Outcome.Failed);
        assertEq(_slot(victims).commitment(), 0);
        task.salt = "revoke";
        task.data = abi.encodeCall(ISignedOrders.revokeNonce, (7));
        assertTrue(_execute(_schedule(task, 0)).outcome == IScheduler.Outcome.Succeeded);
        ISignedOrders orders = ISignedOrders(everloop.ORDERS());
        assertTrue(orders.isNonceUsed(everloop.EXECUTOR(), 7), "only the Executor's own");
        assertFalse(orders.isNonceUsed(alice, 7));
        assertFalse(orders.isNonceUsed(keeper, 7));
    }

    function test_LED1_EtherForcedIntoTheExecutorReachesNoTarget() external {
        address executor = everloop.EXECUTOR();
        vm.deal(executor, 5 ether);
        Task memory task = _salted("raw");
        task.timing = TimingLib.pack(0, 0, 0, 200_000, 0, TimingLib.RAW);
        task.data = "raw";
        _execute(_schedule(task, 0));
        assertEq(_target.lastSender(), executor);
        assertEq(address(_target).balance, 0);
        assertEq(executor.balance, 5 ether);
    }

    // Subscriptions

    /// @dev A loop that only burns its keepers' gas pays for all of it, ever more rarely, and loses nobody money.
    function test_SCH3_SubscriptionsThatOnlyBurnGasPayForIt() external {
        _deposit(alice, 100 ether);
        Task memory task = _salted("burns");
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, 0, 3_000_000, 0, 0);
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
        _schedule(task, 0);
        _deposit(keeper, 1);
        _target.setEnd(Puppet.Mode.Burn, 0);
        uint256 pause = 0;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 before = everloop.balanceOf(keeper);
            vm.prank(keeper, keeper);
            everloop.execute(task);
            uint256 used = vm.lastCallGas().gasTotalUsed;
            assertGe(everloop.balanceOf(keeper) - before, used * 2 gwei, "paid >= used");
            assertGt(_slot(task).due() - _now(), pause, "each pause is longer");
            pause = _slot(task).due() - _now();
            vm.warp(_slot(task).due());
        }
    }

    function _salted(bytes32 salt) private view returns (Task memory task) {
        task = _task(address(_target));
        task.salt = salt;
    }
}
