// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {Meter} from "./Meter.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {IWakeable} from "../../contracts/interfaces/IWakeable.sol";
import {OracleAgent} from "../../contracts/examples/OracleAgent.sol";
import {Birth} from "../../contracts/types/Policy.sol";
import {vm} from "./Vm.sol";

/// @notice What waking an agent costs and pays, with an agent as it is deployed: pay goes by gas, which a test's own agents,
/// compiled in another way, use more of.
contract WakeMeteringTest is AgentBase, Meter {
    uint256 private _before;

    function setUp() public override {
        super.setUp();
        implementation = _create("OracleAgent.sol:OracleAgent", abi.encode(everloop, agent.manifestPointer()));
        Birth memory birth = _birth();
        birth.loop.heartbeat = 7 days;
        _bear(birth);
        _deposit(keeper, 1);
        // A woken agent has been woken before: the first time writes slots that were zero.
        _rest();
        vm.recordLogs();
        vm.prank(keeper, keeper);
        IWakeable(address(agent)).wake(loop);
        loop = _lastInference();
        _rest();
        _before = everloop.balanceOf(keeper);
    }

    /// @dev [SCH-4] for wakes: within 0 .. +5 % of the gas used.
    function test_SCH4_TheCallerIsPaidForItsGas() external {
        vm.fee(1);
        vm.txGasPrice(1);
        bytes memory call_ = abi.encodeCall(IWakeable.wake, (loop));
        vm.prank(keeper, keeper);
        (bool ok,) = address(agent).call(call_);
        uint256 used = vm.lastCallGas().gasTotalUsed + 21_000;
        assertTrue(ok);
        _compare(everloop.balanceOf(keeper) - _before, used + _probe.callDataGas(call_));
    }

    /// @dev A step after which the figure is stale long before the next one is due.
    function _rest() private {
        bytes memory publish = abi.encodeCall(OracleAgent.publish, (1));
        _nextStep(_batch(publish, abi.encodeCall(AgentActions.wakeIn, (5 days))));
        skip(1 days + 1);
    }
}
