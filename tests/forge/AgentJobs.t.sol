// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IPlanner} from "../../contracts/interfaces/IPlanner.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";
import {Offer} from "../../contracts/types/Offer.sol";
import {Birth, Policy} from "../../contracts/types/Policy.sol";

/// @notice What an agent books besides its loop, by a decision: who may answer it, and what it may cost.
contract AgentJobsTest is AgentBase {
    /// @dev The provider that answers the loop raises its price, lets the agent ask it, and answers.
    function test_AGT3_AProviderCannotPayItselfPastTheBudget() external {
        _setBudget(0);
        _raisePrice(0.035 ether);
        uint256 before = everloop.balanceOf(provider);
        assertFalse(_acts(_consult(0)));
        assertLe(everloop.balanceOf(provider) - before, loop.pricing.amount() + 4 gwei * 600_000, "a step, and no more");
        assertEq(agent.context(), "context", "nobody was asked");
    }

    function test_AGT3_AQuestionCountsAgainstTheBudget() external {
        (uint256 treasury, uint256 spent) = (address(agent).balance, agent.spending().current);
        Inference memory question = _ask();
        uint256 worst = everloop.worstCost(question);
        assertEq(agent.spending().current - spent, worst);
        assertEq(treasury - address(agent).balance, worst);
    }

    /// @dev All but what its loop's run costs is topped up: the question does not make the loop wait for money.
    function test_AGT2_AQuestionLeavesTheLoopItsMoney() external {
        Birth memory birth = _birth();
        birth.runBalance = uint80(2 * (everloop.worstCost(loop) + birth.loop.maxFee)) + 0.0001 ether;
        _bear(birth);
        vm.fee(4 gwei);
        vm.txGasPrice(5 gwei);
        uint256 total = everloop.balanceOf(address(agent));
        Inference memory question = _ask();
        assertNotEq(_slot(loop).due(), 0, "booked again");
        uint256 paid = total + everloop.worstCost(question) - everloop.balanceOf(address(agent));
        assertLe(paid, everloop.worstCost(loop), "the step was paid, and nothing else");
    }

    function test_AGT3_APlanCountsAgainstTheBudget() external {
        uint256 spent = agent.spending().current;
        uint256 run = everloop.balanceOf(address(agent));
        assertTrue(_acts(_plan()));
        uint256 moved = agent.spending().current - spent;
        assertGe(moved, 450_000 * 4 * block.basefee, "what it may cost, with its tip");
        assertGt(everloop.balanceOf(address(agent)) + everloop.worstCost(loop), run + moved);
    }

    /// @dev What the engine would set aside for the longest plan there is, at its highest price.
    function test_AGT3_APlanIsToppedUpByItsWorst() external {
        uint256 spent = agent.spending().current;
        bytes memory longest = new bytes(447);
        for (uint256 i = 0; i < longest.length; ++i) {
            longest[i] = 0xff;
        }
        vm.recordLogs();
        bytes memory decision = abi.encodeCall(IPlanner.scheduleAction, (_now() + 1 hours, longest));
        _deliverAs(loop.provider, loop, _slot(loop).runs(), decision);
        Task memory task = _lastTask();
        uint256 gas_ = 90_000 + everloop.slotOf(_taskId(task)).recordGas() + task.timing.gasLimit();
        uint256 worst = gas_ * task.pricing.maxGasPrice() + task.pricing.amount() + task.pricing.maxDataFee();
        assertGe(agent.spending().current - spent, worst);
    }

    function test_AGT3_NoPlanIsMadePastTheBudget() external {
        _setBudget(0);
        assertFalse(_acts(_plan()));
    }

    /// @dev A provider that answers a question of a subclass has no say in what the agent does.
    function test_AGT3_AnswersOfAnotherInferenceNeverAct() external {
        _expectNoStepOfItsAnswer(abi.encodeCall(ProbeAgent.ask, (1)));
        assertTrue(_acts(_bump(1)));
    }

    /// @dev What a decision did that is no action stays done, so that the agent goes on looking further.
    function test_AGT3_AnswersOfAnotherInferenceNeverActAfterARejectedStep() external {
        _expectNoStepOfItsAnswer(abi.encodeCall(ProbeAgent.askOutside, (1)));
        assertTrue(_nextStep(abi.encodeCall(ProbeAgent.askOutside, (1))).result == IAgent.Result.Rejected);
        assertTrue(_acts(_bump(1)));
    }

    function test_AGT2_StoppingTheLoopEndsNothingElse() external {
        Inference memory question = _ask();
        skip(question.timing.window());
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotLoop.selector, _inferenceId(question)));
        vm.prank(alice);
        agent.stop(question);
    }

    function test_AGT2_TheLoopBeginsAgainWhileAQuestionIsOpen() external {
        Birth memory birth = _birth();
        birth.runBalance = uint80(2 * (everloop.worstCost(loop) + birth.loop.maxFee)) + 0.0001 ether;
        _bear(birth);
        _ask();
        vm.prank(alice);
        agent.stop(loop);
        vm.recordLogs();
        vm.prank(alice);
        agent.start(birth.loop, 0);
        loop = _lastInference();
        assertTrue(_acts(_bump(1)));
    }

    /// @dev A decision asks another provider, whose answer tries to pay.
    function _expectNoStepOfItsAnswer(bytes memory asking) private {
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), asking);
        Inference memory other = _lastInference();
        assertEq(other.provider, rival);
        _deliver(other, _pay(payee, 0.1 ether));
        assertEq(payee.balance, 0);
        assertEq(agent.kept(), _pay(payee, 0.1 ether), "it is the subclass's to keep");
        assertEq(agent.steps(), 1, "and is no step");
    }

    function _setBudget(uint80 budget) private {
        Policy memory limits = agent.policy();
        limits.budget = budget;
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
    }

    function _raisePrice(uint64 price) private {
        Offer memory dear = _terms();
        (dear.basePrice, dear.pricePerKilobyte) = (price, 0);
        vm.prank(provider);
        registry.offer(MODEL, dear);
    }

    function _ask() private returns (Inference memory) {
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), _consult(1));
        return _lastInference();
    }

    function _plan() private view returns (bytes memory) {
        return abi.encodeCall(IPlanner.scheduleAction, (_now() + 1 hours, abi.encodeCall(AgentActions.hold, ())));
    }

    function _consult(uint256 choice) private pure returns (bytes memory) {
        return abi.encodeCall(IConsulter.consult, (choice, "Why?"));
    }
}
