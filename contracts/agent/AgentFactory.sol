// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";

import {IAgent} from "../interfaces/IAgent.sol";
import {IAgentFactory} from "../interfaces/IAgentFactory.sol";
import {Birth} from "../types/Policy.sol";

/// @title AgentFactory
contract AgentFactory is IAgentFactory {
    address[] private _agents;

    /// @inheritdoc IAgentFactory
    function create(address implementation, bytes32 salt, Birth calldata birth, bytes calldata data)
        external
        payable
        returns (address agent)
    {
        require(implementation.code.length != 0, Factory_NotAContract(implementation));

        // Effect: make and list the clone. The salt is bound to the caller, so nobody can take its address.
        bytes32 bound = _boundSalt(salt, msg.sender);
        agent = Clones.cloneDeterministicWithImmutableArgs(implementation, _args(bound), bound);
        _agents.push(agent);
        emit AgentCreated(agent, msg.sender, implementation, salt);

        // Interaction: the agent funds itself and books its first step.
        IAgent(agent).initialize{value: msg.value}(msg.sender, birth, data);
    }

    /// @inheritdoc IAgentFactory
    function addressOf(address implementation, bytes32 salt, address creator) external view returns (address) {
        bytes32 bound = _boundSalt(salt, creator);
        return Clones.predictDeterministicAddressWithImmutableArgs(implementation, _args(bound), bound);
    }

    /// @inheritdoc IAgentFactory
    function agentCount() external view returns (uint256) {
        return _agents.length;
    }

    /// @inheritdoc IAgentFactory
    function agents(uint256 start, uint256 count) external view returns (address[] memory page) {
        uint256 length = _agents.length;
        uint256 left = start < length ? length - start : 0;
        page = new address[](count < left ? count : left);
        for (uint256 i = 0; i < page.length; ++i) {
            page[i] = _agents[start + i];
        }
    }

    /// @dev What the clone carries in its code: who may initialize it, and the salt of its loop. Packed, at 200 gas a byte.
    function _args(bytes32 bound) private view returns (bytes memory) {
        return abi.encodePacked(address(this), bound);
    }

    function _boundSalt(bytes32 salt, address creator) private pure returns (bytes32) {
        return keccak256(abi.encode(salt, creator));
    }
}
