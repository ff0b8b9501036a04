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
    OracleAgent private _oracle;

    function setUp() public override {
        super.setUp();
        implementation = _create("OracleAgent.sol:OracleAgent", abi.encode(everloop, agent.manifestPointer()));
        _bear(_birth());
        _oracle = OracleAgent(payable(address(agent)));
    }

    function test_ItPublishesAFigureThatGetsStale() external {
        assertEq(agent.prompt(), "Nothing is published yet.");
        _publish(40);
        assertEq(_oracle.figure(), 40);
        assertEq(agent.prompt(), "The figure is fresh: 40.");
        skip(_oracle.MAX_AGE() + 1);
        assertEq(agent.prompt(), "The figure is stale: 40.");
    }

    /// @dev What the manifest says of ranges binds no provider.
    function test_NoFigureBeyondItsRangeIsPublished() external {
        assertTrue(_nextStep(abi.encodeCall(OracleAgent.publish, (1_000_001))).result == IAgent.Result.Failed);
        _publish(1_000_000);
        assertEq(_oracle.figure(), 1_000_000);
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

    function test_ItPublishesNotesAsksAndPlans() external {
        bytes memory publish = abi.encodeCall(OracleAgent.publish, (7));
        _acted(_batch(publish, abi.encodeCall(INotebook.note, ("seven it is"))));
        string memory published = vm.toString(_now());
        vm.warp(_slot(loop).due());
        uint256 due = _now() + 1 hours;
        bytes memory plan = abi.encodeCall(IPlanner.scheduleAction, (due, abi.encodeCall(OracleAgent.publish, (8))));
        _acted(_batch(abi.encodeCall(IConsulter.consult, (1, "Is it seven?")), plan));
        assertEq(_oracle.figure(), 7);
        assertEq(
            agent.context(),
            string.concat(
                "The figure was published at ",
                published,
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
        _acted(abi.encodeCall(OracleAgent.publish, (figure)));
    }

    function _acted(bytes memory decision) private {
        assertTrue(_nextStep(decision).result == IAgent.Result.Acted);
    }

    /// @dev An address as the context tells it.
    function _lower(address who) private pure returns (string memory) {
        return vm.toString(abi.encodePacked(who));
    }
}
