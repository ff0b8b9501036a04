// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Policy} from "../../contracts/types/Policy.sol";
import {vm} from "./Vm.sol";

/// @notice Questions to other models.
/// @dev consult
/// ├── empty, too long, a number beyond the list, or a question open: the decision fails
/// └── else a one-shot is booked with that provider
///     ├── answered: the answer is kept, whatever it says
///     └── missed, declined, resigned: the question is dropped
contract ConsulterTest is AgentBase {
    function test_AnAnswerEntersTheContextWithItsOrigin() external {
        Inference memory question = _ask(1, "Will rates rise?");
        assertEq(question.provider, rival);
        assertEq(question.input, keccak256("Will rates rise?"));
        assertEq(agent.context(), string.concat("context", _askedLine(), "."));
        _deliver(question, "Yes, \"soon\".");
        assertEq(agent.context(), string.concat("context", _askedLine(), " and answered: \"Yes, \\\"soon\\\".\""));
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted, "the loop goes on");
    }

    /// @dev An adviser that answers with a decision moves nothing.
    function test_AGT3_AnAnswerThatIsADecisionDoesNotAct() external {
        Inference memory question = _ask(1, "What now?");
        bytes28 head = agent.historyHead();
        Delivered memory done = _deliver(question, _pay(payee, 0.01 ether));
        assertTrue(done.ending == IInferenceMarket.Ending.Accepted);
        assertEq(payee.balance, 0);
        assertEq(agent.steps(), 1, "and is no step");
        assertEq(bytes32(agent.historyHead()), bytes32(head));
    }

    function test_AGT1_HeadIsThatOfTheLoopsStepsOnly() external {
        _deliver(_ask(1, "Why?"), "Because.");
        _nextStep(_bump(1));
        assertEq(agent.steps(), 2);
    }

    function test_LongestQuestionAndAnswerAreTaken() external {
        Inference memory question = _ask(1, string(_filled(1_024)));
        Delivered memory done = _deliver(question, _filled(1_024));
        assertTrue(done.ending == IInferenceMarket.Ending.Accepted);
        assertEq(
            agent.context(), string.concat("context", _askedLine(), " and answered: \"", string(_filled(1_024)), "\"")
        );
    }

    function test_AnEmptyAnswerIsOneToo() external {
        _deliver(_ask(1, "Why?"), "");
        assertEq(agent.context(), string.concat("context", _askedLine(), " and answered: \"\""));
    }

    function test_BadQuestionsFail() external {
        assertTrue(_nextStep(_consult(1, "")).result == IAgent.Result.Failed, "it would ask for a decision");
        assertTrue(_nextStep(_consult(1, string(_filled(1_025)))).result == IAgent.Result.Failed);
        assertTrue(_nextStep(_consult(2, "Why?")).result == IAgent.Result.Failed);
        assertTrue(_nextStep(_batch(_consult(0, "Why?"), _consult(1, "Why?"))).result == IAgent.Result.Failed);
        assertEq(agent.context(), "context");
    }

    function test_OneQuestionIsOpenAtATime() external {
        Inference memory question = _ask(1, "Why?");
        assertTrue(_nextStep(_consult(0, "How?")).result == IAgent.Result.Failed);
        _deliver(question, "So.");
        assertTrue(_nextStep(_consult(0, "How?")).result == IAgent.Result.Acted);
    }

    function test_AMissedQuestionIsDropped() external {
        Inference memory question = _ask(1, "Why?");
        vm.warp(_now() + question.timing.window());
        _expire(question);
        // Meanwhile the loop is overdue too, and moves on to the other provider.
        _expire(loop);
        assertEq(agent.context(), "context");
        assertEq(_slot(question).commitment(), 0);
    }

    function test_ADeclinedQuestionIsDropped() external {
        Inference memory question = _ask(1, "Why?");
        vm.prank(rival);
        everloop.decline(question, 0);
        _checkDropped(question);
    }

    /// @dev The fee is the policy's business, like any payment: at most the cap of an action.
    function test_ADearAdviserIsNotAsked() external {
        Policy memory tight = agent.policy();
        tight.actionCap = uint80(FEE - 1);
        vm.prank(alice);
        agent.setLimits(tight);
        assertTrue(_nextStep(_consult(1, "Why?")).result == IAgent.Result.Failed);
    }

    /// @dev A stranger's inference with the salt of a question has another owner, so another id.
    function test_SCH8_AStrangersAnswerIsNotKept() external {
        Inference memory question = _ask(1, "Why?");
        Inference memory job = _inference(address(agent));
        job.salt = question.salt;
        Delivered memory done = _deliver(_request(job, 0), "poison");
        assertTrue(done.ending == IInferenceMarket.Ending.Failed);
        assertEq(agent.context(), string.concat("context", _askedLine(), "."));
    }

    function _checkDropped(Inference memory question) private {
        assertEq(agent.context(), "context");
        assertEq(_slot(question).commitment(), 0);
        assertEq(_open(rival), 0);
        assertTrue(_nextStep(_consult(0, "How?")).result == IAgent.Result.Acted, "another may be asked");
    }

    /// @return question As it was booked.
    function _ask(uint256 choice, string memory text) private returns (Inference memory) {
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), _consult(choice, text));
        return _lastInference();
    }

    function _askedLine() private view returns (string memory) {
        return string.concat("\nAdviser ", _lower(rival), " was asked at 1800000000");
    }

    function _lower(address account) private pure returns (string memory) {
        return vm.toString(abi.encodePacked(account));
    }

    function _consult(uint256 choice, string memory question) private pure returns (bytes memory) {
        return abi.encodeCall(IConsulter.consult, (choice, question));
    }

    function _filled(uint256 length) private pure returns (bytes memory text) {
        text = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            text[i] = bytes1(uint8(97 + i % 26));
        }
    }
}
