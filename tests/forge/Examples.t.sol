// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {AnswerBox} from "../../contracts/examples/AnswerBox.sol";
import {CounterTask} from "../../contracts/examples/CounterTask.sol";
import {SavingsVault} from "../../contracts/examples/SavingsVault.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice CounterTask, AnswerBox and SavingsVault.
contract ExamplesTest is Base {
    CounterTask private _counter;
    AnswerBox private _box;
    SavingsVault private _vault;

    function setUp() public override {
        super.setUp();
        _counter = CounterTask(_create("CounterTask.sol:CounterTask", abi.encode(everloop, alice)));
        _box = AnswerBox(_create("AnswerBox.sol:AnswerBox", abi.encode(everloop, alice)));
        _vault = SavingsVault(_create("SavingsVault.sol:SavingsVault", ""));
    }

    function test_CounterTaskCountsItsOwnersRuns() external {
        Task memory record = _schedule(_task(address(_counter)), 0);
        for (uint256 i = 1; i <= 5; ++i) {
            vm.warp(_execute(record).due);
            assertEq(_counter.runs(), i);
        }
    }

    function test_SCH8_CounterTaskRefusesStrangers() external {
        _deposit(keeper, 1 ether);
        Task memory task = _task(address(_counter));
        task.owner = keeper;
        Executed memory done = _execute(_schedule(task, 0));
        assertTrue(done.outcome == IScheduler.Outcome.Failed);
        vm.expectRevert(abi.encodeWithSelector(CounterTask.Counter_NotAllowed.selector, alice, alice));
        vm.prank(alice);
        _counter.onTask(0, alice, "");
        assertEq(_counter.runs(), 0);
    }

    function test_CounterTaskTicksForRawJobs() external {
        Task memory task = _task(address(_counter));
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 100_000, 0, TimingLib.RAW);
        task.data = abi.encodeCall(CounterTask.tick, ());
        _execute(_schedule(task, 0));
        assertEq(_counter.runs(), 1);
    }

    function test_AnswerBoxKeepsTheLastAnswer() external {
        Inference memory record = _request(_inference(address(_box)), 0);
        _deliver(record, "42");
        assertEq(_box.lastAnswer(), keccak256("42"));
    }

    function test_SCH8_AnswerBoxRefusesStrangers() external {
        _deposit(keeper, 1 ether);
        Inference memory job = _inference(address(_box));
        job.owner = keeper;
        Delivered memory done = _deliver(_request(job, 0), "13");
        assertTrue(done.ending == IInferenceMarket.Ending.Failed);
        assertEq(_box.lastAnswer(), 0);
    }

    function test_AnswerBoxTakesMisses() external {
        Inference memory record = _request(_inference(address(_box)), 0);
        skip(WINDOW);
        _expire(record);
        assertEq(_slot(record).due(), _now() + HEARTBEAT);
    }

    function testFuzz_VaultGivesBackToItsSaverOnly(uint96 saved, uint96 taken) external {
        taken = uint96(bound(taken, 0, saved));
        hoax(alice, saved);
        vm.expectEmit(address(_vault));
        emit SavingsVault.Saved(alice, saved);
        _vault.save{value: saved}();
        vm.startPrank(alice);
        vm.expectEmit(address(_vault));
        emit SavingsVault.Redeemed(alice, taken);
        _vault.redeem(taken);
        vm.stopPrank();
        assertEq(alice.balance, taken);
        assertEq(_vault.savingsOf(alice), saved - taken);
    }

    function test_RevertWhen_RedeemingMoreThanSavedOrAgain() external {
        hoax(alice, 5);
        _vault.save{value: 5}();
        vm.expectRevert(abi.encodeWithSelector(SavingsVault.Vault_NotEnough.selector, keeper, 0, 1));
        vm.prank(keeper, keeper);
        _vault.redeem(1);
        vm.expectRevert(abi.encodeWithSelector(SavingsVault.Vault_NotEnough.selector, alice, 5, 6));
        vm.prank(alice);
        _vault.redeem(6);
    }

    function test_VaultPaysOnceWhenReentered() external {
        Puppet thief = new Puppet();
        hoax(alice, 10);
        _vault.save{value: 10}();
        vm.deal(address(thief), 5);
        thief.act(address(_vault), 5, abi.encodeCall(SavingsVault.save, ()));
        thief.addStep(address(_vault), abi.encodeCall(SavingsVault.redeem, (5)));
        thief.act(address(_vault), 0, abi.encodeCall(SavingsVault.redeem, (5)));
        assertEq(address(thief).balance, 5);
        assertEq(address(_vault).balance, 10);
    }

    function test_RevertWhen_TheSaverRefusesItsMoney() external {
        vm.deal(address(factory), 3);
        vm.startPrank(address(factory));
        _vault.save{value: 3}();
        vm.expectRevert(abi.encodeWithSelector(SavingsVault.Vault_TransferFailed.selector, address(factory), 3));
        _vault.redeem(3);
    }
}
