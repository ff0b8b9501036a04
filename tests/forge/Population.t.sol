// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";

/// @notice Gas of every call beside thousands of other jobs, accounts and providers, against an almost empty engine.
contract PopulationTest is Base {
    uint256 private constant COUNT = 5_000;
    /// Percent.
    uint256 private constant TOLERANCE = 5;
    uint160 private constant FIRST_OWNER = 0x0a00000000;
    uint160 private constant FIRST_PROVIDER = 0x0b00000000;

    /// Gas of one call each.
    struct Gas {
        uint256 schedule;
        uint256 execute;
        uint256 update;
        uint256 cancel;
        uint256 request;
        uint256 deliver;
        uint256 expire;
        uint256 cancelInference;
        uint256 withdraw;
    }

    function test_REG4_GasDoesNotGrowWithJobsAccountsAndProviders() external {
        uint256 snapshot = vm.snapshotState();
        Gas memory empty = _measure();
        vm.revertToState(snapshot);
        _populate();
        assertEq(registry.providerCount(), COUNT + 2);
        Gas memory full = _measure();
        _compare("schedule", empty.schedule, full.schedule);
        _compare("execute", empty.execute, full.execute);
        _compare("update", empty.update, full.update);
        _compare("cancel", empty.cancel, full.cancel);
        _compare("request", empty.request, full.request);
        _compare("deliver", empty.deliver, full.deliver);
        _compare("expire", empty.expire, full.expire);
        _compare("cancelInference", empty.cancelInference, full.cancelInference);
        _compare("withdraw", empty.withdraw, full.withdraw);
    }

    function _measure() private returns (Gas memory used) {
        assertTrue(registry.isWhitelisted(provider), "the registry is warm each time");
        Task memory task = _schedule(_task(address(0x1234567)), 0);
        used.schedule = vm.lastCallGas().gasTotalUsed;
        vm.prank(keeper, keeper);
        everloop.execute(task);
        used.execute = vm.lastCallGas().gasTotalUsed;
        vm.startPrank(alice);
        everloop.update(task, 0);
        used.update = vm.lastCallGas().gasTotalUsed;
        everloop.cancel(task.salt);
        used.cancel = vm.lastCallGas().gasTotalUsed;
        vm.stopPrank();
        _measureInference(used);
        vm.prank(alice);
        everloop.withdraw(1, alice);
        used.withdraw = vm.lastCallGas().gasTotalUsed;
    }

    function _measureInference(Gas memory used) private {
        vm.recordLogs();
        vm.prank(alice);
        everloop.request(_inference(address(0x1234567)), "", 0);
        used.request = vm.lastCallGas().gasTotalUsed;
        Inference memory job = _lastInference();
        _deliverAs(provider, job, 0, "x");
        used.deliver = vm.lastCallGas().gasTotalUsed;
        vm.warp(uint256(_slot(job).due()) + WINDOW);
        vm.prank(keeper, keeper);
        everloop.expire(job);
        used.expire = vm.lastCallGas().gasTotalUsed;
        vm.prank(alice);
        everloop.cancelInference(job);
        used.cancelInference = vm.lastCallGas().gasTotalUsed;
    }

    /// @dev Through the real functions: each account funded, each with one booked task, and as many providers registered.
    function _populate() private {
        vm.pauseGasMetering();
        vm.deal(address(this), COUNT * 1 ether);
        Task memory task = _task(address(0x1234567));
        for (uint160 i = 0; i < COUNT; ++i) {
            task.owner = address(FIRST_OWNER + i);
            everloop.deposit{value: 1 ether}(task.owner);
            vm.prank(task.owner);
            everloop.schedule(task, 0);
            vm.prank(address(FIRST_PROVIDER + i));
            registry.register(staker);
        }
        assertGt(_slot(task).commitment(), 0);
        assertEq(everloop.balanceOf(task.owner), 1 ether);
        vm.resumeGasMetering();
    }

    function _compare(string memory name, uint256 empty, uint256 full) private pure {
        string memory seen =
            string.concat(name, ": empty ", vm.toString(empty), ", full ", vm.toString(full), " differ by at most 5 %");
        assertGt(empty, 2_000, string.concat(name, " is measured"));
        assertLe(full * 100, empty * (100 + TOLERANCE), seen);
        assertLe(empty * 100, full * (100 + TOLERANCE), seen);
    }
}
