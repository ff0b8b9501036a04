// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice Telling records again, for those who missed their event.
contract RepostTest is Base {
    Puppet private _target = new Puppet();

    function test_SCH6_AnybodyMayTellATaskAgain() external {
        Task memory task = _task(address(_target));
        task.data = "told twice";
        _schedule(task, _now() + 50);
        vm.expectEmit(address(everloop));
        emit IScheduler.TaskReposted(_taskId(task), alice, _bucket(_now() + 50), _slot(task), task);
        vm.prank(keeper, keeper);
        everloop.repost(task);
    }

    function test_SCH6_AnybodyMayTellAnInferenceAgain() external {
        Inference memory record = _request(_inference(address(_target)), _now() + 50);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceReposted(
            _inferenceId(record), provider, _bucket(_now() + 50), _slot(record), record
        );
        vm.prank(keeper, keeper);
        everloop.repostInference(record);
    }

    function test_SCH6_DormantInferencesCanBeFoundAgain() external {
        Inference memory record = _request(_inference(address(_target)), _now() + 50);
        vm.prank(provider, provider);
        everloop.resign(record);
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.InferenceReposted(_inferenceId(record), provider, 0, _slot(record), record);
        everloop.repostInference(record);
    }

    function test_LED2_RepostsChangeNothing() external {
        Task memory task = _schedule(_task(address(_target)), 0);
        Inference memory record = _request(_inference(address(_target)), 0);
        (JobSlot taskSlot, JobSlot slot) = (_slot(task), _slot(record));
        everloop.repost(task);
        everloop.repostInference(record);
        assertEq(JobSlot.unwrap(_slot(task)), JobSlot.unwrap(taskSlot));
        assertEq(JobSlot.unwrap(_slot(record)), JobSlot.unwrap(slot));
        assertEq(everloop.balanceOf(alice), 10 ether);
        assertEq(_reserved(alice), everloop.worstCost(record));
        assertEq(_open(provider), 1);
        assertEq(_target.calls(), 0);
    }

    function test_RevertWhen_TheTaskIsNotBookedWithThisRecord() external {
        Task memory task = _task(address(_target));
        bytes memory reason = abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _taskId(task));
        vm.expectRevert(reason);
        everloop.repost(task);
        _schedule(task, 0);
        task.data = "altered";
        vm.expectRevert(reason);
        everloop.repost(task);
        vm.prank(alice);
        everloop.cancel(task.salt);
        task.data = "";
        vm.expectRevert(reason);
        everloop.repost(task);
    }

    function test_RevertWhen_TheInferenceIsNotBookedWithThisRecord() external {
        Inference memory job = _inference(address(_target));
        bytes memory reason = abi.encodeWithSelector(IScheduler.Scheduler_NotBooked.selector, _inferenceId(job));
        vm.expectRevert(reason);
        everloop.repostInference(job);
        Inference memory record = _request(job, _now() + 50);
        vm.expectRevert(reason);
        everloop.repostInference(job);
        vm.prank(alice);
        everloop.cancelInference(record);
        vm.expectRevert(reason);
        everloop.repostInference(record);
    }

    /// @dev Inside a run the slot says nothing that holds after it.
    function test_SCH5_RevertWhen_ToldInsideItsOwnRun() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        Task memory task = _schedule(_task(address(_target)), 0);
        _target.addStep(address(everloop), abi.encodeCall(IInferenceMarket.repostInference, (record)));
        _target.addStep(address(everloop), abi.encodeCall(IScheduler.repost, (task)));
        bytes memory reason = abi.encodeWithSelector(IScheduler.Scheduler_Reentered.selector);
        _deliver(record, "a");
        assertEq(_target.answerOf(0), reason);
        assertTrue(_target.results()[1], "what is not in its run can be told");
        _execute(task);
        assertTrue(_target.results()[2]);
        assertEq(_target.answerOf(3), reason);
    }
}
