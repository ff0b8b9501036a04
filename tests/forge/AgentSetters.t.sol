// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {AgentTreasury} from "../../contracts/agent/AgentTreasury.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {IRefuelable} from "../../contracts/interfaces/IConsumers.sol";
import {Birth, Policy, Rule, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice What each setter of the policy does to the decisions after it.
/// @dev While the agent is paused:
/// ├── a decision, whatever it is       is recorded as Paused, nothing is done, the next is due at the heartbeat
/// ├── the owner                        withdraws, drains, stops
/// └── anyone                           refuels
contract AgentSettersTest is AgentBase {
    function test_AGT3_LimitsBindTheNextAction() external {
        Policy memory limits = Policy({actionCap: 5, budget: 8, window: BUDGET_WINDOW, reserve: RESERVE});
        vm.expectEmit(address(agent));
        emit IAgentPolicy.LimitsChanged(limits);
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
        assertFalse(_acts(_transfer(payee, 6)), "over the cap");
        assertTrue(_acts(_transfer(payee, 5)));
        assertFalse(_acts(_transfer(payee, 4)), "over the budget");
        assertTrue(_acts(_transfer(payee, 3)));
        assertEq(payee.balance, 8);
    }

    function test_AGT3_AHigherReserveBindsAtOnce() external {
        Policy memory limits = agent.policy();
        limits.reserve = uint64(TREASURY);
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
        assertFalse(_acts(_transfer(payee, 1)));
        assertEq(agent.refuel(), 0);
    }

    function test_AGT3_AChangeOfWindowForgetsNothing() external {
        assertTrue(_acts(_transfer(payee, ACTION_CAP)));
        Policy memory limits = agent.policy();
        limits.window = 2 * BUDGET_WINDOW;
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
        assertEq(agent.budgetLeft(), BUDGET - ACTION_CAP);
        assertEq(agent.spending().epoch, _now() / limits.window);
        limits.window = 1;
        bytes memory change = abi.encodeCall(IAgentPolicy.setLimits, (limits));
        _asOwner(change);
        skip(1 days);
        _asOwner(change);
        assertEq(agent.budgetLeft(), BUDGET - ACTION_CAP, "dated now");
        skip(2);
        assertEq(agent.budgetLeft(), BUDGET);
    }

    function test_RevertWhen_AWindowIsZero() external {
        bytes memory expected = abi.encodeWithSelector(IAgentPolicy.Agent_BadPolicy.selector, "window", 0, 1);
        vm.startPrank(alice);
        vm.expectRevert(expected);
        agent.setLimits(Policy(0, 0, 0, 0));
        vm.expectRevert(expected);
        agent.setTokenPolicy(payee, TokenLimit(0, 0, 0));
    }

    function test_AGT3_RecipientsComeLateAndGoAtOnce() external {
        _asOwner(abi.encodeCall(IAgentPolicy.setRecipient, (keeper, true)));
        assertFalse(agent.isRecipient(keeper));
        skip(1 days);
        vm.expectEmit(address(agent));
        emit IAgentPolicy.RecipientChanged(keeper, true);
        _asOwner(abi.encodeCall(IAgentPolicy.setRecipient, (keeper, true)));
        _catchUp();
        assertTrue(_acts(_transfer(keeper, 1)));
        _asOwner(abi.encodeCall(IAgentPolicy.setRecipient, (keeper, false)));
        assertFalse(_acts(_transfer(keeper, 1)));
        assertEq(keeper.balance, 1);
    }

    function test_AGT3_RevertWhen_TheAgentOrTheEngineWouldBePaid() external {
        address[6] memory targets = _protocol();
        for (uint256 i = 0; i < targets.length; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_BadTarget.selector, targets[i]));
            vm.prank(alice);
            agent.setRecipient(targets[i], true);
        }
    }

    function test_AGT3_RevertWhen_ProtocolContractsWouldBeCalled() external {
        address[6] memory targets = _protocol();
        vm.startPrank(alice);
        for (uint256 i = 0; i < targets.length; ++i) {
            bytes memory expected = abi.encodeWithSelector(IAgentPolicy.Agent_BadTarget.selector, targets[i]);
            vm.expectRevert(expected);
            agent.setTarget(targets[i], Puppet.act.selector, Rule.Call);
            vm.expectRevert(expected);
            agent.setTokenPolicy(targets[i], TokenLimit(1, 1, 1));
        }
    }

    function test_RulesComeLateAndGoAtOnce() external {
        bytes4 selector = Puppet.setEnd.selector;
        _asOwner(abi.encodeCall(IAgentPolicy.setTarget, (payee, selector, Rule.Call)));
        assertTrue(agent.ruleOf(payee, selector) == Rule.None);
        skip(1 days);
        vm.expectEmit(address(agent));
        emit IAgentPolicy.RuleChanged(payee, selector, Rule.Call);
        _asOwner(abi.encodeCall(IAgentPolicy.setTarget, (payee, selector, Rule.Call)));
        _asOwner(abi.encodeCall(IAgentPolicy.setTarget, (payee, selector, Rule.Pay)));
        assertTrue(agent.ruleOf(payee, selector) == Rule.Call, "paying loosens");
        _asOwner(abi.encodeCall(IAgentPolicy.setTarget, (payee, selector, Rule.None)));
        assertTrue(agent.ruleOf(payee, selector) == Rule.None);
    }

    function test_DisabledActionsFailUntilTheyAreEnabled() external {
        bytes4 bump = ProbeAgent.bump.selector;
        assertTrue(agent.isEnabled(bump));
        vm.expectEmit(address(agent));
        emit IAgentPolicy.ActionChanged(bump, false);
        _asOwner(abi.encodeCall(IAgentPolicy.setAction, (bump, false)));
        assertFalse(agent.isEnabled(bump));
        assertFalse(_acts(_bump(1)));
        assertFalse(_acts(_batch(_transfer(payee, 1), _bump(1))), "nor inside a batch");
        assertTrue(_acts(_batch(_transfer(payee, 1), _wakeIn(200))), "others go on, wakes are kept");
        assertEq(_slot(loop).due(), _now() + 200);
        assertEq(agent.total(), 0);
        _loosen(abi.encodeCall(IAgentPolicy.setAction, (bump, true)));
        assertTrue(_acts(_bump(1)));
    }

    /// @dev It is no action but several, each of which can be disabled.
    function test_RevertWhen_TheBatchWouldBeDisabled() external {
        bytes4 batch = IAgent.batch.selector;
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotAnAction.selector, batch));
        vm.prank(alice);
        agent.setAction(batch, false);
    }

    /// @dev Two disabled actions, one enabled again: the other stays disabled; enabling twice counts once.
    function test_OneReasonDoesNotClearAnother() external {
        bytes4 bump = ProbeAgent.bump.selector;
        _asOwner(abi.encodeCall(IAgentPolicy.setAction, (bump, false)));
        _asOwner(abi.encodeCall(IAgentPolicy.setAction, (bump, false)));
        _asOwner(abi.encodeCall(IAgentPolicy.setAction, (AgentActions.hold.selector, false)));
        _asOwner(abi.encodeCall(IAgentPolicy.pause, ()));
        _asOwner(abi.encodeCall(IAgentPolicy.unpause, ()));
        _loosen(abi.encodeCall(IAgentPolicy.setAction, (AgentActions.hold.selector, true)));
        assertTrue(_acts(abi.encodeCall(AgentActions.hold, ())));
        assertFalse(_acts(_bump(1)), "disabled still");
        _loosen(abi.encodeCall(IAgentPolicy.setAction, (bump, true)));
        assertTrue(_acts(_bump(1)));
        _asOwner(abi.encodeCall(IAgentPolicy.pause, ()));
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Paused);
        assertEq(agent.steps(), 4);
    }

    function test_APausedAgentRecordsWithoutActing() external {
        vm.expectEmit(address(agent));
        emit IAgentPolicy.PauseChanged(true);
        _asOwner(abi.encodeCall(IAgentPolicy.pause, ()));
        assertTrue(agent.isPaused());
        assertFalse(agent.isEnabled(ProbeAgent.bump.selector));
        bytes28 head = agent.historyHead();
        bytes[3] memory decisions = [_bump(1), abi.encodeCall(AgentActions.stopLoop, ()), bytes("")];
        for (uint256 i = 0; i < decisions.length; ++i) {
            assertTrue(_nextStep(decisions[i]).result == IAgent.Result.Paused);
            assertEq(_slot(loop).due(), _now() + HEARTBEAT);
        }
        assertEq(agent.total(), 0);
        assertEq(agent.steps(), 3);
        assertNotEq(bytes32(agent.historyHead()), bytes32(head));
        _asOwner(abi.encodeCall(IAgentPolicy.unpause, ()));
        assertFalse(agent.isPaused());
        assertTrue(_acts(_bump(1)));
        assertEq(_slot(loop).due(), _now() + INTERVAL);
    }

    function test_LED3_APauseBlocksNoExit() external {
        _step(_bump(1));
        _asOwner(abi.encodeCall(IAgentPolicy.pause, ()));
        assertGt(agent.refuel(), 0);
        vm.startPrank(alice);
        agent.drain(1);
        agent.withdraw(address(agent).balance, alice);
        agent.stop(loop);
        assertEq(_slot(loop).commitment(), 0);
    }

    /// @dev The agent pays its owner, a contract, which would change everything while it is paid.
    function test_AGT3_NothingOfTheOwnersIsDoneWhileTheAgentActs() external {
        Puppet boss = new Puppet();
        Birth memory birth = _birth();
        birth.recipients[0] = address(boss);
        _bear(birth);
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (address(boss))));
        boss.act(address(agent), 0, abi.encodeCall(IAgentPolicy.acceptOwner, ()));
        boss.act(address(agent), 0, abi.encodeCall(IAgentPolicy.proposeOwner, (address(boss))));
        bytes[16] memory tries = [
            abi.encodeCall(IAgentPolicy.setLimits, (agent.policy())),
            abi.encodeCall(IAgentPolicy.setRecipient, (keeper, true)),
            abi.encodeCall(IAgentPolicy.setTarget, (keeper, bytes4(0), Rule.Pay)),
            abi.encodeCall(IAgentPolicy.setTokenPolicy, (keeper, TokenLimit(1, 1, 1))),
            abi.encodeCall(IAgentPolicy.setAction, (AgentActions.hold.selector, true)),
            abi.encodeCall(IAgentPolicy.pause, ()),
            abi.encodeCall(IAgentPolicy.unpause, ()),
            abi.encodeCall(IAgentPolicy.proposeOwner, (keeper)),
            abi.encodeCall(IAgentPolicy.acceptOwner, ()),
            abi.encodeCall(IAgentPolicy.renounce, ()),
            abi.encodeCall(IAgentTreasury.withdraw, (1, address(boss))),
            abi.encodeCall(IAgentTreasury.withdrawToken, (keeper, 1, address(boss))),
            abi.encodeCall(IAgentTreasury.drain, (1)),
            abi.encodeCall(IAgent.setProviders, (birth.providers)),
            abi.encodeCall(IAgent.stop, (loop)),
            abi.encodeCall(IAgent.revokeDigest, (bytes32("digest")))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            agent.refuel();
            boss.clearScript();
            boss.addStep(address(agent), tries[i]);
            assertTrue(_acts(_transfer(address(boss), 7)));
            assertFalse(boss.results()[0]);
            assertEq(boss.answerOf(0), abi.encodeWithSelector(IAgentPolicy.Agent_WhileActing.selector));
        }
        assertEq(address(boss).balance, 7 * tries.length);
        boss.clearScript();
        boss.act(address(agent), 0, abi.encodeCall(IAgentPolicy.pause, ()));
        assertTrue(agent.isPaused(), "afterwards it is the owner again");
    }

    /// @dev A top-up from within a payment is charged like any other.
    function test_AGT3_ATopUpFromWithinAPaymentIsCharged() external {
        Puppet greedy = new Puppet();
        Birth memory birth = _birth();
        birth.recipients[0] = address(greedy);
        _bear(birth);
        _step(_bump(1));
        greedy.addStep(address(agent), abi.encodeCall(IRefuelable.refuel, ()));
        uint256 treasury = address(agent).balance;
        uint256 left = agent.budgetLeft();
        assertTrue(_acts(_transfer(address(greedy), 7)));
        assertTrue(greedy.results()[0]);
        assertGt(treasury - address(agent).balance, 7);
        assertEq(left - agent.budgetLeft(), treasury - address(agent).balance);
    }

    /// @dev Who trusts the agent's voice, or is the agent itself.
    function _protocol() private view returns (address[6] memory) {
        return [
            address(agent),
            address(everloop),
            everloop.EXECUTOR(),
            everloop.ORDERS(),
            address(registry),
            address(factory)
        ];
    }

    function _transfer(address to, uint256 amount) private pure returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.transfer, (to, amount));
    }

    function _wakeIn(uint256 delay) private pure returns (bytes memory) {
        return abi.encodeCall(AgentActions.wakeIn, (delay));
    }
}
