// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IRefuelable} from "../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {Birth} from "../../contracts/types/Policy.sol";

/// @notice Limits on the agent's money, whatever a model answers.
contract AgentPolicyTest is AgentBase {
    function test_AGT3_PaymentWithinThePolicyIsMade() external {
        assertTrue(_step(_pay(payee, ACTION_CAP)).result == IAgent.Result.Acted);
        assertEq(payee.balance, ACTION_CAP);
        assertEq(address(agent).balance, TREASURY - ACTION_CAP);
        assertEq(agent.spending().current, ACTION_CAP);
        assertEq(agent.budgetLeft(), BUDGET - ACTION_CAP);
    }

    function test_AGT3_NoActionExceedsItsCap() external {
        _expectRefusal(payee, uint256(ACTION_CAP) + 1);
    }

    function test_AGT3_OnlyListedRecipientsArePaid() external {
        assertTrue(agent.isRecipient(payee));
        address[4] memory others = [alice, provider, address(everloop), address(agent)];
        for (uint256 i = 0; i < others.length; ++i) {
            assertFalse(agent.isRecipient(others[i]));
            _expectRefusal(others[i], 1);
        }
    }

    function test_AGT3_BudgetHoldsOverManySteps() external {
        _nextStep(_pay(payee, 0.1 ether));
        _nextStep(_pay(payee, 0.1 ether));
        _expectRefusal(payee, 0.05 ether + 1);
        assertTrue(_nextStep(_pay(payee, 0.05 ether)).result == IAgent.Result.Acted);
        _expectRefusal(payee, 1);
        assertEq(payee.balance, BUDGET);
    }

    function test_AGT3_BudgetHoldsInsideOneBatch() external {
        _step(_batch(_pay(payee, 0.1 ether), _pay(payee, 0.1 ether)));
        bytes memory decision = _batch(_pay(payee, 0.04 ether), _pay(payee, 0.02 ether));
        assertTrue(_nextStep(decision).result == IAgent.Result.Failed);
        assertEq(payee.balance, 0.2 ether);
    }

    function test_AGT3_ReserveStays() external {
        vm.prank(alice);
        agent.withdraw(TREASURY - RESERVE - 0.01 ether, alice);
        _expectRefusal(payee, 0.01 ether + 1);
        assertTrue(_nextStep(_pay(payee, 0.01 ether)).result == IAgent.Result.Acted);
        assertEq(address(agent).balance, RESERVE);
    }

    function test_AGT3_TopUpsCountAgainstTheBudget() external {
        _nextStep(_pay(payee, 0.1 ether));
        _nextStep(_pay(payee, 0.1 ether));
        uint256 missing = RUN_BALANCE - everloop.balanceOf(address(agent));
        uint256 left = agent.budgetLeft();
        assertEq(agent.refuel(), missing);
        assertEq(everloop.balanceOf(address(agent)), RUN_BALANCE);
        assertEq(agent.budgetLeft(), left - missing);
        assertEq(agent.refuel(), 0, "there is nothing more to do");
    }

    function test_AGT3_RefuelStaysWithinWhatIsLeftOfTheBudget() external {
        _nextStep(_pay(payee, 0.1 ether));
        _nextStep(_pay(payee, 0.1 ether));
        _nextStep(_pay(payee, 0.05 ether - 7));
        assertLt(everloop.balanceOf(address(agent)), RUN_BALANCE - 7, "more is missing than may be moved");
        assertEq(agent.refuel(), 7);
        assertEq(agent.budgetLeft(), 0);
        assertEq(agent.refuel(), 0);
    }

    function test_AGT3_RefuelTakesNoMoreThanBudgetAndReserveAllow() external {
        _step(_pay(payee, ACTION_CAP));
        vm.prank(alice);
        agent.withdraw(address(agent).balance - RESERVE - 5, alice);
        assertEq(agent.refuel(), 5);
        assertEq(agent.refuel(), 0);
        vm.deal(address(agent), RESERVE - 1);
        assertEq(agent.refuel(), 0, "below the reserve nothing moves");
    }

    function test_AGT3_GiftsGiveNothing() external {
        vm.deal(address(agent), 100 ether);
        _expectRefusal(payee, uint256(ACTION_CAP) + 1);
        _expectRefusal(provider, 1);
        hoax(provider, 1 ether);
        (bool ok,) = address(agent).call{value: 1 ether}("");
        assertTrue(ok);
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_NotOwner.selector, alice, provider));
        vm.prank(provider, provider);
        agent.withdraw(1, provider);
    }

    /// @dev A recipient that calls back while it is being paid finds the budget already charged.
    function test_AGT3_RecipientsThatCallBackGetNothingMore() external {
        Puppet greedy = new Puppet();
        Birth memory birth = _birth();
        birth.recipients[0] = address(greedy);
        _bear(birth);
        greedy.addStep(address(agent), abi.encodeCall(IRefuelable.refuel, ()));
        greedy.addStep(address(agent), _pay(address(greedy), 1));
        greedy.addStep(address(agent), abi.encodeCall(IAgentTreasury.withdraw, (1, address(greedy))));
        _step(_pay(address(greedy), 0.01 ether));
        assertLe(address(greedy).balance, 0.01 ether);
        assertLe(TREASURY - address(agent).balance, BUDGET);
    }

    /// @dev Any payments at any times: the sum over every window stays within the budget.
    function testFuzz_AGT3_NoWindowSeesMoreThanTheBudget(uint256[10] calldata seeds) external {
        vm.deal(address(agent), 100 ether);
        _deposit(address(agent), 1 ether);
        uint256[] memory times = new uint256[](seeds.length);
        uint256[] memory amounts = new uint256[](seeds.length);
        for (uint256 i = 0; i < seeds.length; ++i) {
            uint256 before = payee.balance;
            uint256 wish = bound(seeds[i] >> 128, 0.02 ether, uint256(ACTION_CAP) + 0.02 ether);
            bytes memory wake = abi.encodeWithSignature("wakeIn(uint256)", seeds[i] % 600);
            if (_nextStep(_batch(_pay(payee, wish), wake)).result == IAgent.Result.Failed) _wait(seeds[i] % 40_000);
            (times[i], amounts[i]) = (_now(), payee.balance - before);
        }
        for (uint256 first = 0; first < times.length; ++first) {
            uint256 sum = 0;
            for (uint256 i = first; i < times.length && times[i] < times[first] + BUDGET_WINDOW; ++i) {
                sum += amounts[i];
            }
            assertLe(sum, BUDGET, "sum over [t, t + window) <= budget");
        }
    }

    function test_OwnerTakesOutTreasuryAndFreeRunBalance() external {
        uint256 free = everloop.freeOf(address(agent));
        vm.startPrank(alice);
        agent.drain(free);
        assertEq(everloop.freeOf(address(agent)), 0);
        assertEq(address(agent).balance, TREASURY + free);
        vm.expectEmit(address(agent));
        emit IAgentTreasury.OwnerWithdrew(payee, TREASURY + free);
        agent.withdraw(TREASURY + free, payee);
        assertEq(payee.balance, TREASURY + free);
        vm.expectRevert(abi.encodeWithSelector(IAgentTreasury.Agent_TransferFailed.selector, payee, 1));
        agent.withdraw(1, payee);
    }

    function test_RevertWhen_AnybodyElseUsesOwnerFunctions() external {
        bytes[5] memory tries = [
            abi.encodeCall(IAgentTreasury.withdraw, (1, provider)),
            abi.encodeCall(IAgentTreasury.drain, (1)),
            abi.encodeCall(IAgent.setProviders, (_birth().providers)),
            abi.encodeCall(IAgent.stop, (loop)),
            abi.encodeCall(IAgent.start, (_birth().loop, 0))
        ];
        for (uint256 i = 0; i < tries.length; ++i) {
            vm.prank(provider, provider);
            (bool ok, bytes memory reason) = address(agent).call(tries[i]);
            assertFalse(ok);
            assertEq(reason, abi.encodeWithSelector(IAgentPolicy.Agent_NotOwner.selector, alice, provider));
        }
    }

    /// @dev Wait while the loop stays in a due window: deliveries must be in time, so expire is avoided by waiting before.
    function _wait(uint256 seconds_) private {
        uint256 until = _now() + seconds_;
        while (_slot(loop).due() + 600 < until) {
            _nextStep(abi.encodeWithSignature("wakeIn(uint256)", 600));
        }
    }

    function _expectRefusal(address to, uint256 amount) private {
        uint256 before = to.balance;
        assertTrue(_nextStep(_pay(to, amount)).result == IAgent.Result.Failed);
        if (to != address(agent)) assertEq(to.balance, before);
    }
}
