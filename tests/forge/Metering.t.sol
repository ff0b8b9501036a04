// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {CounterTask} from "../../contracts/examples/CounterTask.sol";
import {vm} from "./Vm.sol";
import {Job, PricingLib, TimingLib} from "../../contracts/types/Job.sol";

/// @notice Charged gas is within 0 .. +5 % of the gas used before refunds, each call a transaction of its own.
/// forge-config: default.isolate = true
contract MeteringTest is AgentBase {
    /// Settles prices at one wei a unit of gas, so that pay is gas.
    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(keeper, 1);
        _deposit(provider, 1);
        _deposit(rival, 1);
    }

    function test_SCH4_TaskRun() external {
        address target = _create("CounterTask.sol:CounterTask", abi.encode(everloop, alice));
        Job memory record = _schedule(_noTip(_task(target)), 0);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 paid = _execute(record).paid;
            if (i != 0) _check(paid, "task");
            vm.warp(_slot(record).due());
        }
    }

    function test_SCH4_RawTaskRun() external {
        address target = _create("CounterTask.sol:CounterTask", abi.encode(everloop, alice));
        Job memory job = _noTip(_task(target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        job.data = abi.encodeCall(CounterTask.tick, ());
        Job memory record = _schedule(job, 0);
        for (uint256 i = 0; i < 4; ++i) {
            uint256 paid = _execute(record).paid;
            if (i != 0) _check(paid, "raw task");
            vm.warp(_slot(record).due());
        }
    }

    function test_SCH4_TaskWithTheMostData() external {
        Job memory job = _noTip(_task(address(0x1234567)));
        job.data = new bytes(1_024);
        for (uint256 i = 0; i < job.data.length; ++i) {
            job.data[i] = 0xff;
        }
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 0, 0);
        Job memory record = _schedule(job, 0);
        _execute(record);
        vm.warp(_slot(record).due());
        uint256 paid = _execute(record).paid;
        assertGe(paid, vm.lastCallGas().gasTotalUsed, "the keeper does not lose by data");
    }

    function test_SCH4_BatchOfTen() external {
        Job[] memory jobs = new Job[](10);
        for (uint256 i = 0; i < jobs.length; ++i) {
            Job memory job =
                _noTip(_task(_create("CounterTask.sol:CounterTask", abi.encode(everloop, alice))));
            job.salt = keccak256(abi.encode(i));
            jobs[i] = _schedule(job, 0);
        }
        for (uint256 i = 0; i < 2; ++i) {
            uint256 before = everloop.balanceOf(keeper);
            vm.prank(keeper);
            everloop.execute(jobs);
            uint256 used = vm.lastCallGas().gasTotalUsed;
            if (i != 0) _compare(everloop.balanceOf(keeper) - before, used, "batch of ten");
            vm.warp(_slot(jobs[0]).due());
        }
    }

    function test_SCH4_AgentStep() external {
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(_slot(loop).due());
            (uint256 paid, uint256 used) = _measureStep(_bump(1));
            if (i != 0) _compare(paid, used, "agent step");
        }
    }

    function test_SCH4_AgentHolds() external {
        for (uint256 i = 0; i < 4; ++i) {
            vm.warp(_slot(loop).due());
            (uint256 paid, uint256 used) = _measureStep(abi.encodeCall(AgentActions.hold, ()));
            if (i != 0) _compare(paid, used, "agent holds");
        }
    }

    function test_SCH4_PlainDeliveryWithALongAnswer() external {
        Job memory job = _inference(address(0x1234567));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        loop = _request(job, 0);
        bytes memory answer = new bytes(1_000);
        for (uint256 i = 0; i < answer.length; ++i) {
            answer[i] = bytes1(uint8(65 + i % 26));
        }
        _measureStep(answer);
        vm.warp(_slot(loop).due());
        (uint256 paid, uint256 used) = _measureStep(answer);
        _compare(paid, used, "plain delivery");
    }

    function test_SCH4_ExpiryOfAnAgentsRunThatMoves() external {
        (uint256 paid, uint256 used) = _measureMiss();
        assertGe(paid, used, "the keeper who expires does not lose");
        (paid, used) = _measureMiss();
        _compare(paid, used, "expiry");
    }

    function test_SCH4_ResumeOfAnAgent() external {
        _measureStep(_bump(1));
        for (uint256 i = 0; i < 2; ++i) {
            uint256 free = everloop.freeOf(address(agent));
            vm.prank(alice);
            agent.drain(free);
            vm.warp(_slot(loop).due());
            _measureStep(_bump(1));
            assertEq(_slot(loop).due(), 0, "dormant");
            uint256 before = everloop.balanceOf(keeper);
            vm.prank(keeper);
            everloop.resume(loop);
            uint256 used = vm.lastCallGas().gasTotalUsed;
            if (i != 0) _compare(everloop.balanceOf(keeper) - before, used, "resume");
        }
    }

    /// @dev SCH-3: a keeper that comes second loses little.
    function test_SCH3_ALostRaceCostsAtMost40kGas() external {
        Job memory record = _schedule(_noTip(_task(address(0x1234567))), 0);
        _execute(record);
        vm.prank(rival);
        everloop.execute(_only(record));
        assertLe(vm.lastCallGas().gasTotalUsed, 40_000);
    }

    function _measureStep(bytes memory decision) private returns (uint256 paid, uint256 used) {
        (uint64 number, bytes32 hash) = _pin();
        uint32 run = _slot(loop).runs();
        uint256 before = everloop.balanceOf(loop.provider);
        vm.prank(loop.provider);
        everloop.deliver(loop, run, number, hash, decision);
        used = vm.lastCallGas().gasTotalUsed;
        paid = everloop.balanceOf(loop.provider) - before - loop.pricing.fee();
    }

    function _measureMiss() private returns (uint256 paid, uint256 used) {
        vm.warp(uint256(_slot(loop).due()) + WINDOW);
        uint256 before = everloop.balanceOf(keeper);
        vm.recordLogs();
        vm.prank(keeper);
        everloop.expire(loop);
        used = vm.lastCallGas().gasTotalUsed;
        paid = everloop.balanceOf(keeper) - before - 0.001 ether;
        loop = _lastInference();
    }

    function _noTip(Job memory job) private pure returns (Job memory) {
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0);
        return job;
    }

    function _check(uint256 paid, string memory what) private view {
        _compare(paid, vm.lastCallGas().gasTotalUsed, what);
    }

    function _compare(uint256 paid, uint256 used, string memory what) private pure {
        assertGe(paid, used, string.concat(what, ": charged < used"));
        assertLe(paid, used * 105 / 100, string.concat(what, ": charged > 105 % of used"));
    }
}
