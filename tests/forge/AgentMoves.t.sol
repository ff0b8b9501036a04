// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";

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

    /// @dev Two providers of one hand leave in turn, each while the other does not serve, so that the agent has to be woken
    /// at its own expense: that is paid once an interval, not as often as they please.
    function test_LED2_TwoProvidersCannotHandAnAgentToAndFroForPay() external {
        _step(_bump(1));
        _leaveDormant(provider, rival);
        _resume();
        assertEq(loop.provider, rival);
        uint256 paid = everloop.balanceOf(keeper);
        assertGt(paid, 0);
        _leaveDormant(rival, provider);
        uint256 until = _now() + INTERVAL;
        bytes4 reason = IInferenceMarket.Inference_ResumedLately.selector;
        vm.expectRevert(abi.encodeWithSelector(reason, _inferenceId(loop), until, _now()));
        vm.prank(keeper, keeper);
        everloop.resume(loop);
        assertEq(everloop.balanceOf(keeper), paid);
        vm.warp(until);
        _resume();
        assertEq(loop.provider, provider, "and the loop goes on");
    }

    /// @dev `one` leaves the loop while the `other` does not serve, which it then does again.
    function _leaveDormant(address one, address other) private {
        vm.prank(other, other);
        registry.serve(false);
        vm.prank(one, one);
        everloop.resign(loop);
        assertEq(_slot(loop).due(), 0, "dormant");
        vm.prank(other, other);
        registry.serve(true);
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
