// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Runs another contract's code on its own storage, as its caller.
contract Borrower {
    receive() external payable {}

    function borrow(address code, bytes calldata data) external returns (bool ok, bytes memory answer) {
        (ok, answer) = code.delegatecall(data);
    }
}

/// @notice Ways around the one lock and the one ledger: borrowed code, calls through others, dust, refusing receivers.
contract AdversarialGuardTest is Base {
    Puppet private _target = new Puppet();

    /// @dev The target has a friend call for it, two deep.
    function test_SCH7_TheLockHoldsThroughOtherContracts() external {
        Task memory other = _task(address(new Puppet()));
        other.salt = "other";
        _schedule(other, 0);
        Puppet friend = new Puppet();
        Puppet stranger = new Puppet();
        bytes memory run = abi.encodeCall(IScheduler.execute, (other));
        bytes memory hop = abi.encodeCall(Puppet.act, (address(everloop), 0, run));
        _target.addStep(address(friend), abi.encodeCall(Puppet.act, (address(stranger), 0, hop)));
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
        _execute(_schedule(task, 0));
        assertFalse(_target.results()[0]);
        assertEq(_target.answerOf(0), abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector));
        assertEq(_slot(other).runs(), 0);
    }

    /// @dev The engine's code on another's storage moves nothing of the engine's.
    function test_SCH7_BorrowedCodeReachesNoJobAndNoBalance() external {
        Borrower borrower = new Borrower();
        vm.deal(address(borrower), 1 ether);
        Task memory task = _schedule(_task(address(_target)), 0);
        uint256 balance = everloop.balanceOf(alice);
        vm.startPrank(alice);
        (bool ok,) = borrower.borrow(address(everloop), abi.encodeCall(ILedger.withdraw, (1, alice)));
        assertFalse(ok, "no balance there");
        (ok,) = borrower.borrow(address(everloop), abi.encodeCall(IScheduler.cancel, (task.salt)));
        assertFalse(ok, "no job there");
        (ok,) = borrower.borrow(address(everloop), abi.encodeCall(IScheduler.schedule, (task, 0)));
        assertTrue(ok, "a book of its own");
        (ok,) = borrower.borrow(address(everloop), abi.encodeCall(IScheduler.execute, (task)));
        assertFalse(ok, "that pays nothing");
        vm.stopPrank();
        assertEq(_slot(task).runs(), 0);
        assertEq(everloop.balanceOf(alice), balance);
        assertTrue(_execute(task).outcome == IScheduler.Outcome.Succeeded);
    }

    function test_LED3_DustFromOthersMovesNoLock() external {
        uint40 until = uint40(_now() + 1 hours);
        vm.prank(alice);
        everloop.lock(until);
        for (uint256 i = 0; i < 5; ++i) {
            skip(12 minutes);
            hoax(keeper, 1);
            everloop.deposit{value: 1}(alice);
            assertEq(everloop.lockedUntil(alice), until);
        }
        _withdrawAll(alice);
        assertEq(everloop.balanceOf(alice), 0);
    }

    /// @dev Dust on a due task's owner neither delays nor repeats its run.
    function test_SCH5_DustFromOthersMovesNoDueTime() external {
        Task memory task = _schedule(_task(address(_target)), _now() + 100);
        _deposit(alice, 1);
        assertEq(_slot(task).due(), _now() + 100);
        vm.prank(keeper, keeper);
        everloop.repost(task);
        assertEq(_slot(task).due(), _now() + 100);
        assertEq(_slot(task).runs(), 0);
    }

    /// @dev A receiver that reverts, burns or bombs stops its own withdrawal only.
    function test_LED3_AReceiverThatRefusesStopsOnlyItself() external {
        bytes[3] memory codes = [bytes(hex"5f5ffd"), hex"fe", hex"621000005ffd"];
        for (uint256 i = 0; i < codes.length; ++i) {
            address refuses = makeAddr(vm.toString(i));
            vm.etch(refuses, codes[i]);
            _deposit(refuses, 1 ether);
            vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_TransferFailed.selector, refuses, 1 ether));
            vm.prank(refuses);
            everloop.withdraw{gas: 10_000_000}(1 ether, refuses);
            assertEq(everloop.balanceOf(refuses), 1 ether, "nothing is lost");
            vm.prank(refuses);
            everloop.withdraw(1 ether, keeper);
            assertEq(keeper.balance, (i + 1) * 1 ether, "it may name another receiver");
        }
        _withdrawAll(alice);
        assertEq(everloop.balanceOf(alice), 0);
    }

    /// @dev The one way out needs nobody: not the keeper, not the registry, not a target.
    function test_LED3_RequestersAlwaysHaveAnExit() external {
        Task memory task = _task(address(_target));
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, type(uint64).max);
        _schedule(task, 0);
        vm.etch(address(registry), hex"fe");
        vm.etch(address(_target), hex"fe");
        vm.etch(everloop.EXECUTOR(), hex"fe");
        vm.etch(everloop.ORDERS(), hex"fe");
        vm.prank(alice);
        everloop.cancel(task.salt);
        uint256 balance = everloop.balanceOf(alice);
        _withdrawAll(alice);
        assertEq(alice.balance, balance);
    }

    /// @dev The run's own target cannot take the pay that is being earned, nor have it paid twice.
    function test_LED1_AKeeperThatIsTheTargetIsPaidOnce() external {
        _deposit(address(_target), 1 ether);
        Task memory task = _task(address(_target));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 2_000_000, 0, 0);
        _schedule(task, 0);
        _target.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (1 ether, address(_target))));
        uint256 claims = everloop.balanceOf(alice) + everloop.balanceOf(address(_target));
        vm.prank(address(_target));
        everloop.execute(task);
        assertEq(address(_target).balance, 1 ether);
        assertEq(everloop.balanceOf(alice) + everloop.balanceOf(address(_target)), claims - 1 ether, "wei only moved");
        assertLe(claims, address(everloop).balance + 1 ether);
    }
}
