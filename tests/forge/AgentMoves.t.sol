// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";

/// @notice Agents whose providers hand runs back, leave, or stop serving.
contract AgentMovesTest is AgentBase {
    /// @dev A declined run is replaced by one that is due at once.
    function test_SCH6_ADeclinedRunMovesTheAgentToTheNextProvider() external {
        vm.recordLogs();
        vm.prank(provider, provider);
        everloop.decline(loop, 0);
        loop = _lastInference();
        assertEq(loop.provider, rival);
        assertEq(_slot(loop).due(), _now());
        assertEq(_reserved(address(agent)), everloop.worstCost(loop));
        assertTrue(_step(_bump(1)).result == IAgent.Result.Acted);
    }

    function test_SCH6_AResigningProviderMovesTheAgentToTheNext() external {
        _step(_bump(1));
        _resign();
        assertEq(loop.provider, rival);
        assertEq(_open(provider), 0);
        assertEq(_open(rival), 1);
        assertEq(_reserved(address(agent)), everloop.worstCost(loop));
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted);
        assertEq(agent.total(), 2);
    }

    /// @dev Two providers of one mind resign after each answer: they must not be paid more often than the interval says.
    function test_SCH4_ResigningProvidersDoNotShortenTheInterval() external {
        _step(_bump(1));
        _resign();
        assertGe(_slot(loop).due(), _now() + INTERVAL, "next >= last + interval");
    }

    /// @dev The same by way of a dormant loop: its provider stops serving, answers, and anybody wakes it.
    function test_SCH4_ProvidersThatStopServingDoNotShortenTheInterval() external {
        vm.prank(provider, provider);
        registry.serve(false);
        _step(_bump(1));
        assertEq(_slot(loop).due(), 0, "dormant");
        _resume();
        assertEq(loop.provider, rival);
        assertGe(_slot(loop).due(), _now() + INTERVAL, "next >= last + interval");
    }

    /// @dev A keeper wakes the dormant loop, which moves on.
    function _resume() private {
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.resume(loop);
        loop = _lastInference();
    }

    /// @dev The loop's provider leaves before the next run is due.
    function _resign() private {
        vm.recordLogs();
        vm.prank(loop.provider);
        everloop.resign(loop);
        loop = _lastInference();
    }
}
