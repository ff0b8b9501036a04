// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {vm} from "./Vm.sol";
import {AgendaAgent, DiaryAgent} from "./mocks/JoinedAgents.sol";
import {CounterAgent} from "../../contracts/examples/CounterAgent.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {ITaskConsumer} from "../../contracts/interfaces/IConsumers.sol";
import {INotebook} from "../../contracts/interfaces/INotebook.sol";
import {IPlanner} from "../../contracts/interfaces/IPlanner.sol";
import {IWakeable} from "../../contracts/interfaces/IWakeable.sol";

/// @notice Abilities come by inheritance: an agent has those it names, in any order, and no other.
contract AgentAbilitiesTest is AgentBase {
    function test_AnAgentWithoutAbilitiesHasNone() external {
        _become("CounterAgent.sol:CounterAgent");
        bytes[4] memory tries = [
            abi.encodeCall(INotebook.note, ("x")),
            abi.encodeCall(IPlanner.scheduleAction, (_now() + 1 hours, abi.encodeCall(CounterAgent.count, (1)))),
            abi.encodeCall(IConsulter.consult, (0, "Why?")),
            abi.encodeCall(IWakeable.wake, (loop))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            assertTrue(_nextStep(tries[i]).result == IAgent.Result.Failed);
        }
        assertEq(agent.context(), "The count is 0.");
        assertFalse(agent.supportsInterface(type(ITaskConsumer).interfaceId));
        vm.expectRevert(abi.encodeWithSelector(IAgentTreasury.Agent_NoFunction.selector, ITaskConsumer.onTask.selector));
        agent.onTask(0, address(agent), "");
    }

    function test_TwoAbilitiesJoin() external {
        _become("JoinedAgents.sol:DiaryAgent");
        _nextStep(abi.encodeCall(INotebook.remember, (2, "it rained")));
        assertEq(agent.context(), "context\nPage 2: \"it rained\"");
        assertTrue(_nextStep(abi.encodeCall(DiaryAgent.bump, (3))).result == IAgent.Result.Acted);
        assertEq(agent.total(), 3);
        vm.prank(keeper);
        IWakeable(address(agent)).wake(loop);
        assertEq(_slot(loop).due(), _now());
    }

    function test_AbilitiesJoinInAnyOrder() external {
        _become("JoinedAgents.sol:AgendaAgent");
        _nextStep(abi.encodeCall(INotebook.remember, (0, "x")));
        uint256 due = _now() + 1 days;
        _nextStep(abi.encodeCall(IPlanner.scheduleAction, (due, abi.encodeCall(INotebook.forget, (0)))));
        string memory plan = string.concat(
            "Plan 0: ", vm.toString(abi.encodePacked(INotebook.forget.selector)), " at ", vm.toString(due)
        );
        assertEq(agent.context(), string.concat("context\n", plan, "\nPage 0: \"x\""));
        assertTrue(agent.supportsInterface(type(ITaskConsumer).interfaceId));
    }

    /// @dev A new agent of another implementation takes the place of the one before.
    function _become(string memory artifact) private {
        implementation = _create(artifact, abi.encode(everloop, agent.manifestPointer()));
        _bear(_birth());
    }
}
