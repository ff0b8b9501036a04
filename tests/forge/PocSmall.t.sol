// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {Vm, vm} from "./Vm.sol";
import {OracleAgent} from "../../contracts/examples/OracleAgent.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {INotebook} from "../../contracts/interfaces/INotebook.sol";
import {IPlanner} from "../../contracts/interfaces/IPlanner.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Task} from "../../contracts/types/Job.sol";
import {Policy} from "../../contracts/types/Policy.sol";

contract Payer {
    function pay(address payable to) external payable {
        to.transfer(msg.value);
    }
}

contract PocSmallTest is AgentBase {
    event log_named_uint(string key, uint256 value);
    event log_named_int(string key, int256 value);

    /// An on-chain reader of the figure gets whatever a provider answers.
    function test_A_TheRangeOfAFigureIsNotChecked() external {
        implementation = _create("OracleAgent.sol:OracleAgent", abi.encode(everloop, agent.manifestPointer()));
        _bear(_birth());
        _step(abi.encodeCall(OracleAgent.publish, (type(uint256).max)));
        assertLe(OracleAgent(payable(address(agent))).figure(), 1_000_000, "@custom:range figure_ 0 1000000");
    }

    /// The owner disables `batch`: told, charged for in every step, and without effect.
    function test_B_DisablingBatchHasNoEffect() external {
        vm.prank(alice);
        agent.setAction(IAgent.batch.selector, false);
        assertFalse(agent.isEnabled(IAgent.batch.selector));
        assertTrue(_step(_batch(_bump(1), _bump(2))).result != IAgent.Result.Acted, "what is disabled is not done");
    }

    /// Run with --isolate: plain `transfer` to a clone needs more than its 2,300 gas.
    function test_C_PlainTransfersReachTheAgent() external {
        Payer payer = new Payer();
        vm.deal(address(this), 1 ether);
        payer.pay{value: 1}(payable(address(agent)));
    }

    /// "The agent itself, the engine and its parts are never paid nor called by actions."
    function test_D_TheEnginesPartsCanBeListed() external {
        address[4] memory parts = [everloop.EXECUTOR(), everloop.ORDERS(), everloop.REGISTRY(), address(factory)];
        uint256 listed;
        for (uint256 i = 0; i < parts.length; ++i) {
            _asOwner(abi.encodeCall(agent.setRecipient, (parts[i], true)));
        }
        skip(1 days);
        for (uint256 i = 0; i < parts.length; ++i) {
            _asOwner(abi.encodeCall(agent.setRecipient, (parts[i], true)));
            if (agent.isRecipient(parts[i])) ++listed;
        }
        assertEq(listed, 0, "parts of the engine are no recipients");
    }

    /// Tips of plans leave through an action, without budget, to whoever runs them.
    function test_E_TipsOfPlansLeaveWithoutBudget() external {
        Policy memory none = agent.policy();
        (none.actionCap, none.budget) = (0, 0);
        vm.prank(alice);
        agent.setLimits(none);
        vm.fee(8 gwei);
        vm.txGasPrice(8 gwei);
        bytes[] memory actions = new bytes[](2);
        bytes memory plan = abi.encodeCall(IPlanner.scheduleAction, (0, abi.encodeCall(AgentActions.hold, ())));
        (actions[0], actions[1]) = (plan, plan);
        vm.recordLogs();
        _deliverAs(loop.provider, loop, 0, abi.encodeCall(IAgent.batch, (actions)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _deposit(keeper, 1);
        uint256 earned = everloop.balanceOf(keeper);
        skip(700);
        uint256 used;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IScheduler.TaskScheduled.selector) continue;
            (, Task memory task) = abi.decode(logs[i].data, (uint256, Task));
            vm.prank(keeper, keeper);
            everloop.execute(task);
            used += vm.lastCallGas().gasTotalUsed + 21_000 + 5_000;
        }
        emit log_named_uint("keeper earned", everloop.balanceOf(keeper) - earned);
        emit log_named_uint("its gas cost", used * 8 gwei);
        emit log_named_uint("budget counted", agent.spending().current);
        assertEq(everloop.balanceOf(keeper) - earned <= used * 8 gwei * 105 / 100, true, "no money leaves without budget");
    }
}
