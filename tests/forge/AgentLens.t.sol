// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {IAgentLens} from "../../contracts/interfaces/IAgentLens.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {vm} from "./Vm.sol";

/// @notice Liberty, utility and runway on chain; the figures are those of agent_sdk/utility.py.
contract AgentLensTest is AgentBase {
    IAgentLens private _lens;

    function setUp() public override {
        super.setUp();
        _lens = IAgentLens(_create("AgentLens.sol:AgentLens", abi.encode(address(everloop))));
        bytes memory table = bytes.concat(
            hex"02",
            bytes.concat(AgentActions.hold.selector, bytes12(0)),
            bytes.concat(ProbeAgent.payOut.selector, bytes12(uint96(0.06 ether)))
        );
        vm.etch(agent.manifestPointer(), bytes.concat(hex"00", table, bytes(MANIFEST)));
    }

    function test_TheTextStandsBehindTheTable() external view {
        assertEq(agent.manifest(), MANIFEST);
    }

    function test_ALensNamesWhatItLooksAt() external view {
        assertEq(_lens.EVERLOOP(), address(everloop));
    }

    function test_AllIsOpenToARichAgent() external view {
        IAgentLens.AgentView memory seen = _lens.assess(address(agent), loop, 3, 10);
        assertEq(seen.stepCost, everloop.worstCost(loop));
        assertEq(seen.treasury, TREASURY);
        assertEq(seen.runBalance, RUN_BALANCE);
        assertEq(seen.liberty, 2);
        assertTrue(seen.openActions[1] == ProbeAgent.payOut.selector);
        assertEq(seen.utility, 3 * 2 + 10);
        assertEq(seen.runwaySteps, (TREASURY - RESERVE + RUN_BALANCE) / seen.stepCost);
        assertEq(seen.runwaySeconds, seen.runwaySteps * INTERVAL);
    }

    function test_WhatTheReserveForbidsIsClosed() external {
        vm.deal(address(agent), RESERVE + 0.06 ether);
        assertEq(_liberty(), 2);
        vm.deal(address(agent), RESERVE + 0.06 ether - 1);
        assertEq(_liberty(), 1);
    }

    function test_WithoutAStepsCostNothingIsOpen() external {
        uint256 free = everloop.freeOf(address(agent));
        vm.prank(alice);
        agent.drain(free);
        vm.deal(address(agent), 0);
        assertEq(_liberty(), 1, "one step is reserved");
        vm.deal(address(agent), 0.06 ether + RESERVE - 1);
        assertEq(_liberty(), 1);
    }

    function test_APausedOrDisabledAgentIsNotFree() external {
        vm.prank(alice);
        agent.setAction(ProbeAgent.payOut.selector, false);
        assertEq(_liberty(), 1);
        vm.prank(alice);
        agent.pause();
        IAgentLens.AgentView memory seen = _lens.assess(address(agent), loop, 3, 10);
        assertEq(seen.liberty, 0);
        assertEq(seen.utility, 10, "it has money");
    }

    function test_RevertWhen_TheRecordIsNotTheLoops() external {
        Inference memory changed = _unpriced(loop);
        vm.expectRevert(
            abi.encodeWithSelector(IAgentLens.AgentLens_NotLoop.selector, address(agent), _inferenceId(loop))
        );
        _lens.assess(address(agent), changed, 1, 1);
    }

    function _liberty() private view returns (uint256) {
        return _lens.assess(address(agent), loop, 1, 1).liberty;
    }
}
