// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {vm} from "./Vm.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {OracleAgent} from "../../contracts/examples/OracleAgent.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {INotebook} from "../../contracts/interfaces/INotebook.sol";
import {IPlanner} from "../../contracts/interfaces/IPlanner.sol";
import {IWakeable} from "../../contracts/interfaces/IWakeable.sol";

/// @notice An agent with every ability and an action of its own, as it is deployed.
contract OracleAgentTest is AgentBase {
    /// EIP-170
    uint256 private constant MAX_CODE = 24_576;

    OracleAgent private _oracle;

    function setUp() public override {
        super.setUp();
        implementation = _create("OracleAgent.sol:OracleAgent", abi.encode(everloop, agent.manifestPointer()));
        _bear(_birth());
        _oracle = OracleAgent(payable(address(agent)));
    }

    function test_AllAbilitiesAndAnActionFitIntoAContract() external view {
        assertTrue(implementation.code.length <= MAX_CODE);
    }

    function test_ItPublishesAFigureThatGetsStale() external {
        assertEq(agent.prompt(), "Nothing is published yet.");
        _publish(40);
        assertEq(_oracle.figure(), 40);
        assertEq(agent.prompt(), "The figure is fresh: 40.");
        skip(_oracle.MAX_AGE() + 1);
        assertEq(agent.prompt(), "The figure is stale: 40.");
    }

    function test_AnyoneWakesItWhileItHasNoFreshFigure() external {
        _step(abi.encodeCall(AgentActions.hold, ()));
        vm.recordLogs();
        vm.prank(keeper);
        _oracle.wake(loop);
        loop = _lastInference();
        assertEq(_slot(loop).due(), _now());
        _publish(1);
        vm.expectRevert(IWakeable.Agent_NothingToWake.selector);
        vm.prank(keeper);
        _oracle.wake(loop);
    }

    function test_ItNotesAsksAndPlansInOneDecision() external {
        bytes[] memory actions = new bytes[](4);
        actions[0] = abi.encodeCall(OracleAgent.publish, (7));
        actions[1] = abi.encodeCall(INotebook.note, ("seven it is"));
        actions[2] = abi.encodeCall(IConsulter.consult, (1, "Is it seven?"));
        uint256 due = _now() + 1 hours;
        actions[3] = abi.encodeCall(IPlanner.scheduleAction, (due, abi.encodeCall(OracleAgent.publish, (8))));
        vm.recordLogs();
        assertTrue(_step(abi.encodeCall(IAgent.batch, (actions))).result == IAgent.Result.Acted);
        assertEq(_oracle.figure(), 7);
        assertEq(
            agent.context(),
            string.concat(
                "The figure was published at ",
                vm.toString(_now()),
                ".\nPage 8: \"seven it is\"\nPlan 0: ",
                vm.toString(abi.encodePacked(OracleAgent.publish.selector)),
                " at ",
                vm.toString(due),
                "\nAdviser ",
                _lower(rival),
                " was asked at ",
                vm.toString(_now()),
                "."
            )
        );
    }

    function _publish(uint256 figure) private {
        assertTrue(_nextStep(abi.encodeCall(OracleAgent.publish, (figure))).result == IAgent.Result.Acted);
    }

    /// @dev An address as the context tells it.
    function _lower(address who) private pure returns (string memory) {
        return vm.toString(abi.encodePacked(who));
    }
}
