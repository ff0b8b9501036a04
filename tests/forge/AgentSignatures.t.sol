// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {Delivery} from "../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {vm} from "./Vm.sol";

/// @notice ERC-165 and ERC-1271.
contract AgentSignaturesTest is AgentBase {
    bytes32 private constant DIGEST = keccak256("an order");
    bytes4 private constant GOOD = 0x1626ba7e;
    bytes4 private constant BAD = 0xffffffff;

    function test_OnlyADigestThatAnActionApprovedIsSigned() external {
        assertTrue(agent.isValidSignature(DIGEST, "") == BAD);
        _step(abi.encodeCall(ProbeAgent.sign, (DIGEST)));
        assertTrue(agent.isValidSignature(DIGEST, "any bytes") == GOOD);
        assertTrue(agent.isValidSignature(keccak256("another"), "") == BAD);
    }

    function test_AGT3_TheOwnerTakesASignatureBack() external {
        _step(abi.encodeCall(ProbeAgent.sign, (DIGEST)));
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_NotOwner.selector, alice, keeper));
        vm.prank(keeper);
        agent.revokeDigest(DIGEST);
        vm.expectEmit(address(agent));
        emit IAgent.DigestRevoked(DIGEST);
        vm.prank(alice);
        agent.revokeDigest(DIGEST);
        assertTrue(agent.isValidSignature(DIGEST, "") == BAD);
    }

    function test_AGT3_APausedAgentHasSignedNothing() external {
        _step(abi.encodeCall(ProbeAgent.sign, (DIGEST)));
        vm.prank(alice);
        agent.pause();
        assertTrue(agent.isValidSignature(DIGEST, "") == BAD);
        vm.prank(alice);
        agent.unpause();
        assertTrue(agent.isValidSignature(DIGEST, "") == GOOD);
    }

    function test_RevertWhen_ApprovedOutsideADecision() external {
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotActing.selector, alice));
        vm.prank(alice);
        agent.signOutside(DIGEST);
    }

    /// @dev A signed inference of the agent, aimed at itself, must not pass for a step.
    function test_AGT1_WhatWasSignedIsNoStep() external {
        _step(abi.encodeCall(ProbeAgent.sign, (DIGEST)));
        Delivery memory delivery = Delivery(0, 1, address(agent), DIGEST, 0);
        vm.expectRevert(abi.encodeWithSelector(IAgent.Agent_NotLoop.selector, DIGEST));
        vm.prank(address(everloop));
        agent.onInference(delivery, _bump(7));
        assertTrue(_nextStep(_bump(1)).result == IAgent.Result.Acted, "the loop's are");
        assertEq(agent.total(), 1);
    }

    function test_TheAgentSaysWhatItIs() external view {
        bytes4[5] memory known = [bytes4(0x01ffc9a7), GOOD, 0x150b7a02, 0x4e2312e0, type(IAgent).interfaceId];
        for (uint256 i = 0; i < known.length; ++i) {
            assertTrue(agent.supportsInterface(known[i]));
        }
        assertFalse(agent.supportsInterface(BAD));
        assertFalse(agent.supportsInterface(0x12345678));
    }
}
