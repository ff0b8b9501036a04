// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {vm} from "./Vm.sol";
import {AgentTreasury} from "../../contracts/agent/AgentTreasury.sol";
import {NoTransfers} from "../../contracts/agent/NoTransfers.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {Birth} from "../../contracts/types/Policy.sol";

/// @notice {AgentBase} for agents of the examples, which need recipients and settings.
abstract contract ExampleBase is AgentBase {
    function _implement(string memory name) internal {
        address manifest_ = agent.manifestPointer();
        implementation = _create(string.concat(name, ".sol:", name), abi.encode(everloop, manifest_));
    }

    /// @dev A new agent takes the place of the one before.
    function _make(address[] memory recipients, bytes memory settings) internal returns (address payable made) {
        made = payable(_makeWith(_birthFor(recipients), settings));
    }

    function _makeWith(Birth memory birth, bytes memory settings) internal returns (address made) {
        bytes32 salt = keccak256(abi.encode("example", factory.agentCount()));
        vm.recordLogs();
        hoax(alice, TREASURY + birth.runBalance);
        made = factory.create{value: TREASURY + birth.runBalance}(implementation, salt, birth, settings);
        agent = ProbeAgent(payable(made));
        loop = _lastInference();
    }

    function _birthFor(address[] memory recipients) internal view returns (Birth memory birth) {
        birth = _birth();
        birth.recipients = recipients;
    }

    /// @dev The owner takes a recipient off the list.
    function _unlist(address to) internal {
        _asOwner(abi.encodeCall(IAgentPolicy.setRecipient, (to, false)));
    }

    /// @dev Nothing that every agent has lets money out of one whose transfers are closed.
    function _expectTransfersClosed(address listed) internal {
        assertFalse(_acts(abi.encodeCall(AgentTreasury.transfer, (listed, 1))), "transfer");
        assertFalse(_acts(abi.encodeCall(AgentTreasury.transferToken, (listed, listed, 1))), "transferToken");
        assertFalse(_acts(abi.encodeCall(AgentTreasury.call, (listed, 1, ""))), "call");
        assertEq(address(agent).balance, TREASURY, "nothing left");
        vm.expectRevert(NoTransfers.Agent_NoTransfers.selector);
        agent.transfer(listed, 1);
        vm.expectRevert(NoTransfers.Agent_NoTransfers.selector);
        agent.transferToken(listed, listed, 1);
        vm.expectRevert(NoTransfers.Agent_NoTransfers.selector);
        agent.call(listed, 1, "");
    }
}
