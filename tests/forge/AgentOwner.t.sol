// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {Policy, Rule, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice Who owns an agent, and when changes of its policy are in force.
/// @dev A setter:
/// ├── by anybody but the owner                    refuses
/// ├── that does not loosen                        is in force at once
/// └── that loosens
///     ├── first                                   is queued, and changes nothing
///     ├── again before a day has passed           refuses
///     ├── again within the seven days after       is in force, and off the queue
///     ├── again later                             is queued anew
///     └── cancelled, or the owner renounced       never comes
contract AgentOwnerTest is AgentBase {
    function test_OwnershipMovesInTwoSteps() external {
        vm.expectEmit(address(agent));
        emit IAgentPolicy.OwnerProposed(keeper);
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (keeper)));
        assertEq(agent.owner(), alice);
        assertEq(agent.pendingOwner(), keeper);
        vm.expectEmit(address(agent));
        emit IAgentPolicy.OwnerChanged(alice, keeper);
        vm.prank(keeper);
        agent.acceptOwner();
        assertEq(agent.owner(), keeper);
        assertEq(agent.pendingOwner(), address(0));
        _expectNotOwner(alice, abi.encodeCall(IAgentTreasury.withdraw, (1, alice)));
    }

    function test_RevertWhen_SomebodyElseAcceptsOwnership() external {
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (keeper)));
        _expectNotPending(keeper, provider);
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (address(0))));
        _expectNotPending(address(0), keeper);
    }

    function test_RevertWhen_StrangersChangeThePolicy() external {
        bytes[12] memory tries = [
            abi.encodeCall(IAgentPolicy.proposeOwner, (provider)),
            abi.encodeCall(IAgentPolicy.renounce, ()),
            abi.encodeCall(IAgentPolicy.cancelChange, (bytes32(0))),
            abi.encodeCall(IAgentPolicy.setLimits, (agent.policy())),
            abi.encodeCall(IAgentPolicy.setRecipient, (provider, false)),
            abi.encodeCall(IAgentPolicy.setTarget, (provider, bytes4(0), Rule.None)),
            abi.encodeCall(IAgentPolicy.setTokenPolicy, (provider, TokenLimit(0, 0, 1))),
            abi.encodeCall(IAgentPolicy.setAction, (AgentActions.hold.selector, false)),
            abi.encodeCall(IAgentPolicy.pause, ()),
            abi.encodeCall(IAgentPolicy.unpause, ()),
            abi.encodeCall(IAgentTreasury.withdrawToken, (provider, 1, provider)),
            abi.encodeCall(IAgentTreasury.withdrawNft, (provider, 1, 1, provider))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            agent.refuel();
            _expectNotOwner(provider, tries[i]);
            assertFalse(_acts(tries[i]), "nor is it an action");
            assertFalse(_acts(_batch(_bump(1), tries[i])), "nor inside a batch");
        }
    }

    function test_AGT3_LooseningWaitsADay() external {
        bytes memory change = _looser();
        bytes32 hash = keccak256(change);
        vm.expectEmit(address(agent));
        emit IAgentPolicy.ChangeQueued(hash, _now() + 1 days, change);
        _asOwner(change);
        uint256 ready = _now() + 1 days;
        assertEq(agent.readyAt(hash), ready);
        assertEq(agent.policy().budget, BUDGET);
        vm.warp(ready - 1);
        _expectNotReady(change, ready);
        vm.warp(ready);
        _asOwner(change);
        assertEq(agent.policy().budget, 2 * BUDGET);
        assertEq(agent.readyAt(hash), 0);
    }

    function test_AGT3_AQueuedChangeIsUsedOnce() external {
        bytes memory change = _looser();
        _asOwner(change);
        skip(1 days);
        _asOwner(change);
        Policy memory tight = agent.policy();
        tight.budget = 1;
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (tight)));
        assertEq(agent.policy().budget, 1, "tightening is in force at once");
        _asOwner(change);
        assertEq(agent.policy().budget, 1, "loosening again waits again");
        assertEq(agent.readyAt(keccak256(change)), _now() + 1 days);
    }

    function test_AGT3_AChangeIsForgottenAfterItsWeek() external {
        bytes memory change = _looser();
        _asOwner(change);
        skip(8 days);
        uint256 snapshot = vm.snapshotState();
        _asOwner(change);
        assertEq(agent.policy().budget, 2 * BUDGET, "at the last moment");
        vm.revertToState(snapshot);
        assertNotEq(agent.readyAt(keccak256(change)), 0);
        skip(1);
        assertEq(agent.readyAt(keccak256(change)), 0, "forgotten");
        _asOwner(change);
        assertEq(agent.policy().budget, BUDGET, "a second too late");
        assertEq(agent.readyAt(keccak256(change)), _now() + 1 days);
    }

    function test_CancelledChangesNeverCome() external {
        bytes memory change = _looser();
        bytes32 hash = keccak256(change);
        _asOwner(change);
        vm.expectEmit(address(agent));
        emit IAgentPolicy.ChangeCancelled(hash);
        _asOwner(abi.encodeCall(IAgentPolicy.cancelChange, (hash)));
        assertEq(agent.readyAt(hash), 0);
        skip(1 days);
        _asOwner(change);
        assertEq(agent.policy().budget, BUDGET, "queued anew");
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_NoChange.selector, bytes32("none")));
        vm.prank(alice);
        agent.cancelChange("none");
    }

    /// @dev What no longer loosens when it is made leaves nothing behind that could loosen later.
    function test_AGT3_AChangeThatNoLongerLoosensLeavesTheQueue() external {
        bytes memory change = _looser();
        _asOwner(change);
        Policy memory wide = agent.policy();
        wide.budget = 3 * BUDGET;
        bytes memory wider = abi.encodeCall(IAgentPolicy.setLimits, (wide));
        _asOwner(wider);
        skip(1 days);
        _asOwner(wider);
        _asOwner(change);
        assertEq(agent.policy().budget, 2 * BUDGET);
        assertEq(agent.readyAt(keccak256(change)), 0);
    }

    function test_AGT3_RenouncingMakesThePolicyFinal() external {
        bytes memory change = _looser();
        _asOwner(change);
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (keeper)));
        vm.expectEmit(address(agent));
        emit IAgentPolicy.OwnerChanged(alice, address(0));
        _asOwner(abi.encodeCall(IAgentPolicy.renounce, ()));
        assertEq(agent.owner(), address(0));
        skip(1 days);
        _expectNotOwner(alice, change);
        _expectNotOwner(alice, abi.encodeCall(IAgentTreasury.withdraw, (1, alice)));
        _expectNotPending(address(0), keeper);
        _catchUp();
        assertTrue(_acts(_pay(payee, 1)), "the agent goes on");
    }

    function test_RevertWhen_APausedAgentIsGivenUp() external {
        _asOwner(abi.encodeCall(IAgentPolicy.pause, ()));
        vm.expectRevert(IAgentPolicy.Agent_WhilePaused.selector);
        vm.prank(alice);
        agent.renounce();
    }

    /// @dev An agent that was made its own owner could decide to accept.
    function test_AGT3_AnAgentNeverOwnsItself() external {
        _asOwner(abi.encodeCall(IAgentPolicy.proposeOwner, (address(agent))));
        assertTrue(_step(abi.encodeCall(IAgentPolicy.acceptOwner, ())).result == IAgent.Result.Failed);
        assertEq(agent.owner(), alice);
    }

    function testFuzz_AGT3_OnlyWhatLetsNothingMoreOutIsInForceAtOnce(Policy memory limits) external {
        limits.window = uint32(bound(limits.window, 1, type(uint32).max));
        Policy memory old = agent.policy();
        _asOwner(abi.encodeCall(IAgentPolicy.setLimits, (limits)));
        bool tighter = limits.actionCap <= old.actionCap && limits.budget <= old.budget && limits.window >= old.window
            && limits.reserve >= old.reserve;
        assertEq(abi.encode(agent.policy()), abi.encode(tighter ? limits : old));
    }

    function _looser() private view returns (bytes memory) {
        Policy memory limits = agent.policy();
        limits.budget = 2 * BUDGET;
        return abi.encodeCall(IAgentPolicy.setLimits, (limits));
    }

    function _expectNotReady(bytes memory change, uint256 ready) private {
        vm.prank(alice);
        (bool ok, bytes memory reason) = address(agent).call(change);
        assertFalse(ok);
        assertEq(
            reason, abi.encodeWithSelector(IAgentPolicy.Agent_ChangeNotReady.selector, keccak256(change), ready, _now())
        );
    }

    function _expectNotOwner(address caller, bytes memory change) private {
        bytes memory expected = abi.encodeWithSelector(IAgentPolicy.Agent_NotOwner.selector, agent.owner(), caller);
        vm.prank(caller);
        (bool ok, bytes memory reason) = address(agent).call(change);
        assertFalse(ok);
        assertEq(reason, expected);
    }

    function _expectNotPending(address pending, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_NotPendingOwner.selector, pending, caller));
        vm.prank(caller);
        agent.acceptOwner();
    }
}
